"""Cohort matrices: customers who began together, followed by age."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from retention_kit.engines.memory import Cohorts
from retention_kit.errors import OptionError
from retention_kit.ledger import Ledger
from retention_kit.months import month_starts
from retention_kit.results import CohortMatrix
from retention_kit.wording import Message

_Sums = Callable[[Cohorts], tuple[np.ndarray, np.ndarray]]


def _born(amount: np.ndarray) -> np.ndarray:
    """Each cohort's own sum at age 0, for every age."""
    return np.broadcast_to(amount[:, :1], amount.shape)


_MEASURES: dict[str, _Sums] = {
    "customers": lambda sums: (sums.customers, np.ones_like(sums.customers)),
    "logo": lambda sums: (sums.customers, _born(sums.customers)),
    "mrr": lambda sums: (sums.mrr, np.ones_like(sums.mrr)),
    "nrr": lambda sums: (sums.mrr, _born(sums.mrr)),
    "grr": lambda sums: (sums.capped, _born(sums.mrr)),
    "arpa": lambda sums: (sums.mrr, sums.customers),
}
_IN_MONEY = {"mrr", "arpa"}


def cohort_matrix(ledger: Ledger, *, measure: str = "nrr", cohort: str = "M") -> CohortMatrix:
    """Return a measure for every cohort and age.

    Parameters
    ----------
    ledger : Ledger
    measure : {"nrr", "grr", "logo", "customers", "mrr", "arpa"}
        nrr: MRR ÷ MRR at age 0. grr: the same, no customer counting for more than at age 0. logo: customers paying ÷
        customers at age 0. customers, mrr: the sums themselves. arpa: MRR ÷ customers paying.
    cohort : {"M"}
        Customers are grouped by their first paying month.

    Returns
    -------
    CohortMatrix
        Rows: first paying month; months in which nobody began have no row. Columns: age in months since the customer's
        own first month end with MRR, 0 first. NaN where the age has not been reached, never 0; a cohort that lost
        everyone is an observed 0. ``average`` is Σ numerators ÷ Σ denominators over the observed cells of an age.

    Raises
    ------
    OptionError
        If `measure` or `cohort` is not one of these.

    Notes
    -----
    The denominator is fixed at age 0. A customer who comes back stays in their first cohort, so a row may rise.

    Examples
    --------
    >>> from retention_kit.ledger import build_ledger
    >>> table = pd.DataFrame({"subscription_id": [1, 2], "customer_id": ["Ada", "Bo"], "interval": ["month"] * 2,
    ...     "start": ["2025-01-01", "2025-02-01"], "end": ["2025-02-01", None], "amount": [100, 100]})
    >>> cohort_matrix(build_ledger(table, as_of="2025-02-28"), measure="logo").values
    age         0    1
    cohort
    2025-01-01  1.0  0.0
    2025-02-01  1.0  NaN
    """
    for name, value, legal in (("measure", measure, list(_MEASURES)), ("cohort", cohort, ["M"])):
        if value not in legal:
            raise OptionError("error.option", name=name, value=str(value), legal=legal)
    sums = ledger.engine.cohorts(ledger.book)
    numerators, denominators = _observed(ledger, measure, sums)
    values = numerators / denominators
    average = numerators.sum() / denominators.sum()
    if measure in {"customers", "mrr"}:
        average = values.mean()
    return CohortMatrix(
        measure=measure,
        values=values,
        numerators=numerators,
        denominators=denominators,
        sizes=pd.Series(sums.customers[:, 0][sums.customers[:, 0] > 0], index=values.index, name="customers"),
        average=average.rename("average"),
        rule=Message(f"rule.cohorts.{measure}", {"first": ledger.first_month, "last": ledger.last_month}),
        currency=ledger.currency if measure in _IN_MONEY else None,
    )


def _observed(ledger: Ledger, measure: str, sums: Cohorts) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return numerators and denominators of the cohorts that exist, NaN at ages not yet reached."""
    months = len(sums.customers)
    reached = np.arange(months)[:, None] + np.arange(months) < months
    some = sums.customers[:, 0] > 0
    cohorts = month_starts(ledger.book.first + np.flatnonzero(some)).rename("cohort")
    ages = pd.RangeIndex(months - int(np.flatnonzero(some)[0]), name="age")
    scale = 10**ledger.digits if measure in _IN_MONEY | {"nrr", "grr"} else 1
    upper, lower = (np.where(reached, part, np.nan)[some][:, ages] for part in _MEASURES[measure](sums))
    lower = lower if measure in {"mrr", "arpa"} else lower / scale
    if measure == "arpa":
        lower = np.where(lower == 0, np.nan, lower)
    return pd.DataFrame(upper / scale, cohorts, ages), pd.DataFrame(lower, cohorts, ages)
