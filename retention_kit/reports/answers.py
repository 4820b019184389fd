"""What comes of work that another process does: an answer in a file, or the way in which it ended."""

import pickle
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

from retention_kit.errors import ReportError
from retention_kit.wording import Message

Task = Callable[[], Any]


class DiedError(ReportError):
    """A process ended before it had an answer; a note says its last words, if it had any."""


class ElsewhereError(Exception):
    """The traceback of an error of another process, as its cause."""


@dataclass(frozen=True)
class Outcome:
    """What came of one piece of work.

    Attributes
    ----------
    value : object
        What the callable returned; None if it failed.
    error : BaseException or None
        What it raised; `DiedError` if its process was killed or left.
    seconds, cpu_seconds : float
        By the clock, and of processors, those of its own subprocesses included.
    peak_memory : int
        Bytes; memory shared with the parent counts. 0 where the system does not say.
    """

    value: Any
    error: BaseException | None
    seconds: float
    cpu_seconds: float
    peak_memory: int


def write_answer(file: IO[bytes], task: Task) -> None:
    """Do a task; write its value, or its error, and what it took, so that another process can read it."""
    try:
        value, error, trace = task(), None, ""
    except BaseException as raised:  # also what would end the process: the parent tells what it was
        value, error, trace = None, raised, traceback.format_exc()
    file.write(_pickled(value, error, trace))
    file.flush()


def _pickled(value: Any, error: BaseException | None, trace: str) -> bytes:
    try:
        answer = pickle.dumps((value, error, trace, _used()))
        if error is not None:
            pickle.loads(answer)  # some can be written and not be made anew
    except Exception as refusal:  # whatever the value's own way of being written raises
        words = "".join(traceback.format_exception_only(error or refusal)).strip()
        return pickle.dumps((None, RuntimeError(words), trace, _used()))
    return answer


def _used() -> tuple[float, int]:
    """Return CPU seconds and peak memory of this process, and the seconds of its subprocesses."""
    try:
        import resource
    except ImportError:  # Windows
        return time.process_time(), 0
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    return seconds, own.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def read_answer(file: IO[bytes], code: int, printed: IO[bytes]) -> tuple[Any, BaseException | None, tuple[float, int]]:
    """Return value, error and use of a process that ended with an exit code, negative for a signal."""
    file.seek(0)
    try:
        value, error, trace, used = pickle.load(file)
    except (EOFError, pickle.UnpicklingError):
        return None, _died(code, printed), (0.0, 0)
    if error is not None:
        error.__cause__ = ElsewhereError(f"\n{trace}")
    return value, error, used


def _died(code: int, printed: IO[bytes]) -> DiedError:
    died = DiedError("error.process_died", how=_how(code))
    printed.seek(0)
    lines = printed.read().decode("utf-8", "replace").split("\n")
    if said := [line.strip() for line in lines if line.strip()]:
        died.add_note(said[-1])
    return died


def _how(code: int) -> Message:
    if code >= 0 or sys.platform == "win32":
        return Message("report.process_left", {"code": str(code)})
    known = {number.value: number.name for number in signal.Signals}
    return Message("report.process_killed", {"signal": known.get(-code, str(-code))})
