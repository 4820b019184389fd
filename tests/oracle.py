"""The measures once more: plain loops over rows, customers and months, exact fractions, no engine.

Slow, and meant to be read beside the definitions. Nothing of the package is imported. Months are whole numbers
(year × 12 + month − 1), money is whole cents, a ratio is a Fraction, or None where there is nothing to divide by.
"""

import calendar
import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

A_MONTH = {  # what one interval's amount is multiplied with
    "day": Fraction(365, 12),
    "week": Fraction(52, 12),
    "month": Fraction(1),
    "quarter": Fraction(1, 3),
    "half_year": Fraction(1, 6),
    "year": Fraction(1, 12),
}
LENGTHS = {"M": 1, "Q": 3, "Y": 12}
FLOWS = ("new", "reactivation", "expansion", "contraction", "churn")
AMOUNTS = ("opening", *FLOWS, "closing")


@dataclass
class Book:
    """Cents by customer and month; the months observed."""

    paid: dict
    first: int
    last: int

    def at(self, customer, month):
        return self.paid[customer].get(month, 0)

    def start(self, customer):
        return min(self.paid[customer])


def number(day):
    return day.year * 12 + day.month - 1


def first_day(month):
    return dt.date(month // 12, month % 12 + 1, 1)


def last_day(month):
    return first_day(month).replace(day=calendar.monthrange(month // 12, month % 12 + 1)[1])


def cents_a_month(row, day):
    """The MRR of one row on one day; round() of a Fraction is half-even."""
    amount = Fraction(str(row["amount"]))
    if pd.isna(row["discount_until"]) or day < row["discount_until"]:
        amount -= amount * Fraction(str(row["discount_percent"])) / 100 + Fraction(str(row["discount_amount"]))
    return round(100 * amount * A_MONTH[row["interval"]] / int(row["interval_count"]))


def ledger(subscriptions, as_of):
    """Add up what counts at each month end: ``start <= last day < end``. None if nothing ever does."""
    last = number(as_of) if last_day(number(as_of)) <= as_of else number(as_of) - 1
    paid = defaultdict(lambda: defaultdict(int))
    for row in subscriptions.to_dict("records"):
        for month in range(number(row["start"]), last + 1):
            day = last_day(month)
            runs = row["start"] <= day and (pd.isna(row["end"]) or day < row["end"])
            if runs and row["status"] not in ("trialing", "paused") and cents_a_month(row, day):
                paid[row["customer_id"]][month] += cents_a_month(row, day)
    if not paid:
        return None
    return Book(paid, min(min(months) for months in paid.values()), last)


def period_ends(book, freq):
    """Last months of the calendar periods that have closed, from the one the first month lies in."""
    length = LENGTHS[freq]
    return [month for month in range(book.first, book.last + 1) if month % length == length - 1]


def flows(book, customer, opening_month, closing_month):
    opening, closing = book.at(customer, opening_month), book.at(customer, closing_month)
    row = dict.fromkeys(AMOUNTS, 0) | {"opening": opening, "closing": closing}
    if opening == 0 and closing > 0:
        paid_before = any(month <= opening_month for month in book.paid[customer])
        row["reactivation" if paid_before else "new"] = closing
    elif opening > 0 and closing == 0:
        row["churn"] = opening
    elif closing > opening:
        row["expansion"] = closing - opening
    elif closing < opening:
        row["contraction"] = opening - closing
    return row


def movements(book, freq):
    """Rows by customer and period of those who paid at its opening or closing."""
    rows = []
    for customer in sorted(book.paid):
        for end in period_ends(book, freq):
            row = flows(book, customer, end - LENGTHS[freq], end)
            if row["opening"] or row["closing"]:
                rows.append({"customer_id": customer, "period": end - LENGTHS[freq] + 1, **row})
    return rows


def bridge(book, freq, segment=lambda _: None):
    """Sums of the movements by (first month of the period, segment)."""
    segments = {segment(customer) for customer in book.paid}
    starts = [end - LENGTHS[freq] + 1 for end in period_ends(book, freq)]
    total = {(start, name): dict.fromkeys(AMOUNTS, 0) for start in starts for name in segments}
    for row in movements(book, freq):
        for flow in AMOUNTS:
            total[row["period"], segment(row["customer_id"])][flow] += row[flow]
    return total


def opening_base(book, start, end):
    """(MRR at the start, MRR at the end) of those who paid at the start."""
    return [(book.at(who, start), book.at(who, end)) for who in sorted(book.paid) if book.at(who, start)]


def share(parts, whole):
    return Fraction(sum(parts), sum(whole)) if sum(whole) else None


def nrr(base):
    return share([now for _, now in base], [then for then, _ in base])


def grr(base):
    return share([min(then, now) for then, now in base], [then for then, _ in base])


def logo_retention(base):
    return share([now > 0 for _, now in base], [1 for _ in base])


def retention_over_time(book, window):
    """One row for each month a window of that length ends with."""
    rows = []
    for end in range(book.first + window, book.last + 1):
        base = opening_base(book, end - window, end)
        measures = {"nrr": nrr(base), "grr": grr(base), "logo_retention": logo_retention(base)}
        rows.append({"month": end, **measures, "n": len(base), "starting_mrr": sum(then for then, _ in base)})
    return rows


def cohort_sums(book, members, age, measure):
    """Numerator and denominator of one cell; money in cents."""
    born = {who: book.at(who, book.start(who)) for who in members}
    now = {who: book.at(who, book.start(who) + age) for who in members}
    paying = sum(amount > 0 for amount in now.values())
    return {
        "customers": (paying, 1),
        "logo": (paying, len(members)),
        "mrr": (sum(now.values()), 1),
        "nrr": (sum(now.values()), sum(born.values())),
        "grr": (sum(min(now[who], born[who]) for who in members), sum(born.values())),
        "arpa": (sum(now.values()), paying),
    }[measure]


def cohort_matrix(book, measure):
    """Cells by (first paying month, age), only those observed, and the average by age."""
    cohorts = defaultdict(list)
    for who in book.paid:
        cohorts[book.start(who)].append(who)
    sums = {
        (start, age): cohort_sums(book, members, age, measure)
        for start, members in cohorts.items()
        for age in range(book.last - start + 1)
    }
    cells = {place: share([upper], [lower]) for place, (upper, lower) in sums.items()}
    ages = {age for _, age in sums}
    average = {age: share(*zip(*(pair for (_, at), pair in sums.items() if at == age), strict=True)) for age in ages}
    return cells, average


def time_to_churn(book):
    """(first month, age at the first month end at 0 or None, last age watched) by customer."""
    lives = {}
    for who in book.paid:
        start = book.start(who)
        at_zero = [age for age in range(book.last - start + 1) if not book.at(who, start + age)]
        lives[who] = (start, min(at_zero, default=None), book.last - start)
    return lives
