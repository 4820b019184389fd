"""Small worlds of customers, complaints and churn in which the lift of a complaint is known beforehand."""

import numpy as np
import pandas as pd

from retention_kit.ledger import Ledger

HAZARD, FALSE_ALARM, HORIZON = 0.03, 0.06, 3
"""Churn a month; share of months with a complaint for no reason; months within which a complaint announces churn."""
COMPLAINTS = pd.DataFrame(
    {"signal": ["complaints"], "threshold": 1, "window_months": 1, "points": 1, "kind": "risk", "action": "check_in"}
)


def planted_lift(warning):
    """P(churn | complaint) ÷ P(churn), by Bayes' rule: hit rate h, base rate p, false alarms f."""
    p = 1 - (1 - HAZARD) ** HORIZON
    h = warning + (1 - warning) * FALSE_ALARM
    return h / (h * p + (1 - p) * FALSE_ALARM)


def world(seed, warning, customers=400, months=30):
    """A ledger and its events: geometric lives begun at any time, MRR drawn apart from everything else.

    A share `warning` of those who leave complains in each of the three months before the month end at 0; besides,
    anybody complains in any month with `FALSE_ALARM`.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    begin, life = rng.integers(0, months, customers), rng.geometric(HAZARD, customers)
    place = np.arange(months)
    pays = (place >= begin[:, None]) & (place < (begin + life)[:, None])
    mrr = np.exp(rng.normal(5, 1, customers)).round(2)
    left = (begin + life)[:, None] - place
    warned = (rng.random(customers) < warning)[:, None] & (left >= 1) & (left <= HORIZON)
    who, when = np.nonzero(pays & (warned | (rng.random(pays.shape) < FALSE_ALARM)))
    names = np.array([f"c{number:04}" for number in range(customers)])
    starts = pd.date_range("2023-01-01", periods=months, freq="MS")
    rows = np.nonzero(pays)
    book = pd.DataFrame({"customer_id": names[rows[0]], "month": starts[rows[1]], "mrr": mrr[rows[0]]})
    ledger = Ledger.from_frame(book, as_of=(starts[-1] + pd.offsets.MonthEnd(0)).date())
    events = pd.DataFrame({"customer_id": names[who], "at": starts[when] + pd.Timedelta(days=14), "kind": "complaint"})
    return ledger, events.assign(value=np.nan)
