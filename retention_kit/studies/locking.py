"""The lock of a study: the hash of what was declared, kept in a small file with the looks that were taken."""

import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from retention_kit.errors import FileNotReadableError, ProtocolChangedError
from retention_kit.results import Lock
from retention_kit.wording import Message


def hash_of(protocol: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a protocol in canonical JSON: sorted names, no spaces, UTF-8."""
    text = json.dumps(protocol, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def look_of(lock: Lock, as_of: dt.date) -> int:
    """Return the position of `as_of` among the looks of a lock, 1 for the first.

    Raises
    ------
    ProtocolChangedError
        If it is earlier than the last look, be it one of them: data of before a look cannot be looked at after it.
    """
    if as_of < lock.looks[-1]:
        raise ProtocolChangedError("error.study.earlier_look", as_of=as_of, last=lock.looks[-1])
    return len(lock.looks) + (as_of > lock.looks[-1])


def looked(lock: Lock, as_of: dt.date) -> Lock:
    """Return a lock with one look more, or the same if it has been looked at these data."""
    new = look_of(lock, as_of) > len(lock.looks)
    return replace(lock, as_of=as_of, looks=(*lock.looks, as_of) if new else lock.looks)


def check_unchanged(lock: Lock, protocol: Mapping[str, Any], fixed: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse a protocol that is not the locked one, or other standard attributes than then, and say what changed.

    Raises
    ------
    ProtocolChangedError
    """
    if lock.hash != hash_of(protocol):
        raise ProtocolChangedError("error.study.changed", changes=changes(lock.protocol, protocol))
    changed = list(_changes_of_standard(lock.fixed, fixed))
    if changed:
        raise ProtocolChangedError("error.study.changed", changes=changed)


def _changes_of_standard(
    before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> Iterator[Message]:
    for name, values in before.items():
        old, new = values.get("adjust"), after.get(name, {}).get("adjust")
        if old != new:
            yield Message("study.change_of_standard", {"name": name, "old": _text(old), "new": _text(new)})


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Message]:
    """Return what differs between two protocols, place by place."""
    old, new = dict(_flat(before)), dict(_flat(after))
    places = [place for place in dict.fromkeys([*old, *new]) if old.get(place) != new.get(place)]
    nothing = Message("study.nothing")
    return [
        Message("study.change", {"place": place, "old": old.get(place, nothing), "new": new.get(place, nothing)})
        for place in places
    ]


def _flat(protocol: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield every place of a protocol with its value as text; hypotheses by name, and their order."""
    for name, value in protocol.items():
        if name != "hypotheses":
            yield name, _text(value)
    hypotheses = protocol.get("hypotheses", [])
    for each in hypotheses:
        yield from ((f"{each['name']}.{name}", _text(value)) for name, value in each.items() if name != "name")
    yield "hypotheses", ", ".join(each["name"] for each in hypotheses)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def read_lock(path: str | Path) -> Lock:
    """Return the lock kept in a file.

    Raises
    ------
    FileNotReadableError
        If the file is not there or holds no lock, or one whose hash is not that of its protocol.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotReadableError("error.study.lock_missing", path=str(path))
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        looks = tuple(dt.date.fromisoformat(day) for day in kept["looks"])
        lock = Lock(kept["hash"], looks[-1], looks, kept["protocol"], kept["version"], kept.get("fixed", {}))
        whole = lock.hash == hash_of(lock.protocol) and kept.get("fixed_hash", hash_of({})) == hash_of(lock.fixed)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        whole = False
    if not whole:
        raise FileNotReadableError("error.study.lock_unreadable", path=str(path))
    return lock


def write_lock(lock: Lock, path: str | Path) -> None:
    """Write a lock to a file, whole or not at all.

    Raises
    ------
    FileNotReadableError
        If its folder is not there.
    """
    path = Path(path)
    if not path.parent.is_dir():
        raise FileNotReadableError("error.study.lock_folder", path=str(path.parent))
    kept = {"hash": lock.hash, "looks": [day.isoformat() for day in lock.looks], "version": lock.version}
    kept |= {"protocol": lock.protocol, "fixed": lock.fixed, "fixed_hash": hash_of(lock.fixed)}
    text = json.dumps(kept, indent=2, ensure_ascii=False) + "\n"
    # a name of its own beside the lock, so that a write that breaks off leaves the old lock whole
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
