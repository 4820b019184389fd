"""The words of a finding: what was claimed, what was measured, what the verdict allows to be said.

A sentence is composed of messages: the claim, the numbers, the margin, each in the words of its outcome.
"""

import math
from collections.abc import Sequence
from typing import Any

from retention_kit.results.evidence import Line
from retention_kit.results.scales import scale_of
from retention_kit.wording import Message, Money, render
from retention_kit.wording.formats import money_decimals

Finding = Any  # the one of `findings`, which imports this module

_FINE = {"percent": "finding.value.percent_fine", "months": "finding.value.months_fine"}
_VALUES = {"points": "percent", "ratio": "percent"}  # how a group's own value is written, where not as the difference


def decimals(scale: str, values: Sequence[float]) -> int:
    """Return with how many decimals numbers are written, so that the smallest keeps a digit.

    >>> decimals("months", [0.8, 0.04, 1.6]), decimals("money", [250.0, 3.1]), decimals("number", [40.0])
    (2, 0, 1)
    """
    known = [abs(x) for x in values if x and not math.isnan(x)]
    if scale == "money":
        return 0 if max(known, default=0.0) >= 100 else 2
    return min(max(math.ceil(-math.log10(min(known, default=1.0))), 1), 3)


def value(outcome: str, x: float, currency: str | None = None, digits: int | None = None) -> Message:
    """Return the outcome of one group in words, with as many decimals as it needs unless `digits` says."""
    scale = scale_of(outcome)
    kind = _VALUES.get(scale, scale)
    fine = digits is not None and digits > 1 and kind in _FINE
    if kind == "percent":
        written = x if digits is None else round(100 * x, digits) / 100
    else:
        written = _rounded(scale, x, decimals(scale, [x]) if digits is None else digits, currency)
    return Message(_FINE[kind] if fine else f"finding.value.{kind}", {"value": written})


def compared(
    outcome: str,
    values: tuple[float, float],
    ends: tuple[float, float, float],
    level: float,
    currency: str | None = None,
) -> dict[str, Message]:
    """Return both values and their difference, so written that the reader who subtracts finds the difference.

    Parameters
    ----------
    values : tuple of float
        Of the group with the factor and of the reference.
    ends : tuple of float
        The difference and its limits.

    Returns
    -------
    dict
        Of value, reference_value and difference. One decimal more than usual where rounding would show a subtraction
        that fails; where it fails even so, the difference of the two values as they are shown.

    Examples
    --------
    >>> shown = compared("retention", (0.7164, 0.62753), (0.08887, math.nan, math.nan), 0.95)
    >>> print(shown["value"], shown["reference_value"], shown["difference"])
    71.64% 62.75% 8.89 points more
    """
    scale, estimate = scale_of(outcome), ends[0]
    unit = 100 if scale == "points" else 1
    digits = None
    if scale != "ratio" and abs(values[0] - values[1] - estimate) < 1e-9 * max(1.0, abs(estimate)):
        digits = _subtractable(scale, [unit * x for x in (*values, *ends)], currency)
        shown = [round(unit * x, digits) for x in values]
        ends = ((shown[0] - shown[1]) / unit, *ends[1:])
    names = zip(("value", "reference_value"), values, strict=True)
    told_values = {name: value(outcome, x, currency, digits) for name, x in names}
    return {**told_values, "difference": told(outcome, *ends, level, currency, digits)}


def _subtractable(scale: str, shown: list[float], currency: str | None) -> int:
    """Return with how many decimals two values, their difference and its limits are written."""
    value, reference, *ends = shown
    most = money_decimals(currency) if scale == "money" else 3
    usual = 1 if scale == "points" else min(decimals(scale, ends), most)
    if abs(round(value, usual) - round(reference, usual) - round(ends[0], usual)) < 0.5 * 10**-usual:
        return usual
    return most if scale == "money" else min(usual + 1, most)


def _rounded(scale: str, x: float, digits: int, currency: str | None) -> Any:
    """Return a number as it is shown; whole ones as such, so that "1 month" is one."""
    if not math.isfinite(x):
        return Money(x, currency) if scale == "money" else x
    near = round(x, digits)
    if scale == "money":
        return Money(near, currency)
    return int(near) if near == int(near) else near


def _side(x: float) -> str:
    return "more" if x >= 0 else "less"


