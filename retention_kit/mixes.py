"""Why a ratio moved: because the segments did, or because their mix did."""

from typing import Any

import numpy as np
import pandas as pd

from retention_kit.errors import OptionError
from retention_kit.ledger import Ledger
from retention_kit.months import month_end, month_number
from retention_kit.ratios import METHODS
from retention_kit.results import Estimate, Estimates, MixEffect
from retention_kit.retention import grr, logo_retention, nrr
from retention_kit.wording import Message

_MEASURES = {"nrr": nrr, "grr": grr, "logo_retention": logo_retention}


def mix_effect(
    ledger: Ledger, before: tuple[Any, Any], after: tuple[Any, Any], *, by: str, measure: str = "nrr"
) -> MixEffect:
    """Split the change of a ratio between two windows into what segments did and what their mix did.

    Parameters
    ----------
    ledger : Ledger
    before, after : tuple of two month ends
        ``("2023-12", "2024-12"), ("2024-12", "2025-12")``: two windows of the same length.
    by : str
        The attribute of the customers that makes the segments.
    measure : {"nrr", "grr", "logo_retention"}
        Each from end to end, returners counted (see `nrr`).

    Returns
    -------
    MixEffect

    Raises
    ------
    OptionError
        If `measure` is not one of the legal ones, a window is not two months, or the two differ in length.
    OpenMonthError, MonthError, UnknownColumnError
        See `nrr`.

    Notes
    -----
    With w the share of the starting MRR (for logo retention, of the customers at the start) and r the ratio of a
    segment, before (0) and after (1): ``within = Σ ½(w₀+w₁)(r₁-r₀)``, ``mix = Σ ½(r₀+r₁)(w₁-w₀)``, and their sum is the
    change (Kitagawa 1955). A segment with nobody at the start of one window has no ratio there: its ratio is
    taken as unchanged, so that its coming or going is mix, and a warning names it.

    Examples
    --------
    >>> from retention_kit.ledger import build_ledger
    >>> table = pd.DataFrame({"subscription_id": [1, 2, 3], "customer_id": ["Ada", "Bo", "Bo"],
    ...     "interval": ["month"] * 3, "start": ["2025-01-01", "2025-01-01", "2025-03-01"],
    ...     "end": [None, "2025-03-01", None], "amount": [100, 100, 50]})
    >>> customers = pd.DataFrame({"customer_id": ["Ada", "Bo"], "plan": ["Pro", "Basic"]})
    >>> ledger = build_ledger(table, as_of="2025-03-31", customers=customers)
    >>> print(mix_effect(ledger, ("2025-01", "2025-02"), ("2025-02", "2025-03"), by="plan").describe("en"))
    Net revenue retention (NRR) went from 100.0% to 75.0%: −25.0 points, of which −25.0 because the segments changed \
and 0.0 because the mix of segments did.
    """
    if measure not in METHODS:
        raise OptionError("error.option", name="measure", value=str(measure), legal=list(METHODS))
    windows = _pair("before", before), _pair("after", after)
    lengths = [close - begin for begin, close in windows]
    if lengths[0] != lengths[1]:
        raise OptionError("error.windows_differ", before=lengths[0], after=lengths[1])
    wholes = [_MEASURES[measure](ledger, *window) for window in (before, after)]
    parts = [_MEASURES[measure](ledger, *window, by=by) for window in (before, after)]
    frame = _split(measure, *parts)
    warnings = [] if all(whole.n for whole in wholes) else [Message("warning.nobody_at_start")]
    if alone := _in_one_window(frame):
        warnings.append(Message("warning.segment_in_one_window", {"segments": alone}))
    names = ("before_start", "before_end", "after_start", "after_end")
    dates = {name: month_end(month) for name, month in zip(names, (*windows[0], *windows[1]), strict=True)}
    rule = Message(f"rule.mix.{measure}", dates | {"by": by})
    return MixEffect(measure, by, *wholes, frame, rule, tuple(warnings))


def _pair(name: str, window: tuple[Any, Any]) -> tuple[int, int]:
    if isinstance(window, str) or not hasattr(window, "__len__") or len(window) != 2:
        raise OptionError("error.window_pair", name=name)
    begin, close = window
    return month_number(begin), month_number(close)


def _split(measure: str, before: Estimates, after: Estimates) -> pd.DataFrame:
    weights = [_weights(measure, list(side)) for side in (before, after)]
    values = [np.array([each.value for each in side]) for side in (before, after)]
    known = [np.where(np.isnan(value), other, value) for value, other in zip(values, values[::-1], strict=True)]
    nobody = np.isnan(known[0])  # at the start of neither window
    (w0, w1), (r0, r1) = weights, [np.where(nobody, 0.0, rates) for rates in known]
    return pd.DataFrame(
        {
            "segment": [each.group for each in before],
            "weight_before": w0,
            "weight_after": w1,
            "value_before": values[0],
            "value_after": values[1],
            "within": (w0 + w1) / 2 * (r1 - r0),
            "mix": (r0 + r1) / 2 * (w1 - w0),
        }
    )


def _weights(measure: str, parts: list[Estimate]) -> np.ndarray:
    sizes = np.array([each.n if measure == "logo_retention" else each.base.amount for each in parts], float)
    with np.errstate(invalid="ignore"):
        return sizes / sizes.sum()


def _in_one_window(frame: pd.DataFrame) -> list[str]:
    one = frame["value_before"].isna() != frame["value_after"].isna()
    return frame.loc[one, "segment"].tolist()
