"""Ask every question of an NRR, and put the answers in order."""

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from retention_kit.diagnosis.arrivals import onboarding
from retention_kit.diagnosis.base import Base
from retention_kit.diagnosis.losers import contraction, one_account, one_segment
from retention_kit.diagnosis.moments import support, when
from retention_kit.errors import EmptyTableError
from retention_kit.ledger import Ledger
from retention_kit.months import month_end, window
from retention_kit.results import Clue, Diagnosis
from retention_kit.retention import nrr
from retention_kit.wording import Message

_ORDER = ("one_account", "one_segment", "onboarding", "contraction", "support", "when")


def diagnose(
    ledger: Ledger, start: Any, end: Any, *, by: str | Sequence[str] | None = None, events: pd.DataFrame | None = None
) -> Diagnosis:
    """Ask the questions behind a low NRR and answer each with its numbers, those that take most points of NRR first.

    Parameters
    ----------
    ledger : Ledger
    start, end : str or date
        Month ends: ``"2024-12", "2025-12"`` is from 31 December 2024 to 31 December 2025.
    by : str or list of str, optional
        Attributes of the customers to look for one segment in; default: every attribute with 2 to 12 values.
    events : DataFrame, optional
        customer_id, at (a date) and kind; kinds ``ticket`` and ``complaint`` answer whether support was asked for.

    Returns
    -------
    Diagnosis
        One clue a question: one big account, one segment, onboarding, contraction, support, when.

    Raises
    ------
    OpenMonthError, MonthError, UnknownColumnError
        See `nrr`.
    EmptyTableError
        If nobody paid at the start.
    MissingColumnError, InvalidRowsError
        If `events` lacks a column or has rows without a date.

    Notes
    -----
    ``1 - lost + gained`` is the NRR, with lost = Σ max(opening - closing, 0) ÷ Σ opening over the customers who paid at
    the start. The points of an account, a segment, or of those who left early are (its loss - its share of the opening
    × all losses) ÷ Σ opening: over all groups of one attribute they add up to 0. The points of contraction are all it
    took. These are descriptions; whether a difference is more than chance is a question for `compare`.

    Examples
    --------
    >>> from retention_kit.ledger import build_ledger
    >>> table = pd.DataFrame({"subscription_id": [1, 2, 3], "customer_id": ["Ada", "Bo", "Cy"],
    ...     "interval": ["month"] * 3, "start": ["2024-01-01"] * 3, "end": ["2025-02-01", None, None],
    ...     "amount": [200, 100, 100]})
    >>> found = diagnose(build_ledger(table, as_of="2025-12-31"), "2024-12", "2025-12")
    >>> [(each.key, each.points) for each in found.findings[:1]], float(found.nrr)
    ([('one_account', 0.25)], 0.5)
    """
    book = ledger.book
    begin, close = window(start, end, first=book.first, last=book.last, as_of=ledger.as_of)
    base = Base(ledger, begin, close, *ledger.engine.opening_base(book, begin, close))
    days = {"start": month_end(begin), "end": month_end(close)}
    if not len(base.customers):
        raise EmptyTableError("error.nobody_to_diagnose", **days)
    clues = [one_account(base), one_segment(base, by), onboarding(base), contraction(base)]
    clues += [support(base, events), when(base)]
    amounts = {name: base.money(getattr(base, name).sum()) for name in ("opening", "lost", "gained")}
    rule = Message("rule.diagnosis", {**days, "months": close - begin})
    return Diagnosis(nrr(ledger, start, end), **amounts, findings=tuple(sorted(clues, key=_rank)), rule=rule)


def _rank(clue: Clue) -> tuple[bool, float, int]:
    """Sort what has no answer last, what is not about points before it, most points first."""
    points = math.inf if math.isnan(clue.points) else -clue.points
    return not clue.answerable, points, _ORDER.index(clue.key)
