"""Merged customers: old id → new id, applied before anything else."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from retention_kit.errors import InvalidRowsError
from retention_kit.ledger.side_tables import fingerprint, read_table, refuse
from retention_kit.schema import CUSTOMER_ID
from retention_kit.wording import Message

Merge = Mapping[Any, Any] | pd.DataFrame | str | Path


def survivors(merge: Merge | None) -> dict[Any, Any]:
    """Return for every old id the one that survives in the end: a → b and b → c make a → c.

    Raises
    ------
    InvalidRowsError
        If an old id stands twice, or ids lead round in a circle.
    """
    direct = _pairs(merge)
    return {old: _follow(old, direct) for old in direct}


def _pairs(merge: Merge | None) -> dict[Any, Any]:
    if merge is None:
        return {}
    if isinstance(merge, Mapping):
        return {old: new for old, new in merge.items() if old != new}
    table = read_table(merge, "merge", ("old", "new"))
    for column in ("old", "new"):
        empty = table[column].isna() | (table[column].astype(str).str.strip() == "")
        refuse("merge", column, table[column], empty, "no_customer_id")
    refuse("merge", "old", table["old"], table["old"].duplicated(), "duplicate_customer_id")
    return {old: new for old, new in zip(table["old"], table["new"], strict=True) if old != new}


def _follow(old: Any, direct: dict[Any, Any]) -> Any:
    path = [old]
    while path[-1] in direct:
        path.append(direct[path[-1]])
        if path[-1] in path[:-1]:
            raise InvalidRowsError("error.merge_cycle", ids=path[path.index(path[-1]) :])
    return path[-1]


def merged(table: pd.DataFrame, into: dict[Any, Any]) -> tuple[pd.DataFrame, list[Message], list[Message]]:
    """Return the subscriptions under the surviving ids, the rule in words, and what it did."""
    if not into:
        return table, [], []
    old = table[CUSTOMER_ID]
    found = int(old[old.isin(into)].nunique())
    rule = Message("rule.merge", {"n": found, "map": fingerprint(into.items())})
    note = Message("warning.merged", {"n": found, "unused": len(into) - found})
    return table.assign(**{CUSTOMER_ID: old.map(lambda who: into.get(who, who))}), [rule], [note]
