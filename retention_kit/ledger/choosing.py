"""Some of a ledger's customers, by what the customers table says of them; the others stay accounted for."""

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from retention_kit.engines import memory
from retention_kit.errors import EmptyTableError, OptionError
from retention_kit.ledger.value import Ledger
from retention_kit.results import Reconciliation
from retention_kit.schema import CUSTOMER_ID, attribute
from retention_kit.wording import Message

NOT_CHOSEN = "not_chosen"
SAID = {"yes": True, "true": True, "oui": True, "no": False, "false": False, "non": False}
_WORD = {True: "yes", False: "no"}
_SHOWN = 10  # values that an error names


def only_customers(ledger: Ledger, where: Mapping[str, Any]) -> Ledger:
    """Return the ledger of some customers: those with these values of their attributes.

    Parameters
    ----------
    ledger : Ledger
    where : mapping
        Attribute → value, or a list of values: ``{"segment": "SMB", "csm": ["Ada", None]}`` takes who has one of them
        in each. Compared are the texts by which the values are shown: ``"007"`` is not 7, a date is ``"2025-03-31"``, a
        boolean ``"yes"`` or ``"no"``; None and the empty text stand for "not given".

    Returns
    -------
    Ledger
        With the months of the whole. Its reconciliation keeps every input row: those of the others are outside, left
        out by choice. Its first note says whom it is about.

    Raises
    ------
    UnknownColumnError
        If there is no such attribute, or there are no customers at all.
    OptionError
        If an attribute has no such value.
    EmptyTableError
        If nobody has all of them.

    Examples
    --------
    >>> wide = pd.DataFrame({"2025-01": [100, 50]}, index=["Ada", "Bo"])
    >>> known = pd.DataFrame({"customer_id": ["Ada", "Bo"], "segment": ["SMB", "large"]})
    >>> whole = Ledger.from_frame(wide, as_of="2025-01-31", customers=known)
    >>> print(only_customers(whole, {"segment": "SMB"}).about()[1])
    This page is about 1 of 2 customers, by choice: segment “SMB”.
    """
    if not where:
        return ledger
    if not isinstance(where, Mapping):
        raise OptionError("error.where", value=str(where))
    wanted = {str(name): _wanted(name, given) for name, given in where.items()}
    found = [_has(ledger, name, values) for name, values in wanted.items()]
    some = np.logical_and.reduce(found)
    conditions = [_condition(name, values) for name, values in wanted.items()]
    if not some.any():
        raise EmptyTableError("error.where_nobody", conditions=conditions)
    return _restricted(
        ledger, some, Message("ledger.where", {"n": int(some.sum()), "total": len(some), "conditions": conditions})
    )


def largest_group(ledger: Ledger, by: str = "csm") -> str:
    """Return the value of an attribute whose customers pay most in the last month, as text.

    Parameters
    ----------
    ledger : Ledger
    by : str
        Attribute of the customers.

    Returns
    -------
    str
        Of several, the first by name; empty where the customers have no such attribute.

    Examples
    --------
    >>> wide = pd.DataFrame({"2025-01": [100, 50]}, index=["Ada", "Bo"])
    >>> known = pd.DataFrame({"customer_id": ["Ada", "Bo"], "csm": ["Zoé", "Max"]})
    >>> largest_group(Ledger.from_frame(wide, as_of="2025-01-31", customers=known))
    'Zoé'
    """
    if ledger.customers is None or by not in ledger.customers:
        return ""
    texts = value_texts(ledger.customers[by]).to_numpy()
    book = ledger.book
    paid = np.zeros(len(texts), np.int64)
    paid[book.owner[book.month == book.last]] = book.cents[book.month == book.last]
    sums = pd.Series(paid).groupby(texts).sum().drop("", errors="ignore")
    return str(sums.idxmax()) if len(sums) else ""


def value_texts(values: pd.Series) -> pd.Series:
    """Return the texts by which values are shown and chosen; empty for what is not given."""
    return values.astype(object).map(_text).astype(str)


def _text(cell: Any) -> str:
    if cell is None or (not isinstance(cell, str) and pd.isna(cell)):
        return ""
    if isinstance(cell, bool | np.bool_):
        return _WORD[bool(cell)]
    if isinstance(cell, float | np.floating) and float(cell).is_integer():
        return str(int(cell))
    return str(cell).strip().removesuffix(" 00:00:00")


def _wanted(name: str, given: Any) -> list[str]:
    """Return the values asked for, as texts."""
    values = given if isinstance(given, list | tuple | set | frozenset) else [given]
    if not values or any(isinstance(value, Mapping | list | tuple | set) for value in values):
        raise OptionError("error.where", value=f"{name}: {given}")
    return [_text(value) for value in values]


def _has(ledger: Ledger, name: str, wanted: list[str]) -> np.ndarray:
    """Return by customer whether they have one of the values."""
    texts = value_texts(attribute(ledger.customers, name, "where"))
    legal = sorted(set(texts))
    if set(legal) <= {"", *_WORD.values()}:
        wanted = [_WORD[SAID[text.lower()]] if text.lower() in SAID else text for text in wanted]
    for text in wanted:
        if text not in legal:
            lower = {value.lower(): value for value in legal}
            near = [lower[one] for one in get_close_matches(text.lower(), lower, n=_SHOWN)] or legal[:_SHOWN]
            shown = [_shown(value) for value in near]
            raise OptionError("error.where_value", name=name, value=text, legal=shown, n=len(legal))
    return texts.isin(wanted).to_numpy()


def _condition(name: str, wanted: list[str]) -> Message:
    return Message("ledger.where.condition", {"name": name, "values": [_shown(text) for text in wanted]})


def _shown(text: str) -> Message:
    return Message("ledger.where.value", {"value": text}) if text else Message("word.unknown")


def _restricted(ledger: Ledger, some: np.ndarray, told: Message) -> Ledger:
    """Return the ledger of a mask of its customers, with what to say of them."""
    number = np.cumsum(some) - 1
    announced = ledger.announced[some[ledger.announced["customer"]]]
    ids = ledger.ids[some]
    return replace(
        ledger,
        book=memory.only(ledger.book, some),
        ids=ids,
        terms=ledger.terms[some],
        customers=None if ledger.customers is None else ledger.customers[some],
        announced=announced.assign(customer=number[announced["customer"]]).reset_index(drop=True),
        reconciliation=_left_out(ledger.reconciliation, ledger.ids[~some]),
        rules=(*ledger.rules, told),
        warnings=(told, *ledger.warnings),
    )


def _left_out(account: Reconciliation, others: pd.Index) -> Reconciliation:
    """Return the account in which rows of others are no longer used; what was out before keeps its reason."""
    rows = account.rows
    out = (rows["status"] == "used") & rows[CUSTOMER_ID].isin(others)
    reason = rows["reason"].astype(object).where(~out, NOT_CHOSEN)
    return replace(account, rows=rows.assign(status=rows["status"].where(~out, "outside"), reason=reason))
