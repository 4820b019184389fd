"""Lives: from signup to the end of a contract, known beyond the closing day, as only their maker can know them."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from retention_kit.synthetic.draws import days_of
from retention_kit.synthetic.habits import EVENTS, HABITS, SEAT_PRICES


@dataclass(frozen=True, eq=False)
class Lives:
    """Unbroken contracts, their add-ons left aside; one who comes back has two.

    Attributes
    ----------
    customer, month, churn : array
        Whose it is; calendar month in which it begins to be paid; month of its end: at its end, MRR is 0.
    begin, end : array
        First day, the trial included; first day no longer a customer.
    seats, plan : array
        By life and age in months, as they would be if nobody ever left: growth that leaving forestalls has its signs
        all the same, or they would tell who stays.
    """

    customer: np.ndarray
    month: np.ndarray
    churn: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    seats: np.ndarray
    plan: np.ndarray

    def churning_share(self, closing: np.datetime64) -> float:
        """Share of the paying month ends up to the closing day at which churn lies within `EVENTS.ahead` months."""
        last = (closing + 1).astype("datetime64[M]").astype(int)
        until = np.minimum(self.churn, last)
        paying = np.maximum(until - self.month, 0).sum()
        near = np.maximum(until - np.maximum(self.month, self.churn - EVENTS.ahead), 0).sum()
        return float(near / paying) if paying else math.nan

    def growing(self) -> np.ndarray:
        """Whether seats or plan grow within `EVENTS.ahead` months after each age."""
        price = self.seats * SEAT_PRICES[self.plan]
        grows = np.pad(np.diff(price) > 0, ((0, 0), (0, EVENTS.ahead)))
        return np.lib.stride_tricks.sliding_window_view(grows, EVENTS.ahead, axis=1).any(axis=-1)


def lives_of(contracts: pd.DataFrame, seats: np.ndarray, plan: np.ndarray, false_starts: pd.DataFrame) -> Lives:
    """Return the lives of those who stayed past a month end, then of those who did not.

    Parameters
    ----------
    contracts, false_starts : DataFrame
        In codes, as `make_business` draws them.
    seats, plan : array
        By contract and age.
    """
    main = contracts["grows"].to_numpy(bool)
    rows = pd.concat([contracts[main], false_starts.assign(lifetime=0)])
    trial = rows["trial"].to_numpy(bool) & ~rows["customer"].duplicated().to_numpy()
    start, churn = days_of(rows["month"], rows["day"]), (rows["month"] + rows["lifetime"]).to_numpy(int)
    short = start + false_start_days(rows["customer"].to_numpy())
    end = np.where(rows["lifetime"] == 0, short, days_of(churn, rows["day"]))
    grown = [_extended(by_age[main], false_starts[name]) for name, by_age in (("seats", seats), ("plan", plan))]
    begin = start - trial * HABITS.trial_days
    return Lives(rows["customer"].to_numpy(int), rows["month"].to_numpy(int), churn, begin, end, *grown)


def false_start_days(customer: np.ndarray) -> np.ndarray:
    """Days that those stay who leave before a first month end."""
    return 4 + customer % 7


def _extended(by_age: np.ndarray, unchanging: pd.Series) -> np.ndarray:
    more = np.repeat(unchanging.to_numpy()[:, None], by_age.shape[1], axis=1)
    return np.concatenate([by_age, more]).astype(by_age.dtype)
