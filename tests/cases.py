"""Small books of business: builders for tests by hand, hypothesis strategies for the others."""

import datetime as dt

import hypothesis.strategies as st
import oracle
import pandas as pd
from hypothesis import assume

from retention_kit.ledger import build_ledger
from retention_kit.wording import LANGUAGES, use_language

COLUMNS = {
    "interval": "month",
    "interval_count": 1,
    "discount_percent": 0.0,
    "discount_amount": 0.0,
    "discount_until": None,
    "status": "active",
}
SEGMENTS = {"A": "large", "B": "small", "C": "small", "D": "large"}  # E and F are not in the customers table
UNKNOWN = "(not given)"


def subscriptions(*rows):
    """A table of subscriptions from (customer, start, end, amount[, further cells]); ids are s1, s2, …"""
    cells = [
        {"subscription_id": f"s{place}", "customer_id": who, "start": start, "end": end, "amount": amount}
        | COLUMNS
        | (more[0] if more else {})
        for place, (who, start, end, amount, *more) in enumerate(rows, start=1)
    ]
    return pd.DataFrame(cells)


def ledger_of(*rows, as_of, **options):
    return build_ledger(subscriptions(*rows), as_of=as_of, **{"end_inclusive": False} | options)


def ledger_of_paths(paths, *, first="2025-01"):
    """The ledger in which each customer's MRR takes these values at month ends: {"Ada": [100, 0, 80]}."""
    begin = oracle.number(dt.date.fromisoformat(f"{first}-01"))
    rows = [
        (who, oracle.first_day(begin + place), oracle.first_day(begin + place + 1), amount)
        for who, path in paths.items()
        for place, amount in enumerate(path)
        if amount
    ]
    months = max(len(path) for path in paths.values())
    return ledger_of(*rows, as_of=oracle.last_day(begin + months - 1))


def customers():
    return pd.DataFrame({"customer_id": list(SEGMENTS), "segment": list(SEGMENTS.values())})


def segment(customer):
    return SEGMENTS.get(customer, UNKNOWN)


def told(error):
    """An error's English and French text, no-break spaces as plain ones."""
    texts = []
    for lang in LANGUAGES:
        with use_language(lang):
            texts.append(str(error).replace("\u00a0", " ").replace("\u202f", " "))
    return texts


def label(month):
    """A month's first day, as the package's tables hold it."""
    return pd.Timestamp(oracle.first_day(month))


def name(month):
    """A month as a user writes it."""
    return f"{month // 12:04}-{month % 12 + 1:02}"


# Cents that are 6 modulo 12 are a tie when a year is divided by 12; four decimals are below the cent.
_AMOUNTS = st.one_of(
    st.integers(0, 500_000).map(lambda cents: cents / 100),
    st.integers(0, 20_000).map(lambda twelfths: (12 * twelfths + 6) / 100),
    st.integers(0, 9_999).map(lambda fine: fine / 10_000),
    st.just(0.0),
)
_STARTS = st.dates(dt.date(2022, 12, 20), dt.date(2024, 12, 10))
_LIVES = st.one_of(st.none(), st.integers(0, 45), st.integers(0, 600))
_STATUS = st.sampled_from(["active"] * 8 + ["past_due", "trialing", "paused"])


@st.composite
def _discount(draw, amount, start):
    if draw(st.booleans()):
        return {}
    percent = draw(st.sampled_from([0.0, 10.0, 12.5, 33.33, 33.3333, 100.0]))
    left = int(amount * (100 - percent))  # whole cents that still fit
    until = draw(st.one_of(st.none(), st.integers(-20, 400)))
    return {
        "discount_percent": percent,
        "discount_amount": draw(st.integers(0, left)) / 100,
        "discount_until": None if until is None else start + dt.timedelta(days=until),
    }


@st.composite
def rows(draw):
    start, life, amount = draw(_STARTS), draw(_LIVES), draw(_AMOUNTS)
    more = {
        "interval": draw(st.sampled_from(list(oracle.A_MONTH))),
        "interval_count": draw(st.sampled_from([1, 1, 1, 2, 3])),
        "status": draw(_STATUS),
    }
    end = None if life is None else start + dt.timedelta(days=life)
    return draw(st.sampled_from("ABCDEF")), start, end, amount, more | draw(_discount(amount, start))


