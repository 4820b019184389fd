"""``retention-kit batch``: the many reports of a plan."""

import argparse
import sys
from typing import TYPE_CHECKING

from retention_kit.cli.parsing import FAILED, FINE, INTERRUPTED, PROGRAM, Parser, check_language, option
from retention_kit.errors import OptionError
from retention_kit.wording import render

if TYPE_CHECKING:
    from retention_kit.reports.batch import BatchResult, Plan, Progress


def parser() -> Parser:
    """Return the parser of the command."""
    words = Parser(f"{PROGRAM} batch", render("cli.help_batch"))
    words.add_argument("plan", nargs="?", metavar=render("cli.metavar_file"), help=render("cli.help_plan"))
    option(words, "--jobs", "count", "jobs", default="1")
    option(words, "--output-dir", "folder", "output_dir", default="reports/batch")
    option(words, "--engine", "engine", "engine")
    option(words, "--lang", "lang", "interface")
    for flag, key in (("--fresh", "fresh"), ("--list", "jobs_list")):
        words.add_argument(flag, action="store_true", help=render(f"cli.help_{key}"))
    words.set_defaults(run=_batch)
    return words


def _batch(given: argparse.Namespace) -> int:
    check_language(given.lang)
    if not given.plan:
        raise OptionError("error.cli_no_plan")
    if not given.jobs.isdecimal():
        raise OptionError("error.batch.jobs", value=given.jobs)
    from retention_kit.reports.batch import read_plan

    plan = read_plan(given.plan)
    if given.list:
        return _list(plan, given.output_dir)
    try:
        return _tell(_run(plan, given))
    except KeyboardInterrupt:
        print("\n" + render("cli.batch_interrupted"), file=sys.stderr)
        return INTERRUPTED


def _run(plan: "Plan", given: argparse.Namespace) -> "BatchResult":
    from retention_kit.reports.batch import run_batch

    print(render("cli.batch_begun", n=len(plan.jobs)), file=sys.stderr, flush=True)
    how = {"jobs": int(given.jobs), "fresh": given.fresh, "engine": given.engine, "prepare": True}
    return run_batch(plan, given.output_dir, **how, report=_Line())


def _list(plan: "Plan", folder: str) -> int:
    from retention_kit.reports.batch import planned

    for job, run in planned(plan, folder):
        print(render("cli.batch_job" if run else "cli.batch_job_there", key=job.key, formats=list(job.formats)))
    return FINE


class _Line:
    """Progress on the standard error: one line that changes on a terminal, a line a report elsewhere."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()

    def __call__(self, progress: "Progress") -> None:
        if progress.error:
            self._print(render("cli.batch_error", key=progress.key, error=progress.error), whole=True)
        n, left = progress.total, max(1, round(progress.left / 60))
        key = "almost" if progress.done == n or progress.left < 60 else "left"
        said = render(f"cli.batch_{progress.stage}", done=progress.done, n=n, failed=progress.failed)
        rest = "" if progress.done == n else " " + render(f"cli.batch_{key}", n=left)
        self._print(said + rest, whole=not self._terminal or progress.done == n)

    def _print(self, text: str, whole: bool) -> None:
        start = "\r\x1b[K" if self._terminal else ""
        print(start + text, end="\n" if whole else "", file=sys.stderr, flush=True)


def _tell(result: "BatchResult") -> int:
    n = len(result.ran) + len(result.kept)
    print(render("cli.batch_done", n=n, ran=len(result.ran), kept=len(result.kept)))
    for record in result.failed:
        print(render("cli.batch_error", key=record.key, error=record.error))
    if result.former:
        print(render("cli.batch_former", n=len(result.former), folder=result.index.parent))
    print(render("cli.batch_index", path=result.index))
    return FAILED if result.failed else FINE
