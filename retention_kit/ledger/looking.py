"""What a report looks at when nothing else is said: how far back, against which window, beside whom."""

import pandas as pd

from retention_kit.ledger.value import Ledger
from retention_kit.months import month_start
from retention_kit.wording import Money

_USUAL = 12
_A_YEAR = 12


def window_length(ledger: Ledger, asked: int = 0) -> int:
    """Return how many months a retention figure looks back: as many as asked for, else twelve, or all that fit.

    Parameters
    ----------
    ledger : Ledger
    asked : int
        0: not said.

    Returns
    -------
    int

    Raises
    ------
    OptionError
        If so many months were not observed.

    Examples
    --------
    >>> from retention_kit.ledger import open_ledger
    >>> window_length(open_ledger(as_of="2025-12-31")), window_length(open_ledger(as_of="2025-12-31"), 3)
    (12, 3)
    """
    months = asked or max(min(_USUAL, ledger.book.last - ledger.book.first), 1)
    ledger.last_window(months)
    return months


def window_lengths(ledger: Ledger, months: int) -> tuple[int, ...]:
    """Return the lengths of window to show side by side: a month, a quarter, a year and `months`, where they fit.

    Parameters
    ----------
    ledger : Ledger
    months : int

    Returns
    -------
    tuple of int

    Examples
    --------
    >>> from retention_kit.ledger import open_ledger
    >>> window_lengths(open_ledger(as_of="2025-12-31"), 6)
    (1, 3, 6, 12)
    """
    return tuple(sorted(n for n in {1, 3, 12, months} if n <= ledger.book.last - ledger.book.first))


def starts_observed(ledger: Ledger) -> int:
    """Return how many customers began within what was observed: without any there is no cohort.

    Parameters
    ----------
    ledger : Ledger

    Returns
    -------
    int

    Examples
    --------
    >>> from retention_kit.ledger import open_ledger
    >>> starts_observed(open_ledger(as_of="2025-12-31"))
    1992
    """
    return int((~ledger.book.truncated).sum())


def window_before(ledger: Ledger, months: int) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """Return the window of as many months that ends where the last one begins; None where it was not observed.

    Parameters
    ----------
    ledger : Ledger
    months : int

    Returns
    -------
    tuple of two Timestamps, or None

    Examples
    --------
    >>> from retention_kit.ledger import open_ledger
    >>> start, end = window_before(open_ledger(as_of="2025-12-31"), 12)
    >>> f"{start:%Y-%m} {end:%Y-%m}"
    '2023-12 2024-12'
    """
    close = ledger.book.last - months
    begin = close - months
    return (month_start(begin), month_start(close)) if begin >= ledger.book.first else None


def annual_revenue(ledger: Ledger, *, usd: float = 0.0) -> Money | None:
    """Return the annual recurring revenue (ARR) that says among which companies to look for published figures.

    Parameters
    ----------
    ledger : Ledger
    usd : float
        In US dollars, where the ledger's currency is another; 0: twelve times the MRR of the last month.

    Returns
    -------
    Money or None
        None where nobody pays any more.

    Examples
    --------
    >>> from retention_kit.ledger import Ledger
    >>> table = pd.DataFrame({"2025-01": [100, 50]}, index=["Ada", "Bo"])
    >>> annual_revenue(Ledger.from_frame(table, as_of="2025-01-31", currency="EUR"))
    Money(amount=1800.0, currency='EUR')
    """
    if usd:
        return Money(float(usd), "USD")
    last = ledger.money(_A_YEAR * ledger.book.cents[ledger.book.month == ledger.book.last].sum())
    return last if last.amount > 0 else None
