"""A logistic model beside the rules: how much the events add, told only where a model without them finds less."""

import math

import numpy as np
import pandas as pd

from retention_kit.results import ChurnModel, Lift, Signals
from retention_kit.signals.lifts import LEAST_HITS, Ratio, ratio
from retention_kit.signals.log import day_number
from retention_kit.signals.past import Past, lift_of
from retention_kit.wording import Message

_EARLIER = 0.6  # of the days, to fit on
_LEAST_FITTED = 20  # to whom it happened
_GROUPS = 5
_MONTH_DAYS = 30.5
_WITHOUT = ("contract_can_end", "log_mrr", "log_age")  # what is known without events
_EDGE = 1e-6  # a probability is kept so far from 0 and 1 for its logit


def model_beside(past: Past, level: float) -> tuple[ChurnModel | None, Message]:
    """Return the model where, on the later days, it finds more than without the signals and more than the rules.

    Notes
    -----
    MRR, age and the end of a contract foretell churn without any event; so the rival is the same model without the
    signals, fitted on the same days. Columns: signals that fired, logarithms of MRR and of the months since the start,
    and whether a contract ends within the horizon; ridge of one unit of prior variance a standardised column, so that a
    signal that separates the two outcomes in the past cannot run away. Futures of the earlier days end before the later
    days begin.
    """
    days = len(past.signals)
    split = max(1, round(_EARLIER * days))
    later = past.looks.date >= split
    came = past.looks.came
    too_few = int(came[~later].sum()) < _LEAST_FITTED or int(came[later].sum()) < LEAST_HITS
    if too_few or not past.called[later].any():
        return None, Message("ranking.model.too_few", {"least": _LEAST_FITTED})
    raw = pd.concat([_columns(each, past.horizon) for each in past.signals], ignore_index=True)
    probability, weights = _fitted(raw, came.astype(float), ~later)
    plain, _ = _fitted(raw[[*_WITHOUT]], came.astype(float), ~later)
    chosen = {"model": _best(past, probability), "without": _best(past, plain), "rules": past.called}
    looks, chosen = past.looks.only(later), {name: some[later] for name, some in chosen.items()}
    lifts = {name: lift_of(looks, name, some, level) for name, some in chosen.items()}
    over = {name: ratio(looks, chosen["model"], chosen[name], level) for name in ("without", "rules")}
    counts = {"fitted": split, "judged": days - split}
    found = {name: lift.hits for name, lift in lifts.items()} | {"n": lifts["model"].n}
    if min(each.low for each in over.values()) > 1 and lifts["model"].hits >= LEAST_HITS:
        shown = _shown(lifts, over, weights, (probability[later], came[later]), level, counts)
        return shown, Message("ranking.model.shown", counts | found)
    rivals = "no_better" if over["without"].low <= 1 else "rules_suffice"
    return None, Message(f"ranking.model.{rivals}", counts | found)


def _best(past: Past, probability: np.ndarray) -> np.ndarray:
    return past.best(np.split(probability, np.cumsum([len(each.mrr) for each in past.signals])[:-1]))


def _shown(
    lifts: dict[str, Lift],
    over: dict[str, Ratio],
    weights: pd.Series,
    later: tuple[np.ndarray, np.ndarray],
    level: float,
    counts: dict[str, int],
) -> ChurnModel:
    probability, came = later
    slope, intercept = _calibration(probability, came)
    return ChurnModel(
        lift=lifts["model"],
        without=lifts["without"],
        rules=lifts["rules"],
        over_without=tuple(over["without"]),
        over_rules=tuple(over["rules"]),
        weights=weights,
        expected=float(probability.sum()),
        observed=int(came.sum()),
        slope=slope,
        intercept=intercept,
        calibration=_groups(probability, came),
        level=level,
        **counts,
    )


def _columns(signals: Signals, horizon: int) -> pd.DataFrame:
    """Return what the model knows of every customer on one day."""
    ends = signals.ends - day_number(signals.as_of)
    table = signals.fired.astype(float).drop(columns="contract_end_ahead", errors="ignore")
    table["contract_can_end"] = (ends <= horizon * _MONTH_DAYS + 1).astype(float)
    table["log_mrr"] = np.log(signals.mrr)
    return table.assign(log_age=np.log1p(signals.age))


def _fitted(raw: pd.DataFrame, came: np.ndarray, earlier: np.ndarray) -> tuple[np.ndarray, pd.Series]:
    """Return everybody's probability by a model of the earlier looks, and its weights a standard deviation."""
    import statsmodels.api as sm

    mean, deviation = raw[earlier].mean(), raw[earlier].std()
    known = deviation.index[deviation > 0]
    scaled = ((raw[known] - mean[known]) / deviation[known]).fillna(0.0).to_numpy(float)
    design = np.column_stack([np.ones(len(raw)), scaled])
    penalty = np.append(0.0, np.ones(len(known))) / earlier.sum()
    model = sm.GLM(came[earlier], design[earlier], family=sm.families.Binomial())
    weights = np.asarray(model.fit_regularized(alpha=penalty, L1_wt=0.0).params)
    linear = np.clip(design @ weights, -30, 30)
    return 1 / (1 + np.exp(-linear)), pd.Series(weights[1:], known, name="weight")


def _calibration(probability: np.ndarray, came: np.ndarray) -> tuple[float, float]:
    """Return slope and intercept of what came on the logit of what was expected: 1 and 0 where both agree."""
    import statsmodels.api as sm

    kept = np.clip(probability, _EDGE, 1 - _EDGE)
    design = sm.add_constant(np.log(kept / (1 - kept)), has_constant="add")
    if np.ptp(design[:, 1]) == 0:
        return math.nan, math.nan
    found = sm.GLM(came.astype(float), design, family=sm.families.Binomial()).fit()
    return float(found.params[1]), float(found.params[0])


def _groups(probability: np.ndarray, came: np.ndarray) -> pd.DataFrame:
    """Return what was expected and what came in groups of equal size, from the least to the most likely."""
    place = np.argsort(np.argsort(probability, kind="stable"), kind="stable") * _GROUPS // len(probability)
    table = pd.DataFrame({"group": place + 1, "expected": probability, "observed": came.astype(float)})
    found = table.groupby("group").mean()
    return found.assign(n=table.groupby("group").size()).reset_index()
