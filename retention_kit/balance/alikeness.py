"""How alike two groups are in their covariates, before and after weighting."""

import math

import numpy as np
import pandas as pd

from retention_kit.balance.covariates import Column, Covariates, standardised_difference
from retention_kit.results.balances import Balance


def balance_of(covariates: Covariates, treated: np.ndarray, weights: np.ndarray) -> Balance:
    """Return how alike the groups are in every covariate before and after weighting.

    Parameters
    ----------
    covariates : Covariates
    treated : ndarray of bool
    weights : ndarray, one value a customer

    Returns
    -------
    Balance

    Notes
    -----
    Standardised mean difference: difference of means, with the factor minus reference, over the root of the mean of
    the two groups' unweighted variances, before and after weighting alike. The variance ratio, of numbers only, is
    after weighting.

    Examples
    --------
    >>> given = Covariates(np.array([[1.0], [3.0], [2.0], [4.0]]), (Column("seats"),))
    >>> found = balance_of(given, np.array([True, True, False, False]), np.array([1.0, 3.0, 1.0, 1.0]))
    >>> found.to_frame()[["raw", "weighted"]].round(3).to_numpy().tolist(), found.ess
    ([[-0.707, -0.354]], (1.6, 2.0))
    """
    treated = np.asarray(treated, bool)
    rows = [
        _row(column, values, treated, weights)
        for column, values in zip(covariates.columns, covariates.matrix.T, strict=True)
    ]
    names = ["covariate", "level", "power", "raw", "weighted", "variance_ratio"]
    sizes = int(treated.sum()), int((~treated).sum())
    frame = pd.DataFrame(rows, columns=names)
    frame["level"] = pd.Series([column.level for column in covariates.columns], dtype=object)  # None stays None
    return Balance(frame, sizes, effective_size(weights, treated))


def _row(column: Column, values: np.ndarray, treated: np.ndarray, weights: np.ndarray) -> tuple:
    raw = standardised_difference(values, treated)
    number = column.level is None and column.power == 1
    if min(weights[side].sum() for side in (treated, ~treated)) <= 0:  # groups told apart: nobody is left to weigh
        return (*column, raw, math.nan, math.nan)
    spread = _variance_ratio(values, treated, weights) if number else math.nan
    return (*column, raw, standardised_difference(values, treated, weights), spread)


def _variance_ratio(values: np.ndarray, treated: np.ndarray, weights: np.ndarray) -> float:
    first, second = (_variance(values[side], weights[side]) for side in (treated, ~treated))
    return first / second if second > 0 else math.nan


def _variance(values: np.ndarray, weights: np.ndarray) -> float:
    return float(np.average(np.square(values - np.average(values, weights=weights)), weights=weights))


def effective_size(weights: np.ndarray, treated: np.ndarray) -> tuple[float, float]:
    """Return how many equal customers either group is worth: ``(Σ w)² / Σ w²``.

    Parameters
    ----------
    weights : ndarray, one value a customer
    treated : ndarray of bool

    Examples
    --------
    >>> effective_size(np.array([1.0, 3.0, 1.0, 1.0]), np.array([True, True, False, False]))
    (1.6, 2.0)
    """
    squares = [float(np.square(weights[side]).sum()) for side in (treated, ~treated)]
    sums = [float(weights[side].sum()) for side in (treated, ~treated)]
    first, second = (total**2 / square if square else 0.0 for total, square in zip(sums, squares, strict=True))
    return first, second
