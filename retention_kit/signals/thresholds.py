"""The table of thresholds that a team can edit: from when on a signal counts, for how much, and what is then done."""

import os
from importlib.resources import files
from pathlib import Path

import pandas as pd

from retention_kit.errors import (
    EmptyTableError,
    FileNotReadableError,
    InvalidRowsError,
    MissingColumnError,
    OptionError,
)
from retention_kit.signals.measuring import SIGNALS
from retention_kit.wording import Message

COLUMNS = ("signal", "threshold", "window_months", "points", "kind", "action")
KINDS = ("risk", "upsell")
_LONGEST = 24
_SHIPPED = "signal_thresholds"


def signal_thresholds() -> pd.DataFrame:
    """Return the thresholds that are shipped, one row a signal: a table to edit and to hand back.

    Returns
    -------
    DataFrame
        signal; threshold, at or beyond which it fires (share by which use fell, features dropped, complaints, share of
        mails unopened, NPS answer, days late, days to the contract's end, share of the limit); window_months; points it
        adds to the ranking; kind, ``risk`` or ``upsell``; action, the name of one in the playbook.

    Notes
    -----
    The numbers are habits of the trade to start from, not measurements: `judge_ranking` says what they are worth on
    your own past. The end of a contract has 0 points, because every contract ends: it is said beside the reasons and
    chooses the action. Points for it would give the ranking a lift that comes from the calendar.

    Examples
    --------
    >>> table = signal_thresholds().set_index("signal")
    >>> table.loc["complaints", "threshold"]
    np.float64(1.0)
    >>> stricter = signal_thresholds().assign(points=1)
    """
    return shipped("thresholds.csv")


def shipped(name: str) -> pd.DataFrame:
    """Return a table that stands beside the code."""
    with files("retention_kit").joinpath("signals", name).open(encoding="utf-8") as file:
        table = pd.read_csv(file)
    # a column without a text yet is read as numbers, which no text can then be written into
    return table.assign(text=table["text"].astype(object).fillna("")) if "text" in table else table


def checked_thresholds(given: pd.DataFrame | str | os.PathLike | None) -> pd.DataFrame:
    """Return a team's thresholds, by signal, or say what is wrong with them.

    Raises
    ------
    MissingColumnError
        If a column is missing.
    OptionError
        If a signal or a kind is unknown, or a signal stands twice.
    InvalidRowsError
        If a number is none, or out of its range; a share has thresholds from 0 to 1.
    EmptyTableError
        If there is no row.
    """
    table = signal_thresholds() if given is None else opened(given, "thresholds", COLUMNS)
    _legal(table, "signal", list(SIGNALS))
    _legal(table, "kind", list(KINDS))
    twice = table["signal"][table["signal"].duplicated()]
    if len(twice):
        raise OptionError("error.signal_twice", value=str(twice.iloc[0]))
    typed = table.assign(action=table["action"].astype(str))
    for name, lowest, highest in (("threshold", -1e9, 1e9), ("window_months", 0, _LONGEST), ("points", 0, 1e6)):
        typed[name] = numbers(table, name, lowest, highest)
    shares = typed["signal"].map(lambda name: SIGNALS[name].share)
    refuse("thresholds", table["threshold"], shares & ~typed["threshold"].between(0, 1), 0, 1)
    broken = typed["window_months"] % 1 > 0
    if broken.any():
        raise OptionError(
            "error.ranking_count", name="window_months", value=str(typed["window_months"][broken].iloc[0])
        )
    typed["window_months"] = typed["window_months"].astype(int)
    measured = typed["signal"].map(lambda name: SIGNALS[name].measure is not None)
    refuse("thresholds", table["window_months"], (measured & (typed["window_months"] < 1)), 1, _LONGEST)
    return typed.set_index("signal")


def opened(given: pd.DataFrame | str | os.PathLike, name: str, columns: tuple[str, ...]) -> pd.DataFrame:
    """Return a table or file with the columns it must have.

    Raises
    ------
    FileNotReadableError
    MissingColumnError
    EmptyTableError
    """
    table = given.reset_index() if isinstance(given, pd.DataFrame) and given.index.name == columns[0] else given
    table = table if isinstance(table, pd.DataFrame) else _read(Path(table))
    missing = [column for column in columns if column not in table]
    if missing:
        found = [str(column) for column in table]
        raise MissingColumnError("error.side_table_column", name=name, missing=missing, found=found)
    if not len(table):
        raise EmptyTableError("error.signal_empty", name=name, function="playbook" if name == "playbook" else _SHIPPED)
    return table.reset_index(drop=True)


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, encoding="utf-8-sig")
    except FileNotFoundError:
        raise FileNotReadableError("error.file_missing", path=str(path)) from None
    except (OSError, ValueError) as error:
        raise FileNotReadableError("error.file_unreadable", path=str(path), detail=str(error)) from error


def numbers(table: pd.DataFrame, name: str, lowest: float, highest: float, of: str = "thresholds") -> pd.Series:
    """Return a column of numbers within a range, or name the cells of the table `of` that are none."""
    found = pd.to_numeric(table[name], errors="coerce")
    refuse(of, table[name], ~found.between(lowest, highest), lowest, highest)
    return found.astype(float)


def refuse(name: str, cells: pd.Series, wrong: pd.Series, lowest: float, highest: float) -> None:
    """Refuse a table whose cells are out of range, naming them."""
    if not wrong.any():
        return
    named = [
        Message("error.cell", {"row": str(row), "field": str(cells.name), "value": str(cell)})
        for row, cell in cells[wrong].items()
    ]
    raise InvalidRowsError("error.signal_numbers", name=name, faults=named, low=lowest, high=highest)


def _legal(table: pd.DataFrame, column: str, legal: list[str]) -> None:
    unknown = table[column][~table[column].isin(legal)]
    if len(unknown):
        raise OptionError("error.option", name=column, value=str(unknown.iloc[0]), legal=legal)
