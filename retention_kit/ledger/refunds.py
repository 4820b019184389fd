"""Refunds: deducted from the MRR of the month they were issued in, or of the month they pay back."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from retention_kit.engines import memory
from retention_kit.errors import CurrencyError, OptionError
from retention_kit.ledger.side_tables import days, decimals, fingerprint, read_table
from retention_kit.months import month_numbers
from retention_kit.schema import CUSTOMER_ID
from retention_kit.wording import Message, Money

Refunds = pd.DataFrame | str | Path
_MONTH_COLUMN = {"out": "at", "issue": "at", "retroactive": "for_month"}


def read_refunds(refunds: Refunds | None, rule: str, currency: str | None, digits: int) -> pd.DataFrame | None:
    """Return customer_id, month (its number) and cents of every refund; None where there are none.

    Raises
    ------
    OptionError
        If `rule` deducts refunds and there are none to deduct.
    CurrencyError
        If a refund is in another currency than the ledger.
    """
    if refunds is None:
        if rule != "out":
            raise OptionError("error.refunds_missing", rule=rule)
        return None
    month = _MONTH_COLUMN[rule]
    table = read_table(refunds, "refunds", dict.fromkeys((CUSTOMER_ID, "at", "amount", month)))
    others = sorted(set(table["currency"].astype(str).str.upper()) - {currency}) if "currency" in table else []
    if others:
        raise CurrencyError("error.refund_currency", found=others, currency=currency or "–")
    days(table, "at", "refunds")
    cents = [round(number * 10**digits) for number in decimals(table, "amount", "refunds")]
    columns = {
        CUSTOMER_ID: table[CUSTOMER_ID],
        "month": month_numbers(days(table, month, "refunds")),
        "cents": np.array(cents, np.int64),
    }
    return pd.DataFrame(columns)


def _deducted(book: memory.Book, ids: pd.Index, refunds: pd.DataFrame) -> tuple[memory.Book, int]:
    """Return the book less the refunds, never below 0, and the cents that found no MRR to be deducted from."""
    who = ids.get_indexer(refunds[CUSTOMER_ID])
    span = book.last - book.first + 1
    inside = (who >= 0) & refunds["month"].between(book.first, book.last).to_numpy()
    keys = (who * span + refunds["month"].to_numpy() - book.first)[inside]
    places, at = np.unique(keys, return_inverse=True)
    due = np.zeros(len(places), np.int64)
    np.add.at(due, at, refunds["cents"].to_numpy()[inside])
    rows = book.owner * span + book.month - book.first
    row = np.minimum(np.searchsorted(rows, places), len(rows) - 1)
    taken = np.where(rows[row] == places, np.minimum(due, book.cents[row]), 0)
    cents = book.cents.copy()
    cents[row] -= taken
    return memory.with_cents(book, cents), int(refunds["cents"].sum() - taken.sum())


def deduct(
    book: memory.Book, ids: pd.Index, refunds: pd.DataFrame | None, rule: str, currency: str | None, digits: int
) -> tuple[memory.Book, pd.Index, list[Message], list[Message]]:
    """Return the book and its customers after refunds, the rule in words, and what could not be deducted."""
    if refunds is None:
        return book, ids, [], []

    def money(cents: int) -> Money:
        return Money(float(Decimal(cents).scaleb(-digits)), currency)

    total = int(refunds["cents"].sum())
    if rule == "out":
        return book, ids, [], [Message("warning.refunds_out", {"n": len(refunds), "amount": money(total)})]
    book, rest = _deducted(book, ids, refunds)
    paying = np.diff(book.bounds) > 0
    fields = {"n": len(refunds), "refunds": fingerprint(refunds.itertuples(index=False))}
    notes = [Message("warning.refunds_rest", {"rest": money(rest), "amount": money(total)})] if rest else []
    return memory.only(book, paying), ids[paying], [Message(f"rule.refunds.{rule}", fields)], notes