def change(outcome: str, x: float, digits: int = 1, currency: str | None = None) -> Message:
    """Return a difference without its interval: "6 points more", "0.3 months less", "2.1 times as often"."""
    scale = scale_of(outcome)
    if scale == "ratio":
        return Message("finding.change.ratio", {"size": _rounded(scale, x, digits, None)})
    size = abs(100 * x if scale == "points" else x)
    if not round(size, digits):
        return Message("finding.change.none")
    return Message(f"finding.change.{scale}.{_side(x)}", {"size": _rounded(scale, size, digits, currency)})


def interval(outcome: str, low: float, high: float, digits: int = 1, currency: str | None = None) -> Message:
    """Return both limits: "from 1 to 5 points more", "from 1 point less to 5 points more"."""
    scale = scale_of(outcome)
    if scale == "ratio":
        limits = {"low": _rounded(scale, low, digits, None), "high": _rounded(scale, high, digits, None)}
        return Message("finding.range.ratio", limits)
    if low < 0 <= high:
        ends = {"low": change(outcome, low, digits, currency), "high": change(outcome, high, digits, currency)}
        return _across(**ends)
    nearest, furthest = sorted((abs(low), abs(high)))
    unit = 100 if scale == "points" else 1
    shown = {"low": _rounded(scale, unit * nearest, digits, currency)}
    shown["high"] = _rounded(scale, unit * furthest, digits, currency)
    return Message(f"finding.range.{scale}.{_side(high)}", shown)


def _across(low: Message, high: Message) -> Message:
    """Return limits on either side of no difference, or at it."""
    none = [end.key == "finding.change.none" for end in (low, high)]
    if all(none):
        return low
    kind = "from_none" if none[0] else "to_none" if none[1] else "across"
    return Message(f"finding.range.{kind}", {"low": low, "high": high})


def told(
    outcome: str,
    estimate: float,
    low: float,
    high: float,
    level: float,
    currency: str | None = None,
    digits: int | None = None,
) -> Message:
    """Return a difference with its interval, to be read aloud."""
    if math.isnan(estimate):
        return Message("finding.no_estimate")
    scale = scale_of(outcome)
    if digits is None:
        digits = 1 if scale == "points" else decimals(scale, [estimate, low, high])
    if math.isnan(low):
        return change(outcome, estimate, digits, currency)
    parts = {"change": change(outcome, estimate, digits, currency)}
    parts["range"] = interval(outcome, low, high, digits, currency)
    return Message("finding.difference", {**parts, "level": level})


def signed(outcome: str, x: float, digits: int = 1, currency: str | None = None) -> Message:
    """Return a difference as short as a picture or a table needs it: "+6.0", "−€12", "2.1"; points without their unit.

    >>> print(signed("retention", -0.061), signed("early_churn", 2.14), signed("spend", 12.0, 0, "EUR"))
    −6.1 2.1 +€12
    """
    scale = scale_of(outcome)
    if math.isnan(x):
        return Message("table.unknown")
    shown = round(abs(100 * x if scale == "points" else x), digits)
    if scale == "money":
        size = Message("finding.value.money", {"value": Money(shown, currency)})
    else:
        size = Message("finding.value.even" if digits == 1 else "finding.value.number", {"value": shown})
    if scale == "ratio" or not shown:
        return size
    return Message(f"finding.signed.{_side(x)}", {"size": size})


def margin(finding: Finding) -> Message:
    """Return the smallest difference that matters, in its unit."""
    outcome, size, scale = finding.outcome, finding.margin, scale_of(finding.outcome)
    if outcome == "rmst" and size == 0.5:
        return Message("finding.margin.half", {"horizon": finding.horizon})
    whole = scale == "money" and size >= 10  # nobody chose the cents of a tenth of the mean
    digits = 0 if whole else 1 if scale == "points" else decimals(scale, [size])
    shown = _rounded(scale, 100 * size if scale == "points" else size, digits, finding.currency)
    return Message(f"finding.margin.{scale}", {"margin": shown, "horizon": finding.horizon})


def fields(finding: Finding) -> dict[str, Any]:
    """Return what the messages of a finding are filled with."""
    treated, reference = finding.arms
    ends = finding.estimate, finding.low, finding.high
    values = tuple(arm.value if math.isnan(arm.adjusted) else arm.adjusted for arm in finding.arms)
    return {
        "treated": treated.label,
        "reference": reference.label,
        **compared(finding.outcome, values, ends, finding.level, finding.currency),
        "horizon": finding.horizon,
        "landmark": finding.landmark,
        "margin": margin(finding),
        "needed": finding.needed,
        "measured": finding.measured or "",
        "adjusted_for": finding.adjusted_for,
        "strength": finding.e_value.point if finding.e_value else math.nan,
        "reason": finding.verdict.reason or "",
        "remedy": finding.verdict.remedy or "",
        **_stretches(finding),
    }


