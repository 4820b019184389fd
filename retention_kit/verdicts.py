"""What may be said: when a question is not testable, and which of the five verdicts the numbers bear."""

import math
from typing import Any

from retention_kit.contrasts import Contrast
from retention_kit.results import Verdict
from retention_kit.wording import Message

LEAST_SHOWN, LEAST_JUDGED = 5, 10
"""Customers a group: below the first no comparison is computed, below the second none is judged."""
LEAST_CHURNS, LEAST_WATCHED = 5, 5
"""Churns in both groups together; customers a group still watched and active at the horizon."""
MOST_BETWEEN = 0.8
"""Share of the factor's variance between portfolios above which portfolios, not customers, were given it."""
_DETECTABLE = 2.80  # standard errors found with 80 % power at 5 %: 1.96 + 0.84


def not_testable(reason: str, **fields: Any) -> Verdict:
    """Return the verdict that these data cannot answer, with why and what would change that."""
    why, cure = (Message(f"{part}.untestable.{reason}", fields) for part in ("reason", "remedy"))
    return Verdict("not_testable", reason=why, remedy=cure)


def judge(contrast: Contrast, wide: Contrast, sign: int, margin: float, alpha: float, randomised: bool) -> Verdict:
    """Return the verdict that the numbers bear (docs/methods.md).

    Parameters
    ----------
    contrast : Contrast
        At level ``1 - alpha``.
    wide : Contrast
        The same at ``1 - 2·alpha``: its far end below the margin excludes, at `alpha`, a difference that matters.
    sign : {1, -1}
        Whether the hypothesis says more or less.
    margin, alpha : float
    randomised : bool
        If not, and since nothing is adjusted for, no clear verdict is given: the groups may differ in other ways.
    """
    low, high = sorted((sign * contrast.low, sign * contrast.high))
    size = "nuance.at_least_margin" if low >= margin else "nuance.may_be_small"
    furthest = max(sign * wide.low, sign * wide.high)
    if high < 0:
        found = Verdict("contradicts")
    elif furthest < margin:
        found = Verdict("does_not_support", nuance=Message("nuance.smaller_exists") if low > 0 else None)
    elif low > 0 and contrast.p_value <= alpha:
        found = Verdict("supports", nuance=Message(size, {"margin": margin}))
    else:
        return Verdict("inconclusive", Message("reason.inconclusive.both"))
    if not randomised:
        return Verdict("inconclusive", Message("reason.inconclusive.not_adjusted"))
    return found


def customers_needed(contrast: Contrast, margin: float, level: float, n: int) -> int | None:
    """Return how many customers, split and watched like these `n`, would show `margin` with 80 % power.

    None if these do already, or if there is no interval to tell from.
    """
    from scipy.stats import norm

    if math.isnan(contrast.low):
        return None
    error = (contrast.high - contrast.low) / (2 * float(norm.ppf((1 + level) / 2)))
    needed = math.ceil(n * (_DETECTABLE * error / margin) ** 2 / 10) * 10
    return needed if needed > n else None
