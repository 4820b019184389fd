"""Several questions asked of the same customers: p-values corrected for their number."""

from collections.abc import Sequence

import numpy as np


def holm(p_values: Sequence[float]) -> np.ndarray:
    """Return Holm's adjusted p-values: the chance of any false alarm among all questions stays below the level.

    Parameters
    ----------
    p_values : sequence of float
        NaN for a question that was not tested: it stays NaN and does not count.

    Returns
    -------
    ndarray

    Notes
    -----
    Holm (1979), by ``statsmodels.stats.multitest.multipletests``.

    Examples
    --------
    >>> holm([0.01, 0.02, float("nan"), 0.03, 0.04, 0.05]).round(3).tolist()
    [0.05, 0.08, nan, 0.09, 0.09, 0.09]
    """
    return _adjusted(p_values, "holm")


def false_discovery(p_values: Sequence[float]) -> np.ndarray:
    """Return Benjamini and Hochberg's q-values: of the findings kept below it, that share is expected to be false.

    Parameters
    ----------
    p_values : sequence of float
        NaN for a question that was not tested: it stays NaN and does not count.

    Returns
    -------
    ndarray

    Notes
    -----
    Benjamini & Hochberg (1995), by ``statsmodels.stats.multitest.multipletests``.

    Examples
    --------
    >>> false_discovery([0.01, 0.02, 0.03, 0.04, 0.05]).round(3).tolist()
    [0.05, 0.05, 0.05, 0.05, 0.05]
    """
    return _adjusted(p_values, "fdr_bh")


def _adjusted(p_values: Sequence[float], method: str) -> np.ndarray:
    from statsmodels.stats.multitest import multipletests

    adjusted = np.array(p_values, dtype=float)
    tested = ~np.isnan(adjusted)
    adjusted[tested] = multipletests(adjusted[tested], method=method)[1]
    return adjusted
