"""Cohort matrices: customers who began together, or who have something in common, followed by age."""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from retention_kit.engines.memory import Cohorts
from retention_kit.errors import InputError, OptionError
from retention_kit.ledger import Ledger, snapshot_seen
from retention_kit.months import PERIOD_MONTHS, month_starts
from retention_kit.results import CohortMatrix
from retention_kit.results.matrices import check_age, find_cohort
from retention_kit.schema import CUSTOMER_ID
from retention_kit.wording import Message

_MEASURES = ("nrr", "grr", "logo", "customers", "mrr", "arpa")
_VALUES = {
    "relative_to": ("start", "previous"),
    "fill_gaps": (False, True),
    "baseline": (0, 1),
    "cumulative": (False, True),
}
_GOES_WITH = {
    "relative_to": ("nrr", "grr", "logo"),
    "fill_gaps": ("logo", "customers"),
    "baseline": ("nrr", "grr", "logo"),
    "cumulative": ("mrr", "arpa"),
}
_WEIGHTS = {
    ("logo", "start"): "customers",
    ("logo", "previous"): "customers_before",
    **dict.fromkeys([("nrr", "start"), ("grr", "start")], "mrr"),
    **dict.fromkeys([("nrr", "previous"), ("grr", "previous")], "mrr_before"),
    ("arpa", "start"): "paying",
    ("arpa", "to_date"): "customers",
}


@dataclass(frozen=True)
class _Way:
    """What the cells are to be."""

    measure: str
    relative_to: str
    fill_gaps: bool
    baseline: int
    cumulative: bool

    def checked(self) -> "_Way":
        """Return this way, or raise what is wrong with it."""
        _choose("measure", self.measure, _MEASURES)
        for name, legal in _VALUES.items():
            value = getattr(self, name)
            _choose(name, value, legal)
            if value != legal[0] and self.measure not in _GOES_WITH[name]:
                option = f"{name}={value!r}"
                raise OptionError("error.cohort_option", option=option, measure=self.measure, legal=_GOES_WITH[name])
        return self

    @property
    def in_money(self) -> bool:
        """Whether the cells themselves are amounts."""
        return self.measure in {"mrr", "arpa"}

    @property
    def key(self) -> str:
        """The last part of the key of the rule."""
        if self.cumulative:
            return "to_date"
        if self.fill_gaps:
            return "on_or_after_previous" if self.relative_to == "previous" else "on_or_after"
        return self.relative_to


def _choose(name: str, value: object, legal: tuple) -> None:
    # 1 equals True and 1.0, which are no ages
    if not any(type(value) is type(each) and value == each for each in legal):
        raise OptionError("error.option", name=name, value=str(value), legal=[str(each) for each in legal])


