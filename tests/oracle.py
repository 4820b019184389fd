"""The measures once more: plain loops over rows, customers and months, exact fractions, no engine.

Slow, and meant to be read beside the definitions. Nothing of the package is imported. Months are whole numbers
(year × 12 + month − 1), money is whole cents, a ratio is a Fraction, or None where there is nothing to divide by.
"""

import calendar
import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

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


def discount_of(row, day, discounts="until", paused="zero"):
    """What a row's price is less by on one day, under the rules of discounts and of pauses."""
    ends = not pd.isna(row["discount_until"])
    amount = Fraction(str(row["amount"]))
    less = amount * Fraction(str(row["discount_percent"])) / 100 + Fraction(str(row["discount_amount"]))
    runs = {"until": not ends or day < row["discount_until"], "permanent": not ends, "gross": False}[discounts]
    free = less >= amount and less > 0
    return less if runs and not (free and paused == "keep") else 0


def cents_a_month(row, day, rate=1, digits=2, **rules):
    """The MRR of one row on one day; round() of a Fraction is half-even."""
    amount = Fraction(str(row["amount"])) - discount_of(row, day, **rules)
    return round(10**digits * rate * amount * A_MONTH[row["interval"]] / int(row["interval_count"]))


def rate_at(rates, row):
    """The last rate that began by the day the row did; rates: {currency: [(first day, Fraction), …]}."""
    return max((day, rate) for day, rate in rates[row["currency"]] if day <= row["start"])[1] if rates else 1


def ledger(
    subscriptions,
    as_of,
    *,
    cancelled_in=None,
    rates=None,
    merge=(),
    opening=None,
    grain="customer_id",
    refunds=(),
    paused="zero",
    discounts="until",
):
    """Add up what counts at each month end: ``start <= last day < end``. None if nothing ever does.

    `cancelled_in` is the column of the cancellation, `opening` the first month kept of an incomplete export, `refunds`
    are (customer, month, cents).
    """
    last = number(as_of) if last_day(number(as_of)) <= as_of else number(as_of) - 1
    out = ("trialing", "paused") if paused == "zero" else ("trialing",)
    paid = defaultdict(lambda: defaultdict(int))
    for row in subscriptions.to_dict("records"):
        who = row[grain]
        while grain == "customer_id" and who in merge:
            who = merge[who]
        ends = [row[column] for column in ("end", cancelled_in) if column and not pd.isna(row[column])]
        for month in range(number(row["start"]), last + 1):
            day = last_day(month)
            runs = row["start"] <= day and all(day < end for end in ends) and (opening is None or month >= opening)
            if runs and row["status"] not in out:
                cents = cents_a_month(row, day, rate_at(rates, row), discounts=discounts, paused=paused)
                if cents:
                    paid[who][month] += cents
    for who, month, cents in refunds:
        if month in paid[who]:
            paid[who][month] = max(0, paid[who][month] - cents)
    paid = {who: {m: cents for m, cents in months.items() if cents} for who, months in paid.items()}
    paid = {who: months for who, months in paid.items() if months}
    if not paid:
        return None
    return Book(paid, min(min(months) for months in paid.values()) if opening is None else opening, last)


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


# ---- cohorts by anything, with every option ----


def path(book, who):
    """A customer's MRR by age, up to the last month observed."""
    return [book.at(who, month) for month in range(book.start(who), book.last + 1)]


def period_of(month, freq):
    """First month of the calendar period a month lies in."""
    return month - month % LENGTHS[freq]


def cohort_cells(book, name_of, measure, *, relative_to="start", fill_gaps=False, baseline=0, cumulative=False):
    """Numerator and denominator by (cohort, age), those observed; money in cents."""
    cohorts = defaultdict(list)
    for who in book.paid:
        cohorts[name_of(who)].append(path(book, who))

    def pays(one, age):
        return any(one[age:]) if fill_gaps else one[age] > 0

    def total(paths, age):
        base = [one for one in paths if pays(one, baseline)]
        if measure in ("customers", "logo"):
            return sum(pays(one, age) for one in base)
        if measure == "grr":
            return sum(min(one[age], one[baseline]) for one in base)
        return sum(sum(one[: age + 1]) if cumulative else one[age] for one in base)

    def divisor(paths, age):
        if measure in ("customers", "mrr"):
            return 1
        if measure == "arpa":
            return len(paths) if cumulative else sum(one[age] > 0 for one in paths)
        return total(paths, max(age - 1, baseline) if relative_to == "previous" else baseline)

    return {
        (name, age): (total(paths, age), divisor(paths, age))
        for name, paths in cohorts.items()
        for age in range(baseline, min(len(one) for one in paths))
    }


# ---- windows: methods and returners ----


def window_path(book, who, start, end, returners):
    """The customer's MRR at every month end of the window; with "lost", 0 for good after having left."""
    path = [book.at(who, month) for month in range(start, end + 1)]
    if returners == "lost":
        left = [place for place in range(1, len(path)) if path[place - 1] and not path[place]]
        path = [amount if not left or place < left[0] else 0 for place, amount in enumerate(path)]
    return path


