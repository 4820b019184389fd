"""The ledger a report asks for, from the texts that its parameters are."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

from retention_kit.errors import OptionError
from retention_kit.ledger.building import build_ledger
from retention_kit.ledger.value import Ledger
from retention_kit.sources import read_customers, read_subscriptions
from retention_kit.sources.files import Table
from retention_kit.wording import Message

_WORDS = {"": None, "yes": True, "true": True, "oui": True, "no": False, "false": False, "non": False}


def open_ledger(
    subscriptions: Table = "",
    customers: Table = "",
    *,
    as_of: str | dt.date,
    columns: Mapping[str, str] | None = None,
    interval: str = "",
    currency: str = "",
    source: str = "",
    day_first: bool | str | None = None,
    decimal: str = "",
    sheet: str = "",
    end_inclusive: bool | str | None = None,
    bad_rows: str = "refuse",
) -> Ledger:
    """Build the ledger a report asks for: from files, or from the bundled business when `subscriptions` is empty.

    Parameters
    ----------
    subscriptions, customers : str, Path or DataFrame
        Empty text stands for "not given", as a report's parameters do.
    as_of
        See `build_ledger`.
    columns, interval, currency, source, decimal, sheet, bad_rows
        See `read_subscriptions`.
    day_first, end_inclusive : bool or str, optional
        See `read_subscriptions` and `build_ledger`; in words, as a report's parameters have it: yes, no, or empty for
        not said.

    Returns
    -------
    Ledger

    Raises
    ------
    OptionError
        If `day_first` or `end_inclusive` is a text other than yes and no.
    InputError
        See `read_subscriptions` and `build_ledger`.

    Examples
    --------
    >>> print(open_ledger(as_of="2025-12-31").reconciliation.source)
    make_business(seed=7)
    """
    if isinstance(subscriptions, str) and not subscriptions:
        from retention_kit.synthetic import make_business

        business = make_business()
        name = f"make_business(seed={business.truth.seed})"
        read = replace(read_subscriptions(business.subscriptions), source=name, notes=(Message("warning.invented"),))
        return build_ledger(read, as_of=as_of, customers=business.customers)
    dialect = {"day_first": _said("day_first", day_first), "decimal": decimal or None}
    what = {"columns": columns, "interval": interval or None, "currency": currency or None, "bad_rows": bad_rows}
    read = read_subscriptions(subscriptions, source=source or "table", sheet=sheet or None, **what, **dialect)
    known = None if isinstance(customers, str) and not customers else read_customers(customers, **dialect)
    return build_ledger(read, as_of=as_of, customers=known, end_inclusive=_said("end_inclusive", end_inclusive))


def _said(name: str, value: bool | str | None) -> bool | None:
    """Return what a report's parameter says, which knows texts only."""
    if not isinstance(value, str):
        return value
    if value.lower() not in _WORDS:
        raise OptionError("error.option", name=name, value=value, legal=["yes", "no"])
    return _WORDS[value.lower()]
