"""Attributes of customers as the numbers a propensity model takes, no more of them than the groups can bear."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from retention_kit.results.balances import covariate_name
from retention_kit.wording import Message

CUSTOMERS_PER_PARAMETER = 5
"""The smaller group has at least so many customers a parameter: docs/methods.md."""
_MISSING, _OTHER = Message("balance.missing"), Message("balance.other")


class Column(NamedTuple):
    """What a column of the matrix holds.

    Attributes
    ----------
    name : str
        The attribute.
    level : str, Message or None
        Its value, where the column says who has it; None for a number.
    power : {1, 2}
        2 for the square of a number.
    """

    name: str
    level: str | Message | None = None
    power: int = 1


@dataclass(frozen=True, eq=False)
class Covariates:
    """What two groups are made alike in.

    Attributes
    ----------
    matrix : ndarray, customers × columns
        Without a constant; every level of a text has a column, so columns can depend on one another.
    columns : tuple of Column
    warnings : tuple of Message
        What was dropped or pooled, and why.
    """

    matrix: np.ndarray
    columns: tuple[Column, ...]
    warnings: tuple[Message, ...] = ()


@dataclass(frozen=True, eq=False)
class _Number:
    """A number, a date or a yes/no: standardised, with its square, and who lacks it."""

    name: str
    values: np.ndarray
    missing: np.ndarray
    square: bool

    @property
    def parameters(self) -> int:
        return int(self.values.any()) + self.square + int(self.missing.any())

    def columns(self) -> Iterator[tuple[Column, np.ndarray]]:
        if self.values.any():
            yield Column(self.name), self.values
        if self.square:
            yield Column(self.name, power=2), self.values**2
        if self.missing.any():
            yield Column(self.name, _MISSING), self.missing.astype(float)


@dataclass(frozen=True, eq=False)
class _Names:
    """A text: its levels from the rarest to the most frequent, of which the first `pooled` are one."""

    name: str
    levels: tuple[str | Message, ...]
    codes: np.ndarray
    pooled: int = 0

    @property
    def parameters(self) -> int:
        return len(self.levels) - max(self.pooled, 1)

    @property
    def next_rarest(self) -> int:
        """Customers of the next level that would be pooled."""
        return int((self.codes == max(self.pooled, 1)).sum())

    def poorer(self) -> "_Names":
        return replace(self, pooled=max(self.pooled, 1) + 1)

    def columns(self) -> Iterator[tuple[Column, np.ndarray]]:
        if self.pooled:
            yield Column(self.name, _OTHER), (self.codes < self.pooled).astype(float)
        for code in range(self.pooled, len(self.levels)):
            yield Column(self.name, self.levels[code]), (self.codes == code).astype(float)


_Part = _Number | _Names


def covariates(table: pd.DataFrame, treated: np.ndarray, *, squares: bool = True) -> Covariates:
    """Return the attributes of customers as columns for a propensity model.

    Parameters
    ----------
    table : DataFrame
        One row a customer, one column an attribute: text, number, yes/no or date.
    treated : ndarray of bool
    squares : bool
        Whether numbers and dates enter with their squares too. Without them a size that acts on a curve stays a
        confounder.

    Returns
    -------
    Covariates

    Notes
    -----
    Numbers and dates (as days) are standardised before they are squared. A missing text is a level of its own; a
    missing number takes the mean and a column that says it is missing; the warnings say how many there are. An
    attribute with one value is left out.

    The smaller group must have 5 customers or more a parameter (constant included). Until it has, and in this order:
    squares are dropped, all but the one of the number in which the groups differ most; the rarest levels are pooled
    into "other"; that last square is dropped; whole attributes are. Where there is a choice, what differs least
    between the groups (standardised mean difference) goes first. The outcome is never looked at.

    Examples
    --------
    >>> table = pd.DataFrame({"plan": ["pro", "free"] * 25, "seats": range(50)})
    >>> found = covariates(table, np.arange(50) % 3 > 0)
    >>> [(column.name, column.level, column.power) for column in found.columns]
    [('plan', 'free', 1), ('plan', 'pro', 1), ('seats', None, 1)]
    >>> str(found.warnings[0])
    'Adjusted for in a straight line only, as the groups are too small for a curve: seats.'
    """
    treated = np.asarray(treated, bool)
    parts = [_part(table[name], str(name), squares) for name in table.columns]
    varying = [part for part in parts if part.parameters]
    kept = _bearable(varying, treated)
    found = [pair for part in kept for pair in part.columns()]
    matrix = np.column_stack([values for _, values in found]) if found else np.empty((len(table), 0))
    constant = [part.name for part in parts if not part.parameters]
    warnings = (*_said("balance.constant", constant), *_lacking(kept), *_losses(varying, kept))
    return Covariates(matrix, tuple(column for column, _ in found), warnings)


def _part(values: pd.Series, name: str, squares: bool) -> _Part:
    if isinstance(values.dtype, pd.PeriodDtype):
        values = values.dt.to_timestamp()
    elif pd.api.types.infer_dtype(values, skipna=True) in {"date", "datetime"}:
        values = pd.to_datetime(values)
    elif values.dtype == object:
        values = values.convert_dtypes()
    if pd.api.types.is_numeric_dtype(values.dtype):  # yes/no too
        return _number(name, values.astype("Float64").to_numpy(float, na_value=np.nan), squares)
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        days = (values - values.min()) / pd.Timedelta(days=1)
        return _number(name, days.to_numpy(float), squares)
    return _names(name, values)


def _number(name: str, values: np.ndarray, squares: bool) -> _Number:
    missing = ~np.isfinite(values)
    given = values[~missing]
    spread = given.std() if len(given) else 0.0
    if not spread > 1e-12 * np.abs(given).max(initial=0.0):
        return _Number(name, np.zeros(len(values)), missing if not missing.all() else ~missing, False)
    standardised = np.where(missing, 0.0, (values - given.mean()) / spread)
    return _Number(name, standardised, missing, squares and len(np.unique(given)) > 2)


def _names(name: str, values: pd.Series) -> _Names:
    texts = values.astype(object).where(values.isna(), values.astype(str)).to_numpy(object)
    gone = values.isna().to_numpy()
    counts = pd.Series(texts[~gone], dtype=object).value_counts()
    sizes = [(int(size), level, level) for level, size in counts.items()]
    sizes += [(int(gone.sum()), "", _MISSING)] if gone.any() else []
    levels = tuple(level for _, _, level in sorted(sizes, key=lambda size: size[:2]))
    code = {level: number for number, level in enumerate(levels) if level is not _MISSING}
    lacking = levels.index(_MISSING) if gone.any() else -1
    codes = [lacking if empty else code[text] for text, empty in zip(texts, gone, strict=True)]
    return _Names(name, levels, np.array(codes, int))


def _bearable(parts: Sequence[_Part], treated: np.ndarray) -> list[_Part]:
    """Return the parts, made fewer and poorer until the smaller group can bear them."""
    room = min(treated.sum(), (~treated).sum()) / CUSTOMERS_PER_PARAMETER - 1
    if room < 1:
        return []
    apart = {part.name: _apart(part, treated) for part in parts}
    kept = {part.name: part for part in parts}
    while kept and sum(part.parameters for part in kept.values()) > room:
        kept = _fewer(kept, apart)
    return list(kept.values())


def _fewer(kept: Mapping[str, _Part], apart: Mapping[str, tuple[float, str]]) -> dict[str, _Part]:
    """Return the parts with one step less."""
    squared = sorted((part.name for part in kept.values() if isinstance(part, _Number) and part.square), key=apart.get)
    rich = [part for part in kept.values() if isinstance(part, _Names) and part.parameters > 1]
    if len(squared) > 1 or (squared and not rich):
        return {**kept, squared[0]: replace(kept[squared[0]], square=False)}
    if rich:
        rarest = min(rich, key=lambda part: (part.next_rarest, part.name))
        return {**kept, rarest.name: rarest.poorer()}
    least = min(kept, key=apart.get)
    return {name: part for name, part in kept.items() if name != least}


def _apart(part: _Part, treated: np.ndarray) -> tuple[float, str]:
    """How far apart the groups are in an attribute, by the column that differs most; then its name."""
    gaps = [abs(standardised_difference(values, treated)) for _, values in part.columns()]
    return max(gaps), part.name


def standardised_difference(values: np.ndarray, treated: np.ndarray, weights: np.ndarray | None = None) -> float:
    """Return the difference of (weighted) means in standard deviations: the root of the mean unweighted variance.

    Infinite where neither group varies and their means differ.
    """
    weights = np.ones(len(values)) if weights is None else weights
    sides = [(values[side], weights[side]) for side in (treated, ~treated)]
    gap = np.subtract(*(np.average(value, weights=weight) for value, weight in sides))
    spread = np.sqrt(np.mean([value.var(ddof=1) if len(value) > 1 else 0.0 for value, _ in sides]))
    if spread > 0:
        return float(gap / spread)
    return 0.0 if abs(gap) < 1e-12 else float(np.copysign(np.inf, gap))


def _lacking(parts: Sequence[_Part]) -> Iterator[Message]:
    """Say how many customers lack each attribute, and what was done with them."""
    for part in parts:
        if isinstance(part, _Number):
            key, without = "balance.lacking.number", part.missing
        else:
            place = next((code for code, level in enumerate(part.levels) if level is _MISSING), -1)
            key = "balance.lacking.pooled" if place < part.pooled else "balance.lacking.level"
            without = part.codes == place
        if without.any():
            fields = {"name": covariate_name(part.name), "n": int(without.sum()), "total": len(without)}
            yield Message(key, fields)


def _losses(before: Sequence[_Part], after: Sequence[_Part]) -> Iterator[Message]:
    """Say what was given up for want of customers."""
    kept = {part.name: part for part in after}
    squared = [part.name for part in before if isinstance(part, _Number) and part.square and part.name in kept]
    yield from _said("balance.squares_dropped", [name for name in squared if not kept[name].square])
    for part in after:
        if isinstance(part, _Names) and part.pooled:
            yield Message("balance.pooled", {"name": covariate_name(part.name), "n": part.pooled})
    yield from _said("balance.dropped", [part.name for part in before if part.name not in kept])


def _said(key: str, names: Sequence[str]) -> Iterator[Message]:
    if names:
        yield Message(key, {"names": [covariate_name(name) for name in names]})
