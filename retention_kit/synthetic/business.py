"""A seeded subscription business with a known truth: B2B software, paid in euros, by the month or the year.

Contracts are drawn first (who, since when, for how many months), then cut into billing rows. A contract can
end or change only at its own anniversaries, so an end k months after the start is churn at age k exactly.
Events are drawn last and from a stream of their own: they change no contract.
"""

import datetime as dt
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import PCG64, Generator

from retention_kit.errors import OptionError
from retention_kit.synthetic.draws import days_of, pick
from retention_kit.synthetic.events import draw_events
from retention_kit.synthetic.habits import (
    ADD_ON,
    ANNUAL,
    HABITS,
    NEVER,
    PERCENTS,
    PLANS,
    SEASON,
    SEAT_PRICES,
    SEATS,
    SHARES,
    SIGNUP_PLANS,
    SPREAD,
    TOP_PLAN,
)
from retention_kit.synthetic.lives import Lives, false_start_days, lives_of
from retention_kit.synthetic.naming import name_customers
from retention_kit.synthetic.truth import Truth, cumulative_hazard, plant


@dataclass(frozen=True, eq=False)
class Business:
    """An invented subscription business, as it stands at the close of the day `as_of`.

    `customers` has one row per customer: customer_id, name, segment, plan (at signup), country, csm, signup,
    personalised_demo (given by coin). `subscriptions` has one row per unchanged stretch of a contract:
    subscription_id, customer_id, start, end (first day not paid, NaT while running), amount (EUR per
    interval, before the discount), interval, interval_count, currency, discount_percent, discount_until
    (first day at full price, NaT for good), status, plan. `events` has one row per event: customer_id, at,
    kind (of `schema.EVENT_KINDS`), value; it is drawn when first asked for.
    """

    customers: pd.DataFrame
    subscriptions: pd.DataFrame
    truth: Truth
    as_of: dt.date
    _lives: Lives = field(repr=False)

    @cached_property
    def events(self) -> pd.DataFrame:
        """What the customers did and what happened to them, up to `as_of`, in order of time.

        From signup (the trial included) to the end of each contract: on working days one row a day on which somebody
        logged in, its value the number of people; features of the plan by number; tickets (more with more seats),
        complaints; one mail a month and whether it was opened; an NPS answer twice a year from those who answer; late
        payments (days); limits reached (share of the limit). Who drifts logs in on less than half as many days and
        uses fewer features, more so in each of three months, opens hardly any mail, complains, pays late and
        answers low: see `Truth` for who and when.

        Notes
        -----
        Chances of all but logins, features and tickets are the same for every customer; those three go by seats and
        plan, which differ by segment, as churn does: without a warning the change of a customer's events says nothing
        about churn, their level says what segment they are of. Contracts end on any day of a month, and the month of
        the end is cut short. A month end before the churn never sees that: the ledger counts a customer as churned
        from the end of the very month. Months in which the first contract begins are short, too. There are neither
        seasons nor holidays.
        """
        ids = self.customers["customer_id"].array
        drawn = {"seed": self.truth.seed, "warning": self.truth.warning, "upsell": self.truth.upsell}
        return draw_events(self._lives, ids, closing=np.datetime64(self.as_of, "D"), **drawn)


