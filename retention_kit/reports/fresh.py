"""Work done aside in a fresh Python each time: slower to start than a fork, safe everywhere, and it knows nothing."""

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from itertools import islice
from typing import Any

from retention_kit.reports.answers import Outcome, Task, read_answer, write_answer

_END_WITH_PARENT = 1  # PR_SET_PDEATHSIG of prctl(2)
_ANSWERING = "from retention_kit.reports.fresh import answer; answer()"


def in_fresh_processes(tasks: Iterator[tuple[Any, Task]], jobs: int) -> Iterator[tuple[Any, Outcome]]:
    """Run picklable tasks, at most `jobs` at once; see `forked`."""
    running: dict[Any, tuple[Any, _Fresh]] = {}
    with ThreadPoolExecutor(jobs) as pool:
        try:
            while True:
                for key, task in islice(tasks, jobs - len(running)):
                    process = _Fresh(task)
                    running[pool.submit(process.outcome)] = key, process
                if not running:
                    return
                for ended in wait(running, return_when=FIRST_COMPLETED).done:
                    key, _ = running.pop(ended)
                    yield key, ended.result()
        finally:
            for _, process in running.values():
                process.kill()


class _Fresh:
    """One fresh process: the task comes in by its standard input, the answer leaves by its standard output."""

    def __init__(self, task: Task) -> None:
        self.began, self.process = time.monotonic(), None
        self.given, self.answer = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115
        self.printed = tempfile.TemporaryFile("ab+")  # noqa: SIM115
        try:
            self.given.write(pickle.dumps(task))
        except Exception as refusal:  # whatever the task's own way of being written raises
            self.refusal = refusal
        else:
            self.given.seek(0)
            self.process = self._started()

    def _started(self) -> subprocess.Popen:
        # -P: a file of the working directory named like a module must not shadow it.
        argv = [sys.executable, "-P", "-c", _ANSWERING, str(os.getpid())]
        return subprocess.Popen(argv, stdin=self.given, stdout=self.answer, stderr=self.printed)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()

    def outcome(self) -> Outcome:
        with self.given, self.answer, self.printed:
            if self.process is None:
                return Outcome(None, self.refusal, 0.0, 0.0, 0)
            code = self.process.wait()
            value, error, (cpu_seconds, peak_memory) = read_answer(self.answer, code, self.printed)
        return Outcome(value, error, time.monotonic() - self.began, cpu_seconds, peak_memory)


def answer() -> None:
    """Be the fresh process: do the task of the standard input; what it prints joins the standard error."""
    # a second of every start, see `cli`; this process is ours to decide for
    sys.modules.setdefault("rfc3987_syntax", None)
    end_with(int(sys.argv[1]))
    with os.fdopen(os.dup(1), "wb") as file:
        os.dup2(2, 1)
        write_answer(file, lambda: pickle.load(sys.stdin.buffer)())


def end_with(parent: int) -> None:
    """Let the system end this process when its parent ends, however that comes about; only Linux can."""
    if sys.platform != "linux":
        return
    import ctypes

    ctypes.CDLL(None).prctl(_END_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
