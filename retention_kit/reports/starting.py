"""What a notebook finds when it starts: the state of a fresh kernel, whatever the process has done before.

A fork begins with what its parent's pandas, matplotlib and warnings remember. Reproduced: where an earlier notebook
had switched matplotlib's inline backend on, the next one lost every picture, without an error.
"""

import os
import sys
import sysconfig
import warnings
from pathlib import Path

_INLINE = "module://matplotlib_inline.backend_inline"


def as_in_a_kernel() -> None:
    """Put this process into the state in which a kernel started with ``python -P`` would be."""
    sys.path[:] = _safe_path()
    os.environ.setdefault("MPLBACKEND", _INLINE)
    with warnings.catch_warnings():
        pass  # leaving it lets each warning be shown once more
    if "numpy" in sys.modules:
        # forks would all draw the same numbers
        sys.modules["numpy"].random.seed()


def pictures_inline() -> None:
    """Connect matplotlib, if it is loaded, with the shell that now runs; else it does so itself when loaded."""
    backend = sys.modules.get("matplotlib_inline.backend_inline")
    if backend is None:
        return
    import matplotlib
    from matplotlib_inline.config import InlineBackend

    matplotlib.rc_file_defaults()
    InlineBackend.clear_instance()
    vars(backend.configure_inline_support).pop("current_backend", None)
    backend._enable_matplotlib_integration()


def pictures_apart() -> None:
    """Let matplotlib forget the shell that ends; it would look for its hooks in the next one."""
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.uninstall_repl_displayhook()


def _safe_path() -> list[str]:
    """Return sys.path without what stands before the standard library, unless the environment put it there."""
    named = {Path(entry).absolute() for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry}
    library = Path(sysconfig.get_path("stdlib"))
    zipped = library.parent / "python{}{}.zip".format(*sys.version_info)
    first = min(sys.path.index(str(entry)) for entry in (library, zipped) if str(entry) in sys.path)
    return [entry for entry in sys.path[:first] if entry and Path(entry).absolute() in named] + sys.path[first:]
