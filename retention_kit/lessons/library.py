"""Where the lessons are, and how the folders that are made of them are called."""

from pathlib import Path

from retention_kit.errors import OptionError
from retention_kit.reports.library import notebooks_folder
from retention_kit.wording import LANGUAGES


def lesson_paths(lang: str) -> list[Path]:
    """Return the notebooks of the lessons in a language, in order.

    Raises
    ------
    OptionError
        If there are no lessons in that language.
    """
    if lang not in LANGUAGES:
        raise OptionError("error.option", name="lang", value=str(lang), legal=list(LANGUAGES))
    return sorted((notebooks_folder("lessons") / lang).glob("[0-9]*.ipynb"))


def guide_path(lang: str) -> Path:
    """Return the instructor's guide in a language, in Markdown."""
    return notebooks_folder("lessons") / f"guide.{lang}.md"


def lesson_names(lang: str) -> list[str]:
    """Return the names of the lessons in a language, in order.

    Parameters
    ----------
    lang : {"en", "fr"}

    Raises
    ------
    OptionError
        If there are no lessons in that language.

    Examples
    --------
    >>> lesson_names("fr")[0]
    '01_que_dit_le_nrr'
    """
    return [path.stem for path in lesson_paths(lang)]
