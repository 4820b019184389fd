"""One entry of a plan: a report, and everything it is asked for each of."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from retention_kit.reports.batch.data import Data, as_parameter, days_of, file_of, last_day
from retention_kit.reports.batch.jobs import Job
from retention_kit.reports.given import FILES
from retention_kit.reports.library import report_path
from retention_kit.reports.parameters import check_parameters, declared_parameters
from retention_kit.wording import LANGUAGES, Message
from retention_kit.yaml_files import Place, Told

SHARED = ("parameters", "for_each", "languages", "formats")
FORMATS = ("html", "pdf", "xlsx", "ipynb")
_LEGAL = ("report", "name", *SHARED)
_ALL = "all"
_DAYS = ("as_of", "month")
_ELSEWHERE = {"lang": "languages", "as_of": "data", "subscriptions": "data", "customers": "data"}
_Values = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Wish:
    """A job before its files have a name."""

    name: str
    number: int
    source: Path
    parameters: Mapping[str, Any]
    formats: tuple[str, ...]
    group: tuple[tuple[str, str], ...]

    @property
    def parts(self) -> tuple[str, ...]:
        """What tells it from the others."""
        lang = (str(self.parameters["lang"]),) if "lang" in self.parameters else ()
        return (self.name, *(value for _, value in self.group), *lang)

    def job(self, key: str) -> Job:
        """Return it with the place of its files."""
        return Job(key, self.source, self.parameters, self.formats, self.group)


class Entry:
    """What one entry of ``reports`` says, and what it takes from the whole plan.

    Parameters
    ----------
    told : Told
    number : int
        Among the entries.
    data : Data
    """

    def __init__(self, told: Told, number: int, data: Data) -> None:
        self._told, self._number, self._data = told, number, data
        self._said = told.content["reports"][number]
        told.check_names("reports", self._said, _LEGAL, *self._place)
        if "report" not in self._said:
            raise told.refusal(Message("error.batch.no_report"), *self._place)
        with self._at("report"):
            self._source = report_path(self._notebook(str(self._said["report"])))
            self.declared = tuple(declared_parameters(self._source))

    def wishes(self) -> Iterator[Wish]:
        """Yield a wish for each language and each combination of values."""
        formats = tuple(self._choice("formats", FORMATS, "html"))
        given, name = self._given(), self._name()
        languages = self._choice("languages", LANGUAGES, LANGUAGES[0]) if "lang" in self.declared else [None]
        for values in self._combinations():
            group = tuple((key, str(value)) for key, value in values)
            for lang in languages:
                parameters = self._checked(given | ({"lang": lang} if lang else {}), values)
                yield Wish(name, self._number, self._source, parameters, formats, group)

    @property
    def _place(self) -> Place:
        return ("reports", self._number)

    def _at(self, *place: str, known: tuple[str, ...] = ()) -> AbstractContextManager[None]:
        return self._told.at(*self._place, *place, known=known)

    def _notebook(self, report: str) -> str:
        return str((self._told.path.parent / report).absolute()) if report.endswith(".ipynb") else report

    def _name(self) -> str:
        name = self._said.get("name", self._source.stem)
        if not isinstance(name, str) or not name.strip():
            problem = Message("error.batch.text", {"name": "name", "value": str(name)})
            raise self._told.refusal(problem, *self._place, "name")
        return name.strip()

    def _given(self) -> dict[str, Any]:
        """Return what data and plan say for the report: of what all share, only what it declares."""
        own = self._parameters(*self._place, "parameters")
        shared = self._data.values | self._parameters("parameters")
        given = {name: value for name, value in shared.items() if name in self.declared} | own
        if "study" in self.declared and not given.get("study"):
            raise self._told.refusal(Message("error.batch.no_study", {"report": self._source.stem}), *self._place)
        if "as_of" in self.declared and not given.get("as_of") and not self._each().keys() & set(_DAYS):
            raise self._told.refusal(Message("error.study.no_as_of"), "data")
        return given

    def _parameters(self, *place: str | int) -> dict[str, Any]:
        said = self._mapping(*place)
        for name in said.keys() & (self._data.values.keys() | _ELSEWHERE.keys()):
            problem = Message("error.batch.elsewhere", {"name": name, "where": _ELSEWHERE.get(name, "data")})
            raise self._told.refusal(problem, *place, name)
        known = {name: as_parameter(value) for name, value in said.items()}
        return known | {name: file_of(self._told, known[name], *place, name) for name in FILES if known.get(name)}

    def _each(self) -> dict[str, Any]:
        return self._mapping(*self._where("for_each"))

    def _combinations(self) -> Iterator[_Values]:
        """Yield every combination of the values it is asked for each of, days of the data last."""
        each = self._each()
        lists = [[(name, value) for value in self._listed(name, values)] for name, values in each.items()]
        if len(self._data.days) > 1 and "as_of" in self.declared and not each.keys() & set(_DAYS):
            lists.append([("as_of", day) for day in self._data.days])
        yield from product(*lists)

    def _listed(self, name: str, values: Any) -> list[Any]:
        place = (*self._where("for_each"), name)
        if name in _DAYS:
            return days_of(self._told, name, values, *place)
        if values == _ALL:
            with self._told.at(*place):
                return self._data.every(name)
        values = values if isinstance(values, list) else [values]
        wrong = [value for value in values if value is None or isinstance(value, dict | list)]
        if wrong or not values:
            problem = Message("error.batch.empty", {"name": name})
            raise self._told.refusal(problem, *place)
        return list(dict.fromkeys(map(as_parameter, values)))

    def _checked(self, given: Mapping[str, Any], values: _Values) -> dict[str, Any]:
        """Return the parameters of one combination.

        A name that the report declares is that parameter; a month is its last day; another filters customers.
        """
        parameters, filters = dict(given), {}
        for name, value in values:
            if name in self.declared:
                parameters[name] = value
            elif name == "month":
                parameters["as_of"] = last_day(value)
            else:
                filters[name] = value
        with self._at("parameters", known=tuple(parameters)):
            before = check_parameters(self._source, {key: parameters[key] for key in ("where",) if key in parameters})
            parameters |= {"where": before.get("where", {}) | filters} if filters else {}
            return check_parameters(self._source, parameters)

    def _choice(self, name: str, legal: tuple[str, ...], usual: str) -> list[str]:
        place = self._where(name)
        chosen = self._found(*place)
        chosen = [usual] if chosen is None else chosen if isinstance(chosen, list) else [chosen]
        wrong = [value for value in chosen if value not in legal]
        if wrong or not chosen:
            problem = Message("error.option", {"name": name, "value": str((wrong or [""])[0]), "legal": list(legal)})
            raise self._told.refusal(problem, *place)
        return list(dict.fromkeys(chosen))

    def _where(self, name: str) -> Place:
        """Return where something is said: in the entry, or for the whole plan."""
        return (*self._place, name) if self._said.get(name) is not None else (name,)

    def _found(self, *place: str | int) -> Any:
        found = self._told.content
        for step in place[:-1]:
            found = found[step]
        return found.get(place[-1])

    def _mapping(self, *place: str | int) -> dict[str, Any]:
        found = self._found(*place)
        if found is not None and not (isinstance(found, dict) and all(isinstance(key, str) for key in found)):
            raise self._told.refusal(Message("error.batch.mapping", {"name": str(place[-1])}), *place)
        return found or {}
