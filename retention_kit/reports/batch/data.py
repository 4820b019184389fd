"""The data of a plan, as the reports will take them, and the values that "all" stands for."""

import calendar
import datetime as dt
import inspect
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from retention_kit.errors import FileNotReadableError, OptionError
from retention_kit.ledger import open_ledger
from retention_kit.reports.given import FILES
from retention_kit.wording import Message
from retention_kit.yaml_files import Told

_READING = tuple(inspect.signature(open_ledger).parameters.keys() - {"where", "mask"})
_LEGAL = (*_READING, "events")


class Data:
    """What a plan says of its data.

    Parameters
    ----------
    values : mapping of str to object
        As parameters of a report have them; ``as_of`` may be a list of days.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    @property
    def days(self) -> list[str]:
        """The days up to which the data speak: none, one, or several."""
        said = self.values.get("as_of", [])
        return said if isinstance(said, list) else [said]

    def every(self, name: str) -> list[Any]:
        """Return the values of a column of the customers, in order.

        Raises
        ------
        OptionError
            If the customers have no such column, or nothing in it.
        """
        known = self._customers
        if name not in known:
            raise OptionError("error.batch.no_column", name=name, legal=sorted(map(str, known.columns)))
        values = {as_parameter(getattr(value, "item", lambda value=value: value)()) for value in known[name].dropna()}
        if not values:
            raise OptionError("error.batch.no_value", name=name)
        return sorted(values, key=lambda value: (str(value), repr(value)))

    @cached_property
    def _customers(self) -> Any:
        """The customers with what is known of them as the reports will read it: the ledger's own table."""
        if not self.days:
            raise OptionError("error.study.no_as_of")
        arguments = {name: value for name, value in self.values.items() if name in _READING}
        return open_ledger(**arguments | {"as_of": max(self.days)}).customers


def read_data(told: Told) -> Data:
    """Return the data that a plan names.

    Raises
    ------
    FileNotReadableError
        If a file is not there.
    OptionError
        If something else is said than can be, or a day is none.
    """
    said = told.content.get("data")
    told.check_names("data", said, _LEGAL, "data")
    values = {name: as_parameter(value) for name, value in said.items() if value is not None}
    values |= {name: file_of(told, values[name], "data", name) for name in FILES if values.get(name)}
    if "as_of" in values:
        values["as_of"] = days_of(told, "as_of", said["as_of"], "data", "as_of")
        values["as_of"] = values["as_of"] if len(values["as_of"]) > 1 else values["as_of"][0]
    return Data(values)


def days_of(told: Told, name: str, said: Any, *place: str | int) -> list[str]:
    """Return days (``as_of``) or months (``month``) as texts, each once."""
    said = said if isinstance(said, list) else [said]
    if not said:
        raise told.refusal(Message("error.batch.empty", {"name": name}), *place)
    return list(dict.fromkeys(_day(told, name, value, *place) for value in said))


def _day(told: Told, name: str, value: Any, *place: str | int) -> str:
    text = str(as_parameter(value))
    try:
        day = dt.date.fromisoformat(text if name == "as_of" else f"{text}-01")
    except ValueError:
        problem = Message("error.study.no_date" if name == "as_of" else "error.batch.no_month", {"value": text})
        raise told.refusal(problem, *place) from None
    return day.isoformat() if name == "as_of" else f"{day:%Y-%m}"


def last_day(month: str) -> str:
    """Return the last day of a month.

    Examples
    --------
    >>> last_day("2024-02")
    '2024-02-29'
    """
    year, number = map(int, month.split("-"))
    return f"{month}-{calendar.monthrange(year, number)[1]}"


def file_of(told: Told, value: Any, *place: str | int) -> str:
    """Return the path of a file, which is relative to the plan's folder."""
    path = (told.path.parent / Path(str(value)).expanduser()).absolute()
    if not path.is_file():
        problem = Message("error.file_missing", {"path": str(path)})
        raise FileNotReadableError("error.study.line", path=told.path.name, line=told.line(*place), problem=problem)
    return str(path)


def as_parameter(value: Any) -> Any:
    """Return a value as the parameters of a report have it: a date is a text, yes and no of the data stay so."""
    if isinstance(value, dt.datetime) and value.time() == dt.time.min:
        value = value.date()
    return value.isoformat() if isinstance(value, dt.date) else value
