"""How fast reports run, by our engine and by the usual ways: ``make bench-reports``; writes docs/bench_reports.md.

One report, `hypothesis`, with other parameters each time, as executed notebook and HTML, on the same two CSV files, an
export of the bundled business: who starts a kernel reads them for every report, ours once before it forks. The ways
take turns, so that a busy minute of the machine falls on all of them. What counts is the CPU seconds of a report with
its subprocesses: on a shared machine they change less than the clock. Two processes on two cores slow each other down,
so one at a time is compared with one at a time. A report's pictures must be the same bytes whichever way it ran.
"""

import argparse
import json
import os
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "bench_reports.md"
NOTEBOOK = ROOT / "notebooks" / "reports" / "hypothesis.ipynb"
CORES, ROUNDS, HUNDRED = 2, 3, 100
HORIZONS, LANGUAGES = (6, 9, 12, 18), ("en", "fr")
SHOWN = 'src="data:image/png;base64,'  # the styles of nbconvert's own page hold a picture too
VERSIONS = ("retention-kit", "papermill", "nbconvert", "ipykernel", "matplotlib", "pandas", "numpy")
FILES = ("subscriptions", "customers")
LONGEST_TURN = 1200  # seconds
AIM_COMMANDS, AIM_LOOP, AIM_MINUTE = 8, 4, 60

Jobs = list[int]
Use = tuple[float, int]  # CPU seconds so far; the largest process, in bytes


def write_files(folder: Path) -> None:
    """Write the bundled business as the files that all reports read."""
    from retention_kit.synthetic import make_business

    business = make_business()
    for name in FILES:
        getattr(business, name).to_csv(folder / f"{name}.csv", index=False)


