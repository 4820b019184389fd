"""The embedded engine: blocks, its tables of rows and months, lives."""

import dataclasses
import datetime as dt
from fractions import Fraction

import hypothesis.strategies as st
import numpy as np
import oracle
import pytest
from cases import TABLES, books, ledger_of, ledger_of_paths
from hypothesis import assume, example, given

from retention_kit.engines import memory
from retention_kit.engines.memory import flows
from retention_kit.ledger import Ledger, build_ledger


def everything(ledger):
    """Every answer of the engine, as flat lists of plain numbers."""
    book, ends = ledger.book, np.arange(ledger.book.first, ledger.book.last + 1)
    group = np.arange(book.customers) % 2
    answers = [
        memory.bridge(book, ends, 1, group, 2),
        *memory.movements(book, ends, 1),
        *memory.opening_base(book, book.first, book.last),
        *memory.cohorts(book),
        *memory.lives(book),
    ]
    if book.last > book.first:
        choices = [memory.Choice("nrr", "movements", "lost"), memory.Choice("grr", "running_min", "lost")]
        for found in (memory.kept, memory.kept_monthly):
            for window in found(book, [book.first, book.last - 1], 1, choices):
                answers += [window.customers, window.opening, *window.kept]
    return [np.asarray(answer).tolist() for answer in answers]


@pytest.fixture
def small_blocks():
    """Three customers a block, so that a handful makes several."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory.book, "_BLOCK", 3)
        yield


def rebuilt(ledger: Ledger) -> Ledger:
    """The same ledger with its book built again from its rows, under the block size of the moment."""
    book = ledger.book
    built = memory.build(book.owner, book.month, book.month + 1, book.cents, last=book.last)
    return dataclasses.replace(ledger, book=built)


PATHS = {name: [(3 * place + month) % 4 * 10 for month in range(7)] for place, name in enumerate("ABCDEFGH")}


def test_blocks_of_customers_are_seams_nobody_sees(small_blocks):
    """Eight customers in three blocks, built and measured, against one block of 4,096."""
    many = ledger_of_paths(PATHS)
    assert len(list(many.book.blocks())) == 3
    in_blocks = everything(many)
    memory.book._BLOCK = 4096
    one = ledger_of_paths(PATHS)
    assert len(list(one.book.blocks())) == 1
    assert everything(one) == in_blocks
    assert one.frame.equals(many.frame)


@given(books())
def test_any_book_is_the_same_in_blocks_of_one_two_or_three(both):
    ledger, _ = both
    expected = everything(ledger)
    for size in (1, 2, 3):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(memory.book, "_BLOCK", size)
            assert everything(rebuilt(ledger)) == expected


@given(books())
def test_a_book_keeps_every_month_end_of_every_customer(both):
    """The dense matrix of a block holds a zero row before the first month, then the oracle's cents."""
    ledger, expected = both
    months = range(expected.first, expected.last + 1)
    for some, dense in ledger.book.blocks():
        for place, who in enumerate(ledger.ids[some]):
            assert dense[:, place].tolist() == [0, *(expected.at(who, month) for month in months)]


@given(books())
def test_lives_are_the_oracle_s_time_to_churn(both):
    """Age at the first month end at 0, a return afterwards or not; -1 where it was not seen."""
    ledger, expected = both
    lives, who = memory.lives(ledger.book), oracle.time_to_churn(expected)
    churned = [None if age < 0 else age for age in lives.churned.tolist()]
    found = dict(zip(ledger.ids, zip(lives.start.tolist(), churned, lives.watched.tolist(), strict=True), strict=True))
    assert found == who


def test_a_life_by_hand():
    """Ada pays at ages 0 and 1, is gone at 2 and back at 3; Bo joins a month later and never leaves."""
    ledger = ledger_of_paths({"Ada": [10, 10, 0, 10], "Bo": [0, 10, 10, 10]})
    start = ledger.book.first
    lives = memory.lives(ledger.book)
    assert lives.start.tolist() == [start, start + 1]
    assert lives.churned.tolist() == [2, -1]
    assert lives.watched.tolist() == [3, 2]


