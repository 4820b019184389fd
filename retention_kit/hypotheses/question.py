"""What is asked, fixed before the numbers are seen."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from retention_kit.errors import OptionError
from retention_kit.wording import Message

SURVIVAL = ("retention", "rmst")
MONEY = ("nrr", "grr", "expansion", "spend")
EARLY = "early_churn"
OUTCOMES = (*SURVIVAL, *MONEY, EARLY)
SHARE, NUMBER = "measured_share", "measured_number"
MARGINS = {
    "retention": 0.05,
    "rmst": 0.5 / 12,  # of the horizon: half a month in twelve
    "nrr": 0.10,
    "grr": 0.10,
    "expansion": 0.10,
    "spend": 0.10,  # of the mean starting MRR
    EARLY: 1.5,  # a ratio
    SHARE: 0.05,
}
"""The smallest difference that matters, unless the analyst says: docs/methods.md."""
_DIRECTIONS = {"more": 1, "less": -1}
_FRACTIONS = ("retention", "nrr", "grr", "expansion", SHARE)


@dataclass(frozen=True)
class Question:
    """What is asked of which groups, and what would count as an answer.

    Attributes
    ----------
    outcome : str
        One of OUTCOMES, or ``measured_share`` or ``measured_number`` of the column `measured`.
    margin : float or None
        None until the default is known, which for spend depends on the starting MRR.
    """

    factor: str | None
    outcome: str
    horizon: int
    direction: str
    margin: float | None
    level: float
    randomised: bool
    window: int
    seed: int
    measured: str | None = None

    def __post_init__(self) -> None:
        if str(self.direction) not in _DIRECTIONS:
            raise OptionError("error.option", name="direction", value=str(self.direction), legal=list(_DIRECTIONS))
        fits = {
            "horizon": _whole(self.horizon) and self.horizon >= 1,
            "window": _whole(self.window)
            and self.window >= 1
            and (self.outcome != EARLY or self.window < self.horizon),
            "level": _number(self.level) and 0.5 < self.level < 1,
        }
        for name, right in fits.items():
            if not right:
                raise OptionError(f"error.{name}", value=getattr(self, name), horizon=self.horizon)
        if self.margin is not None:
            self._check_margin(self.margin)

    def _check_margin(self, margin: float) -> None:
        top = {**dict.fromkeys(_FRACTIONS, 1.0), "rmst": float(self.horizon)}.get(self.outcome, np.inf)
        least = 1.0 if self.outcome == EARLY else 0.0
        kind = "fraction" if self.outcome in _FRACTIONS else self.outcome
        if not _number(margin) or not least < margin < top:
            raise OptionError(f"error.margin.{kind}", value=margin, horizon=self.horizon)

    @property
    def sign(self) -> int:
        """1 if the hypothesis says more, -1 if it says less."""
        return _DIRECTIONS[self.direction]

    @property
    def alpha(self) -> float:
        """How often a true "no difference" may be called one."""
        return 1 - self.level

    def matters(self, starting_mrr: float) -> float:
        """Return the smallest difference that matters, given the mean starting MRR of those who enter."""
        if self.margin is not None:
            return self.margin
        if self.outcome == NUMBER:
            raise OptionError("error.margin_needed", name=self.measured)
        scale = {"rmst": float(self.horizon), "spend": starting_mrr}.get(self.outcome, 1.0)
        return MARGINS[self.outcome] * scale


def _whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def kind_of_outcome(outcome: str, customers: pd.DataFrame | None) -> tuple[str, str | None]:
    """Return the kind of an outcome, and the column it is measured in, if it is one of the customers' columns.

    Raises
    ------
    OptionError
        If there is neither such an outcome nor such a column, or the column holds neither numbers nor yes and no.
    """
    if outcome in OUTCOMES:
        return outcome, None
    columns = [] if customers is None else list(customers.columns)
    if outcome not in columns:
        raise OptionError(
            "error.outcome", value=str(outcome), legal=list(OUTCOMES), columns=columns or [Message("word.none")]
        )
    values = customers[outcome].dropna()
    if pd.api.types.is_bool_dtype(values) or values.map(lambda value: isinstance(value, bool | np.bool_)).all():
        return SHARE, outcome
    if pd.api.types.is_numeric_dtype(values):
        return NUMBER, outcome
    raise OptionError("error.outcome_column", name=outcome, example=str(values.iloc[0]))
