"""Draws and days: what the other modules of the invented business share.

Every draw is a uniform of PCG64, turned by formula: the stream that is stable from one NumPy to the next.
"""

from typing import Any

import numpy as np
from numpy.random import Generator


def pick(rng: Generator, shares: np.ndarray, size: int) -> np.ndarray:
    """Positions drawn with these shares; one row of shares for all, or one each."""
    cuts = np.cumsum(shares / shares.sum(axis=-1, keepdims=True), axis=-1)[..., :-1]
    return (rng.random(size)[:, None] >= cuts).sum(axis=1)


def days_of(month: Any, day: Any) -> np.ndarray:
    """Dates of a day in months counted since January 1970; past a short month's end, its last day."""
    first = np.asarray(month, np.int64).astype("datetime64[M]")
    last = (first + 1).astype("datetime64[D]") - 1
    return np.minimum(first.astype("datetime64[D]") + np.asarray(day, np.int64) - 1, last)
