"""study.yml: read with the line of everything it says, so that an error can name it; and written."""

import datetime as dt
import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from retention_kit import yaml_files
from retention_kit.errors import FileNotReadableError
from retention_kit.ledger import Ledger, open_ledger
from retention_kit.studies.hypothesis import ARGUMENTS, about, plain
from retention_kit.wording import Message, render
from retention_kit.yaml_files import read_yaml

_FILES = ("subscriptions", "customers")


class Told(yaml_files.Told):
    """What a study file says, and on which line."""

    def hypotheses(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield name and arguments of every hypothesis."""
        several = self.content.get("hypotheses")
        if not isinstance(several, dict) or not several:
            raise self.refusal(Message("error.study.no_hypotheses"), "hypotheses")
        legal = ("factor", *ARGUMENTS, "secondary", "sensitivity")
        for name, given in several.items():
            self.check_names("hypothesis", given, legal, "hypotheses", name)
            yield name, given


def read_protocol(path: str | Path) -> Told:
    """Return what a study file says.

    Raises
    ------
    FileNotReadableError
        If it is not there or no YAML.
    OptionError
        If a name stands twice or the file is no mapping.
    """
    return read_yaml(path, Told, Message("error.study.no_study"))


def opened(told: Told) -> Ledger:
    """Return the ledger of the data a study file names; paths are relative to the file.

    Raises
    ------
    OptionError
        If the data are not named, or not legal.
    FileNotReadableError
        If a file is not there.
    """
    legal = tuple(inspect.signature(open_ledger).parameters)
    told.check_names("data", told.content.get("data"), legal, "data")
    data = dict(told.content["data"])
    if "as_of" not in data:
        raise told.refusal(Message("error.study.no_as_of"), "data")
    for name in _FILES:
        if data.get(name):
            data[name] = str(told.path.parent / str(data[name]))
            if not Path(data[name]).is_file():
                problem = Message("error.file_missing", {"path": data[name]})
                fields = {"path": told.path.name, "line": told.line("data", name), "problem": problem}
                raise FileNotReadableError("error.study.line", **fields)
    with told.at("data", known=legal):
        return open_ledger(**{name: _text(value) for name, value in data.items()})


def _text(value: Any) -> Any:
    """Return a value as the parameters of a report have it: an empty one is an empty text."""
    return "" if value is None else value.isoformat() if isinstance(value, dt.date) else value


def written(study: Any) -> str:
    """Return a study's protocol as YAML, defaults left out."""
    import yaml

    whole = {"title": study.title or None, "alpha": study.alpha, "cluster": study.cluster, "seed": study.seed}
    told = {name: plain(value) for name, value in whole.items() if value is not None}
    inherited = {"cluster": study.cluster, "seed": study.seed, "level": round(1 - study.alpha, 12)}
    told["hypotheses"] = {each.name: _written(each, ARGUMENTS | inherited) for each in study.hypotheses}
    return yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=120)


def _written(hypothesis: Any, defaults: Mapping[str, Any]) -> dict[str, Any]:
    said = {"factor": hypothesis.factor} if hypothesis.factor is not None else {}
    said["outcome"] = hypothesis.outcome
    said |= {name: value for name, value in hypothesis.arguments.items() if value != defaults[name]}
    lists = {"secondary": hypothesis.secondary, "sensitivity": hypothesis.sensitivity}
    return plain(said | {name: list(value) for name, value in lists.items() if value})


def in_short(study: Any) -> str:
    """Return what a study asks, line by line: itself, its hypotheses, its hash and what comes next."""
    fields = {"n": len(study.hypotheses), "customers": len(study.ledger.ids)}
    fields |= {"as_of": study.ledger.as_of, "alpha": float(study.alpha)}
    key = "study.in_short" if study.title else "study.in_short_untitled"
    lines = [render(key, title=study.title, **fields), *(f"- {_asked(study, each)}" for each in study.hypotheses)]
    return "\n".join([*lines, render("study.next", hash=study.hash)] if study.hypotheses else lines)


def _asked(study: Any, hypothesis: Any) -> str:
    outcome = about(study.ledger, hypothesis.outcome, hypothesis.arguments)
    key = "study.in_short_factor" if hypothesis.factor else "study.in_short_everyone"
    return render(key, name=hypothesis.name, about=outcome, factor=hypothesis.factor)
