"""One estimate of a difference, and how it was made."""

import math
from dataclasses import dataclass
from typing import Any

from retention_kit.contrasts import Contrast, Mover, Permuted
from retention_kit.results import Line
from retention_kit.wording import Message

_UNKNOWN = Contrast(math.nan, math.nan, math.nan, math.nan)


@dataclass(frozen=True, eq=False)
class Estimated:
    """One estimate of the difference: what it is called, how it was made, its limits at any level."""

    label: Message
    method: Message
    comparison: Any

    def contrast(self, level: float) -> Contrast:
        """Return the estimate with its interval; NaN where nothing bounds it, as too few permutations differ."""
        found = _UNKNOWN if self.comparison is None else self.comparison.contrast(level)
        bounded = math.isfinite(found.high - found.low)
        return found if bounded else Contrast(found.estimate, math.nan, math.nan, found.p_value)

    def line(self, role: str, level: float, n: int, n_eff: float = math.nan, events: float = math.nan) -> Line:
        """Return it as a row of the forest plot."""
        found = self.contrast(level)
        ends = found.estimate, found.low, found.high, found.p_value
        return Line(role, self.label, *ends, n, n_eff, self.method, events)


def method_of(outcome: str, comparison: Any) -> Message:
    """Return how an unadjusted difference was tested."""
    if isinstance(comparison, Mover):
        return Message("method.mover")
    if isinstance(comparison, Permuted):
        return Message("method.permuted", {"draws": len(comparison.draws)})
    return Message("method.greenwood" if outcome == "rmst" else "method.ratio")
