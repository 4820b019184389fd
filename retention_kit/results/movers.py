"""The customers behind the movements of one period."""

from dataclasses import dataclass

import pandas as pd

from retention_kit.results.bridges import Bridge
from retention_kit.results.markup import lines, paragraphs, table_html
from retention_kit.wording import Message, Money, render

LOST, GAINED = ("churn", "contraction"), ("new", "expansion", "reactivation")
_NAMED = 3  # accounts that a sentence names


@dataclass(frozen=True, eq=False, repr=False)
class Movers:
    """The largest accounts behind each movement of one period, and what the others made.

    Attributes
    ----------
    frame : DataFrame
        One row a customer and movement, the largest first: movement, customer_id, opening, closing, amount (a positive
        magnitude).
    totals : DataFrame
        One row a movement: movement, customers, amount.
    bridge : Bridge
        Of the same period.
    rule : Message
    """

    frame: pd.DataFrame
    totals: pd.DataFrame
    bridge: Bridge
    rule: Message

    @property
    def currency(self) -> str | None:
        """Of the amounts."""
        return self.bridge.currency

    @property
    def any(self) -> bool:
        """Whether anything moved."""
        return bool(self.totals["amount"].sum())

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table of plain numbers."""
        return self.frame.copy()

    def sentences(self) -> tuple[Message, ...]:
        """Return who lost most, and who brought most; where nothing moved, that."""
        told = [self._side(name, among) for name, among in (("lost", LOST), ("gained", GAINED))]
        return tuple(filter(None, told)) or (Message("movers.nothing", self._period()),)

    def _side(self, name: str, among: tuple[str, ...]) -> Message | None:
        total = self.totals[self.totals["movement"].isin(among)]
        if not total["amount"].sum():
            return None
        accounts = self.frame[self.frame["movement"].isin(among)]
        largest = accounts.sort_values("amount", ascending=False, kind="stable").head(_NAMED)
        named = [
            Message("movers.account", {"who": who, "amount": Money(amount, self.currency)})
            for who, amount in zip(largest["customer_id"], largest["amount"], strict=True)
        ]
        known = {"total": Money(float(total["amount"].sum()), self.currency), "n": int(total["customers"].sum())}
        share = float(largest["amount"].sum() / total["amount"].sum())
        all_named = known["n"] <= len(named)
        key = f"movers.{name}_all" if all_named else f"movers.{name}"
        return Message(key, {**known, "accounts": named, "named": len(named), "share": share})

    def _period(self) -> dict[str, object]:
        return {name: self.rule.fields[name] for name in ("start", "end")}

    def describe(self, lang: str | None = None) -> str:
        """Say who moved most, in words."""
        return " ".join(render(each, lang) for each in self.sentences())

    def __str__(self) -> str:
        return "\n".join([self.describe(), *lines((self.rule,))])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f'<div class="rk-result">{paragraphs(self.describe())}{table_html(self, self.frame)}</div>'
