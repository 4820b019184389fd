"""Where cohorts lost most from one month of age to the next: the cells of a matrix that a reader should ask about."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from retention_kit.errors import OptionError
from retention_kit.results.markup import paragraphs
from retention_kit.results.matrices import CohortCell, CohortMatrix, check_age, find_cohort
from retention_kit.wording import Message, Money, render

_MONEY = ("nrr", "grr", "mrr")


@dataclass(frozen=True)
class CohortDrop:
    """What one cohort lost from one month of age to the next.

    Attributes
    ----------
    before, after : CohortCell
    """

    before: CohortCell
    after: CohortCell

    @property
    def lost(self) -> float:
        """Numerator before - after, in units of money."""
        return self.before.numerator - self.after.numerator

    def message(self) -> Message:
        """Return the drop in words."""
        money = {name: Money(getattr(self, name).numerator, self.after.currency) for name in ("before", "after")}
        share = self.after.numerator / self.before.numerator - 1 if self.before.numerator else np.nan
        known = {"row": self.after.row, "age_before": self.before.age, "age": self.after.age, "n": self.after.customers}
        lost = Money(abs(self.lost), self.after.currency)
        return Message(f"drop.{self._side()}", {**known, **money, "lost": lost, "share": abs(share)})

    def _side(self) -> str:
        return "lost" if self.lost > 0 else "gained" if self.lost < 0 else "same"

    def to_frame(self) -> pd.DataFrame:
        """Return both cells' plain numbers."""
        return pd.concat([self.before.to_frame(), self.after.to_frame()], ignore_index=True)

    def __str__(self) -> str:
        return render(self.message())

    def _repr_html_(self) -> str:
        return f'<div class="rk-result">{paragraphs(str(self))}</div>'


def cohort_drops(
    matrix: CohortMatrix, *, cohort: object = None, age: int | None = None, top: int = 3
) -> tuple[CohortDrop, ...]:
    """Return where cohorts lost most MRR from one month of age to the next, the largest loss first.

    Parameters
    ----------
    matrix : CohortMatrix
        Of nrr, grr or mrr, each cell against the start.
    cohort : str, date or attribute value, optional
        Only this row.
    age : int, optional
        Only this month of age, from 1 on.
    top : int
        At most so many, one a cohort.

    Returns
    -------
    tuple of CohortDrop
        Empty where nothing was lost; of one cell that was asked for, what happened there, loss or not.

    Raises
    ------
    OptionError
        If the matrix is of another kind, or has no such cohort or age.

    Examples
    --------
    >>> import retention_kit as rk
    >>> table = pd.DataFrame({"subscription_id": [1, 2], "customer_id": ["Ada", "Bo"], "interval": ["month"] * 2,
    ...     "start": ["2025-01-01"] * 2, "end": ["2025-02-01", None], "amount": [100, 80]})
    >>> [drop] = cohort_drops(rk.cohort_matrix(rk.build_ledger(table, as_of="2025-02-28")))
    >>> drop.after.age, drop.lost
    (1, 100.0)
    """
    if matrix.measure not in _MONEY or matrix.relative_to != "start" or matrix.cumulative:
        raise OptionError("error.option", name="matrix", value=matrix.measure, legal=list(_MONEY))
    lost = -matrix.numerators.diff(axis=1)
    if cohort is not None:
        lost = lost.iloc[[find_cohort(matrix.cohort, cohort, lost.index)]]
    if age is not None:
        lost = lost[[_known(matrix, age)]]
    asked = cohort is not None and age is not None
    best = lost.max(axis=1).sort_values(ascending=False, kind="stable")
    best = best[best.notna() & ((best > 0) | asked)].head(top)
    ages = lost.loc[best.index].idxmax(axis=1) if len(best) else {}
    return tuple(_drop(matrix, label, int(ages[label])) for label in best.index)


def _known(matrix: CohortMatrix, age: int) -> int:
    ages = list(matrix.values.columns[1:])
    if check_age("age", age) not in ages:
        raise OptionError("error.option", name="age", value=str(age), legal=ages)
    return age


def _drop(matrix: CohortMatrix, label: object, age: int) -> CohortDrop:
    return CohortDrop(matrix.cell(label, age - 1), matrix.cell(label, age))