def cohort_matrix(
    ledger: Ledger,
    *,
    measure: str = "nrr",
    cohort: str = "M",
    relative_to: str = "start",
    fill_gaps: bool = False,
    baseline: int = 0,
    cumulative: bool = False,
) -> CohortMatrix:
    """Return a measure for every cohort and age.

    Parameters
    ----------
    ledger : Ledger
    measure : {"nrr", "grr", "logo", "customers", "mrr", "arpa"}
        nrr: MRR ÷ MRR at age 0. grr: the same, no customer counting for more than at age 0. logo: customers paying ÷
        customers at age 0. customers, mrr: the sums themselves. arpa: MRR ÷ customers paying.
    cohort : {"M", "Q", "Y"} or str
        Customers are grouped by the month, quarter or year of their first payment, or by an attribute of the
        customers; those without a value come last.
    relative_to : {"start", "previous"}
        previous: each cell ÷ the one an age before (nrr, grr, logo); the first age is 1.
    fill_gaps : bool
        Whether a customer counts as paying at an age if they pay then or later, "on or after" (logo, customers).
    baseline : {0, 1}
        The age to divide by (nrr, grr, logo). With 1 only those who pay at age 1 count, and ages begin there.
    cumulative : bool
        Sums of MRR from age 0 on: revenue to date (mrr), or per starting customer (arpa: LTV to date).

    Returns
    -------
    CohortMatrix
        Rows: cohorts, by the first day of their period, or by the attribute's value; those in which nobody began have
        no row. Columns: age in months since each customer's own first month end with MRR. NaN where the youngest of
        the cohort has not reached the age, never 0; a cohort that lost everyone is an observed 0. ``average`` is
        Σ numerators ÷ Σ denominators over the observed cells of an age.

    Raises
    ------
    OptionError
        If an argument is not one of these, if an option does not go with the measure, or if no cohort has reached
        the baseline.
    InputError
        If the start of no customer was observed.

    Notes
    -----
    The denominator is fixed at the baseline. A customer who comes back stays in their first cohort, so a row may rise.
    One customer who began lately shortens the whole row of an attribute's value; a warning says so.

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
    way = _Way(measure, relative_to, fill_gaps, baseline, cumulative).checked()
    codes, labels = _groups(ledger, cohort)
    sums = ledger.engine.cohorts(ledger.book, codes, len(labels), baseline=baseline)
    some = sums.sizes > 0
    _refuse_empty(ledger, way, sums)
    upper, lower = (pd.DataFrame(part[some], labels[some]) for part in _parts(way, sums))
    upper, lower = (part.rename_axis(index="cohort", columns="age") for part in (upper, lower))
    upper.columns = lower.columns = pd.RangeIndex(baseline, int(sums.reached.max()) + 1, name="age")
    scale = 10**ledger.digits
    unit = scale if way.in_money else 1
    return CohortMatrix(
        values=_ratio(upper, lower) / unit,
        numerators=upper if measure in {"logo", "customers"} else upper / scale,
        denominators=lower / scale if measure in {"nrr", "grr"} else lower,
        sizes=pd.Series(sums.sizes[some], upper.index, name="customers"),
        average=(_ratio(upper.sum(), lower.sum()) / unit).rename("average"),
        rule=_rule(ledger, way, cohort),
        currency=None if measure in {"logo", "customers"} else ledger.currency,
        cohort=cohort,
        warnings=tuple(_warnings(ledger, cohort, codes, labels, sums)),
        **asdict(way),
    )


def _groups(ledger: Ledger, cohort: str) -> tuple[np.ndarray, pd.Index]:
    """Return the cohort of every customer (0 … k - 1), and what the cohorts are called."""
    if cohort in PERIOD_MONTHS:
        length, first = PERIOD_MONTHS[cohort], ledger.book.first
        periods = np.arange(first // length, ledger.book.last // length + 1)
        return ledger.book.start // length - periods[0], month_starts(periods * length)
    attributes = [] if ledger.customers is None else list(ledger.customers.columns)
    _choose("cohort", cohort, (*PERIOD_MONTHS, *attributes))
    codes, labels = ledger.groups(cohort)
    return codes, pd.Index(labels, dtype=object)


def _refuse_empty(ledger: Ledger, way: _Way, sums: Cohorts) -> None:
    if not sums.sizes.any():
        raise InputError("error.no_cohort", n=ledger.book.customers, first=ledger.first_month)
    if sums.reached.max() < way.baseline:
        raise OptionError("error.no_age", baseline=way.baseline)


def _parts(way: _Way, sums: Cohorts) -> tuple[np.ndarray, np.ndarray]:
    """Return numerators and denominators from the baseline on, in customers and cents; NaN at ages not reached."""
    paying = sums.later if way.fill_gaps else sums.customers
    mrr = sums.mrr.cumsum(axis=1) if way.cumulative else sums.mrr
    upper = {"nrr": mrr, "grr": sums.capped, "mrr": mrr, "arpa": mrr}.get(way.measure, paying)
    if way.measure == "arpa":
        lower = np.broadcast_to(sums.sizes[:, None], upper.shape) if way.cumulative else paying
    elif way.measure in _GOES_WITH["relative_to"]:
        lower = _divisors(way, upper)
    else:
        lower = np.ones_like(upper)
    reached = np.arange(upper.shape[1]) <= sums.reached[:, None]
    ages = slice(way.baseline, int(sums.reached.max()) + 1)
    return np.where(reached, upper, np.nan)[:, ages], np.where(reached, lower, np.nan)[:, ages]


def _divisors(way: _Way, upper: np.ndarray) -> np.ndarray:
    """Return each cohort's own sum at the baseline, for every age, or that of the age before."""
    born = upper[:, way.baseline, None]
    if way.relative_to == "start":
        return np.broadcast_to(born, upper.shape)
    before = np.roll(upper, 1, axis=1)
    before[:, way.baseline, None] = born
    return before


def _ratio(upper: pd.DataFrame | pd.Series, lower: pd.DataFrame | pd.Series) -> pd.DataFrame | pd.Series:
    """Return the ratio, NaN where there is nothing to divide by."""
    return upper / lower.where(lower > 0)


