"""A logistic model beside the rules: how much the events add, told only where a model without them finds less."""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from retention_kit.errors import OptionError
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
    model, plain = (_fitted(some, came.astype(float), ~later) for some in (raw, raw[[*_WITHOUT]]))
    probability = _expit(model.logit(raw))
    chosen = {"model": _best(past, probability), "without": _best(past, _expit(plain.logit(raw)))}
    chosen["rules"] = past.called
    looks, chosen = past.looks.only(later), {name: some[later] for name, some in chosen.items()}
    lifts = {name: lift_of(looks, name, some, level) for name, some in chosen.items()}
    over = {name: ratio(looks, chosen["model"], chosen[name], level) for name in ("without", "rules")}
    counts = {"fitted": split, "judged": days - split}
    found = {name: lift.hits for name, lift in lifts.items()} | {"n": lifts["model"].n}
    if min(each.low for each in over.values()) > 1 and lifts["model"].hits >= LEAST_HITS:
        shown = _shown(lifts, over, model, (probability[later], came[later]), level, counts)
        return shown, Message("ranking.model.shown", counts | found)
    rivals = "no_better" if over["without"].low <= 1 else "rules_suffice"
    return None, Message(f"ranking.model.{rivals}", counts | found)


def _best(past: Past, probability: np.ndarray) -> np.ndarray:
    return past.best(np.split(probability, np.cumsum([len(each.mrr) for each in past.signals])[:-1]))


def _shown(
    lifts: dict[str, Lift],
    over: dict[str, Ratio],
    model: "_Fitted",
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
        constant=model.constant,
        scale=model.scale,
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


class _Fitted(NamedTuple):
    """A constant, and by column its weight on the logit, its mean and its standard deviation."""

    constant: float
    scale: pd.DataFrame

    def logit(self, raw: pd.DataFrame) -> np.ndarray:
        """Return everybody's; what is not known of a customer counts as the average."""
        scale = self.scale
        scaled = ((raw[scale.index] - scale["mean"]) / scale["deviation"]).fillna(0.0).to_numpy(float)
        return np.clip(self.constant + scaled @ scale["weight"].to_numpy(), -30, 30)


def probabilities(model: ChurnModel, signals: Signals, horizon: int) -> pd.Series:
    """Return every customer's probability of leaving within the horizon, as the later days recalibrate it.

    Raises
    ------
    OptionError
        If the signals lack one that the model knows.
    """
    raw = _columns(signals, horizon)
    if missing := [name for name in model.scale.index if name not in raw]:
        raise OptionError("error.ranking_model", names=missing)
    logit = _Fitted(model.constant, model.scale).logit(raw)
    return pd.Series(_expit(model.intercept + model.slope * logit), signals.mrr.index)


def _expit(logit: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logit))


def _fitted(raw: pd.DataFrame, came: np.ndarray, earlier: np.ndarray) -> _Fitted:
    """Return a model of the earlier looks."""
    import statsmodels.api as sm

    mean, deviation = raw[earlier].mean(), raw[earlier].std()
    known = deviation.index[deviation > 0]
    scaled = ((raw[known] - mean[known]) / deviation[known]).fillna(0.0).to_numpy(float)[earlier]
    design = np.column_stack([np.ones(len(scaled)), scaled])
    penalty = np.append(0.0, np.ones(len(known))) / earlier.sum()
    model = sm.GLM(came[earlier], design, family=sm.families.Binomial())
    weights = np.asarray(model.fit_regularized(alpha=penalty, L1_wt=0.0).params)
    table = {"weight": weights[1:], "mean": mean[known], "deviation": deviation[known]}
    return _Fitted(float(weights[0]), pd.DataFrame(table, index=known))


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
