"""The parts of a page about cohorts: how they stay and pay, and who is behind the cells that matter."""

from collections.abc import Sequence

import pandas as pd

from retention_kit.errors import OptionError
from retention_kit.months import PERIOD_MONTHS
from retention_kit.pages.elements import Remarks, notes
from retention_kit.pages.pictures import picture
from retention_kit.pages.sections import Section, together
from retention_kit.plots import plot_cohort_matrix
from retention_kit.results import CohortDrop, CohortMatrix
from retention_kit.results.matrices import row_name
from retention_kit.tables import table_cohort_drop
from retention_kit.wording import Message

_USUAL_AGE = 12
_FEWEST = 4  # cohorts that must have reached an age before older ones are held against newer ones


def age_to_tell(matrix: CohortMatrix, asked: int = 0) -> int:
    """Return the age a page speaks of: the one asked for, else twelve months, or the oldest reached.

    Parameters
    ----------
    matrix : CohortMatrix
    asked : int
        0: not said.

    Returns
    -------
    int

    Raises
    ------
    OptionError
        If no cohort has reached the age asked for.

    Examples
    --------
    >>> import retention_kit as rk
    >>> rk.age_to_tell(rk.cohort_matrix(rk.open_ledger(as_of="2025-12-31"), cohort="Q"))
    12
    """
    oldest = int(matrix.values.columns[-1])
    if asked and not 1 <= asked <= oldest:
        raise OptionError("error.age_reached", value=asked, oldest=oldest)
    return asked or min(_USUAL_AGE, oldest)


def cohorts_in_words(matrix: CohortMatrix, age: int) -> tuple[Message, ...]:
    """Return how all cohorts stand at an age, which stands best and worst, and older ones against newer ones.

    Parameters
    ----------
    matrix : CohortMatrix
        Of a share: logo, nrr or grr.
    age : int

    Returns
    -------
    tuple of Message
        Only what can be said: nothing of best and worst where one cohort alone has reached the age, of older and newer
        where fewer than four have.

    Examples
    --------
    >>> import retention_kit as rk
    >>> matrix = rk.cohort_matrix(rk.open_ledger(as_of="2025-12-31"), measure="logo", cohort="Y")
    >>> print(rk.cohorts_in_words(matrix, 12)[0])
    12 months after the start, logo retention is 78.8% over 3 cohorts (1,294 customers).
    """
    seen = matrix.values[age].notna()
    known = {"age": age, "measure": matrix.name, "n": int(matrix.sizes[seen].sum()), "cohorts": int(seen.sum())}
    told = [Message("report.cohorts.average", {**known, "value": float(matrix.average[age])})]
    values = matrix.values.loc[seen, age]
    if values.max() > values.min():
        best, worst = values.idxmax(), values.idxmin()
        ends = _end(matrix, best, age, "best") | _end(matrix, worst, age, "worst")
        told.append(Message("report.cohorts.range", {**ends, "age": age, "measure": matrix.name}))
    if matrix.cohort in PERIOD_MONTHS and len(values) >= _FEWEST:
        told.append(_older_and_newer(matrix, values.index, age))
    return tuple(told)


def _end(matrix: CohortMatrix, label: object, age: int, name: str) -> dict[str, object]:
    value, n = float(matrix.values.loc[label, age]), int(matrix.sizes[label])
    return {name: row_name(matrix.cohort, label), f"{name}_value": value, f"{name}_n": n}


def _older_and_newer(matrix: CohortMatrix, cohorts: pd.Index, age: int) -> Message:
    half = len(cohorts) // 2
    sides = {"older": cohorts[:half], "newer": cohorts[-half:]}
    shares = {
        name: float(matrix.numerators.loc[some, age].sum() / matrix.denominators.loc[some, age].sum())
        for name, some in sides.items()
    }
    change = shares["newer"] - shares["older"]
    side = "same" if abs(change) < 0.0005 else "better" if change > 0 else "worse"
    return Message(f"report.cohorts.newer_{side}", {**shares, "change": abs(change), "n": half, "measure": matrix.name})


def show_cohorts(*matrices: CohortMatrix, age: int) -> Remarks:
    """Return what several matrices of the same cohorts say at an age beyond their average, in sentences.

    Parameters
    ----------
    *matrices : CohortMatrix
    age : int

    Returns
    -------
    Remarks
        The average itself where there is no more to say.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> len(rk.show_cohorts(rk.cohort_matrix(ledger, cohort="Y"), age=12).messages)
    1
    """
    told = (cohorts_in_words(matrix, age) for matrix in matrices)
    return notes(*(message for average, *more in told for message in more or [average]))


def show_matrix(matrix: CohortMatrix) -> Section:
    """Return a cohort matrix as a picture with its rule.

    Parameters
    ----------
    matrix : CohortMatrix

    Returns
    -------
    Section

    Examples
    --------
    >>> import retention_kit as rk
    >>> len(rk.show_matrix(rk.cohort_matrix(rk.open_ledger(as_of="2025-12-31"), cohort="Y")))
    2
    """
    return together([picture(plot_cohort_matrix(matrix), of=matrix), notes(matrix.rule, *matrix.warnings)])


def show_drops(drops: Sequence[CohortDrop], *ages: pd.DataFrame, top: int = 10) -> Section:
    """Return the cells in which cohorts lost most, and the customers behind the first of them.

    Parameters
    ----------
    drops : sequence of CohortDrop
    *ages : DataFrame
        What `cohort_customers` returns for both ages of the first drop; none where there is no drop.
    top : int
        Customers shown.

    Returns
    -------
    Section
        In one sentence where no cohort lost anything.

    Examples
    --------
    >>> import retention_kit as rk
    >>> print(rk.show_drops(()))
    - No cohort's MRR fell from one month of age to the next.
    """
    if not drops:
        return together([notes("report.cohorts.no_drop")])
    return together([notes(*(drop.message() for drop in drops)), table_cohort_drop(drops[0], *ages, top=top)])