def parameters(job: int, folder: Path) -> dict[str, Any]:
    """Return the parameters of one of the reports; no two have the same."""
    files = {name: str(folder.parent / f"{name}.csv") for name in FILES}
    return files | {"horizon": HORIZONS[job % 4], "lang": LANGUAGES[job // 4 % 2], "seed": job}


def by_commands(jobs: Jobs, folder: Path) -> None:
    """Run papermill's and nbconvert's command lines, one after the other."""
    tools = Path(sys.executable).parent
    for job in jobs:
        given = [word for name, value in parameters(job, folder).items() for word in ("-p", name, str(value))]
        output = folder / f"{job}.ipynb"
        quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([tools / "papermill", "--no-progress-bar", NOTEBOOK, output, *given], **quiet)
        subprocess.run([tools / "jupyter-nbconvert", "--to", "html", output], **quiet)


def by_loop(jobs: Jobs, folder: Path) -> None:
    """Run papermill and nbconvert as libraries, in one process."""
    for job in jobs:
        one_of_the_loop(job, folder)


def one_of_the_loop(job: int, folder: Path) -> tuple[int, Use]:
    """Run one report; return which process did it, and what that has used so far."""
    import papermill

    output = folder / f"{job}.ipynb"
    options = {"progress_bar": False, "kernel_name": "python3", "language": "python"}
    papermill.execute_notebook(NOTEBOOK, output, parameters(job, folder), **options)
    page, _ = exporter().from_filename(str(output))
    output.with_suffix(".html").write_text(page, encoding="utf-8")
    return os.getpid(), used()


@cache
def exporter() -> Any:
    """Return nbconvert's exporter, made once."""
    from nbconvert import HTMLExporter

    return HTMLExporter()


IN_POOL: dict[int, Use] = {}
pool = cache(partial(ProcessPoolExecutor, CORES))


def by_pool(jobs: Jobs, folder: Path) -> None:
    """Run the loop in a pool of processes."""
    IN_POOL.update(pool().map(one_of_the_loop, jobs, [folder] * len(jobs)))


def by_forks(jobs: Jobs, folder: Path, at_once: int = 1) -> None:
    """Run our engine, each notebook with its page in one fork."""
    from retention_kit.reports.forking import forked, prepare

    # as the command line does
    sys.modules.setdefault("rfc3987_syntax", None)
    prepare()
    from retention_kit.ledger.opening import open_ahead
    from retention_kit.reports import run_report

    open_ahead(parameters(jobs[0], folder))

    def report(job: int) -> Callable[[], Any]:
        return partial(run_report, "hypothesis", parameters(job, folder), output_dir=folder, stem=str(job))

    for _, outcome in forked(((job, report(job)) for job in jobs), at_once):
        if outcome.error:
            raise outcome.error


def by_batch(jobs: Jobs, folder: Path) -> None:
    """Run a batch: notebooks first, then pages, as each tells how many questions were asked, and the list of all."""
    sys.modules.setdefault("rfc3987_syntax", None)
    from retention_kit.reports.batch.jobs import Job
    from retention_kit.reports.batch.plan import Plan
    from retention_kit.reports.batch.running import run_batch

    asked = (Job(f"{folder.name}/{job}", NOTEBOOK, parameters(job, folder), ("html", "ipynb")) for job in jobs)
    result = run_batch(Plan(folder / "plan.yml", {}, tuple(asked)), folder.parent, jobs=CORES, prepare=True)
    if result.failed:
        raise SystemExit(result.failed[0].error)


@dataclass
class Way:
    """One way of running reports, in a process of its own that waits for its turns."""

    name: str
    run: Callable[[Jobs, Path], None]
    share: int  # one report for so many of ours
    least: int
    jobs: Jobs = field(default_factory=list)
    seconds: float = 0.0
    start: float = 0.0
    use: Use = (0.0, 0)

    @property
    def cpu(self) -> float:
        """CPU seconds a report, without what was needed once."""
        return (self.use[0] - self.start) / len(self.jobs)

    @property
    def whole(self) -> float:
        """CPU seconds a report, with a hundredth of the start."""
        return self.cpu + self.start / HUNDRED

    @property
    def a_minute(self) -> float:
        """Reports a minute by the clock."""
        return 60 * len(self.jobs) / self.seconds


WAYS = (
    Way("papermill and nbconvert command lines", by_commands, 20, 4),
    Way("papermill loop, HTMLExporter", by_loop, 10, 4),
    Way(f"the same in a pool of {CORES}", by_pool, 10, 4 * CORES),
    Way("retention-kit, forking", by_forks, 2, 4),
    Way(f"the same, {CORES} at once", partial(by_forks, at_once=CORES), 1, 4 * CORES),
    Way(f"the same as a batch with its list, {CORES} at once", by_batch, 2, 4 * CORES),
)


def used() -> Use:
    """Return CPU seconds of this process and its ended children, and the size of the largest in bytes."""
    own, ended = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime
    return seconds, 1024 * max(own.ru_maxrss, ended.ru_maxrss)


def serve(number: int, folder: Path) -> None:
    """Run blocks of jobs as they come in, and tell what the process has used so far."""
    with os.fdopen(os.dup(1), "w") as answers:
        os.dup2(2, 1)  # whatever a report prints is no answer
        for line in sys.stdin:
            began = time.monotonic()
            WAYS[number].run(json.loads(line), folder)
            uses = [used(), *IN_POOL.values()]
            told = [time.monotonic() - began, sum(use[0] for use in uses), max(use[1] for use in uses)]
            print(json.dumps(told), file=answers, flush=True)


def measured(reports: int, folder: Path, until: float) -> None:
    """Let the ways take turns until all is done or the time is over, but once each at least.

    The first report of each, with all its imports, is counted apart.
    """
    write_files(folder)
    processes = [_started(number, folder / str(number)) for number in range(len(WAYS))]
    try:
        for way, process in zip(WAYS, processes, strict=True):
            first = {by_commands: [], by_pool: [reports + 1, reports + 2]}.get(way.run, [reports + 1])
            way.start = _turn(way, process, first)[1]
        for turn in range(ROUNDS):
            for way, process in zip(WAYS, processes, strict=True):
                if turn == 0 or time.monotonic() < until:
                    _take_turn(way, process, list(range(max(way.least, reports // way.share)))[turn::ROUNDS])
    finally:
        for process in processes:
            os.killpg(process.pid, signal.SIGKILL)  # with its kernels and its pool
            process.wait()


def _take_turn(way: Way, process: subprocess.Popen, jobs: Jobs) -> None:
    seconds, cpu, peak = _turn(way, process, jobs)
    way.jobs, way.seconds, way.use = way.jobs + jobs, way.seconds + seconds, (cpu, peak)
    print(f"{way.name}: {len(way.jobs)} reports, {way.cpu:.2f} CPU s each", file=sys.stderr)


def _started(number: int, folder: Path) -> subprocess.Popen:
    folder.mkdir()
    command = [sys.executable, __file__, "--serve", str(number), str(folder)]
    # without byte code everybody starts twice as slowly
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with (folder / "said.txt").open("w") as said:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": said}
        return subprocess.Popen(command, env=environment, text=True, start_new_session=True, **pipes)


def _turn(way: Way, process: subprocess.Popen, jobs: Jobs) -> tuple[float, float, int]:
    process.stdin.write(f"{json.dumps(jobs)}\n")
    process.stdin.flush()
    answers, _, _ = select.select([process.stdout], [], [], LONGEST_TURN)
    if not (line := process.stdout.readline() if answers else ""):
        said = Path(process.args[-1], "said.txt").read_text(encoding="utf-8", errors="replace")
        raise SystemExit(f"{way.name}: no answer\n{said[-2000:]}")
    return tuple(json.loads(line))


def pictures(folder: Path, job: int) -> list[str]:
    """Return a digest of each picture of a report, after counting those of its page."""
    cells = json.loads((folder / f"{job}.ipynb").read_text(encoding="utf-8"))["cells"]
    data = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    found = ["".join(item["image/png"]).strip() for item in data if "image/png" in item]
    on_page = (folder / f"{job}.html").read_text(encoding="utf-8").count(SHOWN)
    if on_page != len(found):
        raise SystemExit(f"report {job} of {folder.name}: {len(found)} pictures, {on_page} on its page")
    return [sha256(picture.encode()).hexdigest() for picture in found]


def check_pictures(folder: Path) -> Iterator[int]:
    """Yield how many pictures each way drew; stop if one differs from the first way that drew it."""
    known: dict[int, list[str]] = {}
    for number, way in enumerate(WAYS):
        drawn = {job: pictures(folder / str(number), job) for job in way.jobs}
        for job, found in drawn.items():
            if not found or known.setdefault(job, found) != found:
                raise SystemExit(f"{way.name}: report {job} has not the pictures of the others")
        yield sum(map(len, drawn.values()))


def page(drawn: list[int], day: str) -> str:
    """Return the page of results."""
    cores = len(os.sched_getaffinity(0))
    commands, loop, pooled, alone, ours, _ = WAYS
    head = "| way | reports | CPU s a report | once, at the start | reports a minute | largest process, MB | pictures |"
    rows = [
        f"| {way.name} | {len(way.jobs)} | {way.cpu:.2f} | {way.start:.1f} | {way.a_minute:.0f} "
        f"| {way.use[1] / 2**20:.0f} | {count} |"
        for way, count in zip(WAYS, drawn, strict=True)
    ]
    ratios = [
        ("the command lines' CPU over ours", commands.cpu / alone.whole, AIM_COMMANDS),
        ("the loop's CPU over ours", loop.cpu / alone.whole, AIM_LOOP),
        (f"the pool's CPU over ours, {CORES} at once", pooled.cpu / ours.whole, AIM_LOOP),
        (f"reports a minute on {CORES} cores", ours.a_minute, AIM_MINUTE),
    ]
    told = [f"| {name} | {value:.1f} | {aim} |" for name, value, aim in ratios]
    versions = ", ".join(f"{name} {version(name)}" for name in VERSIONS)
    return f"""# Reports by the hundred

Written by `make bench-reports` ({day}; Python {sys.version.split()[0]}, {versions}); how it measures stands in
`benchmarks/reports.py`.

{head}
|---|---:|---:|---:|---:|---:|---:|
{chr(10).join(rows)}

Every report is the notebook `hypothesis` on the same two CSV files, written as executed notebook and as HTML. The ways
took turns on a machine of {cores} cores, with {os.getloadavg()[2]:.1f} processes wanting one in the last quarter hour.

The start is the first report with everything that is imported for it; for ours it prepares the process that is then
forked. In what follows it is charged to ours, spread over a hundred reports, and to nobody else. The last way is the
one before as a plan runs it: its pages are written when all answers are there, since each says how many questions were
asked, and a list and a manifest come with them.

| | measured | aim |
|---|---:|---:|
{chr(10).join(told)}

Each report that several ways ran has the same pictures in all of them, byte for byte.
"""


def main() -> None:
    """Measure, check the pictures, print the page and write it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--reports", type=int, default=100, help="of our engine; the slow ways run fewer")
    parser.add_argument("--minutes", type=float, default=30, help="no further turn begins later")
    parser.add_argument("--date", help="what the page says; default: that of the last commit")
    parser.add_argument("--serve", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve(int(given.serve[0]), Path(given.serve[1]))
        return
    with tempfile.TemporaryDirectory(prefix="rk-bench-") as folder:
        measured(given.reports, Path(folder), time.monotonic() + 60 * given.minutes)
        drawn = list(check_pictures(Path(folder)))
    last = ["git", "log", "-1", "--format=%cs, commit %h"]
    day = given.date or subprocess.run(last, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    text = page(drawn, day)
    PAGE.write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
