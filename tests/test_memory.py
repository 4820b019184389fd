"""The embedded engine: blocks, its tables of rows and months, lives."""

import dataclasses

import numpy as np
import oracle
import pytest
from cases import books, ledger_of_paths
from hypothesis import given, settings

from retention_kit.engines import memory
from retention_kit.ledger import Ledger


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
        answers += memory.trailing(book, 1)
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


@settings(max_examples=25)
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
