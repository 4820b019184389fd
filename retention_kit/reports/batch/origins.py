"""What a report is made of: its inputs, its notebook, and the versions of all that reads and draws them."""

import hashlib
import platform
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from retention_kit.reports.batch.jobs import Job
from retention_kit.reports.batch.manifest import RUN, Record
from retention_kit.reports.given import FILES
from retention_kit.wording import Message
from retention_kit.yaml_files import Told, read_yaml

_PACKAGES = ("retention-kit", "numpy", "pandas", "scipy", "statsmodels", "matplotlib", "papermill", "nbconvert")
_SOURCES = {".py", ".csv", ".po", ".j2", ".css", ".json"}


class Origins:
    """Hashes of what reports are made of, each taken once a batch."""

    def __init__(self) -> None:
        self._sha256 = cache(sha256)
        self._versions = versions()

    def begun(self, job: Job) -> Record:
        """Return the record of a job that is to be run."""
        return Record(
            key=job.key,
            status=RUN,
            report=job.source.stem,
            parameters=dict(job.parameters),
            inputs={str(path): self._sha256(path) for path in _inputs(job)},
            notebook=self._sha256(job.source),
            versions=self._versions,
            seed=job.parameters.get("seed"),
        )


def sha256(path: Path) -> str:
    """Return the hash of a file; empty if there is none."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def versions() -> dict[str, str]:
    """Return the versions a report depends on; of this package its source too, which changes where it is edited."""
    known = {name: version(name) for name in _PACKAGES}
    return known | {"python": platform.python_version(), "source": _source(Path(str(files("retention_kit"))))}


def _source(package: Path) -> str:
    whole = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        if path.suffix in _SOURCES and "_notebooks" not in path.parts:
            whole.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return whole.hexdigest()


def _inputs(job: Job) -> Iterator[Path]:
    for name in FILES:
        if job.parameters.get(name):
            path = Path(job.parameters[name])
            yield path
            if name == "study":
                yield from _named_by(path)


def _named_by(study: Path) -> Iterator[Path]:
    """Yield the data files that a study names, and the lock beside it."""
    data = read_yaml(study, Told, Message("error.study.no_study")).content.get("data")
    for name in ("subscriptions", "customers"):
        if isinstance(data, dict) and data.get(name):
            yield study.parent / str(data[name])
    yield study.with_suffix(".lock.json")
