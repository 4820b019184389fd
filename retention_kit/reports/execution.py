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

_LONGEST_SOCKET = 90  # a socket's path may have 107 characters; the kernel adds a few to ours

# The working directory adds no modules; messages of the kernel's own machinery stay off standard error.
_KERNEL_ARGUMENTS = ("--InteractiveShellApp.ignore_cwd=True", "--Application.log_level=50")


class UnfinishedError(Exception):
    """A notebook ended before its last cell without an error, as after ``sys.exit(0)``."""


class _OwnKernel(AsyncKernelManager):
    """Starts the running Python, whatever kernel a user has registered under the same name."""

    @property
    def kernel_spec(self) -> KernelSpec:
        # -P: a file of the working directory named like a module must not shadow it.
        argv = [sys.executable, "-P", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name="Python 3 (ipykernel)", language="python")


def execute(
    source: Path, output: Path, parameters: Mapping[str, Any], *, cell_timeout: float | None = None
) -> nbformat.NotebookNode:
    """Run the notebook `source` with parameters; `output` shows at every moment how far it came.

    Parameters
    ----------
    source, output : Path
    parameters : mapping of str to builtin
        As `check_parameters` returns them.
    cell_timeout : float, optional
        Seconds that one cell may take.

    Raises
    ------
    Exception
        Whatever broke: papermill's for a failed cell, nbclient's for a dead kernel or a timeout.
    UnfinishedError
        If a cell did not run though nothing broke.
    """
    with tempfile.TemporaryDirectory(prefix="rk-") as folder, _quiet():
        executed = papermill.execute_notebook(
            nbformat.read(source, as_version=4),
            _unformatted(output),
            dict(parameters),
            kernel_name="python3",
            language="python",
            progress_bar=False,
            execution_timeout=cell_timeout,
            kernel_manager_class=_OwnKernel,
            config=_kernel_config(Path(folder)),
            extra_arguments=[f"--ipython-dir={folder}", *_KERNEL_ARGUMENTS],
        )
    if any(_stopped(cell) for cell in executed.cells if cell.cell_type == "code" and cell.source.strip()):
        raise UnfinishedError(str(source))
    return executed


def _unformatted(path: Path) -> str:
    """Papermill calls `str.format` on paths, which would evaluate what stands in braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _kernel_config(folder: Path) -> Config:
    """Prefer sockets in a folder of this user alone to open ports on the machine."""
    settings = {"connection_file": str(folder / "kernel.json")}
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
