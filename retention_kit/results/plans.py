"""From a ranking to work: what to do for each account, who is held out, and what would have got better by itself."""

import datetime as dt
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from retention_kit.errors import FileNotReadableError
from retention_kit.results.markup import lines, paragraphs, table_html
from retention_kit.results.rankings import Ranked
from retention_kit.wording import Message, language, render

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_COLUMNS = (*("rank", "customer_id", "name", "kind", "action", "what", "by", "mrr", "currency", "why"),)


@dataclass(frozen=True)
class Step:
    """What to do for one account.

    Attributes
    ----------
    account : Ranked
    action : str
        Its name in the playbook.
    what : str or Message
    by : date
        The last day for it.
    """

    account: Ranked
    action: str
    what: str | Message
    by: dt.date

    def sentence(self, lang: str | None = None) -> str:
        """Return what to do for whom, until when and why, in words."""
        account = self.account
        return render("plan.step", lang, who=account.who, what=self.what, by=self.by, why=account.why(lang))


@dataclass(frozen=True, eq=False, repr=False)
class Plan:
    """One action an account, those to call first on top.

    Attributes
    ----------
    as_of : date
    steps : tuple of Step
    masked : bool
        Whether account numbers stand for names and ids.
    rule : Message
    """

    as_of: dt.date
    steps: tuple[Step, ...]
    masked: bool
    rule: Message

    def __iter__(self):
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def to_frame(self) -> pd.DataFrame:
        """Return one row an account, texts in the language of the moment."""
        return pd.DataFrame([self._cells(step) for step in self.steps], columns=list(_COLUMNS))

    def _cells(self, step: Step) -> dict[str, Any]:
        account, who = step.account, str(step.account.who)
        shown = {"rank": account.rank, "customer_id": who if self.masked else account.customer_id, "name": who}
        shown |= {"kind": account.kind, "action": step.action, "what": str(step.what), "by": pd.Timestamp(step.by)}
        return shown | {"mrr": account.mrr.amount, "currency": account.mrr.currency, "why": account.why()}

    def to_csv(self, path: str | os.PathLike, *, separator: str = ",") -> Path:
        """Write the plan for a CRM; a text that a spreadsheet would take for a formula is made a text.

        Parameters
        ----------
        path : str or Path
        separator : str
            ``";"`` for a spreadsheet set to French.

        Returns
        -------
        Path

        Raises
        ------
        FileNotReadableError
            If it cannot be written there.
        """
        return _written(path, lambda to: self._safe().to_csv(to, index=False, sep=separator, encoding="utf-8-sig"))

    def to_xlsx(self, path: str | os.PathLike) -> Path:
        """Write the plan as an Excel file, which needs openpyxl; see `to_csv`."""
        return _written(path, lambda to: self._safe().to_excel(to, index=False, sheet_name="plan"))

    def _safe(self) -> pd.DataFrame:
        frame = self.to_frame()
        frame["by"] = frame["by"].dt.strftime("%Y-%m-%d") if len(frame) else frame["by"]
        return frame.map(neutral)

    def sentence(self, lang: str | None = None) -> str:
        """Return how many accounts have an action and the first of them, in words."""
        empty = Message("plan.empty", {"as_of": self.as_of})
        said = [render(Message("plan.sentence", {"as_of": self.as_of, "n": len(self)}) if self.steps else empty, lang)]
        return " ".join([*said, *(step.sentence(lang) for step in self.steps[:1])])

    def __str__(self) -> str:
        return "\n".join([*(step.sentence() for step in self.steps), *lines((self.rule,))])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        said = paragraphs(self.sentence())
        return f'<div class="rk-result" lang="{language()}">{said}{table_html(self, self.to_frame())}</div>'


def neutral(cell: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula: an apostrophe before a text that begins like one.

    >>> neutral("=HYPERLINK(1)"), neutral("Ada"), neutral(-5.0)
    ("'=HYPERLINK(1)", 'Ada', -5.0)
    """
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" \u00a0").startswith(_STARTS_FORMULA) else cell


def _written(path: str | os.PathLike, write: Any) -> Path:
    try:
        write(Path(path))
    except OSError as error:
        raise FileNotReadableError("error.file_unreadable", path=str(path), detail=str(error)) from error
    return Path(path)


@dataclass(frozen=True, eq=False, repr=False)
class Holdout:
    """Who of a list is called and who is held out, drawn at random, and what the later comparison could find.

    Attributes
    ----------
    as_of : date
        Of the list.
    called : Series
        By customer id: whether they are called.
    shown : Series
        By customer id: how the account is shown; its number where names are masked.
    share : float
        Asked to be held out.
    seed : int
    retained : float
        Share expected to stay among those held out.
    detectable : float
        Points of retention, as a fraction, that would be found with 80 % power; NaN where none could be.
    rule : Message
    warnings : tuple of Message
    """

    as_of: dt.date
    called: pd.Series
    shown: pd.Series
    share: float
    seed: int
    retained: float
    detectable: float
    rule: Message
    warnings: tuple[Message, ...] = ()

    def mark(self, customers: pd.DataFrame) -> pd.DataFrame:
        """Return the customers table with ``called`` (missing for whoever was not on the list) and ``listed_at``.

        Parameters
        ----------
        customers : DataFrame
            With customer_id as a column, or as index.

        Returns
        -------
        DataFrame
            For the later ledger: ``compare(later, "called", clock="listed_at", randomised=True)``.
        """
        ids = customers["customer_id"] if "customer_id" in customers else customers.index.to_series()
        called = ids.map(self.called).astype("boolean")
        listed = pd.Series(pd.Timestamp(self.as_of), customers.index).where(called.notna().to_numpy())
        return customers.assign(called=called.array, listed_at=listed)

    def to_frame(self) -> pd.DataFrame:
        """Return one row an account: customer_id as shown, called, listed_at."""
        told = {"customer_id": self.shown.to_numpy(), "called": self.called.to_numpy()}
        return pd.DataFrame(told).assign(listed_at=pd.Timestamp(self.as_of))

    def sentence(self, lang: str | None = None) -> str:
        """Return how many are called and held out, and what could be found, in words."""
        counts = {"called": int(self.called.sum()), "held": int((~self.called).sum())}
        found = "none" if math.isnan(self.detectable) else "some"
        sizes = {"points": self.detectable, "retained": self.retained}
        power = render(f"holdout.power.{found}", lang, **sizes)
        return " ".join([render("holdout.sentence", lang, **counts), power])

    def __str__(self) -> str:
        return "\n".join([self.sentence(), *lines((*self.warnings, self.rule))])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        said = paragraphs(self.sentence(), *lines((*self.warnings, self.rule)))
        return f'<div class="rk-result" lang="{language()}">{said}</div>'


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
        """Whether those flagged were closer to the others in the last month shown than on the day."""
        now, after = (abs(self.at(month) - self.at(month, "others")) for month in (0, int(self.frame["month"].max())))
        return after < now

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
