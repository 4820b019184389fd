"""How many customers or churns it takes to find a difference of a given size."""

import math

from retention_kit.errors import OptionError


def customers_for_retention(reference: float, treated: float, *, power: float = 0.8, alpha: float = 0.05) -> float:
    """Return how many customers a group find a difference of two shares, all of them watched to the horizon.

    Parameters
    ----------
    reference, treated : float
        Share retained in each group, between 0 and 1.
    power, alpha : float
        Chance to find the difference; two-sided level.

    Returns
    -------
    float
        Not rounded: take the next whole number.

    Raises
    ------
    OptionError
        If a share, `power` or `alpha` is not between 0 and 1, or the shares are equal.

    Notes
    -----
    Normal formula with the pooled variance under no difference, as R's ``power.prop.test``; by
    ``statsmodels.stats.proportion.samplesize_proportions_2indep_onetail``.

    Examples
    --------
    >>> round(customers_for_retention(0.90, 0.95), 1)
    434.4
    """
    from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail

    _check_between(reference=reference, treated=treated, power=power, alpha=alpha)
    _check_differs(treated - reference)
    low, high = sorted((reference, treated))
    return float(samplesize_proportions_2indep_onetail(high - low, low, power, alpha=alpha))


def customers_for_mean(difference: float, deviation: float = 1.0, *, power: float = 0.8, alpha: float = 0.05) -> float:
    """Return how many customers a group find a difference of two means, such as a satisfaction score's.

    Parameters
    ----------
    difference : float
    deviation : float
        Standard deviation within a group.
    power, alpha : float
        Chance to find the difference; two-sided level.

    Returns
    -------
    float
        Not rounded: take the next whole number.

    Raises
    ------
    OptionError
        If the difference is 0, the deviation not above 0, or `power` or `alpha` not between 0 and 1.

    Notes
    -----
    Student's t with the non-central t for the alternative, the far tail left out as R's ``power.t.test`` does; by
    ``statsmodels.stats.power.TTestIndPower``.

    Examples
    --------
    >>> round(customers_for_mean(0.5), 2)
    63.77
    """
    from statsmodels.stats.power import TTestIndPower

    _check_between(power=power, alpha=alpha)
    _check_differs(difference)
    if not deviation > 0:
        raise OptionError("error.study.deviation", name="deviation", value=str(deviation))
    asked = {"power": power, "alpha": alpha / 2, "alternative": "larger"}
    return float(TTestIndPower().solve_power(effect_size=abs(difference) / deviation, **asked))


def churns_for_hazard_ratio(ratio: float, *, share: float = 0.5, power: float = 0.8, alpha: float = 0.05) -> int:
    """Return how many churns, both groups together, find a ratio of churn hazards.

    Parameters
    ----------
    ratio : float
        Above 0, not 1.
    share : float
        Of the customers, who is in the group with the factor.
    power, alpha : float
        Chance to find the ratio; two-sided level.

    Returns
    -------
    int

    Raises
    ------
    OptionError
        If the ratio is not above 0 or is 1, or another argument is not between 0 and 1.

    Notes
    -----
    Schoenfeld (1983): ``(z_alpha/2 + z_power)² / (share · (1 - share) · ln(ratio)²)``.

    Examples
    --------
    >>> churns_for_hazard_ratio(0.7)
    247
    """
    _check_between(share=share, power=power, alpha=alpha)
    if not ratio > 0:
        raise OptionError("error.study.ratio", name="ratio", value=str(ratio))
    _check_differs(ratio - 1)
    return math.ceil(errors_apart(alpha, power) ** 2 / (share * (1 - share) * math.log(ratio) ** 2))


def errors_apart(alpha: float, power: float = 0.8) -> float:
    """Return how many standard errors a difference must be to be found: 2.80 at 5 % with 80 % power."""
    from scipy.stats import norm

    return float(norm.ppf(1 - alpha / 2) + norm.ppf(power))


def _check_between(**values: float) -> None:
    for name, value in values.items():
        if not 0 < value < 1:
            raise OptionError("error.study.between", name=name, value=str(value))


def _check_differs(difference: float) -> None:
    if not abs(difference) > 0:
        raise OptionError("error.study.no_difference", name="difference", value=str(difference))
