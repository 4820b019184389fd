"""Work done aside, each piece in a process of its own: forked where that is safe, in a fresh Python elsewhere.

A fork shares what its parent has imported, so it starts in milliseconds; what it changes or breaks dies with it.
"""

import gc
import os
import selectors
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from itertools import islice
from typing import IO, Any, NoReturn

from retention_kit.reports.answers import Outcome, Task, read_answer, write_answer
from retention_kit.reports.fresh import end_with, in_fresh_processes

_THREADS_OF_LIBRARIES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
_SELDOM = 50_000  # new objects between two collections: a fork that lives for one report has little to win by them
_prepared = False


def available() -> bool:
    """Tell whether this system can fork and watch a child without a thread or a signal: Linux."""
    return sys.platform == "linux" and hasattr(os, "fork") and _watches_processes()


@cache
def _watches_processes() -> bool:
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return True


def prepare(*, warm: bool = True) -> None:
    """Say that this process may be forked for reports, and make it ready once for all of them.

    It is for a process whose work is to run reports, such as the command line, as a fork inherits whatever its parent
    has changed. Call it before numpy is imported, so that linear algebra starts no threads.

    Parameters
    ----------
    warm : bool
        Whether to import and run a report here, so that forks start with it: five seconds that every report of a
        batch then saves. pandas, matplotlib and IPython are no longer as they were.
    """
    global _prepared
    if not available():
        return
    for name in _THREADS_OF_LIBRARIES:
        os.environ.setdefault(name, "1")
    if warm:
        _warm()
    _prepared = True


@cache
def _warm() -> None:
    from retention_kit.reports.warming import warm

    warm()
    # what is there now stays: collecting it in a fork would only copy its pages
    gc.collect()
    gc.freeze()
    gc.set_threshold(_SELDOM, *gc.get_threshold()[1:])


def forked(tasks: Iterable[tuple[Any, Task]], jobs: int) -> Iterator[tuple[Any, Outcome]]:
    """Run each callable in its own process, at most `jobs` at once.

    Parameters
    ----------
    tasks : iterable of (key, callable)
        Taken one by one as processes become free. Where this process cannot fork, or has threads, which a fork may
        catch in the middle of anything, fresh processes do the work and the callables must be picklable.
    jobs : int

    Yields
    ------
    (key, Outcome)
        As they complete. If the iterator is closed or interrupted, the children are killed.
    """
    forks = available() and threading.active_count() == 1
    return (_in_forks if forks else in_fresh_processes)(iter(tasks), jobs)


def aside(task: Task) -> Outcome:
    """Run one callable in a process of its own: a fork of a prepared process, else a fresh one, which is clean.

    Parameters
    ----------
    task : callable
        Picklable.

    Returns
    -------
    Outcome
    """
    run = forked if _prepared else in_fresh_processes
    ((_, outcome),) = run(iter([(None, task)]), 1)
    return outcome


def _in_forks(tasks: Iterator[tuple[Any, Task]], jobs: int) -> Iterator[tuple[Any, Outcome]]:
    with selectors.DefaultSelector() as running:
        try:
            while True:
                for key, task in islice(tasks, jobs - len(running.get_map())):
                    child = _Child(key, task)
                    running.register(child.watched, selectors.EVENT_READ, child)
                if not running.get_map():
                    return
                for ended, _ in running.select():
                    running.unregister(ended.fd)
                    yield ended.data.key, ended.data.outcome()
        finally:
            _end([left.data for left in running.get_map().values()])


class _Child:
    """One forked process; its answer and what it prints go to files without a name."""

    def __init__(self, key: Any, task: Task) -> None:
        self.key, self.began = key, time.monotonic()
        self.answer, self.printed = tempfile.TemporaryFile(), tempfile.TemporaryFile("ab+")  # noqa: SIM115
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            _live(parent, task, self.answer, self.printed)
        self.watched = os.pidfd_open(self.pid)

    def outcome(self) -> Outcome:
        """Wait for the end, so that no zombie stays."""
        _, status, used = os.wait4(self.pid, 0)
        os.close(self.watched)
        seconds = time.monotonic() - self.began
        with self.answer, self.printed:
            value, error, _ = read_answer(self.answer, os.waitstatus_to_exitcode(status), self.printed)
        return Outcome(value, error, seconds, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def _end(children: list[_Child]) -> None:
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGKILL)
    for child in children:
        child.outcome()


def _live(parent: int, task: Task, answer: IO[bytes], printed: IO[bytes]) -> NoReturn:
    """Be the child: do the task, write the answer, leave without the parent's exit handlers."""
    status = 1
    try:
        # Ctrl-C reaches every process of the terminal; what it means is the parent's to say.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        end_with(parent)
        _redirect(printed)
        write_answer(answer, task)
        status = 0
    finally:
        os._exit(status)


def _redirect(printed: IO[bytes]) -> None:
    """Send what the process prints, by whatever way, to a file; it has nothing to read."""
    for source, fd in ((os.open(os.devnull, os.O_RDONLY), 0), (printed.fileno(), 1), (printed.fileno(), 2)):
        os.dup2(source, fd)
    sys.stdin, sys.stdout, sys.stderr = (
        open(fd, mode, buffering=1, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
        for fd, mode in ((0, "r"), (1, "w"), (2, "w"))
    )
