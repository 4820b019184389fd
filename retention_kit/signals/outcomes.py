"""What came after a past day: who left within a horizon, whose MRR grew."""

import numpy as np

from retention_kit.ledger import Ledger


def came_true(ledger: Ledger, kind: str, month: int, horizon: int) -> np.ndarray:
    """Return for every customer of the ledger whether they left, or grew, within `horizon` months after a month end.

    Parameters
    ----------
    ledger : Ledger
    kind : {"risk", "upsell"}
        Risk: a month end at 0 that lasts beyond the ledger's `grace_months`. Upsell: a month end with more MRR than on
        the day.
    month, horizon : int

    Examples
    --------
    >>> import pandas as pd
    >>> wide = pd.DataFrame({"2025-01": [9, 9], "2025-02": [9, 9], "2025-03": [0, 12]}, index=["Ada", "Bo"])
    >>> book = Ledger.from_frame(wide, as_of="2025-03-31")
    >>> [came_true(book, kind, book.book.first, 2).tolist() for kind in ("risk", "upsell")]
    [[True, False], [False, True]]
    """
    book, grace = ledger.book, ledger.grace_months
    found = []
    for _, cents in book.blocks():
        now, after = cents[book.row(month)], cents[book.row(month) + 1 : book.row(month) + horizon + grace + 1]
        if kind == "upsell":
            found.append((after[:horizon] > now).any(axis=0))
            continue
        gaps = np.lib.stride_tricks.sliding_window_view(after == 0, grace + 1, axis=0)
        found.append(gaps.all(axis=-1).any(axis=0))
    return np.concatenate(found)
