"""Running one notebook through papermill, quietly and in this very Python."""

import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec
from traitlets.config import Config

_CONNECTION = "kernel.json"
_LONGEST_SOCKET = 90  # a socket's path may have 107 characters; the kernel adds a few to ours


class UnfinishedError(Exception):
    """A notebook ended before its last cell without an error, as after ``sys.exit(0)``."""


class _OwnKernel(AsyncKernelManager):
    """Starts the running Python, whatever a user has registered, configured or left lying about."""

    @property
    def kernel_spec(self) -> KernelSpec:
        # -P: a file of the working directory named like a module must not shadow it. Neither should start-up
        # files for IPython change a report; its option --ipython-dir, though, would remove the working
        # directory from sys.path even where an editable installation had put it there.
        argv = [sys.executable, "-P", "-m", "ipykernel", "-f", "{connection_file}"]
        env = {"IPYTHONDIR": str(Path(self.connection_file).parent)}
        return KernelSpec(argv=argv, env=env, display_name="Python 3 (ipykernel)", language="python")

    async def start_kernel(self, **options: Any) -> None:
        with _words(self.connection_file).open("wb") as stderr:
            await super().start_kernel(stderr=stderr, **options)


def _words(connection_file: str | Path) -> Path:
    """Return the file of what the kernel's own machinery says; it stays off the reader's terminal."""
    return Path(connection_file).with_name("stderr.txt")


def execute(
    source: Path, output: Path, parameters: Mapping[str, Any], *, cell_timeout: float | None = None, fork: bool = False
) -> nbformat.NotebookNode:
    """Run the notebook `source` with parameters; whatever happens, `output` shows how far it came.

    Parameters
    ----------
    source, output : Path
    parameters : mapping of str to builtin
        As `check_parameters` returns them.
    cell_timeout : float, optional
        Seconds that one cell may take.
    fork : bool
        Whether our own engine runs it, instead of papermill's with a kernel.

    Raises
    ------
    Exception
        Whatever broke: papermill's for a failed cell, nbclient's for a dead kernel or a timeout.
    UnfinishedError
        If a cell did not run though nothing broke.
    """
    with tempfile.TemporaryDirectory(prefix="rk-") as folder, _quiet(), _last_words(Path(folder)):
        executed = papermill.execute_notebook(
            nbformat.read(source, as_version=4),
            _unformatted(output),
            dict(parameters),
            kernel_name="python3",
            language="python",
            progress_bar=False,
            execution_timeout=cell_timeout,
            **(_our_engine() if fork else _own_kernel(Path(folder))),
        )
    if any(_stopped(cell) for cell in executed.cells if cell.cell_type == "code" and cell.source.strip()):
        raise UnfinishedError(str(source))
    return executed


def _our_engine() -> dict[str, Any]:
    from retention_kit.reports.engine import NAME

    return {"engine_name": NAME}


def _own_kernel(folder: Path) -> dict[str, Any]:
    return {
        "kernel_manager_class": _OwnKernel,
        "config": _kernel_config(folder),
        "extra_arguments": ["--InteractiveShellApp.ignore_cwd=True"],
    }


def _unformatted(path: Path) -> str:
    """Papermill calls `str.format` on paths, which would evaluate what stands in braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _kernel_config(folder: Path) -> Config:
    """Prefer sockets in a folder of this user alone to open ports on the machine."""
    settings = {"connection_file": str(folder / _CONNECTION)}
    if os.name == "posix" and len(str(folder)) <= _LONGEST_SOCKET:
        settings |= {"transport": "ipc", "ip": str(folder / "k")}
    return Config({"KernelManager": settings})


def _stopped(cell: nbformat.NotebookNode) -> bool:
    """Papermill takes ``sys.exit(0)`` for success: its error is kept, and what follows has not run."""
    return cell.execution_count is None or any(output.output_type == "error" for output in cell.outputs)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the runners log off the bare standard error; a log that somebody set up still gets it."""
    loggers, silent = [logging.getLogger(name) for name in ("papermill", "traitlets")], logging.NullHandler()
    for logger in loggers:
        logger.addHandler(silent)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(silent)


@contextmanager
def _last_words(folder: Path) -> Iterator[None]:
    """Note the last line the kernel's machinery said on an error that may come from its death."""
    try:
        yield
    except RuntimeError as death:
        file = _words(folder / _CONNECTION)
        said = file.read_text(encoding="utf-8", errors="replace").split("\n") if file.exists() else []
        if lines := [line.strip() for line in said if line.strip()]:
            death.add_note(lines[-1])
        raise
