"""Three groups or more: whether they differ at all, before any is held against another."""

import numpy as np

from retention_kit.contrasts.ratio_contrasts import spreads, sums_by_group
from retention_kit.survival import Test


def equal_ratios(numerator: np.ndarray, denominator: np.ndarray, group: np.ndarray) -> Test:
    """Test that all groups have one and the same ratio of sums.

    Parameters
    ----------
    numerator, denominator : ndarray, one value a customer
        The denominator is positive.
    group : ndarray of int
        Codes 0, 1, …, each with at least two customers.

    Returns
    -------
    Test
        F, its numerator's degrees of freedom (groups - 1), and p. NaN when a group has fewer than two customers, or
        none shows any spread.

    Notes
    -----
    Welch's F (1951) with the squared leave-one-out errors and the degrees of freedom of `ratio_difference` by group.
    It never finds too much, and little in small groups: where all are alike, with lognormal accounts (σ = 1) in three
    to six groups, it is below 5 % in 1 to 2 % of samples of 40 customers, 1 to 3 % of 100 and 4 to 5 % of 200; with
    equal accounts in 0 to 4 %, 4 to 6 % and 5 %.

    Examples
    --------
    >>> paid = np.full(9, 100.0)
    >>> now = np.array([100.0, 90, 110, 100, 80, 120, 40, 50, 60])
    >>> equal_ratios(now, paid, np.repeat([0, 1, 2], 3)).p_value < 0.05
    True
    """
    from scipy.stats import f

    sums = sums_by_group(numerator, denominator, group, int(group.max()) + 1)
    found, groups = spreads(sums), len(sums)
    ratio, weight = np.array([each.ratio for each in sums]), 1 / found.variance
    centre = weight @ ratio / weight.sum()
    unsure = ((1 - weight / weight.sum()) ** 2 / found.freedom).sum()
    statistic = weight @ (ratio - centre) ** 2 / (groups - 1)
    statistic /= 1 + 2 * (groups - 2) / (groups**2 - 1) * unsure
    p_value = f.sf(statistic, groups - 1, (groups**2 - 1) / (3 * unsure))
    return Test(float(statistic), groups - 1, float(p_value))