def make_business(
    customers: int = 2_000,
    *,
    seed: int = 7,
    demo_effect: float = 0.08,
    as_of: Any = "2025-12-31",
    months: int = 48,
    warning: float = 0.6,
    upsell: float = 0.5,
) -> Business:
    """Return an invented subscription business in which the effect of the personalised demo is known.

    Hazards depend on segment, age and interval, never on the calendar, so the customers observed for 12
    months estimate the truth without bias.

    Parameters
    ----------
    customers, seed : int
        How many have ever signed up; the same seed gives the same tables.
    demo_effect : float
        Difference of 12-month retention to plant, as a fraction (0.08 is 8 points); may be negative.
    as_of : str or datetime.date
        Last day known. Later dates occur only as ends of contracts whose cancellation is announced.
    months : int
        Calendar months with signups, the month of `as_of` being the last.
    warning : float
        Share of the customers who will churn whose events show it in the 3 months before; with 0 they say nothing
        about churn. Changes `events` only, and so does `upsell`.
    upsell : float
        Share of the customers who reach the limits of their plan in the 3 months before seats or plan grow.

    Raises
    ------
    OptionError
        If `demo_effect` is out of reach, `customers` or `months` is below 1, or `warning` or `upsell` is no
        fraction.

    Examples
    --------
    >>> truth = make_business(customers=200, seed=1, demo_effect=0.05).truth
    >>> round(truth.retention_12_with_demo - truth.retention_12_without_demo, 6)
    0.05
    >>> make_business(customers=200, demo_effect=0.0).truth.hazard_ratio
    1.0
    >>> truth = make_business(customers=200, seed=1, warning=0.6).truth
    >>> round(truth.hit_rate, 3), round(truth.false_alarm_rate, 3), truth.lift > 4
    (0.624, 0.059, True)
    """
    if customers < 1 or months < 1:
        raise OptionError("error.business_size", customers=customers, months=months)
    for name, share in (("warning", warning), ("upsell", upsell)):
        if not 0 <= share <= 1:
            raise OptionError("error.study.between", name=name, value=share)
    closing = np.datetime64(pd.Timestamp(as_of).date(), "D")
    rng = Generator(PCG64(seed))
    people = _people(rng, customers, closing, months)
    named = name_customers(rng, people)
    hazard = cumulative_hazard(np.arange(max(months, HABITS.horizon) + 4))
    stayed = people[~people["false_start"]]
    truth = plant(hazard, stayed, demo_effect, seed=seed, customers=customers, warning=warning, upsell=upsell)
    contracts = _contracts(rng, stayed, hazard, truth.hazard_ratio)
    growth = _growth(rng, contracts, np.arange(hazard.shape[-1]))
    rows = pd.concat([_stretches(contracts, growth, closing), _unpaid(people)])
    lives = lives_of(contracts, *growth, people[people["false_start"]])
    truth = replace(truth, base_rate=lives.churning_share(closing))
    return Business(named, _subscriptions(rows), truth, closing.item(), lives)


def _starts(rng: Generator, size: int, closing: np.datetime64, months: int) -> np.ndarray:
    """First days of the first contracts, oldest first, so that customer numbers rise with time."""
    days = np.arange(closing.astype("datetime64[M]") - (months - 1), closing + 1, dtype="datetime64[D]")
    month = days.astype("datetime64[M]").astype(int)
    weights = (SEASON[month % 12] * np.exp(HABITS.growth * (month - month[0]))).cumsum()
    return np.sort(days[np.searchsorted(weights / weights[-1], rng.random(size), side="right")])


def _people(rng: Generator, size: int, closing: np.datetime64, months: int) -> pd.DataFrame:
    """Who signs, when and for what, in codes."""
    segment, start = pick(rng, SHARES, size), _starts(rng, size, closing, months)
    month, annual = start.astype("datetime64[M]"), rng.random(size) < ANNUAL[segment]
    day = (start - month).astype(int) + 1
    people = {"customer": np.arange(size), "segment": segment, "month": month.astype(int), "day": day}
    normal = np.sqrt(-2 * np.log1p(-rng.random(size))) * np.cos(2 * np.pi * rng.random(size))
    people["seats"] = np.maximum(1, np.rint(SEATS[segment] * np.exp(SPREAD[segment] * normal)))
    people["plan"] = pick(rng, SIGNUP_PLANS[segment], size)
    people |= {"annual": annual.astype(int), "demo": rng.random(size) < 0.5}
    early = ~annual & (day <= 15) & (month < closing.astype("datetime64[M]"))
    people["false_start"] = early & (np.cumsum(early) % HABITS.false_starts == 0)
    people["trial"] = (rng.random(size) < HABITS.trial) & ~annual & ~people["false_start"]
    return pd.DataFrame(people)


def _lifetimes(rng: Generator, people: pd.DataFrame, hazard: np.ndarray, ratio: float) -> np.ndarray:
    """Age at churn; one past the last age of `hazard` for those who stay beyond it."""
    patience = -np.log1p(-rng.random(len(people))) / np.where(people["demo"], ratio, 1.0)
    return (hazard[people["segment"], people["annual"]] < patience[:, None]).sum(axis=1)


def _contracts(rng: Generator, people: pd.DataFrame, hazard: np.ndarray, ratio: float) -> pd.DataFrame:
    """Every customer's first contract, then the returns and the add-ons."""
    size, annual = len(people), people["annual"].to_numpy()
    given = rng.random(size) < np.where(annual, HABITS.negotiated, HABITS.intro)
    first = people.assign(percent=PERCENTS[annual, pick(rng, np.ones(3), size)] * given, grows=True)
    first["intro_months"] = HABITS.intro_months * (given & (annual == 0))
    first["lifetime"] = _lifetimes(rng, people, hazard, ratio)
    return pd.concat([first, _later(rng, first, _lifetimes(rng, people, hazard, ratio))], ignore_index=True)


