"""Making a process ready to be forked for reports: one report run in it, and its page rendered."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from pathlib import Path

import nbformat

from retention_kit.reports.export import render_html
from retention_kit.reports.inprocess import run
from retention_kit.reports.library import report_path
from retention_kit.wording import LANGUAGES

_TEMPLATE = "hypothesis"


def warm() -> None:
    """Run a report on the bundled business here, so that its imports and caches are there for every fork."""
    notebook = nbformat.read(report_path(_TEMPLATE), as_version=4)
    notebook.metadata.papermill = nbformat.NotebookNode()
    with tempfile.TemporaryDirectory(prefix="rk-") as folder, _restored():
        # a context of its own, as a notebook chooses a language
        copy_context().run(run, notebook, Path(folder) / "cells")
    for notebook.metadata.language in LANGUAGES:
        render_html(notebook)


@contextmanager
def _restored() -> Iterator[None]:
    """Give the process back the paths, the environment and the main module that it had."""
    path, environment, main = list(sys.path), dict(os.environ), sys.modules["__main__"]
    try:
        yield
    finally:
        sys.path[:], sys.modules["__main__"] = path, main
        os.environ.clear()
        os.environ.update(environment)
