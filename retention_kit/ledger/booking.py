"""From stretches of MRR to the book, and to the parts of it that came from other currencies."""

from dataclasses import replace

import numpy as np
import pandas as pd

from retention_kit.engines import memory
from retention_kit.ledger.billing import digits_of, stretches_of_mrr

_STRETCH = ("code", "first", "until", "cents")


def booked(
    table: pd.DataFrame,
    used: pd.DataFrame,
    last: int,
    opening: int | None,
    others: list[str],
    before: pd.DataFrame | None = None,
) -> memory.Book:
    """Return the book of the stretches used, with the part of it that was converted from each other currency.

    Parameters
    ----------
    table : DataFrame
        The subscriptions.
    used : DataFrame
        Their stretches that count, with ``code``, the number of their unit.
    last, opening : int
        Last month observed; first one where it is kept as an opening.
    others : list of str
    before : DataFrame, optional
        Stretches of the same units that ended before the opening.
    """
    columns = (used[name].to_numpy(np.int64) for name in _STRETCH)
    book = memory.build(*columns, last=last, first=opening, complete=opening is None)
    if opening is not None:
        book = replace(book, began=_began(pd.concat([used, before]), opening, book.customers))
    return replace(book, foreign=_foreign(book, table, used, others)) if others else book


def _began(stretches: pd.DataFrame, opening: int, customers: int) -> np.ndarray:
    """Return the first month with MRR of every unit that has paid without a gap from then to the opening, else -1.

    After a gap it is not known whether the unit had left or a contract is lacking: such an export need not hold what
    ended before its history.
    """
    past = stretches[stretches["first"] <= opening].sort_values(["code", "first"], kind="stable")
    code = past["code"]
    reached = past.groupby(code)["until"].cummax()
    gap = (past["first"] > reached.groupby(code).shift()).groupby(code).any()
    unbroken = past.groupby(code)["first"].min()[~gap & (reached.groupby(code).max() > opening)]
    began = np.full(customers, -1)
    began[unbroken.index] = unbroken
    return began


def _foreign(
    book: memory.Book, table: pd.DataFrame, used: pd.DataFrame, others: list[str]
) -> tuple[memory.Foreign, ...]:
    """Return the part of the book in every other currency, as it was and as it was converted."""

    def part(rows: pd.DataFrame) -> memory.Book:
        columns = (rows[name].to_numpy(np.int64) for name in _STRETCH)
        return memory.build(
            *columns, last=book.last, first=book.first, customers=book.customers, complete=book.complete
        )

    parts, currency = [], table["currency"].to_numpy()
    for code in others:
        rows = used[currency[used["place"]] == code]
        if rows.empty:
            continue
        some = rows.drop_duplicates("place")
        native = stretches_of_mrr(table.iloc[some["place"]], digits_of(code), book.last)
        native = native.assign(code=some["code"].to_numpy()[native["place"]])[native["counts"]]
        parts.append(memory.Foreign(part(native), part(rows)))
    return tuple(parts)
