"""On what scale each outcome's difference is written: points, months, money, a ratio, or a plain number."""

import math

from retention_kit.wording import Message, Money

_SCALES = {
    **dict.fromkeys(("retention", "nrr", "grr", "expansion", "measured_share"), "points"),
    "rmst": "months",
    "spend": "money",
    "early_churn": "ratio",
}


def scale_of(outcome: str) -> str:
    """Return the scale of an outcome's difference: points, months, money, ratio or number."""
    return _SCALES.get(outcome, "number")


def size(outcome: str, value: float, currency: str | None = None) -> Message:
    """Return how large a difference is, without a sign."""
    return Message(f"power.size.{scale_of(outcome)}", {"value": _written(outcome, value, currency)})


def difference(
    outcome: str, estimate: float, low: float, high: float, level: float, currency: str | None = None
) -> Message:
    """Return a difference with its interval."""
    if math.isnan(estimate):
        return Message("study.difference.unknown")
    limits = {"estimate": estimate, "low": low, "high": high}
    written = {name: _written(outcome, value, currency) for name, value in limits.items()}
    return Message(f"study.difference.{scale_of(outcome)}", {**written, "level": level})


def _written(outcome: str, value: float, currency: str | None) -> float | Money:
    scale = scale_of(outcome)
    if scale == "money":
        return Money(value, currency)
    return value if scale == "points" or math.isnan(value) else round(value, 2)
