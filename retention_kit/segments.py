"""Segments held against one another: which of them retain more or less than chance alone explains."""

import math
from typing import Any

import numpy as np
import pandas as pd

from retention_kit.contrasts import Share, holm, ratio_difference, retention_difference
from retention_kit.contrasts.comparisons import Contrast
from retention_kit.engines.memory import Choice, Window
from retention_kit.errors import OptionError
from retention_kit.intervals import ratio_sums
from retention_kit.ledger import Ledger
from retention_kit.months import window
from retention_kit.ratios import METHODS, chosen, rule, windows
from retention_kit.results import SegmentDifferences
from retention_kit.wording import Message

_MOST = 0.5  # share of one account above which no difference rests on a ratio
_FEWEST = 8  # customers on either side, as far down as the intervals were calibrated


def compare_segments(
    ledger: Ledger, start: Any, end: Any, *, by: str, measure: str = "nrr", level: float = 0.95
) -> SegmentDifferences:
    """Hold each segment against all other customers, and correct for having looked at every one.

    Parameters
    ----------
    ledger : Ledger
    start, end : str or date
        Month ends: see `nrr`.
    by : str
        The attribute of the customers that makes the segments; those without a value are a segment.
    measure : {"nrr", "grr", "logo_retention"}
        From end to end, returners counted.
    level : float
        Of the intervals.

    Returns
    -------
    SegmentDifferences

    Raises
    ------
    OptionError
        If `measure` is not one of the legal ones.
    OpenMonthError, MonthError, UnknownColumnError
        See `nrr`.

    Notes
    -----
    NRR and GRR by `contrasts.ratio_difference`, logo retention by Newcombe's interval. The p-values are corrected by
    Holm (1979) over the segments that could be tested; the intervals are not. No test where either side has fewer than
    8 customers, or where one account makes over half of the starting MRR of either (NRR, GRR). Who is in which segment
    was not drawn at random: a difference says where retention differs, not that the segment is the reason.

    Examples
    --------
    >>> from retention_kit.ledger import open_ledger
    >>> found = compare_segments(open_ledger(as_of="2025-12-31"), "2024-12", "2025-12", by="segment")
    >>> found.frame["segment"].tolist()
    ['Enterprise', 'Mid-market', 'SMB']
    """
    if measure not in METHODS:
        raise OptionError("error.option", name="measure", value=str(measure), legal=list(METHODS))
    begin, close = window(start, end, first=ledger.book.first, last=ledger.book.last, as_of=ledger.as_of)
    choice = chosen(measure, "cohort", "count")
    (base,) = windows(ledger, [begin], close - begin, [choice])
    codes, names = ledger.groups(by)
    rows = [_row(choice, base, codes[base.customers] == code, level) for code in range(len(names))]
    frame = pd.DataFrame(rows)
    frame.insert(0, "segment", [str(name) for name in names])
    # of two segments each is all the other's others: one question, asked once
    comparisons = 1 if (frame["n"] > 0).sum() == 2 else int(frame["p_value"].notna().sum())
    frame["p_adjusted"] = frame["p_value"] if comparisons == 1 else holm(frame["p_value"])
    said = Message(
        "rule.segments" if comparisons > 1 else "rule.segments_single",
        {"rule": rule(choice, begin, close), "n": comparisons},
    )
    untested = frame.loc[frame["p_value"].isna() & (frame["n"] > 0), "segment"].tolist()
    short = (Message("warning.segments_untested", {"segments": untested, "few": _FEWEST}),) if untested else ()
    return SegmentDifferences(
        measure, by, frame, comparisons, level, said, (Message("warning.segments_not_drawn"), *short)
    )


def _row(choice: Choice, base: Window, inside: np.ndarray, level: float) -> dict[str, float]:
    """Return one segment beside the others."""
    opening, kept = base.opening, base.kept[0]
    ones = (opening > 0).astype(np.int64) if choice.measure == "logo_retention" else opening
    value, others = (_ratio(kept[side], ones[side]) for side in (inside, ~inside))
    found = Contrast(value - others, math.nan, math.nan, math.nan)
    if _testable(choice, opening, inside):
        found = _logos(kept, inside, level) if ones is not opening else _money(kept, opening, inside, level)
    limits = {"difference": value - others, "low": found.low, "high": found.high, "p_value": found.p_value}
    return {"n": int(inside.sum()), "value": value, "others": others, **limits}


def _ratio(kept: np.ndarray, base: np.ndarray) -> float:
    return float(kept.sum() / base.sum()) if base.sum() else math.nan


def _testable(choice: Choice, opening: np.ndarray, inside: np.ndarray) -> bool:
    sides = opening[inside], opening[~inside]
    if min(len(side) for side in sides) < _FEWEST:
        return False
    return choice.measure == "logo_retention" or max(ratio_sums(side, side).largest for side in sides) <= _MOST


def _money(kept: np.ndarray, opening: np.ndarray, inside: np.ndarray, level: float) -> Contrast:
    return ratio_difference(kept, opening, inside).contrast(level)


def _logos(kept: np.ndarray, inside: np.ndarray, level: float) -> Contrast:
    return retention_difference(_share(kept[inside]), _share(kept[~inside]), level=level)


def _share(kept: np.ndarray) -> Share:
    value, n = float(kept.mean()), len(kept)
    return Share(value, value * (1 - value) / n, int(kept.sum()) or n)
