"""What a comparison could find: told from group sizes and follow-up, never from the outcome by group.

Rates, spreads and curves are those of all customers together; only sizes and follow-up are taken by group.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from retention_kit.hypotheses.averages import Averages
from retention_kit.hypotheses.question import MONEY, Question
from retention_kit.hypotheses.sampling import Sample
from retention_kit.hypotheses.survivors import Survivors
from retention_kit.intervals import ratio_error
from retention_kit.subjects import Subjects
from retention_kit.survival import early_churn, kaplan_meier
from retention_kit.wording import Message

_DRAWS = 200


@dataclass(frozen=True)
class Detectable:
    """The smallest difference found, and what it rests on."""

    value: float
    events: int
    method: Message
    attainable: bool = True


def detectable(asked: Question, sample: Sample, errors: float) -> Detectable:
    """Return the smallest difference between two groups that would be found.

    Parameters
    ----------
    asked : Question
    sample : Sample
        Two groups: 1 and the reference 0.
    errors : float
        How many standard errors a difference must be to be found.
    """
    churned = sample.subjects.churned & (sample.subjects.age <= asked.horizon)
    events = int(churned.sum())
    if min(sample.treated.sum(), (~sample.treated).sum()) < 2:
        return Detectable(math.nan, events, Message(f"power.method.{_method(asked, sample)}"))
    if isinstance(sample.outcome, Survivors):
        return _of_survival(asked, sample, errors, events)
    money = asked.outcome in MONEY
    error = _permuted_error(sample.outcome, sample.treated, asked.seed) if money else _pooled_error(sample)
    value = errors * error if error > 0 else math.nan
    return Detectable(value, events, Message(f"power.method.{_method(asked, sample)}"))


def _method(asked: Question, sample: Sample) -> str:
    if isinstance(sample.outcome, Survivors):
        return asked.outcome
    return "money" if asked.outcome in MONEY else "spread"


def _of_survival(asked: Question, sample: Sample, errors: float, events: int) -> Detectable:
    """Greenwood's variance of each group, had it the hazard of all customers together and its own follow-up."""
    variances = [_expected_variance(asked, sample, some) for some in (sample.treated, ~sample.treated)]
    value = errors * math.sqrt(sum(variances)) if events else math.nan
    attainable = asked.outcome == "rmst" or math.isnan(value) or _attainable(asked, sample, value)
    return Detectable(value, events, Message(f"power.method.{asked.outcome}"), attainable)


def _expected_variance(asked: Question, sample: Sample, some: np.ndarray) -> float:
    curve = _pooled(sample, asked.horizon)
    survival = curve["survival"].to_numpy()
    hazard = (curve["events"] / curve["at_risk"]).to_numpy()[1:]
    at_risk = _expected_at_risk(sample.subjects, some, survival)
    weight = np.full(asked.horizon, survival[-1])
    if asked.outcome == "rmst":
        # what a churn at age a takes from the months within the horizon: all that lies after it
        weight = np.append(survival[1:-1][::-1].cumsum()[::-1], 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = weight**2 * hazard / (at_risk * (1 - hazard))
    return float(np.where(hazard > 0, terms, 0.0).sum())


def _pooled(sample: Sample, horizon: int) -> pd.DataFrame:
    who = sample.subjects
    return kaplan_meier(who.age, who.churned, horizon=horizon, entry=who.entry)


def _expected_at_risk(who: Subjects, some: np.ndarray, survival: np.ndarray) -> np.ndarray:
    """Return how many of some would be at risk at ages 1 … horizon, if they left as all customers together do."""
    ages = np.arange(1, len(survival))
    entry, longest = who.entry[some][:, None], who.follow_up[some][:, None]
    watched = (entry < ages) & (ages <= longest)
    begun = survival[np.minimum(who.entry[some], len(survival) - 1)][:, None]
    return (watched / begun).sum(axis=0) * survival[:-1]


def expected_at_risk(asked: Question, sample: Sample, some: np.ndarray) -> float:
    """Return how many of some would be at risk at the horizon, if they left as all customers together do."""
    survival = _pooled(sample, asked.horizon)["survival"].to_numpy()
    return float(_expected_at_risk(sample.subjects, some, survival)[-1])


def _attainable(asked: Question, sample: Sample, value: float) -> bool:
    """Whether shares so far apart exist: neither group can retain more than all or less than none."""
    kept = float(_pooled(sample, asked.horizon)["survival"].iloc[-1])
    treated = float(sample.treated.mean())
    above, below = (1 - treated, treated) if asked.sign > 0 else (treated, 1 - treated)
    return kept + above * value <= 1 and kept - below * value >= 0


def _permuted_error(outcome: Averages, treated: np.ndarray, seed: int) -> float:
    """Return the engine's error when who is in which group is drawn anew: the median over the draws."""
    rng = np.random.Generator(np.random.PCG64(seed))
    found = []
    for _ in range(_DRAWS):
        some = rng.permutation(treated)
        errors = [ratio_error(outcome.sums_of(each))[0] for each in (some, ~some)]
        found.append(math.hypot(*errors))
    known = np.array(found)[~np.isnan(found)]
    return float(np.median(known)) if len(known) else math.nan


def _pooled_error(sample: Sample) -> float:
    n, values = sample.treated.sum(), sample.outcome.numerator
    return float(values.std(ddof=1) * math.sqrt(1 / n + 1 / (len(values) - n)))


def detectable_early(asked: Question, who: Subjects, errors: float) -> Detectable:
    """Return the smallest ratio of early to later churn that would be found, by Schoenfeld's number of churns."""
    found = early_churn(
        who.age,
        who.churned,
        who.term,
        window=asked.window,
        horizon=asked.horizon,
        entry=who.entry,
        shift=who.elapsed,
        level=asked.level,
    )
    early, early_months, late, late_months = found.telling.T
    share = early_months / (early_months + late_months)
    weight = float(((early + late) * share * (1 - share)).sum())
    value = math.exp(errors / math.sqrt(weight)) if weight else math.nan
    return Detectable(value, int((early + late).sum()), Message("power.method.early_churn"))
