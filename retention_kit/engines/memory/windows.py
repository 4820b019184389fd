"""Windows: the customers of an opening base, and what became of them."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from retention_kit.engines.memory.book import Book


class Choice(NamedTuple):
    """What is counted as kept: measure (nrr, grr, logo_retention), method and returners, as `retention` has them."""

    measure: str
    method: str
    returners: str


class Window(NamedTuple):
    """Who counts in a window: MRR at its start in cents, and what is kept of it, one array a choice.

    Of a monthly chain both are matrices, a row a month, and what opens a month of logo retention is 1.
    """

    customers: np.ndarray
    opening: np.ndarray
    kept: tuple[np.ndarray, ...]


def opening_base(book: Book, start: int, end: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return per customer who paid at `start`: the customer, MRR at `start`, MRR at `end`, in cents."""
    choice = Choice("nrr", "cohort", "count")
    found = kept(book, [start], end - start, [choice])[0]
    return found.customers, found.opening, found.kept[0]


def kept(book: Book, starts: Sequence[int], length: int, choices: Sequence[Choice]) -> list[Window]:
    """Return per window of `length` months, one a start, who counts and what is kept of their opening MRR.

    Those who count paid at the start, or are returners among "all"; of these the opening is 0.
    """
    return _over_blocks(book, starts, length, choices, _window)


def kept_monthly(book: Book, starts: Sequence[int], length: int, choices: Sequence[Choice]) -> list[Window]:
    """Return the same month by month, each month with an opening base of its own: matrices of months × customers."""
    return _over_blocks(book, starts, length, choices, _chain)


def _over_blocks(book: Book, starts: Sequence[int], length: int, choices: Sequence[Choice], measure) -> list[Window]:
    began, parts = book.start, [[] for _ in starts]
    for some, dense in book.blocks():
        for place, start in enumerate(starts):
            row = book.row(start)
            path = dense[row : row + length + 1]
            parts[place].append(_shift(measure(path, began[some] - start, choices), some.start))
    return [_side_by_side(blocks) for blocks in parts]


def _shift(window: Window, low: int) -> Window:
    return window._replace(customers=window.customers + low)


def _side_by_side(blocks: list[Window]) -> Window:
    customers, openings, kept = zip(*blocks, strict=True)
    joined = tuple(np.concatenate(arrays, axis=-1) for arrays in zip(*kept, strict=True))
    return Window(np.concatenate(customers), np.concatenate(openings, axis=-1), joined)


def _window(path: np.ndarray, began: np.ndarray, choices: Sequence[Choice]) -> Window:
    counts = path[0] > 0
    if _all_count(choices):
        counts = counts | ((began < 0) & (path[-1] > 0))
    customers = np.flatnonzero(counts)
    path = path[:, customers]
    return Window(customers, path[0], tuple(_kept(path, choice) for choice in choices))


def _all_count(choices: Iterable[Choice]) -> bool:
    return any(choice.returners == "all" for choice in choices)


def _kept(path: np.ndarray, choice: Choice) -> np.ndarray:
    if choice.method == "running_min":
        return path.min(axis=0)
    if choice.returners == "lost":
        path = _stay_lost(path)
    if choice.method == "movements":
        return path[0] + _summed_movements(path, choice.measure)
    return _point_to_point(path[0], path[-1], choice.measure)


def _point_to_point(opening: np.ndarray, closing: np.ndarray, measure: str) -> np.ndarray:
    if measure == "logo_retention":
        return (closing > 0).astype(np.int64)
    return np.minimum(opening, closing) if measure == "grr" else closing


def _summed_movements(path: np.ndarray, measure: str) -> np.ndarray:
    """Return what months took and, for NRR, gave to each customer; a return after 0 is no expansion."""
    change = np.diff(path, axis=0)
    taken = np.minimum(change, 0).sum(axis=0)
    if measure == "grr":
        return taken
    return taken + np.where((change > 0) & (path[:-1] > 0), change, 0).sum(axis=0)


def _stay_lost(path: np.ndarray) -> np.ndarray:
    """Return the path with 0 from the first month end at 0 after one with MRR."""
    gone = np.logical_or.accumulate((path[:-1] > 0) & (path[1:] == 0), axis=0)
    return np.concatenate([path[:1], np.where(gone, 0, path[1:])])


def _chain(path: np.ndarray, began: np.ndarray, choices: Sequence[Choice]) -> Window:
    customers = np.flatnonzero(path.any(axis=0))
    path, began = path[:, customers], began[customers]
    if choices[0].returners == "lost":
        path = _stay_lost(path)
    opening, closing = path[:-1], path[1:]
    counts = opening > 0
    if _all_count(choices):
        counts = counts | (began < np.arange(len(opening))[:, None])
    kept = (np.where(counts, _point_to_point(opening, closing, choice.measure), 0) for choice in choices)
    return Window(customers, opening, tuple(kept))
