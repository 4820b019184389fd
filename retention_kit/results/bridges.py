"""The MRR bridge: from opening to closing, period by period."""

from dataclasses import dataclass

import pandas as pd

from retention_kit.results.markup import lines, paragraphs, table_html
from retention_kit.results.matrices import period_name
from retention_kit.wording import Message, Money, render

MOVEMENTS = ("new", "reactivation", "expansion", "contraction", "churn")
"""The five movements, in the order of the bridge."""
_GAINS, _LOSSES = MOVEMENTS[:3], MOVEMENTS[3:]


@dataclass(frozen=True, eq=False, repr=False)
class Bridge:
    """Opening MRR to closing MRR, period by period.

    Attributes
    ----------
    frame : DataFrame
        One row a period (and group): period (its first day), the groups, opening, new, reactivation, expansion,
        contraction, churn, closing. Amounts are positive magnitudes in the user's unit of money. Where MRR was
        converted there is fx before closing, with its sign.
    freq : {"M", "Q", "Y"}
    rule : Message
    by : str, tuple of str or None
        The columns that hold the groups.
    currency : str or None
    warnings : tuple of Message
        What a reader must know before repeating the numbers.
    """

    frame: pd.DataFrame
    freq: str
    rule: Message
    by: str | tuple[str, ...] | None = None
    currency: str | None = None
    warnings: tuple[Message, ...] = ()

    @property
    def groups(self) -> tuple[str, ...]:
        """The columns that hold the groups, none or several."""
        return (self.by,) if isinstance(self.by, str) else self.by or ()

    @property
    def has_fx(self) -> bool:
        """Whether MRR was converted, so that exchange rates have a column of their own."""
        return "fx" in self.frame

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table of plain numbers."""
        return self.frame.copy()

    def describe(self, lang: str | None = None) -> str:
        """Say the whole bridge in one sentence, for those who cannot see the figure."""
        flows = self.frame.groupby("period").sum(numeric_only=True)
        amounts = {name: flows[name].sum() for name in MOVEMENTS}
        amounts |= {"opening": flows["opening"].iloc[0], "closing": flows["closing"].iloc[-1]}
        money = {name: self._money(amount) for name, amount in amounts.items()}
        covered = {name: self.rule.fields[name] for name in ("start", "end")}
        if not self.has_fx:
            return render("bridge.describe", lang, **covered, **money)
        return render("bridge.describe_fx", lang, **covered, **money, fx=self._signed(flows["fx"].sum()))

    def describe_periods(self, lang: str | None = None) -> str:
        """Say what happened period by period, for those who cannot see the bars; of a single period, all of it."""
        flows = self.frame.groupby("period").sum(numeric_only=True)
        if len(flows) == 1:
            return self.describe(lang)
        net, won, lost = (
            flows["closing"] - flows["opening"],
            flows[list(_GAINS)].sum(axis=1),
            flows[list(_LOSSES)].sum(axis=1),
        )
        ends = {"first": flows.index[0], "last": flows.index[-1], "best": net.idxmax(), "worst": net.idxmin()}
        ends |= {"won_in": won.idxmax(), "lost_in": lost.idxmax()}
        fields = {name: period_name(self.freq, day) for name, day in ends.items()}
        fields |= {
            "won": self._money(won.max()),
            "lost": self._money(lost.max()),
            "up": int((net > 0).sum()),
            "n": len(net),
        }
        return render(
            "bridge.describe_periods", lang, **fields, high=self._signed(net.max()), low=self._signed(net.min())
        )

    def _signed(self, amount: float) -> Message:
        return Message("plot.gain" if amount >= 0 else "plot.loss", {"value": self._money(abs(amount))})

    def _money(self, amount: float) -> Money:
        return Money(float(amount), self.currency)

    def __str__(self) -> str:
        return "\n".join([self.frame.to_string(index=False), render(self.rule), *lines(self.warnings)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f'<div class="rk-result">{table_html(self, self.frame)}{paragraphs(*lines(self.warnings))}</div>'
