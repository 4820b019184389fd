"""From subscription rows to stretches of constant MRR, in whole minor units.

The rules of DEFINITIONS.md, one function each: whether the end day is paid, what an interval is in months, how long a
discount lasts, what stays out of the ledger and why.
"""

from fractions import Fraction

import numpy as np
import pandas as pd

from retention_kit.errors import CurrencyError, InclusiveEndsError
from retention_kit.months import month_numbers
from retention_kit.schema import INTERVALS
from retention_kit.wording import Message

_RUNNING = 10**6  # a month number beyond every date
_DEFAULT_DIGITS = 2
_FLOAT_ROOM = 2**50  # a decimal number read as a float is its nearest whole number's only up to here
_OUT_BY_STATUS = {"trialing": "trial", "paused": "paused"}


def money_of(table: pd.DataFrame) -> tuple[str | None, int]:
    """Return the one currency of a table, None where it is not said, and the decimals of its minor unit.

    Raises
    ------
    CurrencyError
        If there are several.
    """
    found = sorted(table["currency"].dropna().unique())
    if len(found) > 1:
        raise CurrencyError("error.several_currencies", found=found)
    if not found:
        return None, _DEFAULT_DIGITS
    from babel.numbers import get_currency_precision

    return found[0], get_currency_precision(found[0])


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


def stretches_of_mrr(table: pd.DataFrame, digits: int, last: int) -> pd.DataFrame:
    """Return stretches of constant MRR; a discount that ends splits its subscription in two.

    Returns
    -------
    DataFrame
        place (of the row in `table`), first (month with the MRR), until (first month without), cents, and counts:
        whether the stretch puts money into a month up to `last`.
    """
    first = month_numbers(table["start"])
    until = _month_or(table["end"], _RUNNING)
    full = _monthly_cents(table.assign(discount_percent=0.0, discount_amount=0.0), digits)
    reduced = _monthly_cents(table, digits)
    turn = np.where(reduced == full, until, np.clip(_month_or(table["discount_until"], _RUNNING), first, until))
    parts = [(first, turn, reduced), (turn, until, full)]
    place = np.arange(len(table))
    frames = [pd.DataFrame({"place": place, "first": a, "until": b, "cents": cents}) for a, b, cents in parts]
    both = pd.concat([frames[0], frames[1][turn < until]], ignore_index=True)
    counts = (both["cents"] > 0) & (both["first"] < both["until"]) & (both["first"] <= last)
    return both.assign(counts=counts)


def _month_or(days: pd.Series, otherwise: int) -> np.ndarray:
    return np.where(days.isna(), otherwise, days.dt.year * 12 + days.dt.month - 1).astype(np.int64)


def _monthly_cents(table: pd.DataFrame, digits: int) -> np.ndarray:
    """Return each row's MRR in minor units, rounded half-even from an exact fraction of whole numbers."""
    times, parts = (table["interval"].map({name: pair[i] for name, pair in INTERVALS.items()}) for i in (0, 1))
    parts = parts * table["interval_count"].fillna(1)
    percents = table["discount_percent"].fillna(0).to_numpy(float)
    fine = 100 if np.array_equal(percents * 100, np.rint(percents * 100)) else 10**6
    amount, less = (_whole(table[name], 10 ** (digits + 4)) for name in ("amount", "discount_amount"))
    percent, times, parts = (np.rint(np.asarray(column)).astype(np.int64) for column in (percents * fine, times, parts))
    # amounts beyond 64 bits are rare: Python's own integers take over, slower and as exact
    largest = int(amount.max(initial=0)) * 100 * fine * int(times.max(initial=0))
    kind = np.int64 if largest < 2**62 else object
    amount, less, percent, times, parts = (column.astype(kind) for column in (amount, less, percent, times, parts))
    top = (amount * (100 * fine - percent) - less * (100 * fine)) * times
    return _half_even(top, parts * (100 * fine * 10**4)).astype(np.int64)


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


def reasons_outside(status: pd.Series, stretches: pd.DataFrame, last: int) -> pd.Series:
    """Return per row why it is not in the ledger (a reason of the catalogue), empty for those that are."""
    life = stretches.groupby("place").agg(first=("first", "min"), until=("until", "max"), counts=("counts", "any"))
    why = pd.Series("", index=life.index, dtype=object)
    why[~life["counts"]] = "no_mrr"
    why[life["first"] >= life["until"]] = "between_month_ends"
    why[life["first"] > last] = "starts_after_window"
    for name, reason in _OUT_BY_STATUS.items():
        why[(status == name).to_numpy()] = reason
    return why