def _stretches(finding: Finding) -> dict[str, Message | str]:
    """Name the first months and the later ones, of early churn."""
    window, last = finding.window, finding.horizon
    if window is None:
        return dict(zip(("early", "later"), (arm.label for arm in finding.arms), strict=True))
    kinds = ["one" if months == 1 else "many" for months in (window, last - window)]
    return {
        "early": Message(f"finding.first_months.{kinds[0]}", {"window": window}),
        "later": Message(f"finding.later_months.{kinds[1]}", {"first": window + 1, "last": last}),
    }


def sentences(finding: Finding) -> list[str | Message]:
    """Return the keys and messages whose texts, one after another, are the answer."""
    kind, known = finding.verdict.kind, fields(finding)
    sign = "more" if finding.direction > 0 else "less"
    claim = Message(f"finding.{finding.outcome}.claim.{sign}", known)
    opening = Message(f"finding.{kind}", {**known, "claim": claim})
    if kind == "not_testable":
        return [opening]
    if kind == "inconclusive":
        unsettled = finding.needed and finding.verdict.reason and finding.verdict.reason.key.endswith(".both")
        reason = [finding.verdict.reason] if finding.verdict.reason else []
        return [opening, numbers(finding), *reason, *(["finding.needed"] if unsettled else [])]
    nuance = [finding.verdict.nuance] if finding.verdict.nuance else []
    return [opening, numbers(finding), *nuance, *_caveat(finding)]


def numbers(finding: Finding) -> Message:
    """Return both groups' values and their difference as one sentence that says among whom, and made alike in what."""
    known = fields(finding)
    frames = {(False, False): "plain", (True, False): "adjusted", (False, True): "landmark", (True, True): "both"}
    frame = frames[bool(finding.adjusted_for), finding.landmark is not None]
    measured = Message(f"finding.{finding.outcome}.numbers", known)
    return Message(f"finding.frame.{frame}", {**known, "numbers": measured})


def _caveat(finding: Finding) -> list[str]:
    """Say how far a clear verdict carries."""
    if finding.outcome == "early_churn":
        return ["finding.caveat.early_churn"] if finding.verdict.kind == "supports" else []
    clear = finding.verdict.kind != "does_not_support"
    if finding.randomised:
        return ["finding.caveat.randomised"] if clear else []
    return ["finding.caveat.hidden" if finding.e_value and clear else "finding.caveat.association"]


def drawn(finding: Finding) -> str | Message:
    """Return what the curves show, in words: the values at their end, as they are, whatever was adjusted for."""
    known, curves = fields(finding), finding.curves
    if finding.outcome == "early_churn":
        numbers = Message("finding.early_churn.numbers", known)
        return Message("finding.describe.everyone", {"numbers": numbers, "horizon": finding.horizon})
    last = [curves.loc[curves["group"] == group, "value"].tail(1).to_list() for group in (0, 1)] if len(curves) else []
    if not all(last) or not last:
        return Message("finding.frame.plain", {"numbers": Message(f"finding.{finding.outcome}.numbers", known)})
    outcome = "retention" if finding.outcome == "rmst" else finding.outcome  # the curve of both is who has stayed
    values = float(last[0][0]), float(last[1][0])
    shown = compared(outcome, values, _as_drawn(finding, outcome, values), finding.level, finding.currency)
    numbers = Message(f"finding.{outcome}.numbers", {**known, **shown})
    kind = "unadjusted" if finding.adjusted_for else "curves"
    return Message(f"finding.describe.{kind}", {"numbers": numbers, "horizon": finding.horizon})


def _as_drawn(finding: Finding, outcome: str, values: tuple[float, float]) -> tuple[float, float, float]:
    """Return the difference of the curves at their end, with the interval of it where there is one."""
    plain = values[0] - values[1]
    if outcome != finding.outcome:
        return plain, math.nan, math.nan
    rows = [(row.estimate, row.low, row.high) for row in finding.rows if row.label.key == "line.unadjusted"]
    return next((ends for ends in rows if abs(ends[0] - plain) < 1e-9), (plain, math.nan, math.nan))


def line_in_words(outcome: str, line: Line, level: float, currency: str | None, lang: str | None) -> str:
    """Return one estimate of the difference with its interval, and by what method."""
    difference = told(outcome, line.estimate, line.low, line.high, level, currency)
    return render("finding.line", lang, label=line.label, difference=difference)
