"""Where the report notebooks are: package data of a wheel, or `notebooks/reports` of the source tree."""

from importlib.resources import files
from pathlib import Path

from retention_kit.errors import FileNotReadableError, OptionError


def notebooks_folder(part: str) -> Path:
    """Return a folder of the notebooks that come with the package: ``"reports"``, ``"lessons"``."""
    package = Path(str(files("retention_kit")))
    installed = package / "_notebooks" / part
    return installed if installed.is_dir() else package.parent / "notebooks" / part


def reports_folder() -> Path:
    """Return the folder of the report notebooks."""
    return notebooks_folder("reports")


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


def study_file(path: str | Path = "") -> Path:
    """Return the file of a study.

    Parameters
    ----------
    path : str or Path
        Empty: the bundled example, a study of the bundled business.

    Raises
    ------
    FileNotReadableError
        If the path leads to no file.
    """
    return _existing(Path(path).absolute()) if str(path) else reports_folder() / "study_example.yml"


def lock_file(study: Path, path: str | Path = "") -> Path | None:
    """Return the lock of a study, or None where it has none.

    Parameters
    ----------
    study : Path
    path : str or Path
        Empty: the one beside the study, ``study.yml`` → ``study.lock.json``, if it is there.

    Raises
    ------
    FileNotReadableError
        If the path leads to no file.
    """
    if str(path):
        return _existing(Path(path).absolute())
    beside = study.with_suffix(".lock.json")
    return beside if beside.is_file() else None


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise FileNotReadableError("error.file_missing", path=str(path))
    return path
