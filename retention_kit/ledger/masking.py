"""Customers' names and ids replaced by numbers that tell nothing, wherever a page could show them."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from retention_kit.errors import RetentionKitError
from retention_kit.ledger.value import Ledger
from retention_kit.results import Reconciliation
from retention_kit.schema import CUSTOMER_ID
from retention_kit.wording import Message

_DIGITS = 4
_HIDDEN = "…"
_NAMES = frozenset(
    {"name", "customer_name", "customer", "company", "company_name", "account", "account_name", "client", "nom"}
    | {"raison_sociale", "email", "e_mail", "mail", "phone", "telephone", "contact", "domain", "website", "siren"}
)
_EXAMPLES = frozenset({"value", "values", "ledger", "customers"})  # fields of messages that quote the input
_MANY, _ALMOST_ALL = 20, 0.9


def account_numbers(ids: Iterable[Any], seed: int = 0) -> dict[Any, int]:
    """Return a number for each id, from 1, in the order of the SHA-256 of seed and id.

    The same ids and seed give the same numbers; who has both can undo them.

    Examples
    --------
    >>> account_numbers(["Ada", "Bo", "Cy"])
    {'Cy': 1, 'Ada': 2, 'Bo': 3}
    """
    ordered = sorted(ids, key=lambda one: (hashlib.sha256(f"{seed}:{one}".encode()).digest(), str(one)))
    return {one: place for place, one in enumerate(ordered, 1)}


def in_words(numbers: Mapping[Any, int]) -> dict[Any, Message]:
    """Return what is shown for each id: all numbers with as many digits.

    >>> print(in_words({"Ada": 2})["Ada"])
    Customer 0002
    """
    width = max(_DIGITS, len(str(len(numbers))))
    return {one: Message("ledger.masked.customer", {"number": f"{n:0{width}}"}) for one, n in numbers.items()}


def masked(ledger: Ledger, everyone: pd.Index, seed: int = 0) -> Ledger:
    """Return the ledger in which numbers stand for customers' names and ids.

    Parameters
    ----------
    ledger : Ledger
    everyone : Index
        The customers among whom the numbers are given out: those of the whole ledger, of which this one may hold some.
    seed : int

    Returns
    -------
    Ledger
        The same numbers of money and months. `Ledger.key` holds the ids by what is shown for them.
    """
    rows = ledger.reconciliation.rows
    strangers = pd.Index(rows[CUSTOMER_ID].dropna().unique()).difference(everyone, sort=False)
    numbers = account_numbers(everyone, seed)
    numbers |= {one: len(everyone) + place for one, place in account_numbers(strangers, seed).items()}
    shown = {one: str(told) for one, told in in_words(numbers).items()}
    ids = pd.Index([shown[one] for one in ledger.ids], name=ledger.ids.name)
    naming = [] if ledger.customers is None else _naming(ledger.customers)
    rules, warnings = ([_unsaid(message, naming) for message in told] for told in (ledger.rules, ledger.warnings))
    return replace(
        ledger,
        ids=ids,
        customers=None if ledger.customers is None else _unnamed(ledger.customers, naming, ids),
        reconciliation=_unnamed_rows(ledger.reconciliation, shown),
        rules=(*rules, Message("rule.masked")),
        warnings=tuple(warnings),
        key={text: one for one, text in shown.items()},
    )


def _naming(customers: pd.DataFrame) -> list[Any]:
    """Return the attributes that tell who a customer is."""
    known = {str(one) for one in customers.index}
    known |= {str(cell) for name in customers if _named(name) for cell in customers[name].dropna()}
    return [name for name in customers if _named(name) or _identifies(customers[name], known)]


def _unnamed(customers: pd.DataFrame, naming: list[Any], ids: pd.Index) -> pd.DataFrame:
    """Return the attributes by masked id; those that name a customer say the masked id."""
    return customers.set_axis(ids).assign(**dict.fromkeys(naming, ids.to_numpy(object)))


def _unsaid(message: Message, naming: list[Any]) -> Message:
    """Return a message about a choice of customers without the names by which they were chosen."""
    conditions = message.fields.get("conditions", ())
    hidden = [without_values(one) if one.fields["name"] in naming else one for one in conditions]
    return Message(message.key, {**message.fields, "conditions": hidden}) if hidden else message


def _named(column: Any) -> bool:
    return str(column).strip().lower().replace(" ", "_") in _NAMES


def _identifies(column: pd.Series, known: set[str]) -> bool:
    """Whether a column's texts tell customers apart: they are ids or names, or hardly two are alike."""
    if not (pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column)):
        return False
    texts = column.dropna().astype(str)
    distinct = texts.nunique()
    return bool(texts.isin(known).any()) or (distinct > _MANY and distinct > _ALMOST_ALL * len(texts))


def _unnamed_rows(account: Reconciliation, shown: Mapping[Any, str]) -> Reconciliation:
    rows = account.rows
    return replace(account, rows=rows.assign(customer_id=rows[CUSTOMER_ID].map(shown), subscription_id=_HIDDEN))


def unnamed(error: RetentionKitError) -> RetentionKitError:
    """Return an error whose examples show no value of the input, for a page whose names are masked."""
    hidden = without_values(Message(error.key, error.fields))
    return type(error)(error.key, **hidden.fields)


def without_values(message: Message) -> Message:
    """Return a message whose examples show no value of the input."""
    return Message(message.key, {name: _hidden(name, value) for name, value in message.fields.items()})


def _hidden(name: str, value: Any) -> Any:
    if isinstance(value, Message):
        return without_values(value)
    if name in _EXAMPLES and isinstance(value, list | tuple):
        return [_HIDDEN]
    if isinstance(value, list | tuple):
        return [_hidden("", one) for one in value]
    return _HIDDEN if name in _EXAMPLES else value
