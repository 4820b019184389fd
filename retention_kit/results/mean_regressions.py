"""Those flagged on a day, before and after it: what would have got better by itself."""

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from retention_kit.results.markup import lines, paragraphs
from retention_kit.wording import Message, language, render


@dataclass(frozen=True, eq=False, repr=False)
class MeanRegression:
    """Those flagged on a day, before and after it, beside those who were not.

    Attributes
    ----------
    as_of : date
    signal : str
        What is followed: ``"points"``, or a signal.
    frame : DataFrame
        month (0: the day), flagged and others: means over the customers who paid at every month end shown.
    flagged, others : int
        How many.
    left_out : int
        Flagged customers who did not pay at every month end.
    rule : Message
    """

    as_of: dt.date
    signal: str
    frame: pd.DataFrame
    flagged: int
    others: int
    left_out: int
    rule: Message

    def at(self, month: int, group: str = "flagged") -> float:
        """Return the mean of a group so many months after the day."""
        return float(self.frame.set_index("month").loc[month, group])

    @property
    def came_back(self) -> bool:
        """Whether those flagged moved towards the others from the day to the last month shown, even past them."""
        now, after = (self.at(month) - self.at(month, "others") for month in (0, int(self.frame["month"].max())))
        return now * (now - after) > 0

    def sentence(self, lang: str | None = None) -> str:
        """Return how both groups went on, in words."""
        if not self.flagged:
            return render("signal.regression.nobody", lang, as_of=self.as_of)
        last = int(self.frame["month"].max())
        means = {"before": self.at(-last), "now": self.at(0), "after": self.at(last)}
        beside = {"others_now": self.at(0, "others"), "others_after": self.at(last, "others")}
        numbers = {name: round(value, 2) for name, value in (means | beside).items()}
        side = "back" if self.came_back else "stays"
        what = Message(f"signal.followed.{self.signal}")
        known = {"as_of": self.as_of, "months": last, "n": self.flagged, "what": what}
        return render(f"signal.regression.{side}", lang, **known, **numbers)

    def describe(self, lang: str | None = None) -> str:
        """Return the picture in words, for those who do not see it."""
        return self.sentence(lang)

    def to_frame(self) -> pd.DataFrame:
        """Return the means by month."""
        return self.frame.copy()

    def __str__(self) -> str:
        return "\n".join([self.sentence(), *lines((self.rule,))])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f'<div class="rk-result" lang="{language()}">{paragraphs(self.sentence(), *lines((self.rule,)))}</div>'
