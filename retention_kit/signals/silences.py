"""Where the events fall silent before the day: an export that stopped looks like customers who did."""

import datetime as dt
from collections.abc import Mapping

import numpy as np

from retention_kit.signals.log import EventLog, date_of, day_number
from retention_kit.signals.measuring import SIGNALS
from retention_kit.wording import Message

_SHORTEST = 7
"""Days of silence that never count as a stop."""
_USUAL, _TIMES = 0.9, 2


def patience(days: np.ndarray) -> float:
    """Return how many days of silence are usual: a week, or twice the gap that nine gaps of ten do not exceed.

    Examples
    --------
    >>> patience(np.arange(20)), patience(np.arange(0, 200, 10))
    (7.0, 20.0)
    """
    gaps = np.diff(np.unique(days))
    return max(float(_SHORTEST), _TIMES * float(np.quantile(gaps, _USUAL))) if len(gaps) else np.inf


def stopped(log: EventLog, day: dt.date) -> bool:
    """Return whether the last event lies before the day by more than the usual silence."""
    return len(log) > 0 and day_number(day) - int(log.day[-1]) > patience(log.day)


def silences(log: EventLog, day: dt.date, windows: Mapping[str, int]) -> dict[str, dict[str, dt.date]]:
    """Return for every signal the kinds it needs that fell silent before the day, with the last day of each.

    Parameters
    ----------
    log : EventLog
        Up to the day.
    day : date
    windows : mapping
        Months by signal.

    Notes
    -----
    A kind is silent where no customer has one in the last window though one came before. For signals that silence
    makes fire (usage, features, mails) so is a kind that stopped within the window.
    """
    kinds = {kind: log.of(kind) for name in windows for kind in SIGNALS[name].kinds}
    ended = {kind: stopped(own, day) for kind, own in kinds.items()}
    found = {}
    for name, months in windows.items():
        signal = SIGNALS[name]
        quiet = {kind: kinds[kind] for kind in signal.kinds if len(kinds[kind])}
        found[name] = {
            kind: date_of(int(own.day[-1]))
            for kind, own in quiet.items()
            if _compared(own, day, months, signal.back)
            and ((signal.by_silence and ended[kind]) or not len(own.within(day, months)))
        }
    return {name: kinds for name, kinds in found.items() if kinds}


def _compared(log: EventLog, day: dt.date, months: int, back: int | None) -> bool:
    """Return whether the windows that a signal compares hold any of these events; a kind given up long ago is none."""
    return back is None or len(log.within(day, months * (back + 1))) > 0


def told(log: EventLog, day: dt.date, found: Mapping[str, Mapping[str, dt.date]]) -> tuple[Message, ...]:
    """Return which events stop when, and what is not known for that."""
    if not found:
        return ()
    if stopped(log, day):
        names = [Message(f"signal.followed.{name}") for name in found]
        return (Message("signal.warning.events_end", {"last": date_of(int(log.day[-1])), "day": day, "names": names}),)
    last = {kind: until for kinds in found.values() for kind, until in kinds.items()}
    return tuple(
        Message("signal.warning.kind_ends", {"kind": kind, "last": until, "names": _named(found, kind)})
        for kind, until in last.items()
    )


def _named(found: Mapping[str, Mapping[str, dt.date]], kind: str) -> list[Message]:
    return [Message(f"signal.followed.{name}") for name, kinds in found.items() if kind in kinds]
