"""Pseudo-observations: what each customer adds to a Kaplan–Meier curve, so that censored lives can be weighted."""

import numpy as np

from retention_kit.survival.curves import counts_by_age, product_limit


def pseudo_values(age: np.ndarray, churned: np.ndarray, *, horizon: int) -> tuple[np.ndarray, np.ndarray]:
    """Return each customer's jackknife pseudo-observations of retention and months of life at `horizon`.

    Parameters
    ----------
    age, churned : ndarray
        As in `kaplan_meier`; customers seen from their start, of one group: the curve is theirs.
    horizon : int
        Months; at least 1.

    Returns
    -------
    retained, months : ndarray, one value a customer
        Of ``S(horizon)`` and of `rmst`. Without censoring: 1 or 0, and the months stayed within the horizon. With it
        they may lie outside these bounds; only their weighted means mean something. NaN for a customer without whom
        nobody would be watched up to the horizon.

    Notes
    -----
    ``n·θ - (n - 1)·θ₋ᵢ`` (Andersen, Klein and Rosthøj, 2003), exact: customers with the same age and the same end share
    a value, so that at most two curves for each age are taken anew, whatever the number of customers.

    Examples
    --------
    >>> retained, months = pseudo_values(np.array([1, 3, 4]), np.array([True, True, False]), horizon=3)
    >>> retained.round(9).tolist(), months.round(9).tolist()
    ([0.0, 0.0, 1.0], [1.0, 3.0, 3.0])
    """
    n = len(age)
    at_risk, events = (count[1:] for count in counts_by_age(age, churned, horizon=horizon))
    kinds, kind = np.unique(2 * np.minimum(age, horizon) + (churned & (age <= horizon)), return_inverse=True)
    stop, left = (part[:, None] for part in np.divmod(kinds, 2))
    ages = np.arange(1, horizon + 1)
    without = product_limit(at_risk - (stop >= ages), events - left * (stop == ages))
    whole = product_limit(at_risk, events)
    retained = n * whole[-1] - (n - 1) * without[:, -1]
    months = n * (1 + whole[:-1].sum()) - (n - 1) * (1 + without[:, :-1].sum(axis=1))
    return retained[kind], months[kind]
