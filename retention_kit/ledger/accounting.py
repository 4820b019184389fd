"""The account of every input row, and the attributes of every customer."""

from typing import Any

import numpy as np
import pandas as pd

from retention_kit.errors import UnmatchedCustomersError
from retention_kit.results import Reconciliation
from retention_kit.schema import CUSTOMER_ID, Subscriptions
from retention_kit.sources import read_customers
from retention_kit.sources.files import Table
from retention_kit.wording import Message

_COLUMNS = ["row", "subscription_id", CUSTOMER_ID, "amount"]
_FIRST_COUNTS = {"used": 0, "rejected": 1, "outside": 2}


def account(read: Subscriptions, outside: pd.Series, currency: str | None) -> Reconciliation:
    """Return what became of every input row, in the order of the input.

    A row of the input that gave several stretches is one row: used if one of them is, and with all their amounts.
    Amounts in several currencies are not added up: the rows then say theirs.
    """
    several = len(read.frame["currency"].dropna().unique()) > 1
    columns = [*_COLUMNS, "currency"] if several else _COLUMNS
    kept = read.frame[columns].assign(
        status=np.where(outside == "", "used", "outside"), reason=outside.to_numpy(dtype=object)
    )
    parts = [kept, *_others(read.rejected, "rejected", kept), *_others(read.outside, "outside", kept)]
    rows = one_row_each(pd.concat(parts, ignore_index=True))
    return Reconciliation(rows, read.source, None if several else currency, read.digest)


def _others(table: pd.DataFrame | None, status: str, kept: pd.DataFrame) -> list[pd.DataFrame]:
    return [table.assign(status=status).reindex(columns=kept.columns)] if table is not None and len(table) else []


def one_row_each(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row an input row, sorted by it: used if any part of it is, with the amounts of all its parts."""
    if rows["row"].is_unique:
        return rows.sort_values("row", kind="stable", ignore_index=True)
    total = rows.groupby("row")["amount"].sum(min_count=1)
    first = rows.iloc[rows["status"].map(_FIRST_COUNTS).argsort(kind="stable")].drop_duplicates("row")
    first = first.assign(amount=first["row"].map(total))
    return first.sort_values("row", kind="stable", ignore_index=True)


def attributes_of_units(
    customers: Table | None, rows: pd.DataFrame, units: pd.Series, ids: pd.Index, into: dict[Any, Any], grain: str
) -> tuple[pd.DataFrame | None, list[Message]]:
    """Return the attributes of the ledger's units, and what there is to say about them.

    Parameters
    ----------
    customers : DataFrame, str, Path or None
    rows : DataFrame
        The subscriptions used.
    units : Series
        The unit of every subscription.
    ids : Index
        The units of the ledger.
    into : dict
        Merged ids; their rows in the table of customers are left out.
    grain : str

    Raises
    ------
    UnmatchedCustomersError
        If the table knows none of the customers.
    """
    if grain == CUSTOMER_ID:
        return attributes(customers, ids, into)
    owners = rows[CUSTOMER_ID].set_axis(units.loc[rows.index])
    table, notes = attributes(customers, pd.Index(owners.unique(), name=CUSTOMER_ID), into)
    own, more = _by_unit(table, owners, ids, grain)
    return own, [*notes, *more]


def attributes(
    customers: Table | None, ids: pd.Index, into: dict[Any, Any]
) -> tuple[pd.DataFrame | None, list[Message]]:
    """Return the attributes of the ledger's customers, and what the table lacks or has too much of.

    Of merged customers, the row of the surviving id is kept.

    Raises
    ------
    UnmatchedCustomersError
        If the table knows none of them.
    """
    if customers is None:
        return None, []
    table = read_customers(customers)
    table = table[~table.index.isin(list(into))]
    known = ids.isin(table.index)
    if not known.any():
        raise UnmatchedCustomersError(
            "error.unmatched_customers", ledger=list(ids[:3]), customers=list(table.index[:3])
        )
    notes = []
    if not known.all():
        notes.append(Message("warning.customers_unknown", {"n": int((~known).sum()), "total": len(ids)}))
    if unused := int((~table.index.isin(ids)).sum()):
        notes.append(Message("warning.customers_without_mrr", {"n": unused}))
    return table.reindex(ids), notes


def _by_unit(
    table: pd.DataFrame | None, owners: pd.Series, units: pd.Index, grain: str
) -> tuple[pd.DataFrame | None, list[Message]]:
    """Return the attributes of every unit that is no customer: those of the one customer it belongs to.

    Parameters
    ----------
    table : DataFrame or None
        Attributes by customer.
    owners : Series
        The customer of every row used, by its unit.
    units : Index
    grain : str
    """
    if table is None:
        return None, []
    of = owners.groupby(level=0).agg(["first", "nunique"]).reindex(units)
    shared = (of["nunique"] > 1).to_numpy()
    own = table.reindex(of["first"].mask(shared)).set_axis(units)
    notes = [Message("warning.grain_shared", {"n": int(shared.sum()), "grain": grain})] if shared.any() else []
    return own, notes
