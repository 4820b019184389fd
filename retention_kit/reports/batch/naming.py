"""Names of files that every system takes, whatever stands in the data, and no two alike."""

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Any

LONGEST = 80
"""Characters of a name: a path of Windows has 260, and a report adds endings."""
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
_HASHED = 10


def slug(text: str) -> str:
    """Return a text in lower-case letters, digits and hyphens; accents fall away, and so does what has no letter.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        Empty if nothing is left.

    Examples
    --------
    >>> slug("../Île-de-France (Sud)")
    'ile-de-france-sud'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def digest(value: Any) -> str:
    """Return the SHA-256 of a value of builtins, whatever the order of its keys."""
    # a lone surrogate is a text for Python, and none for UTF-8
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode("ascii")).hexdigest()


def stems(names: Sequence[Sequence[str]]) -> list[str]:
    """Return one name of a file for each list of texts: readable where that is safe, with a hash where it is not.

    Parameters
    ----------
    names : sequence of sequence of str
        The parts of each name; no two the same.

    Returns
    -------
    list of str
        Different even where letters of both cases are the same, at most `LONGEST` characters.

    Examples
    --------
    >>> stems([["hypothesis", "SMB", "en"], ["hypothesis", "Mid market", "en"]])
    ['hypothesis_smb_en', 'hypothesis_mid-market_en']
    """
    readable = ["_".join(map(slug, parts)) for parts in names]
    hashed = [not _safe(name, parts) for name, parts in zip(readable, names, strict=True)]
    while True:
        made = [_made(*each) for each in zip(readable, hashed, names, strict=True)]
        several = {name for name, n in Counter(made).items() if n > 1}
        if not several:
            return made
        hashed = [old or name in several for old, name in zip(hashed, made, strict=True)]


def _safe(name: str, parts: Sequence[str]) -> bool:
    return len(name) <= LONGEST and name not in _RESERVED and all(map(slug, parts))


def _made(readable: str, hashed: bool, parts: Sequence[str]) -> str:
    if not hashed:
        return readable
    return f"{readable[: LONGEST - _HASHED - 1].strip('_-') or 'x'}-{digest(list(parts))[:_HASHED]}"
