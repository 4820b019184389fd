"""Data that several reports of a batch read: read once, before the processes that run them are forked."""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import fields
from pathlib import Path

from retention_kit.ledger.opening import Asked, open_ahead
from retention_kit.reports.batch.jobs import Job

_FILES = ("subscriptions", "customers", "events")
_READING = (*_FILES, *(field.name for field in fields(Asked)))
_MOST = 500_000_000  # bytes of files whose content this process keeps for its forks


def read_shared(jobs: Iterable[Job]) -> None:
    """Read here what at least two of the reports will read in the same way, as long as it is not too much."""
    asked = defaultdict(list)
    for job in jobs:
        asked[repr([job.parameters.get(name) for name in _READING])].append(job.parameters)
    room = _MOST
    for parameters, *others in asked.values():
        size = sum(Path(parameters[name]).stat().st_size for name in _FILES if parameters.get(name))
        if others and size <= room:
            room -= size
            # whatever is wrong with a file, its reports say it, each in its own language
            with suppress(Exception):
                open_ahead(parameters)
