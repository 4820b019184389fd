"""What may be said: when a question is not testable, and which of the five verdicts the numbers bear."""

import math
from dataclasses import dataclass
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
LEAST_PORTFOLIOS, LEAST_PORTFOLIOS_A_GROUP = 6, 3
"""Portfolios in all, and with customers of a group, below which they cannot tell the groups apart."""
LEAST_EQUAL, FEW_EQUAL, MOST_OF_ONE = 4, 15, 0.5
"""Equal customers that a group's starting MRR is worth, below which money is not judged, or only with a warning; the
share of it above which one account decides."""
MOST_LOCKED = 0.5
"""Share of customers whose first contract cannot end within the horizon."""
_DETECTABLE = 2.80  # standard errors found with 80 % power at 5 %: 1.96 + 0.84


def not_testable(reason: str, **fields: Any) -> Verdict:
    """Return the verdict that these data cannot answer, with why and what would change that."""
    why, cure = (Message(f"{part}.untestable.{reason}", fields) for part in ("reason", "remedy"))
    return Verdict("not_testable", reason=why, remedy=cure)


def inconclusive(reason: str, **fields: Any) -> Verdict:
    """Return the verdict that the numbers decide nothing, with why."""
    return Verdict("inconclusive", Message(f"reason.inconclusive.{reason}", fields))


@dataclass(frozen=True)
class Evidence:
    """What a verdict rests on, on a scale where 0 is no difference.

    Attributes
    ----------
    contrast : Contrast
        At level ``1 - alpha``.
    wide : Contrast
        The same at ``1 - 2·alpha``: its far end below the margin excludes, at `alpha`, a difference that matters.
    sign : {1, -1}
        Whether the hypothesis says more or less.
    margin, alpha : float
    said_margin : float
        The margin as the reader knows it: 1.5 where `margin` is its logarithm.
    check : float
        p-value of the permutation beside the interval; NaN without one.
    alike : bool
        Whether the groups differ in nothing but the factor: drawn at random, or adjusted for.
    unlike : Message or None
        Why the groups, made alike as far as they could be, still have too little in common.
    diluted : Message or None
        Why a difference smaller than the margin was to be expected even of something that works.
    """

    contrast: Contrast
    wide: Contrast
    sign: int
    margin: float
    alpha: float
    said_margin: float
    check: float = math.nan
    alike: bool = True
    unlike: Message | None = None
    diluted: Message | None = None


def judge(evidence: Evidence) -> Verdict:
    """Return the verdict that the numbers bear (docs/methods.md).

    If nobody drew the groups at random and nothing was adjusted for, no clear verdict is given: they may differ in
    other ways. Where most of them could not have left in time, a small difference excludes nothing either.
    """
    found = _read(evidence)
    if evidence.unlike:
        return Verdict("inconclusive", evidence.unlike)
    if evidence.diluted and found.kind == "does_not_support":
        return Verdict("inconclusive", evidence.diluted)
    if found.kind == "inconclusive":
        return found
    if not evidence.alike:
        return inconclusive("not_adjusted")
    p_value, check = evidence.contrast.p_value, evidence.check
    if not math.isnan(check) and (check <= evidence.alpha) != (p_value <= evidence.alpha):
        return inconclusive("check", p_value=p_value, check=check)
    return found


def _read(evidence: Evidence) -> Verdict:
    """Read the intervals against 0 and the margin."""
    contrast, wide, sign, margin = evidence.contrast, evidence.wide, evidence.sign, evidence.margin
    low, high = sorted((sign * contrast.low, sign * contrast.high))
    furthest = max(sign * wide.low, sign * wide.high)
    size = "nuance.at_least_margin" if low >= margin else "nuance.may_be_small"
    if high < 0:
        return Verdict("contradicts")
    if furthest < margin:
        return Verdict("does_not_support", nuance=Message("nuance.smaller_exists") if low > 0 else None)
    if low > 0 and contrast.p_value <= evidence.alpha:
        return Verdict("supports", nuance=Message(size, {"margin": evidence.said_margin}))
    return inconclusive("both")


def customers_needed(contrast: Contrast, margin: float, level: float, n: int) -> int | None:
    """Return how many customers, split and watched like these `n`, would show `margin` with 80 % power.

    None if these do already, or if there is no interval to tell from.
    """
    from scipy.stats import norm

    if not math.isfinite(contrast.high - contrast.low):
        return None
    error = (contrast.high - contrast.low) / (2 * float(norm.ppf((1 + level) / 2)))
    needed = math.ceil(n * (_DETECTABLE * error / margin) ** 2 / 10) * 10
    return needed if needed > n else None
