"""A notebook's cells run in this very process, with the outputs that a kernel of ipykernel would have sent.

It is ipykernel's own shell: its messages only stay here, instead of going through sockets, and papermill's client makes
outputs of them as of any others. The process is given over to the notebook; `engine` says which process that is.
"""

import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ipykernel import zmqshell
from ipykernel.compiler import XCachingCompiler
from ipykernel.ipkernel import IPythonKernel
from jupyter_client.session import Session
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode, from_dict
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NotebookExecutionManager
from traitlets.config import Config

from retention_kit.reports.journal import Journal
from retention_kit.reports.starting import as_in_a_kernel, pictures_apart, pictures_inline

_PERMITTED = "raises-exception"


def run(
    notebook: NotebookNode, journal: Path, *, cell_timeout: float | None = None, printed: tuple[int, int] | None = None
) -> None:
    """Run the cells of a notebook until one fails, and note each in `journal` when it is done.

    Parameters
    ----------
    notebook : NotebookNode
    journal : Path
        Made here; see `read_journal`. Its folder becomes IPython's, so that nobody's start-up files run.
    cell_timeout : float, optional
        Seconds that a cell may take; after that the process ends.
    printed : tuple of two file descriptors, optional
        Files in which the process's own standard outputs end, what subprocesses print included. They are emptied
        into the outputs of the cells.
    """
    with journal.open("wb") as file:
        progress = _Progress(notebook, Journal(file))
        progress.notebook_start()
        client = _Client(progress, printed, cell_timeout)
        as_in_a_kernel()
        with client.shell(journal.parent):
            pictures_inline()
            client.execute()


class _Progress(NotebookExecutionManager):
    """Papermill's record of what ran, which grows a journal instead of writing the whole notebook at every step."""

    def __init__(self, notebook: NotebookNode, journal: Journal) -> None:
        super().__init__(notebook, progress_bar=False, autosave_cell_every=0)
        self.journal = journal

    def save(self, **_: Any) -> None:
        pass

    def cell_complete(self, cell: NotebookNode, cell_index: int, **options: Any) -> None:
        super().cell_complete(cell, cell_index, **options)
        self.journal.cell(cell_index, cell)


class _Client(PapermillNotebookClient):
    """Papermill's client with a shell in place of a kernel."""

    def __init__(self, progress: _Progress, printed: tuple[int, int] | None, cell_timeout: float | None) -> None:
        super().__init__(progress, record_timing=False)
        self.at, self._cell_timeout = -1, cell_timeout
        files = printed or (None, None)
        self.streams = [_Stream(name, file, self._send) for name, file in zip(("stdout", "stderr"), files, strict=True)]

    @contextmanager
    def shell(self, folder: Path) -> Iterator[None]:
        self._shell = ZMQInteractiveShell.instance(
            ipython_dir=str(folder),
            compiler_class=XCachingCompiler,
            config=Config({"HistoryManager": {"enabled": False}}),
        )
        self._session = _Session(self._receive)
        self._shell.displayhook.session = self._shell.display_pub.session = self._session
        before = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = self.streams
        try:
            yield
        finally:
            sys.stdout, sys.stderr = before
            pictures_apart()
            self._shell.restore_sys_module_state()
            ZMQInteractiveShell.clear_instance()

    def execute(self) -> None:
        self.reset_execution_trackers()
        self.papermill_execute_cells()
        self.nb.metadata.language_info = from_dict(IPythonKernel.language_info)
        self.nb_man.journal.metadata(self.nb.metadata)

    def execute_cell(self, cell: NotebookNode, cell_index: int) -> None:
        """Do to a cell what nbclient does to it with a kernel."""
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code" or not cell.source.strip() or self.skip_cells_with_tag in tags:
            return
        self.at, cell.outputs, self.clear_before_next_output = cell_index, [], False
        error = self._run_cell(cell.source)
        cell.execution_count = self._shell.execution_count - 1
        if error is not None and _PERMITTED not in tags:
            told = {"ename": type(error).__name__, "evalue": str(error), "traceback": self._shell._last_traceback or []}
            raise CellExecutionError.from_cell_and_msg(cell, told)

    def _run_cell(self, source: str) -> BaseException | None:
        with self._limited():
            done = self._shell.run_cell(source, store_history=True)
            self.flush()
        if done.success and self._shell._last_traceback_during_displayhook:
            return RuntimeError()
        return done.error_before_exec or done.error_in_exec

    @contextmanager
    def _limited(self) -> Iterator[None]:
        if not self._cell_timeout:
            yield
            return
        signal.signal(signal.SIGALRM, self._give_up)
        signal.setitimer(signal.ITIMER_REAL, self._cell_timeout)
        yield
        signal.setitimer(signal.ITIMER_REAL, 0)

    def flush(self) -> None:
        for stream in self.streams:
            stream.flush()

    def _give_up(self, *_: Any) -> None:
        """End the process in the middle of a cell, which cannot catch it, and keep what the cell had shown."""
        self.flush()
        self.nb_man.cell_complete(self.nb.cells[self.at], self.at)
        self.nb_man.journal.overtime(self.nb.cells[self.at])
        os._exit(1)

    def _send(self, kind: str, content: dict[str, Any]) -> None:
        self._receive(self._session.msg(kind, content))

    def _receive(self, message: dict[str, Any]) -> None:
        self.process_message(message, self.nb.cells[self.at], self.at)

    def _update_display_id(self, display_id: str, message: dict[str, Any]) -> None:
        super()._update_display_id(display_id, message)
        for index in self._display_id_map.get(display_id, ()):
            if index != self.at:
                self.nb_man.journal.cell(index, self.nb.cells[index])


class _Session(Session):
    """Hands messages over as they would arrive after a way through sockets."""

    def __init__(self, receive: Callable[[dict[str, Any]], None]) -> None:
        super().__init__()
        self._receive = receive

    def send(
        self, stream: Any, message: str | dict[str, Any], content: Any = None, parent: Any = None, **_: Any
    ) -> dict[str, Any]:
        message = message if isinstance(message, dict) else self.msg(message, content, parent)
        message["content"] = self.unpack(self.pack(message["content"]))
        self._receive(message)
        return message


class ZMQInteractiveShell(zmqshell.ZMQInteractiveShell):
    """The shell of ipykernel, without a kernel around it; libraries know a notebook by this name."""

    def enable_gui(self, gui: str | None = None) -> None:
        """Pictures are inline; windows there are none."""

    def ask_exit(self) -> None:
        """Stop the notebook, as the end of its kernel would."""
        raise SystemExit(0)


class _Stream(io.TextIOBase):
    """A standard output that becomes an output of the cell whenever it is flushed, as in ipykernel."""

    encoding, errors = "UTF-8", "replace"

    def __init__(self, name: str, file: int | None, send: Callable[[str, dict[str, Any]], None]) -> None:
        super().__init__()
        self.name, self._file, self._send, self._parts = name, file, send, []

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return {"stdout": 1, "stderr": 2}[self.name]

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        self._parts.append(text)
        return len(text)

    def flush(self) -> None:
        parts, self._parts = self._parts, []
        if text := "".join(parts) + self._of_subprocesses():
            self._send("stream", {"name": self.name, "text": text})

    def _of_subprocesses(self) -> str:
        if self._file is None or not (size := os.fstat(self._file).st_size):
            return ""
        text = os.pread(self._file, size, 0).decode("utf-8", "replace")
        os.ftruncate(self._file, 0)
        return text
