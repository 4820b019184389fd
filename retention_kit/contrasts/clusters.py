"""Customers who share a portfolio: what an estimate is worth when whole portfolios are left out, one at a time."""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from retention_kit.contrasts.comparisons import StudentT


def leave_one_cluster_out(statistic: Callable[[np.ndarray], float], cluster: np.ndarray) -> StudentT:
    """Return a statistic with the error of leaving each cluster out.

    Parameters
    ----------
    statistic : callable
        Takes a mask of the customers who enter, returns the estimate.
    cluster : ndarray
        The cluster of each customer, such as whose portfolio they are in. Missing values are one cluster.

    Returns
    -------
    StudentT
        With G - 1 degrees of freedom for G clusters. NaN error when there are fewer than two clusters, or when the
        statistic is NaN without one of them.

    Notes
    -----
    ``v = (G - 1)/G · Σ(t_g - t)²``, t_g the statistic without cluster g: the cluster jackknife CV3 of MacKinnon,
    Nielsen & Webb (2023). Around the mean of the t_g instead, false positives are the same to a tenth of a point (4 to
    6 % with 6 to 20 portfolios); around t it is never narrower. Below six clusters nothing is calibrated.

    Examples
    --------
    Without the first portfolio the mean is 3, without the second 5, without the third 4; v = 2/3 · (1 + 1 + 0).

    >>> months = np.array([6.0, 2.0, 4.0])
    >>> found = leave_one_cluster_out(lambda enters: months[enters].mean(), np.array(["a", "b", "c"]))
    >>> found.estimate, round(found.error, 4), found.freedom
    (4.0, 1.1547, 2)
    """
    codes, names = pd.factorize(cluster, use_na_sentinel=False)
    clusters = len(names)
    estimate = float(statistic(np.ones(len(codes), dtype=bool)))
    if clusters < 2:
        return StudentT(estimate, math.nan, math.nan)
    left_out = np.array([statistic(codes != code) for code in range(clusters)])
    variance = (clusters - 1) / clusters * ((left_out - estimate) ** 2).sum()
    return StudentT(estimate, math.sqrt(variance), clusters - 1)
