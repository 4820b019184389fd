"""A seeded subscription business with a known truth: B2B software, paid in euros, by the month or the year.

Contracts are drawn first (who, since when, for how many months), then cut into billing rows. A contract can
end or change only at its own anniversaries, so an end k months after the start is churn at age k exactly.
Every draw is a uniform of PCG64, turned by formula: the stream that is stable from one NumPy to the next.
"""

import datetime as dt
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import PCG64, Generator

from retention_kit.errors import OptionError
from retention_kit.synthetic.habits import (
    ADD_ON,
    ANNUAL,
    COUNTRIES,
    CSM_NAMES,
    ENDINGS,
    HABITS,
    LEAVING,
    NEVER,
    PERCENTS,
    PLANS,
    SEASON,
    SEAT_PRICES,
    SEATS,
    SEGMENTS,
    SHARES,
    SIGNUP_PLANS,
    SPREAD,
    STEMS,
    TOP_PLAN,
)


@dataclass(frozen=True)
class Truth:
    """What was planted in a business, known before any estimate.

    Retention is the expected share of the customers never churned by age 12 month ends, a fraction: once all
    with the demo, once all without. Who left before a first month end has no age and is left out.
    """

    demo_effect: float  # retention with the demo minus without
    hazard_ratio: float  # the demo's factor on the churn hazard, the same at every age
    retention_12_with_demo: float
    retention_12_without_demo: float
    seed: int
    customers: int  # how many have ever signed up


@dataclass(frozen=True, eq=False)
class Business:
    """An invented subscription business, as it stands at the close of the day `as_of`.

    `customers` has one row per customer: customer_id, name, segment, plan (at signup), country, csm, signup,
    personalised_demo (given by coin). `subscriptions` has one row per unchanged stretch of a contract:
    subscription_id, customer_id, start, end (first day not paid, NaT while running), amount (EUR per
    interval, before the discount), interval, interval_count, currency, discount_percent, discount_until
    (first day at full price, NaT for good), status, plan.
    """

    customers: pd.DataFrame
    subscriptions: pd.DataFrame
    truth: Truth
    as_of: dt.date