def kept_of(path, measure, method):
    """What one customer of the opening base adds to the numerator."""
    if method == "running_min":
        return min(path)
    if method == "movements":
        total = path[0]
        for before, after in pairwise(path):
            if before and (after < before or measure == "nrr"):
                total += after - before
        return total
    return {"nrr": path[-1], "grr": min(path[0], path[-1]), "logo_retention": int(path[-1] > 0)}[measure]


def window_ratio(book, start, end, measure, method, returners):
    """One ratio over a window by its name; None where nobody paid at the start."""
    if method == "compounded":
        return chain(book, start, end, measure, returners)
    paths = {who: window_path(book, who, start, end, returners) for who in book.paid}
    base = [path for path in paths.values() if path[0]]
    parts = [kept_of(path, measure, method) for path in base]
    if returners == "all" and measure != "grr":
        back = [path for who, path in paths.items() if not path[0] and path[-1] and book.start(who) < start]
        parts += [kept_of(path, measure, method) for path in back]
    return share(parts, [1 if measure == "logo_retention" else path[0] for path in base])


def chain(book, start, end, measure, returners):
    """The product of the monthly ratios; a month with nobody at its start follows one that lost everybody."""
    paths = {who: window_path(book, who, start, end, returners) for who in book.paid}
    if not any(path[0] for path in paths.values()):
        return None
    product = Fraction(1)
    for step in range(end - start):
        month = Book({}, start + step, start + step + 1)
        for who, path in paths.items():
            pair = {start + step: path[step], start + step + 1: path[step + 1]}
            before = {0: 1} if book.start(who) <= start + step else {}
            month.paid[who] = before | {at: amount for at, amount in pair.items() if amount}
        month.paid = {who: paid for who, paid in month.paid.items() if paid}
        back = "all" if returners == "all" else "count"
        ratio = window_ratio(month, start + step, start + step + 1, measure, "cohort", back)
        product *= 1 if ratio is None else ratio
    return product


def mix_effect(book, before, after, segment, measure):
    """(within, mix) of every segment by Kitagawa, a ratio that is missing in one window taken from the other."""
    found = {}
    sides = [{}, {}]
    for side, (start, end) in zip(sides, (before, after), strict=True):
        for name in {segment(who) for who in book.paid}:
            paid = {who: months for who, months in book.paid.items() if segment(who) == name}
            part = Book(paid, book.first, book.last)
            base = opening_base(part, start, end)
            size = len(base) if measure == "logo_retention" else sum(then for then, _ in base)
            side[name] = size, window_ratio(part, start, end, measure, "cohort", "count")
    totals = [sum(size for size, _ in side.values()) for side in sides]
    for name in sides[0]:
        (size0, r0), (size1, r1) = sides[0][name], sides[1][name]
        w0, w1 = Fraction(size0, totals[0]), Fraction(size1, totals[1])
        r0, r1 = (r1 if r0 is None else r0) or 0, (r0 if r1 is None else r1) or 0
        found[name] = (w0 + w1) / 2 * (r1 - r0), (r0 + r1) / 2 * (w1 - w0)
    return found


# ---- who entered late, what came at a date, what was paid at an age ----


def late_lives(whole, kept):
    """(first month or None, age at churn or None, last age watched, age when watching began) by customer.

    `whole` is the book of everything in the file, `kept` that of an export complete only since a month, the month
    before being its first. Who pays in it began where an unbroken row of payments leads back to, if it leads back to
    their very first; else nobody knows.
    """
    lives = {}
    for who in kept.paid:
        seen = start = kept.start(who)
        if seen == kept.first:
            first = whole.start(who)
            unbroken = all(whole.at(who, month) for month in range(first, seen + 1))
            start = first if unbroken else None
        origin = seen if start is None else start
        at_zero = [month - origin for month in range(seen, kept.last + 1) if not kept.at(who, month)]
        lives[who] = (start, min(at_zero, default=None), kept.last - origin, seen - origin)
    return lives


def first_month_end(day):
    """The month of the first month end at or after a day, by looking at one after the other."""
    month = number(day) - 2
    while last_day(month) < day:
        month += 1
    return month


def subjects(book, zero_of):
    """(age, churned, potential months) from each customer's zero, for those still there at it."""
    found = {}
    for who, (_, churned, watched) in time_to_churn(book).items():
        zero, last = zero_of(who), watched if churned is None else churned
        if zero is not None and (last > zero or (last == zero and churned is None)):
            found[who] = last - zero, churned is not None, watched - zero
    return found


def subjects_at_a_date(book, zero_of):
    """The same where who had left before the zero and pays at it is there: month ends at 0 after it, one by one."""
    found = {}
    for who in book.paid:
        zero, start = zero_of(who), book.start(who)
        if zero is not None and start + zero <= book.last and book.at(who, start + zero):
            later = [age for age in range(zero, book.last - start + 1) if not book.at(who, start + age)]
            watched = book.last - start - zero
            found[who] = (later[0] - zero, True, watched) if later else (watched, False, watched)
    return found


def amounts(book, who, zero, horizon, outcome):
    """(what is added above, what below) of one customer, in cents."""
    before, then = (book.at(who, book.start(who) + zero + months) for months in (0, horizon))
    return {
        "nrr": (then, before),
        "grr": (min(then, before), before),
        "expansion": (max(then - before, 0), before),
        "spend": (then, 1),
    }[outcome]
