"""The engine ``retention-kit`` of papermill: no kernel, no sockets; a process aside runs the cells.

``papermill --engine retention-kit`` finds it by its entry point. It has no widgets, no ``input`` and no
``--log-output``, and asks a caller's progress bar to wait for the end.
"""

import os
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from papermill.engines import Engine, NotebookExecutionManager, papermill_engines

from retention_kit.reports.answers import DiedError
from retention_kit.reports.forking import aside
from retention_kit.reports.journal import read_journal

NAME = "retention-kit"


class AsideEngine(Engine):
    """Runs a notebook in a fork of this process if it was prepared for that, else in a fresh Python."""

    @classmethod
    def execute_managed_notebook(
        cls, nb_man: NotebookExecutionManager, kernel_name: str, execution_timeout: float | None = None, **_: Any
    ) -> None:
        """Run all cells and bring their outputs here; see papermill."""
        with tempfile.TemporaryDirectory(prefix="rk-") as folder:
            journal = Path(folder) / "cells"
            outcome = aside(partial(_run, nb_man.nb, journal, execution_timeout))
            overtime = read_journal(journal, nb_man.nb)
        nb_man.complete_pbar()
        if overtime:
            raise CellTimeoutError.error_from_timeout_and_cell("Cell execution timed out", execution_timeout, overtime)
        if isinstance(outcome.error, DiedError):
            raise _dead(outcome.error)
        if outcome.error is not None:
            raise outcome.error
        nb_man.output_path = None  # papermill writes the whole notebook once more after this


def _run(notebook: NotebookNode, journal: Path, cell_timeout: float | None) -> None:
    from retention_kit.reports.inprocess import run

    with journal.with_name("stdout").open("ab+") as stdout:
        os.dup2(stdout.fileno(), 1)
    run(notebook, journal, cell_timeout=cell_timeout, printed=(1, 2))


def _dead(death: DiedError) -> DeadKernelError:
    dead = DeadKernelError("Kernel died")
    for note in getattr(death, "__notes__", ()):
        dead.add_note(note)
    return dead


papermill_engines.register(NAME, AsideEngine)
