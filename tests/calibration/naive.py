"""What is usually done instead, in a few lines each: estimate, 95 % interval, p-value, without the package."""

from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest, norm

from .worlds import LANDMARK

Z = 1.96


class Answer(NamedTuple):
    """An estimate of the difference (or ratio), its interval and its p-value."""

    estimate: float
    low: float
    high: float
    p_value: float


def by_z(estimate, error):
    """Estimate ± 1.96 standard errors."""
    if not error > 0:
        return Answer(estimate, np.nan, np.nan, np.nan)
    return Answer(estimate, estimate - Z * error, estimate + Z * error, 2 * norm.sf(abs(estimate / error)))


def greenwood(age, churned, horizon):
    """S(0) … S(horizon), and the sums of Greenwood's terms d / (n (n - d)) up to each age."""
    at = np.arange(1, horizon + 1)
    at_risk = (age[:, None] >= at).sum(axis=0)
    events = (churned[:, None] & (age[:, None] == at)).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        survival = np.cumprod(1 - events / at_risk)
        terms = np.cumsum(np.where(events > 0, events / (at_risk * (at_risk - events)), 0))
    return np.append(1.0, survival), np.append(0.0, terms)


def two_arms(measure, treated, *arrays):
    """Difference of a measure (value, variance) of both arms."""
    (with_it, var1), (without, var0) = (measure(*(array[side] for array in arrays)) for side in (treated, ~treated))
    return by_z(with_it - without, np.sqrt(var1 + var0))


def retention_z(drawn, horizon=12, treated=None):
    """Kaplan–Meier difference ± 1.96 Greenwood errors, customers as unit, nothing adjusted."""

    def measure(age, churned):
        survival, terms = greenwood(age, churned, horizon)
        return survival[-1], survival[-1] ** 2 * terms[-1]

    return two_arms(measure, drawn.treated if treated is None else treated, drawn.age, drawn.churned)


def rmst_z(drawn, horizon=12):
    """Difference of restricted mean months ± 1.96 Greenwood errors."""

    def measure(age, churned):
        survival, terms = greenwood(age, churned, horizon)
        after = survival[:horizon][::-1].cumsum()[::-1]  # Σ_{b ≥ a} S(b)
        return survival[:horizon].sum(), (after[1:] ** 2 * np.diff(terms)[: horizon - 1]).sum()

    return two_arms(measure, drawn.treated, drawn.age, drawn.churned)


def proportions(kept, treated):
    def measure(share):
        return share.mean(), share.mean() * (1 - share.mean()) / len(share)

    return two_arms(measure, treated, kept)


def active_today(drawn, horizon=12):
    """Share still paying today, whenever they came."""
    return proportions(~drawn.churned, drawn.treated)


def known_status(drawn, horizon=12):
    """Share retained among those already watched for 12 months and those who already left."""
    left = drawn.churn <= np.minimum(horizon, drawn.follow_up)
    known = left | (drawn.follow_up >= horizon)
    return proportions(~left[known], drawn.treated[known])


def ever_never(drawn, horizon=12):
    """Customers who activated the feature at any time against those who never did, from their start."""
    return retention_z(drawn, horizon)


def early_leavers_dropped(drawn, horizon=12):
    """The same among customers still there after three months: the popular half-remedy."""
    there = drawn.age > LANDMARK

    class Kept:
        age, churned, treated = drawn.age[there], drawn.churned[there], drawn.treated[there]

    return retention_z(Kept, horizon)


def from_activation(drawn, horizon=12):
    """The activated counted from their activation, the others from their start."""
    seen = drawn.treated

    class Shifted:
        age, churned, treated = drawn.age - np.where(seen, drawn.activated, 0), drawn.churned, seen

    return retention_z(Shifted, horizon)


def nrr_delta_z(drawn, horizon=12):
    """Difference of NRR ± 1.96 errors by the delta method."""

    def measure(after, before):
        ratio = after.sum() / before.sum()
        return ratio, (((after - ratio * before) / before.sum()) ** 2).sum()

    enough = drawn.follow_up >= horizon
    return two_arms(measure, drawn.treated[enough], drawn.paid(horizon)[enough], drawn.mrr[enough])


def share_of_churners(drawn, horizon=12, window=3):
    """How many of those who left within a year left in the first three months, against a quarter."""
    left = drawn.churned & (drawn.churn <= horizon)
    early, total = int((drawn.churn[left] <= window).sum()), int(left.sum())
    if not total:
        return Answer(np.nan, np.nan, np.nan, np.nan)
    test = binomtest(early, total, window / horizon)
    limits = test.proportion_ci()

    def ratio(share):  # hazard ratio that such a share would mean if everyone were at risk all the time
        return share / (1 - share) * (horizon - window) / window if share < 1 else np.inf

    return Answer(ratio(early / total), ratio(limits.low), ratio(limits.high), test.pvalue)


NAIVE = {
    "retention_z": (retention_z, "customers as unit, unadjusted: Kaplan–Meier ± 1.96 Greenwood errors"),
    "rmst_z": (rmst_z, "RMST ± 1.96 Greenwood errors"),
    "active_today": (active_today, "“active today”"),
    "known_status": (known_status, "“known status” only"),
    "ever_never": (ever_never, "ever activated against never"),
    "early_leavers_dropped": (early_leavers_dropped, "ever against never, early leavers dropped"),
    "from_activation": (from_activation, "clock from activation against clock from start"),
    "nrr_delta_z": (nrr_delta_z, "NRR ± 1.96 errors by the delta method, unadjusted"),
    "share_of_churners": (share_of_churners, "share of churners leaving in three months, against 25 %"),
}