def test_what_lies_beyond_the_last_month_is_cut():
    """One stretch from month 5 to 9, observed to month 6: two rows."""
    book = memory.build(*(np.array([value]) for value in (0, 5, 9, 700)), last=6)
    assert (book.month.tolist(), book.cents.tolist(), book.first, book.last) == ([5, 6], [700, 700], 5, 6)


def test_stretches_that_meet_or_overlap_are_added():
    """200 in months 0-3, 300 in 2-3: 200, 200, 500, 500; and 100 in month 4, straight after."""
    customer, start, end = np.zeros(3, int), np.array([0, 2, 4]), np.array([4, 4, 5])
    book = memory.build(customer, start, end, np.array([200, 300, 100]), last=5)
    assert book.month.tolist() == [0, 1, 2, 3, 4]
    assert book.cents.tolist() == [200, 200, 500, 500, 100]


def churned_for_good(book, grace):
    """Age at the first month end at 0 of the first stretch of more than `grace` of them, customer by customer."""
    found = {}
    for who in book.paid:
        start, found[who] = book.start(who), None
        path = [book.at(who, month) > 0 for month in range(start, book.last + 1)]
        for age in range(len(path)):
            if not any(path[age : age + grace + 1]) and age + grace < len(path):
                found[who] = age
                break
    return found


@given(books(), st.integers(0, 4))
def test_a_gap_within_the_grace_is_no_churn(both, grace):
    """A stretch at 0 counts once it has been seen to last beyond the grace; until then the customer is watched."""
    ledger, expected = both
    lives = memory.lives(ledger.book, grace)
    churned = [None if age < 0 else age for age in lives.churned.tolist()]
    assert dict(zip(ledger.ids, churned, strict=True)) == churned_for_good(expected, grace)
    assert lives.watched.tolist() == [expected.last - expected.start(who) for who in ledger.ids]


@pytest.mark.parametrize(
    ("path", "grace", "churned"),
    [
        ([10, 0, 10, 10, 10], 0, 1),
        ([10, 0, 10, 10, 10], 1, -1),  # one month end at 0, forgiven
        ([10, 0, 10, 0, 0], 1, 3),  # the first gap is forgiven, the second lasts
        ([10, 0, 0, 10, 10], 1, 1),  # gone for longer than the grace: a return undoes nothing
        ([10, 10, 10, 0, 0], 2, -1),  # still open and not longer than the grace: not known yet, censored at age 4
        ([10, 10, 0, 0, 0], 2, 2),  # open, but longer
    ],
)
def test_lives_with_grace_by_hand(path, grace, churned):
    lives = memory.lives(ledger_of_paths({"Ada": path, "Bo": [1] * 5}).book, grace)
    assert lives.churned.tolist() == [churned, -1]
    assert lives.watched.tolist() == [4, 4]


def test_seen_from_the_start_means_watched_from_age_0():
    assert memory.lives(ledger_of_paths({"Ada": [10, 10], "Bo": [0, 10]}).book).entry.tolist() == [0, 0]


@given(TABLES.filter(len), st.sampled_from(["2023-03", "2023-06", "2023-12", "2024-03"]))
def test_late_lives_are_the_oracle_s(table, since):
    """An export complete only since a month: who paid before enters at their true age, if it is known."""
    day, opening = dt.date(2024, 6, 30), int(since[:4]) * 12 + int(since[5:]) - 2
    kept = oracle.ledger(table, day, opening=opening)
    assume(kept is not None)
    ledger = build_ledger(table, as_of=day, end_inclusive=False, history_from=since)
    lives, expected = memory.lives(ledger.book), oracle.late_lives(oracle.ledger(table, day), kept)
    for place, who in enumerate(ledger.ids):
        start, churned, watched, entry = expected[who]
        assert lives.known[place] == (start is not None)
        assert lives.start[place] == (kept.start(who) if start is None else start)
        assert lives.churned[place] == (-1 if churned is None else churned)
        assert (lives.watched[place], lives.entry[place]) == (watched, entry)
    everyone = np.arange(ledger.book.customers) % 2 == 0
    assert memory.only(ledger.book, everyone).origin.tolist() == ledger.book.origin[everyone].tolist()


