"""One report of a batch: what it is run with, what it is called, and which question it asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from retention_kit.reports.batch.naming import digest

_SAME_QUESTION = ("lang", "mask")
"""Parameters that change how a page reads, and not what it asks."""


@dataclass(frozen=True)
class Job:
    """One report that a plan asks for.

    Attributes
    ----------
    key : str
        Its place below the folder of the batch, without an ending: ``hypothesis/hypothesis_smb_en``.
    source : Path
        The notebook.
    parameters : mapping of str to object
        Checked.
    formats : tuple of str
    group : tuple of (str, str)
        What it was asked for each of, and the value: (("segment", "SMB"),).
    """

    key: str
    source: Path
    parameters: Mapping[str, Any]
    formats: tuple[str, ...]
    group: tuple[tuple[str, str], ...] = ()

    @property
    def lang(self) -> str:
        """The language of the page."""
        return str(self.parameters.get("lang", "en"))

    @property
    def folder(self) -> str:
        """The folder of its files, below that of the batch."""
        return self.key.partition("/")[0]

    @property
    def stem(self) -> str:
        """The name of its files, without an ending."""
        return self.key.partition("/")[2]

    @property
    def question(self) -> str:
        """What it asks: the same in every language."""
        asked = {name: value for name, value in self.parameters.items() if name not in _SAME_QUESTION}
        return digest([str(self.source), asked])
