"""What two groups are made alike in: the covariates, known when the clock began, and the difference that is left."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from retention_kit.balance import (
    Adjusted,
    Covariates,
    balance_of,
    e_value_of_mean,
    e_value_of_shares,
    mantel_haenszel,
    measured_benchmark,
    overlap_difference,
)
from retention_kit.errors import CovariateTimingError, OptionError
from retention_kit.factors import days_of, is_date
from retention_kit.hypotheses.attributes import ALL_STANDARD, START_MONTH, STARTING_MRR, standard
from retention_kit.hypotheses.sampling import Sample
from retention_kit.hypotheses.survivors import Survivors
from retention_kit.hypotheses.telltale import refuse_covariate
from retention_kit.months import month_starts
from retention_kit.results import Balance, EValue, Line
from retention_kit.results.balances import covariate_name
from retention_kit.subjects import amounts
from retention_kit.wording import Message

_DECIDES = 20  # a covariate that all but says the group has no risk ratio worth telling


@dataclass(frozen=True, eq=False)
class Alike:
    """The two groups made alike.

    Attributes
    ----------
    names : tuple of Message
        What they were made alike in.
    covariates : Covariates
    adjusted : Adjusted
    balance : Balance
    """

    names: tuple[Message, ...]
    covariates: Covariates
    adjusted: Adjusted
    balance: Balance


def asked_for(
    adjust: Sequence[str] | str | None, customers: pd.DataFrame, factor: str, randomised: bool
) -> tuple[str, ...]:
    """Return the covariates asked for; by default the standard ones that are there, or none if the factor was drawn."""
    usual = standard(customers, factor)
    if adjust is None:
        return () if randomised else usual
    names = (adjust,) if isinstance(adjust, str) else tuple(adjust)
    if factor in names:
        raise OptionError("error.adjust_factor", factor=factor)
    return tuple(dict.fromkeys(each for name in names for each in (usual if name == ALL_STANDARD else (name,))))


def covariate_table(sample: Sample, names: Sequence[str], measured_at: Mapping[str, str]) -> pd.DataFrame:
    """Return the covariates of those who enter, as they were when their clock began.

    Raises
    ------
    UnknownColumnError
        If the customers lack one.
    CovariateTimingError
        If one is known, by its date, only after the clock began.
    OutcomeAsCovariateError
        If one says who has left.
    """
    table = {name: _covariate(sample, name) for name in names}
    for name, values in table.items():
        if name in sample.ledger.customers:  # what the ledger tells of a start is neither later nor an outcome
            _refuse_what_came_later(sample, name, values, measured_at.get(name))
            refuse_covariate(sample, name, values)
    return pd.DataFrame({name: values.to_numpy() for name, values in table.items()})


def _covariate(sample: Sample, name: str) -> pd.Series:
    if name == STARTING_MRR and name not in sample.ledger.customers:
        paid = amounts(sample.ledger, sample.subjects, "spend", 0).numerator
        known = np.where(sample.subjects.entry > 0, np.nan, np.maximum(paid, 10.0**-sample.ledger.digits))
        return pd.Series(np.log(known))
    if name == START_MONTH and name not in sample.ledger.customers:
        began = sample.ledger.book.last - sample.subjects.follow_up - sample.subjects.shift
        return pd.Series(month_starts(began))
    return sample.column(name, "adjust")


def _refuse_what_came_later(sample: Sample, name: str, values: pd.Series, when: str | None) -> None:
    days = days_of(values if when is None else sample.column(when, "measured_at"))
    if days is None and when is not None:
        raise OptionError("error.measured_at", name=name, column=when)
    if days is None:
        return
    later = int((days.to_numpy() > sample.zeros.to_numpy()).sum())
    if later:
        key = "error.covariate_later_landmark" if sample.landmark else "error.covariate_later"
        raise CovariateTimingError(key, name=name, n=later, landmark=sample.landmark)


def made_alike(sample: Sample, design: Covariates, cluster: np.ndarray | None) -> Alike:
    """Return the overlap-weighted difference."""
    numerator, denominator = sample.outcome.sums(sample.treated)
    adjusted = overlap_difference(numerator, denominator, sample.treated, design, cluster=cluster)
    names = dict.fromkeys(column.name for column in design.columns)
    balance = balance_of(design, sample.treated, adjusted.weights)
    return Alike(tuple(covariate_name(name) for name in names), design, adjusted, balance)


def by_stratum(sample: Sample, treated: np.ndarray, table: pd.DataFrame, horizon: int, level: float) -> Line | None:
    """Return the Mantel–Haenszel difference of retention by the first covariate that is a name, as a line beside."""
    names = [name for name in table if not pd.api.types.is_numeric_dtype(table[name]) and not is_date(table[name])]
    if not isinstance(sample.outcome, Survivors) or sample.outcome.outcome != "retention" or not names:
        return None
    some = sample.subjects.follow_up >= horizon
    gone = sample.subjects.churned & (sample.subjects.age <= horizon)
    strata = table[names[0]].astype(str).to_numpy()
    if not (treated & some).any() or not (~treated & some).any():
        return None
    found = mantel_haenszel(~gone[some], treated[some], strata[some], level=level)
    if math.isnan(found.estimate):
        return None
    label = Message("line.by_stratum", {"name": covariate_name(names[0])})
    method = Message("method.mantel_haenszel", {"horizon": horizon, "dropped": len(found.dropped)})
    ends = found.estimate, found.low, found.high, found.p_value
    events = int((gone & some & ~np.isin(strata, found.dropped)).sum())
    return Line("beside", label, *ends, found.n, math.nan, method, events)


def hidden_factor(sample: Sample, alike: Alike, low: float, high: float, outcome: str) -> EValue | None:
    """Return how strong a hidden factor would have to be to explain the adjusted difference; None where none can tell.

    From the risk ratio of churn for retention and shares of yes, from the standardised difference for all else.
    """
    value, reference = alike.adjusted.values
    if outcome == "retention":
        found = e_value_of_shares(value, reference, low, high)
    else:
        found = e_value_of_mean(value - reference, low, high, _spread(sample, alike))
    return None if math.isnan(found.point) or math.isnan(found.limit) else found


def _spread(sample: Sample, alike: Alike) -> float:
    """Return the standard deviation of what a customer adds to the difference."""
    numerator, denominator = sample.outcome.sums(sample.treated)
    ratios = np.where(sample.treated, *alike.adjusted.values)
    return float(np.std((numerator - ratios * denominator) / denominator.mean()))


def strongest_measured(sample: Sample, alike: Alike) -> tuple[Message, ...]:
    """Return the measured covariate that could explain most on its own, to hold the E-value against.

    Dates are none: who began earlier has had more time to leave, which no risk ratio of churn takes into account.
    """
    if not isinstance(sample.outcome, Survivors):
        return ()
    dates = {column.name for column in alike.covariates.columns if is_date(_covariate(sample, column.name))}
    found = measured_benchmark(sample.subjects.churned, sample.treated, alike.covariates, but=dates)
    if found is None or found.factor_ratio > _DECIDES:
        return ()
    fields = {"factor_ratio": found.factor_ratio, "outcome_ratio": found.outcome_ratio}
    return (Message("beside.benchmark", {"name": covariate_name(found.column.name), **fields}),)
