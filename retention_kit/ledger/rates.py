"""Several currencies: the rate of every row, exact, taken at the start of its contract."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from retention_kit.errors import CurrencyError
from retention_kit.ledger.side_tables import days, decimals, fingerprint, read_table, refuse
from retention_kit.wording import Message

_PLACES = 10  # decimals of a rate
SCALE = 10**_PLACES
Rates = pd.DataFrame | Mapping[str, Any] | str | Path


class Exchange(NamedTuple):
    """The money of a ledger.

    Attributes
    ----------
    currency : str or None
        What amounts are converted to.
    rates : ndarray of int or None
        Rate of every row times `SCALE`; None where nothing is converted.
    others : list of str
        The currencies whose part is kept apart for the ``fx`` line; none under one rate for all time.
    rules : list of Message
    """

    currency: str | None
    rates: np.ndarray | None
    others: list[str]
    rules: list[Message]


def one_currency(table: pd.DataFrame, wanted: str | None) -> Exchange:
    """Return the one currency of a table, None where it is not said.

    Raises
    ------
    CurrencyError
        If there are several, or another one than is `wanted`.
    """
    found = sorted(table["currency"].dropna().unique())
    if len(found) > 1:
        raise CurrencyError("error.several_currencies", found=found)
    if found and wanted not in (None, found[0]):
        raise CurrencyError("error.other_currency", currency=wanted, found=found)
    return Exchange(found[0] if found else wanted, None, [], [])


def converted(
    table: pd.DataFrame, needed: np.ndarray, rates: Rates, currency: str | None, constant_on: dt.date | None
) -> Exchange:
    """Return the rate in force at the start of every row, or on one day for all of them.

    Raises
    ------
    CurrencyError
        If the target is not said, a row has no currency, or a `needed` row has no rate.
    """
    if currency is None:
        raise CurrencyError("error.no_target_currency", found=sorted(table["currency"].dropna().unique()))
    if table["currency"].isna().any():
        raise CurrencyError("error.rates_without_currency")
    known, target = _read(rates), currency.upper()
    if ((known["currency"] == target) & (known["rate"] != SCALE)).any():
        raise CurrencyError("error.rate_of_target", currency=target)
    start = table["start"] if constant_on is None else pd.Series(pd.Timestamp(constant_on), index=table.index)
    found = _in_force(table["currency"], start.astype("datetime64[s]"), known, target)
    _refuse_missing(table["currency"], start, needed & (found == 0), target)
    others = sorted(set(table["currency"]) - {target})
    moving = constant_on is None and known.loc[known["currency"].isin(others), "currency"].duplicated().any()
    key = "rule.currency" if moving else "rule.currency.constant"
    mark = fingerprint(known[known["currency"].isin(others)].itertuples(index=False))
    fields = {"currency": target, "converted": others, "rates": mark}
    if constant_on is not None:
        fields["day"] = constant_on
    return Exchange(target, found, others if moving else [], [Message(key, fields)] if others else [])


def _read(rates: Rates) -> pd.DataFrame:
    """Return currency, from (the first day the rate is in force) and rate × `SCALE`, sorted."""
    given = _from_mapping(rates) if isinstance(rates, Mapping) else rates
    table = read_table(given, "rates", ("currency", "rate"))
    currency = table["currency"].astype(str).str.strip().str.upper()
    if "from" not in table:
        table = table.assign(**{"from": pd.NaT})
    since = days(table, "from", "rates", blank=True).fillna(pd.Timestamp("0001-01-01").as_unit("s"))
    exact = decimals(table, "rate", "rates")
    rate = [int((number * SCALE).to_integral_value()) for number in exact]
    refuse("rates", "rate", table["rate"], np.array([number <= 0 for number in rate], bool), "rate_not_positive")
    known = pd.DataFrame({"currency": currency, "from": since, "rate": pd.Series(rate, table.index, dtype=object)})
    refuse("rates", "from", table["from"], known.duplicated(["currency", "from"]), "rate_twice")
    return known.sort_values(["currency", "from"], ignore_index=True)


def _from_mapping(rates: Mapping[str, Any]) -> pd.DataFrame:
    """Return a table from {currency: rate} or {currency: {first day: rate}}."""
    rows = [
        (currency, day, rate)
        for currency, given in rates.items()
        for day, rate in (given.items() if isinstance(given, Mapping) else [(None, given)])
    ]
    return pd.DataFrame(rows, columns=["currency", "from", "rate"]).astype({"from": object, "rate": object})


def _in_force(currency: pd.Series, start: pd.Series, known: pd.DataFrame, target: str) -> np.ndarray:
    """Return every row's rate × `SCALE`, 0 where there is none."""
    found = np.where(currency == target, SCALE, 0).astype(object)
    for code, some in known[known["currency"] != target].groupby("currency"):
        rows = np.flatnonzero(currency == code)
        place = np.searchsorted(some["from"].to_numpy(), start.iloc[rows].to_numpy(), side="right") - 1
        found[rows] = np.where(place < 0, 0, some["rate"].to_numpy()[place])
    return found


def _refuse_missing(currency: pd.Series, start: pd.Series, missing: np.ndarray, target: str) -> None:
    if not missing.any():
        return
    lacking = start[missing].groupby(currency[missing]).agg(["min", "max"])
    cells = [
        Message("error.missing_rate.cell", {"currency": code, "first": span["min"], "last": span["max"]})
        for code, span in lacking.iterrows()
    ]
    raise CurrencyError("error.missing_rate", n=int(missing.sum()), target=target, cells=cells)
