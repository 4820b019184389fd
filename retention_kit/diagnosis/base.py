"""The customers who paid at the start of a window: what they paid, lost and gained."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from retention_kit.ledger import Ledger
from retention_kit.wording import Message, Money


@dataclass(frozen=True, eq=False)
class Base:
    """The customers who paid at the start of a window, in minor units; sums are Python's integers, so exact."""

    ledger: Ledger
    begin: int
    close: int
    customers: np.ndarray
    opening: np.ndarray
    closing: np.ndarray

    @property
    def lost(self) -> np.ndarray:
        """What those who pay less at the end pay less."""
        return np.maximum(self.opening - self.closing, 0)

    @property
    def gained(self) -> np.ndarray:
        """What those who pay more at the end pay more."""
        return np.maximum(self.closing - self.opening, 0)

    def share(self, among: np.ndarray) -> float:
        """Return what these customers lost as a share of all that was lost."""
        total = int(self.lost.sum())
        return int(self.lost[among].sum()) / total if total else math.nan

    def points(self, among: np.ndarray, of: np.ndarray | None = None) -> float:
        """Return the points of NRR lost by `of` beyond what the share of `among` in the opening would have lost."""
        opening, lost = int(self.opening.sum()), int(self.lost.sum())
        own = int(self.lost[among if of is None else of].sum())
        return (own * opening - int(self.opening[among].sum()) * lost) / opening**2

    def retained(self, among: np.ndarray) -> float:
        """Return the NRR of some of them; NaN for nobody."""
        opening = int(self.opening[among].sum())
        return int(self.closing[among].sum()) / opening if opening else math.nan

    def money(self, minor: Any) -> Money:
        """Return an amount in minor units as money."""
        return self.ledger.money(int(minor))

    def units(self, minor: Any) -> Any:
        """Return amounts in minor units in the user's unit."""
        return self.ledger.to_units(minor)


def said(base: Base, key: str, fields: dict[str, Any]) -> Message:
    """Return the answer; where nothing was lost there is only that to say."""
    return Message(f"diagnosis.{key}.answer", fields) if base.lost.any() else Message("diagnosis.nothing_lost")
