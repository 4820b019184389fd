"""A batch: what is not there yet is run, several at once; what broke stops nothing; every file appears whole."""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from retention_kit.errors import OptionError
from retention_kit.reports import forking
from retention_kit.reports.batch import working
from retention_kit.reports.batch.correcting import Corrected, corrected, notice
from retention_kit.reports.batch.indexing import INDEX, render_index
from retention_kit.reports.batch.jobs import Job
from retention_kit.reports.batch.locking import locked
from retention_kit.reports.batch.manifest import DONE, FAILED, MANIFEST, Manifest, Record, write_whole
from retention_kit.reports.batch.origins import Origins, sha256
from retention_kit.reports.batch.plan import Plan
from retention_kit.reports.batch.sharing import read_shared
from retention_kit.wording import use_language


@dataclass(frozen=True)
class Progress:
    """How far a batch is.

    Attributes
    ----------
    stage : {"run", "pages"}
        Running notebooks, or writing pages that wait for the answers of all.
    key : str
        Of the report that has just ended.
    done, total, failed : int
        Of the stage.
    left : float
        Seconds that the rest takes if it goes on like this.
    error : str or None
        Why the report failed.
    """

    stage: str
    key: str
    done: int
    total: int
    failed: int
    left: float
    error: str | None = None


@dataclass(frozen=True)
class BatchResult:
    """What a batch left.

    Attributes
    ----------
    index, manifest : Path
    ran, kept : tuple of str
        Keys of the reports that were run now, and of those that were there already.
    failed : tuple of Record
    former : tuple of str
        Reports of an earlier plan: they stay on the disk and are not in the index.
    answers : mapping of str to tuple of Corrected
        By key, corrected over the batch.
    """

    index: Path
    manifest: Path
    ran: tuple[str, ...]
    kept: tuple[str, ...]
    failed: tuple[Record, ...]
    former: tuple[str, ...]
    answers: Mapping[str, tuple[Corrected, ...]]


def run_batch(
    plan: Plan,
    output_dir: str | Path,
    *,
    jobs: int = 1,
    fresh: bool = False,
    engine: str | None = None,
    prepare: bool = False,
    report: Callable[[Progress], None] | None = None,
) -> BatchResult:
    """Run the reports of a plan that are not there yet, and write the page that lists them all.

    Parameters
    ----------
    plan : Plan
    output_dir : str or Path
        Made if it is not there.
    jobs : int
        How many run at once.
    fresh : bool
        Run all of them, also those whose inputs, parameters and versions are the same and whose notebooks are whole.
    engine : str, optional
        See `run_report`.
    prepare : bool
        Warm this process for forks, as a command line may; see `retention_kit.reports.forking.prepare`.
    report : callable, optional
        Told of each report that ends.

    Returns
    -------
    BatchResult

    Raises
    ------
    OptionError
        If `jobs` is less than 1, there is no such engine, a format cannot be written here, the folder cannot be made,
        or another batch uses it.
    """
    if jobs < 1:
        raise OptionError("error.batch.jobs", value=jobs)
    working.check_engine(engine)
    working.check_formats(kind for job in plan.jobs for kind in job.formats)
    folder = _made(Path(output_dir).absolute())
    with locked(folder):
        _clear(folder)
        batch = _Batch(plan, folder, jobs, engine, report or (lambda _: None))
        return batch.deliver(fresh, prepare)


def planned(plan: Plan, output_dir: str | Path) -> Iterator[tuple[Job, bool]]:
    """Yield every job of a plan, and whether its report would be run."""
    batch = _Batch(plan, Path(output_dir).absolute(), 1, None, lambda _: None)
    for job in plan.jobs:
        yield job, not batch.holds(batch.origins.begun(job))