def make_business(
    customers: int = 2_000,
    *,
    seed: int = 7,
    demo_effect: float = 0.08,
    as_of: Any = "2025-12-31",
    months: int = 48,
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

    Raises
    ------
    OptionError
        If `demo_effect` is out of reach, or `customers` or `months` is below 1.

    Examples
    --------
    >>> truth = make_business(customers=200, seed=1, demo_effect=0.05).truth
    >>> round(truth.retention_12_with_demo - truth.retention_12_without_demo, 6)
    0.05
    >>> make_business(customers=200, demo_effect=0.0).truth.hazard_ratio
    1.0
    """
    if customers < 1 or months < 1:
        raise OptionError("error.business_size", customers=customers, months=months)
    closing = np.datetime64(pd.Timestamp(as_of).date(), "D")
    rng = Generator(PCG64(seed))
    people = _people(rng, customers, closing, months)
    named = _customers(rng, people)
    hazard = _cumulative_hazard(np.arange(max(months, HABITS.horizon) + 4))
    stayed = people[~people["false_start"]]
    truth = _plant(hazard, stayed, demo_effect, seed=seed, customers=customers)
    rows = _stretches(rng, _contracts(rng, stayed, hazard, truth.hazard_ratio), closing, hazard.shape[-1])
    return Business(named, _subscriptions(pd.concat([rows, _unpaid(people)])), truth, closing.item())


def _pick(rng: Generator, shares: np.ndarray, size: int) -> np.ndarray:
    """Positions drawn with these shares; one row of shares for all, or one each."""
    cuts = np.cumsum(shares / shares.sum(axis=-1, keepdims=True), axis=-1)[..., :-1]
    return (rng.random(size)[:, None] >= cuts).sum(axis=1)


def _days(month: Any, day: Any) -> np.ndarray:
    """Dates of a day in months counted since January 1970; past a short month's end, its last day."""
    first = np.asarray(month, np.int64).astype("datetime64[M]")
    last = (first + 1).astype("datetime64[D]") - 1
    return np.minimum(first.astype("datetime64[D]") + np.asarray(day, np.int64) - 1, last)


def _starts(rng: Generator, size: int, closing: np.datetime64, months: int) -> np.ndarray:
    """First days of the first contracts, oldest first, so that customer numbers rise with time."""
    days = np.arange(closing.astype("datetime64[M]") - (months - 1), closing + 1, dtype="datetime64[D]")
    month = days.astype("datetime64[M]").astype(int)
    weights = (SEASON[month % 12] * np.exp(HABITS.growth * (month - month[0]))).cumsum()
    return np.sort(days[np.searchsorted(weights / weights[-1], rng.random(size), side="right")])


def _people(rng: Generator, size: int, closing: np.datetime64, months: int) -> pd.DataFrame:
    """Who signs, when and for what, in codes."""
    segment, start = _pick(rng, SHARES, size), _starts(rng, size, closing, months)
    month, annual = start.astype("datetime64[M]"), rng.random(size) < ANNUAL[segment]
    day = (start - month).astype(int) + 1
    people = {"customer": np.arange(size), "segment": segment, "month": month.astype(int), "day": day}
    normal = np.sqrt(-2 * np.log1p(-rng.random(size))) * np.cos(2 * np.pi * rng.random(size))
    people["seats"] = np.maximum(1, np.rint(SEATS[segment] * np.exp(SPREAD[segment] * normal)))
    people["plan"] = _pick(rng, SIGNUP_PLANS[segment], size)
    people |= {"annual": annual.astype(int), "demo": rng.random(size) < 0.5}
    early = ~annual & (day <= 15) & (month < closing.astype("datetime64[M]"))
    people["false_start"] = early & (np.cumsum(early) % HABITS.false_starts == 0)
    people["trial"] = (rng.random(size) < HABITS.trial) & ~annual & ~people["false_start"]
    return pd.DataFrame(people)


def _cumulative_hazard(ages: np.ndarray) -> np.ndarray:
    """Cumulative churn hazard without the demo: segment × (monthly, yearly) × age."""
    monthly = 1 + HABITS.onboarding * np.exp((1 - ages) / HABITS.onboarding_fades)
    yearly = 12 * HABITS.renewal * (ages % 12 == 0)
    return (LEAVING[:, None, None] * np.stack([monthly, yearly]) * (ages > 0)).cumsum(axis=-1)


def _plant(hazard: np.ndarray, people: pd.DataFrame, effect: float, **made_with: int) -> Truth:
    """Find the hazard ratio whose mean retention differs by `effect` over these very customers."""
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


def _lifetimes(rng: Generator, people: pd.DataFrame, hazard: np.ndarray, ratio: float) -> np.ndarray:
    """Age at churn; one past the last age of `hazard` for those who stay beyond it."""
    patience = -np.log1p(-rng.random(len(people))) / np.where(people["demo"], ratio, 1.0)
    return (hazard[people["segment"], people["annual"]] < patience[:, None]).sum(axis=1)


def _contracts(rng: Generator, people: pd.DataFrame, hazard: np.ndarray, ratio: float) -> pd.DataFrame:
    """Every customer's first contract, then the returns and the add-ons."""
    size, annual = len(people), people["annual"].to_numpy()
    given = rng.random(size) < np.where(annual, HABITS.negotiated, HABITS.intro)
    first = people.assign(percent=PERCENTS[annual, _pick(rng, np.ones(3), size)] * given, grows=True)
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


def _stretches(rng: Generator, contracts: pd.DataFrame, closing: np.datetime64, ages: int) -> pd.DataFrame:
    """Cut every contract where seats or plan change, as far as it is known on the closing day."""
    seats, plan = _growth(rng, contracts, np.arange(ages))
    month, day = contracts["month"].to_numpy()[:, None], contracts["day"].to_numpy()[:, None]
    lifetime, dates = contracts["lifetime"].to_numpy()[:, None], _days(month + np.arange(ages), day)
    last = _days(month + lifetime, day).ravel()
    begins = (np.arange(ages) < lifetime) & (dates <= closing)
    begins[:, 1:] &= (np.diff(seats) != 0) | (np.diff(plan) != 0)
    which, age = np.nonzero(begins)
    start, end = dates[which, age], np.where(last <= closing + HABITS.notice_days, last, NEVER)[which]
    goes_on = np.append(which[1:] == which[:-1], False)
    status = np.where(~goes_on & (end <= closing), "cancelled", "active")
    rows = contracts.iloc[which].assign(seats=seats[which, age], plan=plan[which, age], status=status)
    full = _days(rows["month"] + rows["intro_months"], rows["day"])
    until = np.where((rows["intro_months"] > 0) & (full > start), full, NEVER)
    percent = rows["percent"].where((rows["intro_months"] == 0) | (full > start), 0.0)
    end = np.where(goes_on, np.roll(start, -1), end)
    return rows.assign(start=start, end=end, percent=percent, until=until)


def _unpaid(people: pd.DataFrame) -> pd.DataFrame:
    """Rows that never reach a month end as MRR: trials, and what begins and ends between two month ends."""
    first = _days(people["month"], people["day"])
    trials = people.assign(start=first - HABITS.trial_days, end=first, status="trialing")[people["trial"]]
    short = people.assign(start=first, end=first + 4 + people["customer"].to_numpy() % 7, status="cancelled")
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


def _customers(rng: Generator, people: pd.DataFrame) -> pd.DataFrame:
    code = _pick(rng, np.array([share for share, _ in COUNTRIES.values()]), len(people))
    table = {"customer_id": np.char.mod("C%05d", people["customer"] + 1), "name": _names(rng, code)}
    table |= {"segment": SEGMENTS[people["segment"]], "plan": PLANS[people["plan"]]}
    table |= {"country": np.array(list(COUNTRIES))[code], "csm": _portfolios(rng, people["segment"])}
    signup = _days(people["month"], people["day"]) - people["trial"].to_numpy() * HABITS.trial_days
    return pd.DataFrame(table | {"signup": signup, "personalised_demo": people["demo"]})


def _names(rng: Generator, country: np.ndarray) -> list[str]:
    """Join a word and a trade in the country's language; distinct up to 2,808 customers."""
    trades = [words.split() for _, words in COUNTRIES.values()]
    words = [stem + ending for stem in STEMS.split() for ending in ENDINGS.split()]
    drawn = np.resize(np.argsort(rng.random(len(words) * 6), kind="stable"), len(country))
    return [f"{words[slot // 6]} {trades[at][slot % 6]}" for slot, at in zip(drawn, country, strict=True)]


def _portfolios(rng: Generator, segment: pd.Series) -> np.ndarray:
    """One CSM per portfolio of equal size; sorting by blurred segment makes each lean to one."""
    count, first = max(1, round(len(segment) / HABITS.portfolio)), CSM_NAMES.split()
    rank = np.argsort(np.argsort(segment + HABITS.blur * rng.random(len(segment)), kind="stable"))
    names = [f"{first[n % len(first)]} {ascii_uppercase[(n + n // len(first)) % 26]}." for n in range(count)]
    return np.array(names)[rank * count // len(segment)]
