"""manifest.jsonl: what each report of a batch was run with and what it left, a line each."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

MANIFEST = "manifest.jsonl"
RUN, DONE, FAILED = "run", "done", "failed"
"""A notebook that was run and waits for its pages; a report with all its pages; one that broke."""


@dataclass(frozen=True)
class Record:
    """What is known of one report.

    Attributes
    ----------
    key : str
        Of its job.
    status : {"run", "done", "failed"}
    report : str
    parameters : mapping
    inputs : mapping of str to str
        Path of a file that was read → its SHA-256.
    notebook : str
        SHA-256 of the notebook's source.
    versions : mapping of str to str
    seed : int or None
    seconds : float
        By the clock.
    files : mapping of str to str
        Path below the batch's folder → SHA-256.
    error : str or None
    told : mapping
        Title, key figures, sentences and answers of the page.
    notice : mapping or None
        What its pages say of the other questions of the batch.
    """

    key: str
    status: str
    report: str
    parameters: Mapping[str, Any]
    inputs: Mapping[str, str]
    notebook: str
    versions: Mapping[str, str]
    seed: int | None = None
    seconds: float = 0.0
    files: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None
    told: Mapping[str, Any] = field(default_factory=dict)
    notice: Mapping[str, Any] | None = None

    def made_as(self, other: "Record") -> bool:
        """Tell whether both come of the same inputs, parameters and versions."""
        return all(getattr(self, name) == getattr(other, name) for name in _MADE_OF)


_MADE_OF = ("parameters", "inputs", "notebook", "versions")
_FIELDS = {each.name for each in fields(Record)}


class Manifest:
    """The records of a folder; each new one is on the disk before the next thing happens.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.records = _read(path)

    def add(self, record: Record) -> None:
        """Note a record; it takes the place of the one before."""
        self.records[record.key] = record
        with self.path.open("a", encoding="ascii") as file:
            file.write(_line(record))
            file.flush()
            os.fsync(file.fileno())

    def rewrite(self, order: Iterable[str]) -> None:
        """Leave one whole line a record: those of `order` first, then the others."""
        keys = [key for key in dict.fromkeys([*order, *sorted(self.records)]) if key in self.records]
        self.records = {key: self.records[key] for key in keys}
        write_whole(self.path, "".join(map(_line, self.records.values())))


def write_whole(path: Path, text: str) -> None:
    """Write a text so that it stands at its path whole or not at all, even after the power fails."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        # half a character, which YAML lets pass, is no reason to lose a list
        with partial.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _line(record: Record) -> str:
    return json.dumps(asdict(record), sort_keys=True) + "\n"


def _read(path: Path) -> dict[str, Record]:
    """Return the last record of every key; a line torn by a crash, or of another version, is none."""
    if not path.exists():
        return {}
    found = (_record(line) for line in path.read_text(encoding="ascii", errors="replace").splitlines())
    return {record.key: record for record in found if record}


def _record(line: str) -> Record | None:
    try:
        content = json.loads(line)
        return Record(**content) if content.keys() == _FIELDS else None
    except (ValueError, AttributeError):
        return None