def _later(rng: Generator, first: pd.DataFrame, lifetime: np.ndarray) -> pd.DataFrame:
    """Draw returns after churn; add-ons, taken at an anniversary of the first contract and ending with it."""
    returns, takes, away, day, wait = rng.random((5, len(first)))
    gap = HABITS.away[0] + (away * (HABITS.away[1] - HABITS.away[0] + 1)).astype(int)
    back = first.assign(month=first["month"] + first["lifetime"] + gap, day=1 + (day * 28).astype(int))
    delay = np.where(first["annual"], 12 * (wait < 0.5), 1 + (wait * 12).astype(int))
    extra = first.assign(month=first["month"] + delay, lifetime=first["lifetime"] - delay)
    extra = extra.assign(plan=ADD_ON, grows=False)[(takes < HABITS.add_on) & (extra["lifetime"] > 0)]
    back = back.assign(lifetime=lifetime)[returns < HABITS.comes_back]
    return pd.concat([back, extra]).assign(percent=0.0, intro_months=0)


def _growth(rng: Generator, contracts: pd.DataFrame, ages: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Seats and plan of every contract at every age, as matrices."""
    step = np.where(contracts["annual"], 12, 1)[:, None]
    due = contracts["grows"].to_numpy()[:, None] & (ages % step == 0) & (ages > 0)
    luck, (low, high) = rng.random(due.shape), HABITS.change
    expands = -np.expm1(-HABITS.up * step)
    up, down = due & (luck < expands), due & (luck > np.exp(-HABITS.down * step))
    change = (low + (high - low) * rng.random(due.shape)) * (up.astype(int) - down)
    seats = contracts["seats"].to_numpy()[:, None] * np.exp(change.cumsum(axis=1))
    plan = contracts["plan"].to_numpy()[:, None] + (up & (luck < HABITS.upgrade * expands)).cumsum(axis=1)
    return np.maximum(1, np.rint(seats)), np.minimum(plan, np.maximum(plan[:, :1], TOP_PLAN))


def _stretches(contracts: pd.DataFrame, growth: tuple[np.ndarray, np.ndarray], closing: np.datetime64) -> pd.DataFrame:
    """Cut every contract where seats or plan change, as far as it is known on the closing day."""
    seats, plan = growth
    ages = seats.shape[1]
    month, day = contracts["month"].to_numpy()[:, None], contracts["day"].to_numpy()[:, None]
    lifetime, dates = contracts["lifetime"].to_numpy()[:, None], days_of(month + np.arange(ages), day)
    last = days_of(month + lifetime, day).ravel()
    begins = (np.arange(ages) < lifetime) & (dates <= closing)
    begins[:, 1:] &= (np.diff(seats) != 0) | (np.diff(plan) != 0)
    which, age = np.nonzero(begins)
    start, end = dates[which, age], np.where(last <= closing + HABITS.notice_days, last, NEVER)[which]
    goes_on = np.append(which[1:] == which[:-1], False)
    status = np.where(~goes_on & (end <= closing), "cancelled", "active")
    rows = contracts.iloc[which].assign(seats=seats[which, age], plan=plan[which, age], status=status)
    full = days_of(rows["month"] + rows["intro_months"], rows["day"])
    until = np.where((rows["intro_months"] > 0) & (full > start), full, NEVER)
    percent = rows["percent"].where((rows["intro_months"] == 0) | (full > start), 0.0)
    end = np.where(goes_on, np.roll(start, -1), end)
    return rows.assign(start=start, end=end, percent=percent, until=until)


def _unpaid(people: pd.DataFrame) -> pd.DataFrame:
    """Rows that never reach a month end as MRR: trials, and what begins and ends between two month ends."""
    first = days_of(people["month"], people["day"])
    trials = people.assign(start=first - HABITS.trial_days, end=first, status="trialing")[people["trial"]]
    short = people.assign(start=first, end=first + false_start_days(people["customer"].to_numpy()), status="cancelled")
    return pd.concat([trials, short[people["false_start"]]]).assign(percent=0.0, until=NEVER)


def _subscriptions(rows: pd.DataFrame) -> pd.DataFrame:
    """Put the rows under the field's own column names."""
    rows = rows.sort_values(["customer", "start"], ignore_index=True)
    amount = rows["seats"] * SEAT_PRICES[rows["plan"]] * np.where(rows["annual"], 12, 1)
    table = {"subscription_id": np.char.mod("S%06d", rows.index + 1)}
    table |= {"customer_id": np.char.mod("C%05d", rows["customer"] + 1), "start": rows["start"]}
    table |= {"end": rows["end"], "amount": amount.round(2)}
    table |= {"interval": np.where(rows["annual"], "year", "month"), "interval_count": 1, "currency": "EUR"}
    table |= {"discount_percent": rows["percent"], "discount_until": rows["until"].astype("datetime64[s]")}
    return pd.DataFrame(table | {"status": rows["status"], "plan": PLANS[rows["plan"]]})
