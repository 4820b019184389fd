"""Ratios over windows: their methods by name, the number, its interval, and what it rests on."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from retention_kit.engines.memory import Choice, Window
from retention_kit.errors import OptionError
from retention_kit.intervals import RatioSums, ratio_error, ratio_sums, wilson
from retention_kit.ledger import Ledger
from retention_kit.months import month_end
from retention_kit.wording import Message

METHODS = {
    "nrr": ("cohort", "movements", "compounded"),
    "grr": ("cohort", "running_min", "movements", "compounded"),
    "logo_retention": ("cohort", "compounded"),
}
RETURNERS = ("count", "lost", "all")
_FEW = 15  # n_eff below which STATISTICS.md section 8 warns
_MOST = 0.5  # share of one account above which no verdict rests on a ratio
_STILL = 1e-24  # a squared error that is rounding, not spread


class Ratio(NamedTuple):
    """A ratio with what its interval is made of: error and degrees of freedom, or for a share its trials."""

    value: float
    error: float
    freedom: float
    trials: float
    money: RatioSums


def chosen(measure: str, method: str, returners: str) -> Choice:
    """Return a measure's method and its returners, or say which there are.

    Raises
    ------
    OptionError
        If the method or the returners are not legal, or do not go together.
    """
    if measure == "grr" and method == "aggregate":
        raise OptionError("error.aggregate_minimum", legal=list(METHODS["grr"]))
    if method not in METHODS[measure]:
        raise OptionError("error.option", name="method", value=str(method), legal=list(METHODS[measure]))
    if returners not in RETURNERS:
        raise OptionError("error.option", name="returners", value=str(returners), legal=list(RETURNERS))
    if method == "movements" and returners == "all":
        raise OptionError("error.returners_movements", legal=["count", "lost"])
    return Choice(measure, method, returners)


def rule(choice: Choice, begin: int, close: int) -> Message:
    """Return the rule of a ratio, with both dates."""
    fields: dict[str, Any] = {"start": month_end(begin), "end": month_end(close), "months": close - begin}
    if choice.method != "running_min":  # it never lets lost money return, whoever comes back
        fields["returners"] = about_returners(choice)
    return Message(f"rule.{choice.measure}.{choice.method}", fields)


def about_returners(choice: Choice) -> Message:
    """Return what becomes of customers who come back."""
    measure, method, returners = choice
    if method == "cohort" or (measure == "grr" and returners == "all"):
        return Message(f"rule.returners.{measure}.{returners}")
    return Message(f"rule.returners.{method}.{returners}")


def windows(ledger: Ledger, starts: Sequence[int], length: int, choices: Sequence[Choice]) -> list[Window]:
    """Return who counts in every window of `length` months and what is kept; compounded, month by month."""
    engine = ledger.engine
    keep = engine.kept_monthly if choices[0].method == "compounded" else engine.kept
    return keep(ledger.book, starts, length, choices)


def within(window: Window, among: np.ndarray) -> Window:
    """Return a window of some of the customers, given as a mask of all."""
    here = among[window.customers]
    kept = tuple(array[..., here] for array in window.kept)
    return Window(window.customers[here], window.opening[..., here], kept)


def ratios(choices: Sequence[Choice], window: Window) -> list[Ratio]:
    """Return the ratio of every choice in one window."""
    chained = choices[0].method == "compounded"
    base = window.opening[0] if chained else window.opening
    money = ratio_sums(base[base > 0], base[base > 0])
    if not money.n:
        return [Ratio(*[math.nan] * 4, money)] * len(choices)
    if chained:
        return _chained(choices, window, money)
    return [_single(choice, base, kept, money) for choice, kept in zip(choices, window.kept, strict=True)]


def _single(choice: Choice, opening: np.ndarray, kept: np.ndarray, money: RatioSums) -> Ratio:
    if choice.measure != "logo_retention":
        return _left_out(ratio_sums(kept, opening), money)
    if choice.returners == "all":
        return _left_out(ratio_sums(kept, (opening > 0).astype(np.int64)), money)
    return Ratio(float(kept.sum() / money.n), math.nan, math.nan, money.n, money)


def _left_out(sums: RatioSums, money: RatioSums) -> Ratio:
    error, freedom = ratio_error(sums) if money.n > 1 else (math.nan, math.nan)
    return Ratio(sums.ratio, error, freedom, math.nan, money)


def _chained(choices: Sequence[Choice], window: Window, money: RatioSums) -> list[Ratio]:
    """Return products of monthly ratios, from matrices of months × customers.

    A month nobody opens can only follow one that lost everybody: the product is 0 already, and stays so.
    """
    freedom, found = _smallest_freedom(window.opening), []
    for choice, kept in zip(choices, window.kept, strict=True):
        if choice.measure != "logo_retention":
            found.append(_product_left_out(window.opening, kept, freedom, money))
            continue
        opening = (window.opening > 0).astype(np.int64)
        if choice.returners == "all":
            found.append(_product_left_out(opening, kept, _smallest_freedom(opening), money))
        else:
            found.append(_product_of_shares(opening.sum(axis=1), kept.sum(axis=1), money))
    return found


def _product_left_out(opening: np.ndarray, kept: np.ndarray, freedom: float, money: RatioSums) -> Ratio:
    top, bottom = kept.sum(axis=1), opening.sum(axis=1)
    value = float(_steps(top, bottom).prod())
    without = _steps(top[:, None] - kept, bottom[:, None] - opening).prod(axis=0)
    squared = float(((without - value) ** 2).sum())
    if not squared > _STILL * max(value, 1.0) ** 2:
        return Ratio(value, *[math.nan] * 3, money)
    return Ratio(value, math.sqrt(squared), freedom, math.nan, money)


def _product_of_shares(bottom: np.ndarray, top: np.ndarray, money: RatioSums) -> Ratio:
    value = float(_steps(top, bottom).prod())
    return Ratio(value, math.nan, math.nan, _trials(value, top, bottom), money)


def _steps(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    return np.divide(top, bottom, out=np.ones(top.shape), where=bottom > 0)


def _smallest_freedom(opening: np.ndarray) -> float:
    """Return the least of the months' Bell–McCaffrey degrees of freedom; NaN where one customer is a month's base."""
    bases = opening[opening.any(axis=1)]
    share = bases / bases.sum(axis=1, keepdims=True)
    if share.max() == 1:
        return math.nan
    q = share / (1 - share)
    square = (q**2).sum(axis=1)
    return float((q.sum(axis=1) ** 2 / (square + square**2 - (q**4).sum(axis=1))).min())


def _trials(value: float, top: np.ndarray, bottom: np.ndarray) -> float:
    """Return how many customers a product of shares is worth: Greenwood's variance as that of one share."""
    seen = bottom > 0
    if value in (0.0, 1.0):
        return float(bottom[seen].min())
    variance = value**2 * ((bottom - top)[seen] / (top * bottom)[seen]).sum()
    return float(value * (1 - value) / variance)


