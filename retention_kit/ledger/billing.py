"""From subscription rows to stretches of constant MRR, in whole minor units.

The rules of DEFINITIONS.md, one function each: whether the end day is paid, what an interval is in months, how long a
discount lasts, what stays out of the ledger and why.
"""

from fractions import Fraction

import numpy as np
import pandas as pd

from retention_kit.errors import InclusiveEndsError, MissingColumnError
from retention_kit.ledger.rates import SCALE
from retention_kit.months import month_numbers
from retention_kit.schema import INTERVALS
from retention_kit.wording import Message

_TERMS = {"day": 0, "week": 0, "month": 1, "quarter": 3, "half_year": 6, "year": 12}  # months, where they are whole
RUNNING = 10**6  # a month number beyond every date
_DEFAULT_DIGITS = 2
_FLOAT_ROOM = 2**50  # a decimal number read as a float is its nearest whole number's only up to here
_FINER = 4  # decimals of an amount below its minor unit
_DUST = 1e-9  # what is left of an amount that floats discounted entirely
_OUT_BY_STATUS = {"trialing": "trial", "paused": "paused"}


def digits_of(currency: str | None) -> int:
    """Return the decimals of a currency's minor unit; 2 where the currency is not said."""
    if currency is None:
        return _DEFAULT_DIGITS
    from babel.numbers import get_currency_precision

    return get_currency_precision(currency)


def paid_until(table: pd.DataFrame, end_inclusive: bool | None) -> tuple[pd.Series, Message]:
    """Return the first day not paid of every row, and the convention in words.

    Raises
    ------
    InclusiveEndsError
        If most ends fall on the last day of a month and nobody said whether that day is paid.
    """
    ends = table["end"]
    on_last_day = int((ends.dropna().dt.is_month_end).sum())
    if end_inclusive is None and on_last_day * 2 > ends.notna().sum():
        raise InclusiveEndsError("error.inclusive_ends", n=on_last_day, total=int(ends.notna().sum()))
    if end_inclusive:
        return ends + pd.Timedelta(days=1), Message("rule.ends_inclusive")
    return ends, Message("rule.ends_exclusive")


def counted_until(table: pd.DataFrame, churn_date: str, source: str) -> pd.Series:
    """Return the first day on which a row does not count any more: its end, or its cancellation if that comes first.

    Raises
    ------
    MissingColumnError
        If the rule needs a date that no row has.
    """
    if churn_date == "paid_period":
        return table["end"]
    column = f"cancel_{churn_date}_at"
    if table[column].isna().all():
        raise MissingColumnError("error.no_cancel_date", rule=churn_date, column=column, source=source)
    return table[["end", column]].min(axis=1)


def discounted(table: pd.DataFrame, discounts: str, paused: str) -> pd.DataFrame:
    """Return the rows with the discounts that the rules deduct."""
    percent, amount = table["discount_percent"].fillna(0), table["discount_amount"].fillna(0)
    left = pd.Series(discounts != "gross", index=table.index)
    if discounts == "permanent":
        left = table["discount_until"].isna()
    if paused == "keep":
        rest = table["amount"] * (1 - percent / 100) - amount
        left &= ~((percent == 100) | ((percent + amount > 0) & (rest <= _DUST)))
    return table.assign(discount_percent=percent.where(left, 0.0), discount_amount=amount.where(left, 0.0))


def stretches_of_mrr(table: pd.DataFrame, digits: int, last: int, rates: np.ndarray | None = None) -> pd.DataFrame:
    """Return stretches of constant MRR; a discount that ends splits its subscription in two.

    Parameters
    ----------
    table : DataFrame
    digits : int
        Decimals of the minor unit of the ledger's currency.
    last : int
        The last month observed.
    rates : ndarray of int, optional
        By row, what its amount is multiplied with, times `SCALE`.

    Returns
    -------
    DataFrame
        place (of the row in `table`), first (month with the MRR), until (first month without), cents, and counts:
        whether the stretch puts money into a month up to `last`.
    """
    first = month_numbers(table["start"])
    until = month_or(table["end"], RUNNING)
    full = _monthly_cents(table.assign(discount_percent=0.0, discount_amount=0.0), digits, rates)
    reduced = _monthly_cents(table, digits, rates)
    turn = np.where(reduced == full, until, np.clip(month_or(table["discount_until"], RUNNING), first, until))
    parts = [(first, turn, reduced), (turn, until, full)]
    place = np.arange(len(table))
    frames = [pd.DataFrame({"place": place, "first": a, "until": b, "cents": cents}) for a, b, cents in parts]
    both = pd.concat([frames[0], frames[1][turn < until]], ignore_index=True)
    counts = (both["cents"] > 0) & (both["first"] < both["until"]) & (both["first"] <= last)
    return both.assign(counts=counts)