def _rule(ledger: Ledger, way: _Way, cohort: str) -> Message:
    who = Message(f"rule.cohorts.who.{cohort if cohort in PERIOD_MONTHS else 'attribute'}", {"name": cohort})
    may_lack = way.relative_to == "previous" or way.baseline or (way.measure == "arpa" and not way.cumulative)
    weight = _WEIGHTS.get((way.measure, "to_date" if way.cumulative else way.relative_to), "rows")
    when = "month" if cohort == "M" else "youngest"
    parts = {
        "who": who,
        "cell": Message(f"rule.cohorts.{way.measure}.{way.key}", {"baseline": way.baseline}),
        "empty": Message(f"rule.cohorts.empty.{when}_or_nothing" if may_lack else f"rule.cohorts.empty.{when}"),
        "average": Message(f"rule.cohorts.average.{weight}"),
    }
    return Message("rule.cohorts", {**parts, "first": ledger.first_month, "last": ledger.last_month})


def _warnings(ledger: Ledger, cohort: str, codes: np.ndarray, labels: pd.Index, sums: Cohorts) -> list[Message]:
    """Return who is in no cohort, and which values of an attribute one young customer cuts short."""
    seen, unseen = snapshot_seen(ledger), ledger.book.truncated
    found = [seen] if seen else []
    if unseen.any():
        found.append(Message("warning.cohorts_unseen", {"n": int(unseen.sum()), "total": ledger.book.customers}))
    if cohort not in PERIOD_MONTHS:
        oldest = np.full(len(labels), -1)
        np.maximum.at(oldest, codes[~unseen], (ledger.book.last - ledger.book.start)[~unseen])
        some = sums.sizes > 0
        if short := int((2 * sums.reached < oldest)[some].sum()):
            found.append(Message("warning.cohorts_young", {"n": short, "total": int(some.sum())}))
    return found


def cohort_customers(ledger: Ledger, *, cohort: object, age: int, freq: str = "M") -> pd.DataFrame:
    """Return the customers behind a cell of the cohort matrix.

    Parameters
    ----------
    ledger : Ledger
    cohort : str, date or attribute value
        Such as ``"2024-03"``, ``"2024-Q1"``, ``"2024"``, or the value of the attribute.
    age : int
        In months since each customer's own start.
    freq : {"M", "Q", "Y"} or str
        What makes the cohorts, as ``cohort=`` of `cohort_matrix`: a calendar period or an attribute.

    Returns
    -------
    DataFrame
        One row a customer of the cohort, whether they still pay or not: customer_id, first_month, starting_mrr (at age
        0), mrr (at that age: 0 if they do not pay, NaN if they have not reached it), then the customers' attributes.

    Raises
    ------
    OptionError
        If there is no such cohort or attribute, or `age` is no whole number from 0 on.

    Notes
    -----
    Where the cell is observed, ``mrr`` sums to its MRR, ``mrr > 0`` to its customers, and the smaller of ``mrr`` and
    ``starting_mrr`` to the numerator of its GRR.

    Examples
    --------
    >>> from retention_kit.ledger import build_ledger
    >>> table = pd.DataFrame({"subscription_id": [1, 2], "customer_id": ["Ada", "Bo"], "interval": ["month"] * 2,
    ...     "start": ["2025-01-01", "2025-01-01"], "end": ["2025-02-01", None], "amount": [100, 80]})
    >>> cohort_customers(build_ledger(table, as_of="2025-02-28"), cohort="2025-01", age=1)
      customer_id first_month  starting_mrr   mrr
    0         Ada  2025-01-01         100.0   0.0
    1          Bo  2025-01-01          80.0  80.0
    """
    codes, labels = _groups(ledger, freq)
    at, book = check_age("age", age), ledger.book
    inside = np.flatnonzero(~book.truncated)
    present = np.unique(codes[inside])
    place = present[find_cohort(freq, cohort, labels[present])]
    members = inside[codes[inside] == place]
    start, now = (ledger.to_units(ledger.engine.at_age(book, when)[members]) for when in (0, at))
    reached = book.start[members] + at <= book.last
    columns = {CUSTOMER_ID: ledger.ids[members], "first_month": month_starts(book.start[members])}
    table = pd.DataFrame({**columns, "starting_mrr": start, "mrr": np.where(reached, now, np.nan)})
    if ledger.customers is None:
        return table
    attributes = ledger.customers.iloc[members].reset_index(drop=True)
    return table.join(attributes.rename(columns={name: f"{name}_given" for name in table.columns}))