@st.composite
def lives(draw):
    """A customer on a path of months with few levels: gaps, returns and equal steps are common."""
    who, begin = draw(st.sampled_from("ABCDEF")), 2023 * 12 + draw(st.integers(0, 18))
    path = draw(st.lists(st.sampled_from([0, 0, 30, 50, 50]), min_size=1, max_size=9))
    return [
        (who, oracle.first_day(begin + place), oracle.first_day(begin + place + 1), amount)
        for place, amount in enumerate(path)
    ]


TABLES = st.tuples(st.lists(rows(), max_size=8), st.lists(lives(), max_size=4)).map(
    lambda both: subscriptions(*both[0], *(row for life in both[1] for row in life))
)
AS_OF = st.sampled_from([dt.date(2024, 12, 31), dt.date(2024, 11, 29), dt.date(2024, 6, 30)])


@st.composite
def books(draw):
    """A ledger of the package, the same book by the oracle, and the table and day both were built from."""
    table = draw(TABLES.filter(len))
    day = draw(AS_OF)
    expected = oracle.ledger(table, day)
    assume(expected is not None)
    return build_ledger(table, as_of=day, end_inclusive=False), expected


@st.composite
def segmented_books(draw):
    """The same, with customers of three segments, one of them unknown; customer A always pays something."""
    table, day = draw(TABLES.filter(len)), draw(AS_OF)
    anchor = subscriptions(("A", dt.date(2023, 5, 20), dt.date(2024, 4, 2), 70.0)).assign(subscription_id="s0")
    table = pd.concat([anchor, table], ignore_index=True)
    kept = build_ledger(table, as_of=day, customers=customers(), end_inclusive=False)
    return kept, oracle.ledger(table, day)


def life(value, start="2024-01", churned=None, *, pays=10, then=None, turn=6, interval="month", back=None, **more):
    """A customer for `ledger_of_lives`: left at age `churned`, paid `then` from age `turn` on, was `back` at an age."""
    return {"demo": value, "start": start, "churned": churned, "pays": pays, "then": then, "turn": turn} | {
        "interval": interval,
        "back": back,
        "more": more,
    }


def crowd(value, n, gone=0, at=6, **more):
    """`n` customers alike but that `gone` of them left at age `at`."""
    return [life(value, churned=at, **more) for _ in range(gone)] + [life(value, **more) for _ in range(n - gone)]


def ledger_of_lives(people, as_of="2025-12-31", ids=None, factor=10, **options):
    """The ledger of such customers, with `demo` and whatever else each was given as attributes."""
    ids = ids or [f"c{place:04}" for place in range(len(people))]
    rows = [row for who, given in zip(ids, people, strict=True) for row in _rows_of(who, given, factor)]
    table = pd.DataFrame(rows, columns=["customer_id", "start", "end", "amount", "interval"])
    table.insert(0, "subscription_id", [f"s{place}" for place in range(len(table))])
    table["end"] = pd.to_datetime(table["end"])
    customers = pd.DataFrame(
        [{"customer_id": who, "demo": each["demo"], **each["more"]} for who, each in zip(ids, people, strict=True)]
    )
    return build_ledger(table, as_of=as_of, customers=customers, end_inclusive=False, **options)


def _rows_of(who, given, factor):
    begin, months = pd.Period(given["start"], "M"), 12 if given["interval"] == "year" else 1
    day = {
        age: None if age is None else (begin + age).start_time
        for age in (0, *(given[k] for k in ("churned", "turn", "back")))
    }
    last = day[given["churned"]]

    def row(start, end, pays):
        return who, start, end, pays * months * factor / 10, given["interval"]

    if given["then"] is None or (given["churned"] or 10**6) <= given["turn"]:
        yield row(day[0], last, given["pays"])
    else:
        yield row(day[0], day[given["turn"]], given["pays"])
        yield row(day[given["turn"]], last, given["then"])
    if given["back"] is not None:
        yield row(day[given["back"]], None, given["pays"])