def contract_terms(table: pd.DataFrame, stretches: pd.DataFrame, origin: np.ndarray) -> np.ndarray:
    """Return the months from one date at which a unit's contract can end to the next: 12 with a yearly contract.

    It is the longest billing interval, times its count, among the subscriptions that a unit had when it began: it has
    left only when all of them have ended. Intervals of days and weeks can end in every month, so they count as 1, and
    so does what began where nobody saw it. A yearly contract that is billed by the month cannot be told from a monthly
    one.

    Parameters
    ----------
    table : DataFrame
        The subscriptions.
    stretches : DataFrame
        Their stretches with MRR, with ``code``, the number of their unit.
    origin : ndarray
        First month with MRR of every unit, -1 where nobody knows it.
    """
    begun = origin[stretches["code"]]
    then = stretches[(stretches["first"] <= begun) & (begun < stretches["until"])]
    rows = table.iloc[then["place"]]
    months = rows["interval"].map(_TERMS).astype(float) * rows["interval_count"].fillna(1)
    terms = np.ones(len(origin), np.int64)
    np.maximum.at(terms, then["code"].to_numpy(), months.to_numpy(np.int64))
    return terms


def month_or(days: pd.Series, otherwise: int) -> np.ndarray:
    """Return the month number of every day, or `otherwise` where there is none."""
    return np.where(days.isna(), otherwise, days.dt.year * 12 + days.dt.month - 1).astype(np.int64)


def _monthly_cents(table: pd.DataFrame, digits: int, rates: np.ndarray | None = None) -> np.ndarray:
    """Return each row's MRR in minor units, rounded half-even from an exact fraction of whole numbers."""
    times, parts = (table["interval"].map({name: pair[i] for name, pair in INTERVALS.items()}) for i in (0, 1))
    parts = parts * table["interval_count"].fillna(1)
    percents = table["discount_percent"].fillna(0).to_numpy(float)
    fine = 100 if np.array_equal(percents * 100, np.rint(percents * 100)) else 10**6
    amount, less = (_whole(table[name], 10 ** (digits + _FINER)) for name in ("amount", "discount_amount"))
    percent, times, parts = (np.rint(np.asarray(column)).astype(np.int64) for column in (percents * fine, times, parts))
    # amounts beyond 64 bits are rare, and rates fine: Python's own integers take over, slower and as exact
    largest = int(amount.max(initial=0)) * 100 * fine * int(times.max(initial=0))
    kind = np.int64 if largest < 2**62 and rates is None else object
    amount, less, percent, times, parts = (column.astype(kind) for column in (amount, less, percent, times, parts))
    top = (amount * (100 * fine - percent) - less * (100 * fine)) * times
    bottom = parts * (100 * fine * 10**_FINER)
    if rates is not None:
        top, bottom = top * rates, bottom * SCALE
    return _half_even(top, bottom).astype(np.int64)


def whole_minor(numbers: pd.Series, digits: int) -> np.ndarray:
    """Return amounts in minor units, rounded half-even."""
    return _half_even(_whole(numbers, 10 ** (digits + _FINER)), 10**_FINER).astype(np.int64)


def _whole(numbers: pd.Series, scale: int) -> np.ndarray:
    """Return decimal numbers times `scale` as whole numbers; where a float has no room left, from their digits."""
    floats = numbers.fillna(0).to_numpy(float)
    if floats.max(initial=0) * scale < _FLOAT_ROOM:
        return np.rint(floats * scale).astype(np.int64)
    return np.array([round(Fraction(repr(number)) * scale) for number in floats.tolist()], object)


def _half_even(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    whole, rest = top // bottom, top % bottom
    up = (2 * rest > bottom) | ((2 * rest == bottom) & (whole % 2 == 1))
    return whole + up


def out_by_status(status: pd.Series, paused: str) -> pd.Series:
    """Return per row the reason its status leaves it out of the ledger, empty where it does not."""
    return status.map(_OUT_BY_STATUS if paused == "zero" else _OUT_BY_STATUS | {"paused": ""}).fillna("")


def reasons_outside(stretches: pd.DataFrame, by_status: pd.Series, last: int, opening: int | None = None) -> pd.Series:
    """Return per row why it is not in the ledger (a reason of the catalogue), empty for those that are."""
    life = stretches.groupby("place").agg(first=("first", "min"), until=("until", "max"), counts=("counts", "any"))
    why = pd.Series("", index=life.index, dtype=object)
    why[~life["counts"]] = "no_mrr"
    why[life["first"] == life["until"]] = "between_month_ends"
    why[life["first"] > life["until"]] = "cancelled_before_start"
    why[life["first"] > last] = "starts_after_window"
    if opening is not None:
        why[life["until"] <= opening] = "ended_before_history"
    return why.mask((by_status != "").to_numpy(), by_status.to_numpy())
