"""The survivors of a cohort of a ledger, age by age."""

import numpy as np
import pandas as pd

from retention_kit.errors import OptionError
from retention_kit.ledger import Ledger
from retention_kit.ledger.snapshots import refuse_snapshot
from retention_kit.months import month_number

_FREQUENCIES = ("M", "Q", "Y")


def survivors_of(ledger: Ledger, cohort: str | None, term: int | None) -> list[int]:
    """Return how many of those who came in a month, quarter or year were still there after 0, 1, 2 … periods.

    A customer who left and came back is gone. All ages are shown that the last of them to come has been watched for.

    Raises
    ------
    InputError
        If the ledger holds a snapshot of survivors.
    OptionError
        If `cohort` names none, nobody came then, or their contracts have several lengths and `term` is none of them.

    Examples
    --------
    >>> wide = pd.DataFrame({"2025-01": [9, 9], "2025-02": [9, 9], "2025-03": [0, 9]}, index=["Ada", "Bo"])
    >>> survivors_of(Ledger.from_frame(wide, as_of="2025-03-31", complete=True), "2025-01", None)
    [2, 2, 1]
    """
    refuse_snapshot(ledger)
    first, last = _months(cohort)
    lives = ledger.engine.lives(ledger.book, ledger.grace_months)
    own = lives.known & (lives.entry == 0) & (lives.start >= first) & (lives.start <= last)
    if not own.any():
        raise OptionError("forecast.error.nobody_came", value=str(cohort))
    lengths = np.unique(ledger.terms[own]).tolist()
    if (term is None and len(lengths) > 1) or (term is not None and term not in lengths):
        raise OptionError("forecast.error.term", value=str(term), legal=lengths)
    months = lengths[0] if term is None else term
    own &= ledger.terms == months
    left = np.where(lives.churned < 0, np.inf, lives.churned)[own]
    return [int((left > age).sum()) for age in range(0, int(lives.watched[own].min()) + 1, months)]


def _months(cohort: str | None) -> tuple[int, int]:
    """Return the numbers of the first and the last month of a month, quarter or year."""
    try:
        period = pd.Period(str(cohort))
    except ValueError:
        period = None
    if period is None or period is pd.NaT or period.freqstr.partition("-")[0] not in _FREQUENCIES:
        raise OptionError("forecast.error.cohort", value=str(cohort))
    return month_number(period.start_time), month_number(period.end_time)
