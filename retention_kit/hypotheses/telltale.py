"""Attributes that were written down after the fact: they say who has left, or who stayed until a date came."""

import numpy as np
import pandas as pd

from retention_kit.errors import FactorError, ImmortalTimeError, OptionError, OutcomeAsCovariateError
from retention_kit.factors import MOST_GROUPS, days_of
from retention_kit.hypotheses.sampling import Sample

_MOST_WRONG = 0.1  # of the smaller class: who left, or who stayed
_LEAST = 10  # of the smaller class, below which an attribute can fit by accident
_LEAST_OF_FACTOR = 30  # the same for a factor, of which a large effect is what one hopes for
_MOST_UNLIKE = 0.05  # of the smaller class: who has a date, or who has none
_LATE = 0.1  # share of the dates after the customers' starts from which waiting for them matters


def refuse_covariate(sample: Sample, name: str, values: pd.Series) -> None:
    """Refuse to adjust for what says who has left: it would condition on those who stayed.

    Raises
    ------
    OutcomeAsCovariateError
    """
    wrong = tells_who_left(sample, values, _LEAST)
    if wrong is not None:
        raise OutcomeAsCovariateError("error.outcome_as_covariate", name=name, wrong=wrong, n=len(sample))


def refuse_factor(sample: Sample, name: str) -> None:
    """Refuse groups that are those who left and those who stayed, or those who lived to see a date.

    Raises
    ------
    FactorError
        If the factor says who has left.
    ImmortalTimeError
        If it says who has a date that came after the start.
    """
    if sample.split.dated:
        return
    wrong = tells_who_left(sample, pd.Series(sample.group), _LEAST_OF_FACTOR)
    if wrong is not None:
        raise FactorError("error.outcome_as_factor", name=name, wrong=wrong, n=len(sample))
    for column in sample.ledger.customers:
        if len(sample.labels) == 2 and column != name:
            _refuse_twin(sample, name, column)


def refuse_outcome(sample: Sample, name: str) -> None:
    """Refuse to measure what says who has left: it is churn, without the time that each was watched.

    Raises
    ------
    OptionError
    """
    wrong = tells_who_left(sample, sample.column(name, "outcome"), _LEAST)
    if wrong is not None:
        raise OptionError("error.churn_as_outcome", name=name, wrong=wrong, n=len(sample))


def tells_who_left(sample: Sample, values: pd.Series, least: int) -> int | None:
    """Return for how few customers an attribute is wrong about who has left; None if it does not say that.

    Of an attribute with more than 8 values, only who lacks it is looked at: reasons for leaving are many.

    Parameters
    ----------
    values : Series
        By customer of the sample.
    least : int
        Customers who left and who stayed, at least, for it to be no accident.
    """
    kinds, _ = pd.factorize(values.isna() if values.nunique() > MOST_GROUPS else values, use_na_sentinel=False)
    book = sample.ledger.book
    pays = np.isin(sample.subjects.customer, book.owner[book.month == book.last])
    found = []
    for gone in (sample.subjects.churned, ~pays):
        smaller = min(gone.sum(), (~gone).sum())
        wrong = np.minimum(np.bincount(kinds, gone), np.bincount(kinds, ~gone)).sum()
        if smaller >= least and wrong <= _MOST_WRONG * smaller:
            found.append(int(wrong))
    return min(found, default=None)


def _refuse_twin(sample: Sample, name: str, column: str) -> None:
    """Refuse a yes/no that says whether a date is there, where the date came after the start."""
    days = days_of(sample.column(column, "factor"))
    if days is None:
        return
    got = days.notna().to_numpy()
    alike = int((got == sample.treated).sum())
    alike = max(alike, len(got) - alike)
    smaller = min(got.sum(), (~got).sum())
    late = days.to_numpy() > sample.zeros.to_numpy()
    if smaller < _LEAST or len(got) - alike > _MOST_UNLIKE * smaller or late.sum() <= _LATE * got.sum():
        return
    fields = {"share": float(late.sum() / got.sum()), "n": alike, "total": len(got)}
    raise ImmortalTimeError("error.immortal_twin", factor=name, column=column, **fields)
