"""A factor: the attribute of a customer that makes the groups of a comparison, known from the start or dated."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from retention_kit.errors import FactorError, ImmortalTimeError
from retention_kit.ledger import Ledger
from retention_kit.wording import Message, has_message

MOST_GROUPS = 8
"""Values a factor may have: with more, the groups get small and one of them stands out by chance."""
_ISO = r"\d{4}-\d{2}-\d{2}([T ].*)?"


@dataclass(frozen=True, eq=False)
class Dated:
    """A factor that comes at a date: a feature activated, a training done.

    Attributes
    ----------
    factor : str
    age : ndarray of float
        By customer, the age in months at which they got it: that of the first month end at or after the date, 0 being
        their first month end with MRR. 0 or less: they had it when they began. NaN: not by the last day known.
    baseline : bool
        Whether all who have it had it when they began; then "with" and "without" can be compared like any yes/no.
    notes : tuple of Message
        What a reader must know of the dates.
    ids : Index or None
        The customers, in the order of `age`.
    """

    factor: str
    age: np.ndarray
    baseline: bool
    notes: tuple[Message, ...] = ()
    ids: pd.Index | None = None


@dataclass(frozen=True, eq=False)
class Split:
    """Who is in which group.

    Attributes
    ----------
    factor : str
    group : Series of Int64
        By customer: 0 in the reference, 1 … in the others, missing in none.
    labels : tuple of Message
        How a sentence names the customers of each group, the reference first.
    yes_no : bool
        Whether the factor is yes or no, rather than names.
    when : Dated or None
        When they got it, where that is known.
    """

    factor: str
    group: pd.Series
    labels: tuple[Message, ...]
    yes_no: bool
    when: Dated | None = None

    @property
    def dated(self) -> bool:
        """Whether it is known when they got it."""
        return self.when is not None

    @property
    def treated(self) -> pd.Series:
        """By customer, whether they are in another group than the reference; missing where they are in none."""
        return (self.group > 0).astype("boolean")

    @property
    def missing(self) -> int:
        """Customers without a value, who are in no group."""
        return int(self.group.isna().sum())

    def codes(self) -> np.ndarray:
        """Return the group of every customer as whole numbers, -1 for who is in none."""
        return self.group.fillna(-1).to_numpy(np.int64)


def between(group: pd.Series, portfolio: pd.Series) -> float:
    """Return the share of a factor's variance that lies between portfolios.

    1 when every portfolio is all in one group: then portfolios, not customers, were given the factor. Of several
    groups, their variances are added up. Customers without a group or a portfolio do not count.
    """
    table = pd.DataFrame({"group": group.to_numpy(), "portfolio": portfolio.to_numpy()}).dropna()
    if table["group"].nunique() < 2 or table["portfolio"].nunique() in {1, len(table)}:
        return 0.0
    given = pd.get_dummies(table["group"].astype("int64")).astype(float)
    means = given.groupby(table["portfolio"]).transform("mean")
    return float(means.var(ddof=0).sum() / given.var(ddof=0).sum())


def split_by(factor: str, values: pd.Series, reference: Any = None) -> Split:
    """Split customers by an attribute with 2 to 8 values.

    Parameters
    ----------
    factor : str
        The attribute's name.
    values : Series
        Its value by customer, missing where not known.
    reference : value, optional
        Which value is the reference. Default: no; of names, the first.

    Returns
    -------
    Split

    Raises
    ------
    ImmortalTimeError
        If the attribute is a date: see `dated` and `split_at`.
    FactorError
        If it has fewer or more values, or `reference` is none of them.

    Examples
    --------
    >>> split = split_by("vip", pd.Series([True, False, None], dtype="boolean"))
    >>> split.group.tolist()
    [1, 0, <NA>]
    >>> print(split.labels[0])
    customers without “vip”
    """
    if is_date(values):
        raise ImmortalTimeError("error.immortal_time", factor=factor)
    found = sorted(values.dropna().unique().tolist(), key=lambda value: (str(type(value)), value))
    if not 2 <= len(found) <= MOST_GROUPS:
        raise FactorError(
            "error.factor_values", factor=factor, n=len(found), found=found[:MOST_GROUPS], most=MOST_GROUPS
        )
    base = found[0] if reference is None else reference
    if base not in found:
        raise FactorError("error.factor_reference", factor=factor, value=str(reference), found=found)
    order = [base, *(value for value in found if value != base)]
    codes = pd.Categorical(values.astype(object), categories=order).codes
    yes_no = all(isinstance(value, bool) for value in found)
    return _split(factor, codes, values.index, (_label(factor, value) for value in order), yes_no)


def dated(factor: str, values: pd.Series, ledger: Ledger) -> Dated:
    """Return at which age each customer got what a column of dates tells.

    Parameters
    ----------
    factor : str
        The column's name.
    values : Series
        A date by customer of the ledger, missing where there was none: dates, or texts like ``2025-03-14``.
    ledger : Ledger

    Returns
    -------
    Dated

    Raises
    ------
    FactorError
        If the column holds no dates, or none up to the last day known.

    Notes
    -----
    A date counts from the first month end at or after it, as MRR does. One within the month of the customer's first
    month end, or before, is age 0 or less. A date after `as_of` is not known yet: that customer has not got it.

    Examples
    --------
    >>> table = pd.DataFrame({"subscription_id": ["s"], "customer_id": ["Ada"], "start": ["2025-01-15"],
    ...                       "amount": [10], "interval": ["month"]})
    >>> from retention_kit.ledger import build_ledger
    >>> ledger = build_ledger(table, as_of="2025-06-30")
    >>> dated("trained", pd.Series(["2025-03-31"]), ledger).age.tolist()
    [2.0]
    """
    days = days_of(values)
    if days is None:
        raise FactorError("error.factor_not_dated", factor=factor, as_of=ledger.as_of)
    to_come = (days > pd.Timestamp(ledger.as_of)).to_numpy(bool)
    month = (days.dt.year * 12 + days.dt.month - 1).to_numpy(float, na_value=np.nan)
    if not np.isfinite(month[~to_come]).any():
        raise FactorError("error.factor_not_dated", factor=factor, as_of=ledger.as_of)
    lives = ledger.engine.lives(ledger.book, ledger.grace_months)
    age = np.where(to_come, np.nan, month - lives.start)
    got = age[lives.known & np.isfinite(age)]
    fields = {"n": int(to_come.sum()), "factor": factor, "as_of": ledger.as_of}
    notes = (Message("warning.dates_to_come", fields),) if to_come.any() else ()
    return Dated(factor, age, bool(got.size and (got <= 0).all()), notes, ledger.ids)


def split_at(dated: Dated, landmark: int) -> Split:
    """Split customers by what they had at an age of `landmark` months: it by then, or not yet.

    Parameters
    ----------
    dated : Dated
    landmark : int
        To be compared only among those who are still customers at that age (`subjects`). Where all who have it had it
        when they began, any landmark gives the same groups.

    Returns
    -------
    Split
        "Not yet" is the reference, and holds those who get it later; nobody is without a group.

    Examples
    --------
    >>> split = split_at(Dated("trained", np.array([0.0, 3.0, 4.0, np.nan]), False), 3)
    >>> split.group.tolist()
    [1, 1, 0, 0]
    >>> print(split.labels[1])
    customers with “trained” within 3 months of their start
    """
    by_then = (dated.age <= landmark).astype(np.int8)
    if dated.baseline:
        labels = (_label(dated.factor, value) for value in (False, True))
    else:
        when = "dated" if landmark else "at_start"
        fields = {"factor": dated.factor, "landmark": landmark}
        labels = (Message(f"factor.{when}.{side}", fields) for side in ("without", "with"))
    return replace(_split(dated.factor, by_then, dated.ids, labels, True), when=dated)


def is_date(values: pd.Series) -> bool:
    """Return whether a column holds dates, as dates or as texts like ``2025-03-14``."""
    return days_of(values) is not None


def days_of(values: pd.Series) -> pd.Series | None:
    """Return a column of dates as days, missing where there is none; None if it is no column of dates.

    Examples
    --------
    >>> days_of(pd.Series(["2025-03-14", None])).tolist()
    [Timestamp('2025-03-14 00:00:00'), NaT]
    >>> days_of(pd.Series(["SMB", "2025-03-14"]))
    """
    if not pd.api.types.is_datetime64_any_dtype(values.dtype):
        if not _written_as_days(values):
            return None
        values = pd.to_datetime(values, format="ISO8601", errors="coerce")
    return values.dt.tz_localize(None).dt.floor("D")


def _written_as_days(values: pd.Series) -> bool:
    kind = pd.api.types.infer_dtype(values)
    if kind != "string":
        return kind in {"date", "datetime"}
    text = values.dropna().astype(str).str.strip()
    return bool(
        text.str.fullmatch(_ISO).all() and pd.to_datetime(text, format="ISO8601", errors="coerce").notna().all()
    )


def _split(factor: str, codes: np.ndarray, index: pd.Index | None, labels: Iterable[Message], yes_no: bool) -> Split:
    group = pd.Series(codes, index=index, name=factor, dtype="Int64")
    return Split(factor, group.mask(group < 0), tuple(labels), yes_no)


def _label(factor: str, value: Any) -> Message:
    if not isinstance(value, bool):
        whole = isinstance(value, float) and value.is_integer()
        return Message("factor.value", {"factor": factor, "value": str(int(value) if whole else value)})
    side = "with" if value else "without"
    known = f"factor.{factor}.{side}"
    return Message(known) if has_message(known) else Message(f"factor.any.{side}", {"factor": factor})
