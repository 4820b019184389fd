"""Reading the message catalogue: one gettext file with both languages side by side."""

from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType


def load(lang: str) -> Mapping[str, str]:
    """Return the texts of one language by key.

    Each entry of `catalogue.po` names the key (``msgctxt``), the English text (``msgid``) and the French
    one (``msgstr``), so that a translator sees both and any editor of gettext files can open it.
    """
    from babel.messages.pofile import read_po

    with (files("retention_kit.wording") / "catalogue.po").open("rb") as file:
        entries = [entry for entry in read_po(file, locale="fr") if entry.context]
    return MappingProxyType({entry.context: str(entry.id if lang == "en" else entry.string) for entry in entries})