class _Batch:
    def __init__(
        self, plan: Plan, folder: Path, jobs: int, engine: str | None, report: Callable[[Progress], None]
    ) -> None:
        self.plan, self.folder, self.jobs, self.engine, self.report = plan, folder, jobs, engine, report
        self.origins, self.manifest = Origins(), Manifest(folder / MANIFEST)

    def deliver(self, fresh: bool, prepare: bool) -> BatchResult:
        begun = {job.key: self.origins.begun(job) for job in self.plan.jobs}
        wanted = [job for job in self.plan.jobs if fresh or not self.holds(begun[job.key])]
        self.manifest.rewrite(begun)
        if wanted and prepare and self.engine != "papermill":
            forking.prepare()
            read_shared(wanted)
        self._work("run", wanted, begun, lambda job: partial(working.run_notebook, job, self.folder, self.engine))
        answers = corrected(self.plan.jobs, self.manifest.records)
        self._write_pages(answers)
        self.manifest.rewrite(begun)
        return self._result(answers, tuple(job.key for job in wanted))

    def holds(self, begun: Record) -> bool:
        """Tell whether a report need not be run: the same went into it, and its notebook is whole."""
        known = self.manifest.records.get(begun.key)
        if known is None or known.status == FAILED or not known.made_as(begun):
            return False
        return self._whole(known, f"{known.key}.ipynb")

    def _whole(self, record: Record, name: str) -> bool:
        return bool(record.files.get(name)) and sha256(self.folder / name) == record.files[name]

    def _write_pages(self, answers: Mapping[str, tuple[Corrected, ...]]) -> None:
        """Write the pages that are not there, or say something else of the other questions than they should."""
        records = self.manifest.records
        alive = [job for job in self.plan.jobs if records[job.key].status != FAILED]
        notices = {job.key: notice(answers.get(job.key, ()), job.lang) for job in alive}
        wanted = [job for job in alive if not self._written(job, notices[job.key])]
        self._work(
            "pages",
            wanted,
            records.copy(),
            lambda job: partial(working.write_pages, job, self.folder, notices[job.key]),
        )

    def _written(self, job: Job, notice: Any) -> bool:
        record = self.manifest.records[job.key]
        pages = [f"{job.key}.{kind}" for kind in (*job.formats, "ipynb")]
        return record.status == DONE and record.notice == notice and all(self._whole(record, page) for page in pages)

    def _work(self, stage: str, wanted: list[Job], begun: Mapping[str, Record], task: Callable[[Job], Any]) -> None:
        """Do something for several jobs, each in a process of its own, and note what came of each at once."""
        started, failed = time.monotonic(), 0
        tasks = ((job, task(job)) for job in wanted)
        with closing(forking.forked(tasks, self.jobs)) as outcomes:
            for done, (job, outcome) in enumerate(outcomes, start=1):
                record = self._record(job, begun[job.key], outcome)
                self.manifest.add(record)
                failed += record.status == FAILED
                left = (time.monotonic() - started) / done * (len(wanted) - done)
                self.report(Progress(stage, job.key, done, len(wanted), failed, left, record.error))

    def _record(self, job: Job, begun: Record, outcome: forking.Outcome) -> Record:
        seconds = round(begun.seconds + outcome.seconds, 3)
        if outcome.error is None:
            return replace(begun, seconds=seconds, **outcome.value)
        kept = f"{job.key}.failed.ipynb"
        files = {kept: sha256(self.folder / kept)} if (self.folder / kept).exists() else {}
        with use_language(job.lang):
            return replace(begun, status=FAILED, seconds=seconds, files=files, error=_said(outcome.error))

    def _result(self, answers: Mapping[str, tuple[Corrected, ...]], ran: tuple[str, ...]) -> BatchResult:
        records, keys = self.manifest.records, [job.key for job in self.plan.jobs]
        write_whole(self.folder / INDEX, render_index(self.plan, records, answers))
        return BatchResult(
            index=self.folder / INDEX,
            manifest=self.manifest.path,
            ran=ran,
            kept=tuple(key for key in keys if key not in ran),
            failed=tuple(records[key] for key in keys if records[key].status == FAILED),
            former=tuple(key for key in records if key not in keys),
            answers=answers,
        )


def _said(error: BaseException) -> str:
    """Return an error in words, with what was noted on it: the last words of a process that died."""
    text = str(error) if hasattr(error, "key") else f"{type(error).__name__}: {error}"
    return "\n".join([text, *getattr(error, "__notes__", ())])


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(13, os.strerror(13))
    except OSError as fault:
        raise OptionError("error.output_dir", path=str(folder), reason=fault.strerror) from None
    return folder


def _clear(folder: Path) -> None:
    """Remove what a killed batch had begun to write; nobody else writes here while the folder is held."""
    for left in _left_over(folder):
        left.unlink(missing_ok=True)


def _left_over(folder: Path) -> Iterable[Path]:
    for pattern in (".*.partial", ".*.partial.*", "*/.*.partial", "*/.*.partial.*"):
        yield from folder.glob(pattern)
