"""What the questions about movements share: whole periods, groups of customers, netting."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from retention_kit.errors import MonthError, OptionError
from retention_kit.ledger import Ledger
from retention_kit.months import PERIOD_MONTHS, month_end, month_start, period_ends, window
from retention_kit.results import MOVEMENTS
from retention_kit.schema import CUSTOMER_ID
from retention_kit.wording import Message

By = str | Sequence[str] | None
_TAKEN = (CUSTOMER_ID, "period", "opening", *MOVEMENTS, "fx", "closing", "amount")


def legal(name: str, value: Any, values: Sequence[str]) -> None:
    """Refuse an option that is not one of its legal values."""
    if value not in values:
        raise OptionError("error.option", name=name, value=str(value), legal=list(values))


def step_of(netting: str, length: int) -> int:
    """Return the months of the parts of a period whose movements are added up."""
    legal("netting", netting, ("period", "none"))
    return length if netting == "period" else 1


def flow_names(ledger: Ledger) -> list[str]:
    """Return what the engine's arrays of flows hold, in order."""
    return ["opening", *MOVEMENTS, *(["fx"] if ledger.book.foreign else []), "closing"]


def bounds(ledger: Ledger, start: Any, end: Any) -> tuple[int, int]:
    """Return the month ends between which to look; by default all that was observed."""
    book = ledger.book
    if start is None and end is None:
        return book.opening, book.last
    since = month_start(book.opening) if start is None else start
    until = month_start(book.last) if end is None else end
    return window(since, until, first=book.opening, last=book.last, as_of=ledger.as_of)


def whole_periods(ledger: Ledger, freq: str, start: Any = None, end: Any = None) -> np.ndarray:
    """Return the last month of every period between two month ends.

    A period that began before a complete book did is whole all the same: all was 0 until then.
    """
    book = ledger.book
    ends = period_ends(freq, first=book.opening + 1, last=book.last)
    begin, close = bounds(ledger, start, end)
    from_nothing = book.complete and begin == book.opening
    return ends[(ends <= close) & ((ends - PERIOD_MONTHS[freq] >= begin) | from_nothing)]


def refuse_none(ledger: Ledger, ends: np.ndarray, freq: str, start: Any, end: Any) -> None:
    """Refuse a window without a whole period."""
    if not len(ends):
        begin, close = bounds(ledger, start, end)
        window_ends = {"start": month_end(begin), "end": month_end(close)}
        raise MonthError("error.no_period", freq=Message(f"word.freq.{freq}"), **window_ends)


def group_of(ledger: Ledger, by: By) -> tuple[np.ndarray, pd.DataFrame]:
    """Return the group of every customer and what makes each group, a column an attribute.

    Several attributes make the groups that occur; without any there is one group, of all.
    """
    attributes = [by] if isinstance(by, str) else list(dict.fromkeys(by or ()))
    if not attributes:
        return np.zeros(len(ledger.ids), np.int64), pd.DataFrame(index=range(1))
    made = [ledger.groups(attribute) for attribute in attributes]
    if len(made) == 1:
        rows, group = np.arange(len(made[0][1]))[:, None], made[0][0]
    else:
        rows, group = np.unique(np.stack([codes for codes, _ in made], axis=1), axis=0, return_inverse=True)
    labels = {
        f"by_{attribute}" if attribute in _TAKEN else attribute: [names[code] for code in rows[:, place]]
        for place, (attribute, (_, names)) in enumerate(zip(attributes, made, strict=True))
    }
    return group.ravel(), pd.DataFrame(labels)


def joined(*parts: pd.DataFrame) -> pd.DataFrame:
    """Return tables of as many rows side by side."""
    return pd.concat([part.reset_index(drop=True) for part in parts], axis="columns")
