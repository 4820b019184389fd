"""Time to churn: Kaplan–Meier by age in months, with numbers at risk."""

import numpy as np
import pandas as pd


def kaplan_meier(age: np.ndarray, churned: np.ndarray, *, horizon: int) -> pd.DataFrame:
    """Return the share never churned by each age, for customers who are not all watched equally long.

    Parameters
    ----------
    age : ndarray of int
        Age in months at churn, or the last age watched.
    churned : ndarray of bool
        Whether the customer churned at that age; otherwise it is only known that they had not.
    horizon : int
        Last age of the table.

    Returns
    -------
    DataFrame
        Index age 0 … horizon; at_risk (watched at that age and not churned before it), events (churned at it), survival
        (never churned by it), variance (Greenwood's). NaN beyond the last age anybody was watched at.

    Notes
    -----
    Computed by ``statsmodels.duration.survfunc.SurvfuncRight``. A customer whose watching ends at an age counts at risk
    there. Someone who churned and came back has churned.

    Examples
    --------
    >>> curve = kaplan_meier(np.array([1, 2, 3]), np.array([True, False, True]), horizon=2)
    >>> curve["survival"].round(3).tolist()
    [1.0, 0.667, 0.667]
    """
    from statsmodels.duration.survfunc import SurvfuncRight

    ages = pd.RangeIndex(horizon + 1, name="age")
    at_risk = (age[:, None] >= ages.to_numpy()).sum(axis=0)
    events = np.bincount(age[churned], minlength=horizon + 1)[: horizon + 1]
    fitted = SurvfuncRight(age, churned)
    steps = pd.DataFrame({"survival": fitted.surv_prob, "error": fitted.surv_prob_se}, index=fitted.surv_times)
    steps = steps.reindex(np.union1d(steps.index, ages)).ffill().reindex(ages)
    survival = steps["survival"].fillna(1.0)
    # where everybody has churned Greenwood's error is not defined, and nothing is left to vary
    variance = (steps["error"] ** 2).fillna(0.0).where(survival > 0, 0.0)
    curve = pd.DataFrame({"at_risk": at_risk, "events": events, "survival": survival, "variance": variance}, index=ages)
    unknown = (curve["at_risk"] == 0) & (survival > 0)
    return curve.assign(survival=survival.mask(unknown), variance=variance.mask(unknown))