@given(books(), st.lists(st.integers(0, 30), min_size=6, max_size=6))
def test_mrr_at_an_age_of_each_one_s_own(both, drawn):
    ledger, expected = both
    ages = np.array(drawn[: len(ledger.ids)])
    found = memory.at_age(ledger.book, ages).tolist()
    assert found == [expected.at(who, expected.start(who) + age) for who, age in zip(ledger.ids, drawn, strict=False)]
    assert memory.at_age(ledger.book, drawn[0])[0] == found[0]


def test_mrr_at_an_age_before_watching_began_or_from_an_unknown_start_is_none():
    """Ada began in October 2024 and is 2 months old in December, when watching begins; nobody knows Bo's start."""
    rows = [("Ada", "2024-10-01", None, 10.0), ("Bo", "2024-06-01", "2024-08-01", 7.0), ("Bo", "2024-12-01", None, 7.0)]
    book = ledger_of(*rows, as_of="2025-03-31", history_from="2025-01").book
    at = [memory.at_age(book, age).tolist() for age in (0, 1, 2, 5, 6)]
    assert at == [[0, 0], [0, 0], [1000, 0], [1000, 0], [0, 0]]


MONEY = st.one_of(st.integers(1, 12), st.integers(1, 10**7), st.integers(1, 10**15))


@example([(10**12 + 1, 10**12 + 7, 3 * 10**12 + 1, 2 * 10**12 + 5)])
@given(st.lists(st.tuples(MONEY, MONEY, MONEY, MONEY), min_size=1, max_size=5))
def test_the_effect_of_a_rate_is_exact_and_rounded_half_even(rows):
    """As fractions say; products far beyond 64 bits included. round() of a Fraction is half-even."""
    found = flows.rate_effect(*np.array(rows, np.int64).T).tolist()
    assert found == [
        round(min(then, now) * (Fraction(is_here, now) - Fraction(was_here, then)))
        for then, now, was_here, is_here in rows
    ]


def test_halves_of_a_cent_go_to_the_even_one():
    """2 then 4 of a foreign coin: 2 × (is ÷ 4 − 2 ÷ 2) is −1.5, −0.5, 0.5, 1.5 for 1, 3, 5, 7."""
    two = np.full(4, 2)
    assert flows.rate_effect(two, 2 * two, two, np.array([1, 3, 5, 7])).tolist() == [-2, 0, 0, 2]


def test_exchange_rates_are_seams_nobody_sees_either(small_blocks):
    """Eight customers in three blocks, half their MRR in dollars at a rate that rises, against one block."""
    book = ledger_of_paths(PATHS).book
    native = dataclasses.replace(book, cents=book.cents // 2)
    risen = native.cents * (10 + native.month - book.first) // 10
    both = memory.Foreign(native, dataclasses.replace(book, cents=risen))
    book = dataclasses.replace(book, cents=book.cents - native.cents + risen, foreign=(both,))
    ends, group = np.arange(book.first, book.last + 1), np.arange(8) % 3
    in_blocks = memory.bridge(book, ends, 1, group, 3), *memory.movements(book, ends, 1)
    memory.book._BLOCK = 4096
    whole = memory.bridge(book, ends, 1, group, 3), *memory.movements(book, ends, 1)
    assert [part.tolist() for part in in_blocks] == [part.tolist() for part in whole]
    assert whole[0].shape == (7, 3, 8)
    assert whole[0][:, :, 6].any()
