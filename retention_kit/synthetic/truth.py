"""What is planted in the invented business, and what follows from it."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from retention_kit.errors import OptionError
from retention_kit.synthetic.habits import EVENTS, HABITS, LEAVING


@dataclass(frozen=True)
class Truth:
    """What was planted in a business, known before any estimate.

    Retention is the expected share of the customers never churned by age 12 month ends, a fraction: once all
    with the demo, once all without. Who left before a first month end has no age and is left out.

    Rates of the events hold for any month end at which a customer pays. Someone drifts by mere chance during
    `EVENTS.ahead` = 3 calendar months at a time, and such a spell begins in any month with `EVENTS.drift` = 0.02,
    whoever and wherever in life: one drifts at a month end unless none has begun in three months,
    b = 1 - 0.98³ = 0.059. On top, a share `warning` of those who will churn drifts in the 3 months before the month
    of the churn, and until the end. So of those who will churn within 3 months a share w + (1 - w) b drifts, of the
    others b; with w = 0 the two are one. Upsell signs are planted alike, before seats or plan grow, and also where
    leaving forestalls the growth, so that they do not tell who stays. Yearly contracts grow and end at their
    anniversaries only: limits reached and churn meet there, for the calendar's sake.
    """

    demo_effect: float  # retention with the demo minus without
    hazard_ratio: float  # the demo's factor on the churn hazard, the same at every age
    retention_12_with_demo: float
    retention_12_without_demo: float
    seed: int
    customers: int  # how many have ever signed up
    warning: float  # share of those who will churn whose events show it in the 3 months before; 0: events say nothing
    upsell: float  # share of the customers who reach limits in the 3 months before seats or plan grow
    base_rate: float = math.nan  # of this business: share of paying month ends with churn within 3 months

    @property
    def false_alarm_rate(self) -> float:
        """Share drifting (or at their limits) at a month end of those whom nothing awaits within 3 months."""
        return 1 - (1 - EVENTS.drift) ** EVENTS.ahead

    @property
    def hit_rate(self) -> float:
        """Share drifting at a month end, of those who churn within 3 months."""
        return self.warning + (1 - self.warning) * self.false_alarm_rate

    @property
    def upsell_hit_rate(self) -> float:
        """Share at their limits at a month end, of those whose seats or plan grow within 3 months."""
        return self.upsell + (1 - self.upsell) * self.false_alarm_rate

    @property
    def lift(self) -> float:
        """Churn within 3 months of those who drift, divided by that of all: what the best reading can reach.

        By Bayes' rule, with h the hit rate, f that of false alarms and p the base rate, P(churn | drift) = h p / (h p
        + (1 - p) f); divided by p that is h / (h p + (1 - p) f), and 1 where h = f. Who reads the drift off noisy
        events, or ranks by more than it, gets another one. A list of k customers gets it while at least k drift.
        """
        return self.hit_rate / (self.hit_rate * self.base_rate + (1 - self.base_rate) * self.false_alarm_rate)


def cumulative_hazard(ages: np.ndarray) -> np.ndarray:
    """Cumulative churn hazard without the demo: segment × (monthly, yearly) × age."""
    monthly = 1 + HABITS.onboarding * np.exp((1 - ages) / HABITS.onboarding_fades)
    yearly = 12 * HABITS.renewal * (ages % 12 == 0)
    return (LEAVING[:, None, None] * np.stack([monthly, yearly]) * (ages > 0)).cumsum(axis=-1)


def plant(hazard: np.ndarray, people: pd.DataFrame, effect: float, **made_with: Any) -> Truth:
    """Find the hazard ratio whose mean retention differs by `effect` over these very customers.

    Raises
    ------
    OptionError
        If no ratio gives that effect.
    """
    from scipy.optimize import brentq

    alone = np.exp(-hazard[people["segment"], people["annual"], HABITS.horizon])

    def gain(log_ratio: float) -> float:
        return float(np.mean(alone ** np.exp(log_ratio)) - alone.mean())

    low, high = gain(12.0), gain(-12.0)
    if not low <= effect <= high:
        raise OptionError("error.demo_effect", value=effect, low=low, high=high)
    log_ratio = brentq(lambda at: gain(at) - effect, -12.0, 12.0, xtol=1e-14) if effect else 0.0
    retained = float(alone.mean())
    return Truth(float(effect), float(np.exp(log_ratio)), retained + gain(log_ratio), retained, **made_with)
