"""A YAML file of declarations, read with the line of everything it says, so that an error can name it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from retention_kit.errors import FileNotReadableError, OptionError
from retention_kit.wording import Message

Place = tuple[str | int, ...]


@dataclass(frozen=True, eq=False)
class Told:
    """What a file says, and on which line.

    Attributes
    ----------
    path : Path
    content : dict
    lines : mapping
        Place such as ("hypotheses", "demo", "margin") → line, from 1.
    """

    path: Path
    content: dict[str, Any]
    lines: Mapping[Place, int]

    def line(self, *place: str | int) -> int:
        """Return the line of a place, or of the nearest one around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def refusal(self, problem: Message, *place: str | int) -> OptionError:
        """Return the error that says where a problem is."""
        return OptionError("error.study.line", path=self.path.name, line=self.line(*place), problem=problem)

    def check_names(self, where: str, given: Any, legal: tuple[str, ...], *place: str | int) -> None:
        """Refuse what is no mapping, or has a name that means nothing there."""
        if not isinstance(given, dict):
            raise self.refusal(Message("error.study.no_mapping", {"where": where, "legal": list(legal)}), *place)
        for name in given:
            if name not in legal:
                near = get_close_matches(str(name), legal, n=1)
                key = "error.study.unknown_near" if near else "error.study.unknown"
                more = {"nearest": near[0]} if near else {}
                problem = Message(key, {"name": where, "value": str(name), "legal": list(legal), **more})
                raise self.refusal(problem, *place, name)

    @contextmanager
    def at(self, *place: str | int, known: tuple[str, ...] = ()) -> Iterator[None]:
        """Let errors within say the line of what they are about."""
        try:
            yield
        except OptionError as error:
            about = about_argument(error, known)
            where = (*place, about) if about else place
            raise self.refusal(Message(error.key, error.fields), *where) from error


_Kind = TypeVar("_Kind", bound=Told)


def about_argument(error: OptionError, known: tuple[str, ...]) -> str | None:
    """Return which argument an error is about, by its fields or its key: error.horizon, error.factor_reference."""
    parts = reversed(error.key.replace("_", ".").split("."))
    within = (name for name in known if name in error.key)  # names of two words: measured_at
    named = (error.fields.get("argument"), error.fields.get("name"), *parts, *within)
    return next((name for name in named if name in known), None)


def read_yaml(path: str | Path, kind: type[_Kind], no_mapping: Message) -> _Kind:
    """Return what a file says.

    Parameters
    ----------
    path : str or Path
    kind : type
        `Told`, or a class of it.
    no_mapping : Message
        What to say of a file that holds no names with their values.

    Raises
    ------
    FileNotReadableError
        If it is not there or no YAML.
    OptionError
        If a name stands twice or the file is no mapping.
    """
    import yaml

    path = Path(path)
    if not path.is_file():
        raise FileNotReadableError("error.file_missing", path=str(path))
    try:
        text = path.read_text(encoding="utf-8-sig")
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        _check_dates(path, tree)
        content = yaml.safe_load(text)
    except OptionError:
        raise
    except UnicodeDecodeError as error:
        raise FileNotReadableError("error.file_unreadable", path=str(path), detail=str(error)) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _no_yaml(path, error) from None
    lines: dict[Place, int] = {}
    told = kind(path, content, lines)
    twice = next(_marked(tree, (), lines), None)
    if twice:
        raise told.refusal(Message("error.study.twice", {"name": str(twice[-1])}), *twice)
    if not isinstance(content, dict):
        raise told.refusal(no_mapping)
    return told


def _check_dates(path: Path, node: Any) -> None:
    """Refuse what looks like a date and is none, such as 2025-13-31, with its line, which YAML does not say."""
    import yaml

    if isinstance(node, yaml.ScalarNode) and node.tag.endswith(":timestamp"):
        try:
            yaml.SafeLoader("").construct_yaml_timestamp(node)
        except ValueError:
            problem = Message("error.study.no_date", {"value": node.value})
            raise OptionError(
                "error.study.line", path=path.name, line=node.start_mark.line + 1, problem=problem
            ) from None
    elif isinstance(node, yaml.MappingNode):
        for _, value in node.value:
            _check_dates(path, value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _check_dates(path, item)


def _no_yaml(path: Path, error: Exception) -> FileNotReadableError:
    mark = getattr(error, "problem_mark", None)
    detail = getattr(error, "problem", None) or str(error)
    return FileNotReadableError("error.study.no_yaml", path=path.name, line=mark.line + 1 if mark else 1, detail=detail)


def _marked(node: Any, place: Place, lines: dict[Place, int]) -> Iterator[Place]:
    """Note the line of every place below a node; yield those that stand twice."""
    import yaml

    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = (*place, key.value)
            again = below in lines
            lines[below] = key.start_mark.line + 1
            if again:
                yield below
            yield from _marked(value, below, lines)
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            lines[*place, number] = item.start_mark.line + 1
            yield from _marked(item, (*place, number), lines)
