"""Files read before they are asked for: a process reads once what each of its forks would else read for itself."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

_Asked, _Read = ParamSpec("_Asked"), TypeVar("_Read")
_waiting: dict[tuple[str, ...], Any] = {}


def read_ahead(reader: Callable[..., Any], file: str | Path, **options: Any) -> None:
    """Read a file now; the next who asks the reader for the same content with the same options is given it.

    Parameters
    ----------
    reader : callable
        One that `served_ahead` made.
    file : str or Path
    **options
        Of the reader.

    Raises
    ------
    InputError
        Whatever the reader refuses.
    """
    key = _key(reader, file, options)
    _waiting[key] = reader.__wrapped__(file, **options)


def served_ahead(reader: Callable[_Asked, _Read]) -> Callable[_Asked, _Read]:
    """Let a reader hand out what was read ahead, each once, so that nobody shares it with anybody.

    A file that has changed since is read anew.
    """

    @wraps(reader)
    def read(file: Any, **options: Any) -> Any:
        if _waiting and isinstance(file, (str, Path)):
            with suppress(OSError, KeyError):  # not there, or not read ahead: the reader says or reads it
                return _waiting.pop(_key(read, file, options))
        return reader(file, **options)

    return read


def _key(reader: Callable[..., Any], file: str | Path, options: dict[str, Any]) -> tuple[str, ...]:
    """Name a reading by all that it depends on, the bytes of the file included."""
    with Path(file).open("rb") as opened:
        content = hashlib.file_digest(opened, "sha256").hexdigest()
    return reader.__name__, str(file), content, repr(sorted(options.items()))
