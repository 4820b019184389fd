"""One batch a folder at a time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from retention_kit.errors import OptionError

LOCK = ".batch.lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder for this process; the system frees it when the process ends, however it ends.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    OptionError
        If another process holds it; the error has its number.
    """
    path = folder / LOCK
    with path.open("a+", encoding="ascii") as file:
        try:
            _take(file)
        except OSError:
            raise OptionError("error.batch.locked", path=str(folder), process=_holder(path)) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _take(file: IO[str]) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        import msvcrt

        # beyond what is written, so that the number of the holder can be read
        file.seek(1_000_000)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        return
    # of the process, not of the open file: a forked child does not hold it on
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _holder(path: Path) -> str:
    with suppress(OSError):
        return path.read_text(encoding="ascii").strip() or "?"
    return "?"
