"""What a running notebook leaves behind step by step, so that it can be read even if its process is killed."""

import pickle
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from nbformat import NotebookNode

_CELL, _METADATA, _OVERTIME = "cell", "metadata", "overtime"


class Journal:
    """Written by the process that runs a notebook; each line stands for itself."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def cell(self, index: int, cell: NotebookNode) -> None:
        """Note a cell that is done, or one done before that shows something else now."""
        self._note(_CELL, (index, cell))

    def metadata(self, metadata: NotebookNode) -> None:
        """Note the metadata of the notebook."""
        self._note(_METADATA, metadata)

    def overtime(self, cell: NotebookNode) -> None:
        """Note the cell that took too long."""
        self._note(_OVERTIME, cell)

    def _note(self, kind: str, noted: Any) -> None:
        pickle.dump((kind, noted), self._file)
        self._file.flush()


def read_journal(path: Path, notebook: NotebookNode) -> NotebookNode | None:
    """Put into a notebook what was noted, however far it came; return the cell that took too long, if one did."""
    late = None
    with suppress(FileNotFoundError), path.open("rb") as file:
        for kind, noted in _noted(file):
            if kind == _CELL:
                index, cell = noted
                notebook.cells[index] = cell
            elif kind == _METADATA:
                notebook.metadata.update(noted)
            else:
                late = noted
    return late


def _noted(file: IO[bytes]) -> Iterator[tuple[str, Any]]:
    # the process may have been killed while it wrote the last one
    with suppress(EOFError, pickle.UnpicklingError):
        while True:
            yield pickle.load(file)