def limits(choice: Choice, found: Iterable[Ratio], level: float) -> list[tuple[float, float]]:
    """Return the interval of every ratio, cut where the measure ends."""
    from scipy.stats import norm, t

    ratios = list(found)
    z, reach = float(norm.ppf((1 + level) / 2)), t.ppf((1 + level) / 2, [each.freedom for each in ratios])
    floor = -math.inf if choice.method == "movements" else 0.0
    ceiling = 1.0 if choice.measure == "grr" else math.inf
    return [
        (max(ratio.value - times * ratio.error, floor), min(ratio.value + times * ratio.error, ceiling))
        if math.isnan(ratio.trials)
        else wilson(ratio.value, ratio.trials, z)
        for ratio, times in zip(ratios, reach.tolist(), strict=True)
    ]


def cautions(choice: Choice, ratio: Ratio, low: float) -> tuple[Message, ...]:
    """Return what a reader must know before repeating a ratio."""
    if not ratio.money.n:
        return (Message("warning.nobody_at_start"),)
    found = [Message("warning.no_interval")] if math.isnan(low) else []
    if ratio.value < 0:
        found.append(Message("warning.lost_more_than_start" if choice.measure == "grr" else "warning.lost_again"))
    if choice.measure != "logo_retention":
        found += few_accounts(ratio.money)
    return tuple(found)


def few_accounts(money: RatioSums, of: str = "start") -> list[Message]:
    """Return what must be said where a ratio rests on one account, or on few, of the MRR at the start or due."""
    if money.largest > _MOST:
        key = "warning.one_account_due" if of == "due" else "warning.one_account"
        return [Message(key, {"share": money.largest})]
    if money.n_eff < _FEW:
        return [Message("warning.few_accounts", {"n_eff": money.n_eff, "n": money.n, "share": money.largest})]
    return []
