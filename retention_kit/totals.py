"""Retention from totals alone: the bootcamp's formula, for those who have four numbers and no customers."""

import math

from retention_kit.errors import OptionError
from retention_kit.results import Estimate
from retention_kit.wording import Message


def nrr_from_movements(
    starting: float,
    *,
    expansion: float = 0.0,
    churn: float = 0.0,
    contraction: float = 0.0,
    months: int | None = None,
) -> Estimate:
    """Net revenue retention from four totals: ``(starting + expansion - churn - contraction) ÷ starting``.

    Parameters
    ----------
    starting : float
        MRR at the start, positive.
    expansion, churn, contraction : float
        Positive magnitudes of the window, of the customers who paid at the start.
    months : int, optional
        Length of the window. Without it the figure can be compared with no benchmark, and says so.

    Returns
    -------
    Estimate
        Without n and interval: totals do not know their customers.

    Raises
    ------
    OptionError
        If `starting` is not positive, another amount is negative, or `months` is not positive.

    Notes
    -----
    The bootcamp's formula. A quarter's 90 % is not a year's: a year of such quarters is 0.9⁴ = 66 %.

    Examples
    --------
    >>> float(nrr_from_movements(100_000, expansion=10_000, churn=15_000, contraction=5_000, months=3))
    0.9
    """
    _positive(starting=starting, expansion=expansion, churn=churn, contraction=contraction, months=months)
    return _from_totals("nrr", (starting + expansion - churn - contraction) / starting, months)


def grr_from_movements(
    starting: float, *, churn: float = 0.0, contraction: float = 0.0, months: int | None = None
) -> Estimate:
    """Gross revenue retention from three totals: ``(starting - churn - contraction) ÷ starting``.

    Parameters
    ----------
    starting, churn, contraction, months
        See `nrr_from_movements`.

    Returns
    -------
    Estimate
        Without n and interval. Below 0, with a warning, where more was lost than there was at the start: then MRR won
        within the window was lost again, and only `grr` on customers can tell.

    Raises
    ------
    OptionError
        See `nrr_from_movements`.

    Examples
    --------
    >>> float(grr_from_movements(100_000, churn=15_000, contraction=5_000, months=3))
    0.8
    """
    _positive(starting=starting, churn=churn, contraction=contraction, months=months)
    return _from_totals("grr", (starting - churn - contraction) / starting, months)


def _positive(**amounts: float | None) -> None:
    for name, value in amounts.items():
        if value is None:
            continue
        strict = name in {"starting", "months"}
        if not (value > 0 if strict else value >= 0):
            key = "error.not_positive" if strict else "error.negative"
            raise OptionError(key, name=name, value=value)


def _from_totals(measure: str, value: float, months: int | None) -> Estimate:
    warnings = [] if months else [Message("warning.no_window")]
    if value < 0:
        warnings.append(Message("warning.lost_more_than_start"))
    said = Message("word.months", {"n": months}) if months else Message("rule.window_not_said")
    rule = Message(f"rule.{measure}_from_movements", {"months": said})
    nan = math.nan
    return Estimate(measure, value, nan, nan, nan, None, rule, warnings=tuple(warnings))
