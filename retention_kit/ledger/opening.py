"""The ledger a report asks for, from the texts that its parameters are."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

from retention_kit.errors import OptionError
from retention_kit.ledger.building import build_ledger
from retention_kit.ledger.value import Ledger
from retention_kit.sources import read_subscriptions
from retention_kit.sources.files import Table

_WORDS = {"": None, "yes": True, "no": False}


def open_ledger(
    subscriptions: Table = "",
    customers: Table = "",
    *,
    as_of: str | dt.date,
    columns: Mapping[str, str] | None = None,
    interval: str = "",
    currency: str = "",
    end_inclusive: bool | str | None = None,
) -> Ledger:
    """Build the ledger a report asks for: from files, or from the bundled business when `subscriptions` is empty.

    Parameters
    ----------
    subscriptions, customers : str, Path or DataFrame
        Empty text stands for "not given", as a report's parameters do.
    as_of
        See `build_ledger`.
    end_inclusive : bool or str, optional
        See `build_ledger`; in words, as a report's parameters have it: yes, no, or empty for not said.
    columns, interval, currency
        See `read_subscriptions`.

    Returns
    -------
    Ledger

    Raises
    ------
    OptionError
        If `end_inclusive` is a text other than yes and no.
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
        read = replace(read_subscriptions(business.subscriptions), source=name)
        return build_ledger(read, as_of=as_of, customers=business.customers)
    read = read_subscriptions(subscriptions, columns=columns, interval=interval or None, currency=currency or None)
    given = None if isinstance(customers, str) and not customers else customers
    return build_ledger(read, as_of=as_of, customers=given, end_inclusive=_said(end_inclusive))


def _said(end_inclusive: bool | str | None) -> bool | None:
    """Return what a report's parameter says, which knows texts only."""
    if not isinstance(end_inclusive, str):
        return end_inclusive
    if end_inclusive not in _WORDS:
        raise OptionError("error.option", name="end_inclusive", value=end_inclusive, legal=["yes", "no"])
    return _WORDS[end_inclusive]
