"""Where the report notebooks are: package data of a wheel, or `notebooks/reports` of the source tree."""

from importlib.resources import files
from pathlib import Path

from retention_kit.errors import FileNotReadableError, OptionError


def reports_folder() -> Path:
    """Return the folder of the report notebooks."""
    package = Path(str(files("retention_kit")))
    installed = package / "_notebooks" / "reports"
    return installed if installed.is_dir() else package.parent / "notebooks" / "reports"


def report_names() -> list[str]:
    """Return the names of the reports, in alphabetical order."""
    return sorted(path.stem for path in reports_folder().glob("[!.]*.ipynb"))


def report_path(name: str | Path) -> Path:
    """Return the notebook of a report.

    Parameters
    ----------
    name : str or Path
        One of `report_names()`, or the path of a notebook of one's own, ending in ``.ipynb``.

    Raises
    ------
    OptionError
        If no report has that name.
    FileNotReadableError
        If the path leads to no file.
    """
    if str(name).endswith(".ipynb"):
        return _existing(Path(name).absolute())
    if str(name) not in report_names():
        raise OptionError("error.unknown_report", name=str(name), legal=report_names())
    return reports_folder() / f"{name}.ipynb"


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise FileNotReadableError("error.file_missing", path=str(path))
    return path
