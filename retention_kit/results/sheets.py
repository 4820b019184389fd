"""Tables for a spreadsheet: no text that it would read as a formula, an error where none can be written."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from retention_kit.errors import FileNotReadableError

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def neutral(cell: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula: an apostrophe before a text that begins like one.

    >>> neutral("=HYPERLINK(1)"), neutral("Ada"), neutral(-5.0)
    ("'=HYPERLINK(1)", 'Ada', -5.0)
    """
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" \u00a0").startswith(_STARTS_FORMULA) else cell


def written(path: str | os.PathLike, write: Callable[[Path], Any]) -> Path:
    """Return the path to which something was written.

    Raises
    ------
    FileNotReadableError
        If it cannot be written there.
    """
    try:
        write(Path(path))
    except OSError as error:
        raise FileNotReadableError("error.file_unreadable", path=str(path), detail=str(error)) from error
    return Path(path)
