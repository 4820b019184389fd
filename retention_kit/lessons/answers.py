"""What counts as the same answer: a number within its rounding, a letter, a table whatever its order."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd


class Kind(Protocol):
    """A kind of answer, which knows when one given equals one expected."""

    def same(self, given: Any, expected: Any) -> bool:
        """Whether two answers are the same."""


@dataclass(frozen=True)
class Number:
    """A number, or a value of the kit that stands for one.

    Attributes
    ----------
    within : float
        Half the last digit that is asked for.
    """

    within: float = 0.0005

    def same(self, given: Any, expected: Any) -> bool:
        """Whether both are numbers and differ by no more than the rounding."""
        if isinstance(given, str | bool | np.bool_):
            return isinstance(given, str) and given == expected
        try:
            return math.isclose(float(given), float(expected), rel_tol=0, abs_tol=self.within + 1e-12)
        except (TypeError, ValueError):
            return False


@dataclass(frozen=True)
class Choice:
    """A letter, in whatever case."""

    def same(self, given: Any, expected: Any) -> bool:
        """Whether both are the same letter."""
        return isinstance(given, str) and given.strip().strip(".)").lower() == expected


@dataclass(frozen=True)
class Line:
    """What a line of pandas returns: a table, a column or a number, by value.

    Attributes
    ----------
    ordered : bool
        Whether the order of rows is part of the answer.
    """

    ordered: bool = False

    def same(self, given: Any, expected: Any) -> bool:
        """Whether both hold the same values under the same labels."""
        if isinstance(expected, pd.DataFrame | pd.Series):
            return type(given) is type(expected) and _equal(self._laid(given), self._laid(expected))
        if isinstance(given, pd.DataFrame | pd.Series):
            return False
        if isinstance(expected, int | float) and not isinstance(expected, bool):
            return Number(1e-6).same(given, expected)
        return _plain(given) == _plain(expected)

    def _laid(self, table: Any) -> Any:
        return table if self.ordered else _sorted(table)


def _sorted(table: Any) -> Any:
    """Return rows and columns in one order, so that only values and labels count."""
    try:
        laid = table.sort_index(axis="columns") if isinstance(table, pd.DataFrame) else table
        return laid.sort_index(kind="stable")
    except TypeError:
        return table


def _equal(given: Any, expected: Any) -> bool:
    compare: Callable[..., None] = (
        pd.testing.assert_frame_equal if isinstance(expected, pd.DataFrame) else pd.testing.assert_series_equal
    )
    options = {} if isinstance(expected, pd.DataFrame) else {"check_names": False}
    try:
        compare(given, expected, check_dtype=False, check_index_type=False, check_freq=False, **options)
    except AssertionError:
        return False
    return True


def _plain(value: Any) -> Any:
    """Return a list, array or index as a list of builtins, so that it is compared by value."""
    return value.tolist() if hasattr(value, "tolist") else list(value) if isinstance(value, tuple) else value
