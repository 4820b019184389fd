"""What the results share to show themselves.

A result shows its numbers as a table in words. How is known to `tables`, which stands after the results and hands its
functions to this module, as `wording` hands its renderer to `errors`.
"""

import html
from collections.abc import Callable
from typing import Any

import pandas as pd

from retention_kit.wording import Message, render

_tables: dict[type, Callable[[Any], Any]] = {}


def show_as(kind: type, table: Callable[[Any], Any]) -> None:
    """Let results of a kind show themselves as the table that `table(result)` makes."""
    _tables[kind] = table


def table_of(result: Any) -> Any:
    """Return a result's table in words; None while nobody has said how."""
    table = _tables.get(type(result))
    return table(result) if table else None


def table_html(result: Any, frame: pd.DataFrame) -> str:
    """Return a result's table in words; its plain numbers while nobody has said how."""
    table = table_of(result)
    return table._repr_html_() if table else frame.to_html(index=False)


def paragraphs(*texts: str) -> str:
    """Return texts as HTML paragraphs, whatever stands in them."""
    return "".join(f"<p>{html.escape(text)}</p>" for text in texts if text)


def lines(messages: tuple[Message, ...]) -> list[str]:
    """Return messages in words."""
    return [render(message) for message in messages]
