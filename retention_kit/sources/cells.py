"""The cells of one table: numbers, days and currencies, under one set of options.

A cell is read by itself where it can mean one thing only. Where it can mean two (``1,234``, ``01/02/2025``) the other
cells of its column decide, then the other columns of its table; where none does, an error asks.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from numbers import Number

import numpy as np
import pandas as pd

from retention_kit.checks import text_of
from retention_kit.errors import InputError, OptionError
from retention_kit.sources import amounts, days
from retention_kit.wording import Message

_PLAIN = r"[+-]?\d+(?:\.\d{1,2})?"
_NUMBERS_TOO = ["excel", "unix"]
_EXAMPLES = 3


@dataclass(frozen=True)
class Cells:
    """How the cells of a table are read.

    Attributes
    ----------
    source : str
        Name of the table, for errors.
    decimal : {".", ","}, optional
        The decimal sign. Default: what the cells say.
    day_first : bool, optional
        Whether ``01/02/2025`` is 1 February. Default: what the cells say.
    time_zone : str
        The time zone in which a moment that carries one (``…Z``, ``+02:00``, Unix seconds) is a day. A column of
        moments with a time zone of its own (a DataFrame's) keeps its own days.
    table : DataFrame, optional
        The whole table as read: asked where a column alone leaves two readings.
    """

    source: str = "DataFrame"
    decimal: str | None = None
    day_first: bool | None = None
    time_zone: str = "UTC"
    table: pd.DataFrame | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.decimal not in (None, *amounts.DECIMALS):
            raise OptionError("error.option", name="decimal", value=str(self.decimal), legal=list(amounts.DECIMALS))
        if self.day_first not in (None, True, False):
            raise OptionError("error.option", name="day_first", value=str(self.day_first), legal=["True", "False"])
        try:
            pd.Timestamp(0, tz=self.time_zone)
        except (KeyError, ValueError, TypeError):
            legal = ["UTC", "Europe/Paris", "America/New_York", "…"]
            raise OptionError("error.option", name="time_zone", value=str(self.time_zone), legal=legal) from None

    def numbers(self, column: pd.Series) -> pd.Series:
        """Return a column's numbers, missing where a cell is empty or none.

        Raises
        ------
        InputError
            If a cell such as ``1,234`` can mean two numbers and nothing else in the table tells which.

        Examples
        --------
        >>> Cells().numbers(pd.Series(["1 234,56 €", "(12,50)", "no"])).tolist()
        [1234.56, -12.5, nan]
        """
        if pd.api.types.is_numeric_dtype(column.dtype):
            return column.astype(float)
        if column.dtype == object:  # a spreadsheet's cells are of any type
            typed = column.map(lambda cell: isinstance(cell, Number) and cell == cell).astype(bool)
            text = self.numbers(column.mask(typed, "").astype(str))
            return text.mask(typed, column.where(typed, 0).astype(float))
        text = text_of(column)
        if self.decimal != "," and text.str.fullmatch(_PLAIN).all():
            return text.astype(float)
        places, cells = pd.factorize(text)
        decimal = self._decimal(column.name, cells)
        values = [_value(amounts.readings(cell), decimal) for cell in cells]
        return pd.Series(np.array(values, dtype=float)[places], index=column.index, name=column.name)

    def days(self, column: pd.Series) -> pd.Series:
        """Return a column's days, missing where a cell is empty or none; a time of day is dropped.

        Raises
        ------
        InputError
            If a cell such as ``01/02/2025`` can mean two days and nothing else in the table tells which.

        Examples
        --------
        >>> Cells().days(pd.Series(["31/12/2025", "01/02/2025", "45292", "soon"])).dt.strftime("%Y-%m-%d").tolist()
        ['2025-12-31', '2025-02-01', '2024-01-01', nan]
        """
        if isinstance(column.dtype, pd.DatetimeTZDtype):
            column = column.dt.tz_localize(None)
        if pd.api.types.is_datetime64_dtype(column.dtype):
            return column.dt.floor("D").astype("datetime64[s]")
        places, cells = pd.factorize(text_of(column))
        cells = pd.Series(cells, dtype=str)
        read = days.parse(cells, self._day_first(column.name, cells), self.time_zone)
        return read.iloc[places].set_axis(column.index).rename(column.name)

    def currencies(self, column: pd.Series) -> pd.Series:
        """Return the ISO codes of signs or codes that stand beside the amounts of a column, None where there is none.

        Examples
        --------
        >>> Cells().currencies(pd.Series(["12 €", "12"])).tolist()
        ['EUR', None]
        """
        if pd.api.types.is_numeric_dtype(column.dtype):
            return pd.Series([None] * len(column), index=column.index, dtype=object)
        text = text_of(column)
        return text.map({cell: amounts.currency(cell) for cell in text.unique()}).astype(object).replace({np.nan: None})

    def are_days(self, text: pd.Series) -> bool:
        """Whether all cells are written as days and none as a mere number."""
        form = days.forms(pd.Series(text.unique(), dtype=str))
        return bool(form.notna().all() and not form.isin(_NUMBERS_TOO).any())

    def are_numbers(self, text: pd.Series) -> bool:
        """Whether all cells are numbers."""
        return all(amounts.readings(cell) for cell in text.unique())

    def decimal_of(self, column: pd.Series) -> str | None:
        """Return the decimal sign that a column of text shows, None where it shows none or several."""
        return _only(_signs(text_of(column).unique())) if not pd.api.types.is_numeric_dtype(column.dtype) else None

    def forms_of(self, column: pd.Series) -> list[str]:
        """Return how a column's days are written: typed, iso, zoned, day_first, month_first and so on."""
        if pd.api.types.is_datetime64_any_dtype(column.dtype):
            return ["typed"]
        cells = pd.Series(text_of(column).unique(), dtype=str)
        order = self._day_first(column.name, cells)
        form = days.forms(cells)
        known = form.mask(form == "year_last", order.map({True: "day_first", False: "month_first"}))
        return list(known.dropna().unique())

    def _decimal(self, name: str, cells: Iterable[str]) -> str | None:
        """Return the decimal sign of cells that can mean two numbers; None where each cell says it by itself."""
        if self.decimal:
            return self.decimal
        unsure = [cell for cell in cells if len(set(amounts.readings(cell).values())) > 1]
        if not unsure:
            return None
        chosen = _only(_signs(cells)) or _only(self._signs_of_table)
        if chosen is None:
            point, comma = (f"{amounts.readings(unsure[0])[sign]:.12g}" for sign in amounts.DECIMALS)
            told = [Message("error.example", {"value": cell}) for cell in unsure[:_EXAMPLES]]
            fields = {"cell": unsure[0], "point": point, "comma": comma, "examples": told}
            raise InputError("error.ambiguous_numbers", source=self.source, column=str(name), **fields)
        return chosen

    @cached_property
    def _signs_of_table(self) -> set[str]:
        """Decimal signs of all columns in which every cell is a number."""
        found = set()
        for cells in self._columns_of_text():
            if all(amounts.readings(cell) for cell in cells):
                found |= _signs(cells)
        return found

    def _day_first(self, name: str, cells: pd.Series) -> pd.Series:
        """Return for each cell whether its day comes first."""
        if self.day_first is not None:
            return pd.Series(self.day_first, index=cells.index)
        pairs = days.pairs(cells)
        first = pd.Series(True, index=cells.index)
        first[pairs.index] = pairs[1] <= 12
        unsure = pairs.index[(pairs[0] <= 12) & (pairs[1] <= 12) & (pairs[0] != pairs[1])]
        if len(unsure):
            order = _only(_orders(pairs))
            order = _only(self._orders_of_table) if order is None else order
            first[unsure] = self._ask_for_order(name, cells[unsure]) if order is None else order
        return first

    def _ask_for_order(self, name: str, unsure: pd.Series) -> bool:
        one = unsure.iloc[:1]
        day, month = (days.parse(one, pd.Series(first, index=one.index), "UTC").iloc[0] for first in (True, False))
        told = [Message("error.example", {"value": cell}) for cell in unsure.iloc[:_EXAMPLES]]
        fields = {"cell": one.iloc[0], "day": day.date(), "month": month.date(), "examples": told}
        raise InputError("error.ambiguous_dates", source=self.source, column=str(name), **fields)

    @cached_property
    def _orders_of_table(self) -> set[bool]:
        """Orders (whether the day comes first) that the table's dates leave no doubt about."""
        found = (_orders(days.pairs(pd.Series(cells, dtype=str))) for cells in self._columns_of_text())
        return set().union(*found)

    def _columns_of_text(self) -> Iterable[list[str]]:
        """Yield the cells of each column of text, each once, without the empty ones."""
        for _, column in () if self.table is None else self.table.items():
            if not pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_datetime64_any_dtype(column):
                yield [cell for cell in text_of(column).unique() if cell]


def _value(readings: dict[str, float], decimal: str | None) -> float:
    """Return what a cell means; where no decimal sign was needed, all its readings are one."""
    return readings.get(decimal, np.nan) if decimal and len(readings) else next(iter(readings.values()), np.nan)


def _signs(cells: Iterable[str]) -> set[str]:
    """Decimal signs of the cells that can be read in one way only."""
    return {sign for cell in cells if len(amounts.readings(cell)) == 1 for sign in amounts.readings(cell)}


def _orders(pairs: pd.DataFrame) -> set[bool]:
    return {True for _ in pairs.index[pairs[0] > 12][:1]} | {False for _ in pairs.index[pairs[1] > 12][:1]}


def _only(found: set):
    """Return the one thing found, None where there are none or several."""
    return next(iter(found)) if len(found) == 1 else None
