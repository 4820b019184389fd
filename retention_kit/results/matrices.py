"""Cohorts by age."""

import datetime as dt
import math
import re
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from retention_kit.errors import MonthError, OptionError
from retention_kit.months import PERIOD_MONTHS, month_number, month_start
from retention_kit.results.markup import lines, paragraphs, table_html
from retention_kit.wording import LANGUAGES, Message, Money, render

_QUARTER = re.compile(r"(\d{4})-?[QT]([1-4])")
_UNITS = {"customers": "count", "mrr": "amount", "arpa": "per_customer"}  # all others are shares


@dataclass(frozen=True)
class CohortCell:
    """One cell of a cohort matrix and what stands behind it.

    Attributes
    ----------
    cohort : Timestamp or attribute value
        The label of the row.
    age : int
        Months since the customers' own start.
    value : float
        NaN if not observed, or if there is nothing to divide by.
    numerator, denominator : float
        What is divided by what; NaN if not observed.
    customers : int
        Of the cohort, whether they still pay or not.
    observed : bool
        Whether the youngest of the cohort has reached that age.
    measure, row : Message or str
        The names of the measure and of the row.
    unit : {"share_customers", "share_money", "count", "amount", "per_customer"}
    currency : str or None
    """

    cohort: Any
    age: int
    value: float
    numerator: float
    denominator: float
    customers: int
    observed: bool
    measure: Message
    row: Message | str
    unit: str
    currency: str | None = None

    def sentence(self, lang: str | None = None) -> str:
        """Say the cell with the numbers behind it."""
        fields = {"row": self.row, "age": self.age, "measure": self.measure, "n": self.customers}
        if not self.observed:
            return render("cohorts.cell.not_observed", lang, **fields)
        if math.isnan(self.value):
            return render("cohorts.cell.nothing", lang, **fields)
        amounts = {"value": self.value, "numerator": self.numerator, "denominator": self.denominator}
        money = {"share_money": ("numerator", "denominator"), "amount": ("value",), "per_customer": _PER_CUSTOMER}
        amounts |= {name: Money(amounts[name], self.currency) for name in money.get(self.unit, ())}
        return render(f"cohorts.cell.{self.unit}", lang, **fields, **amounts)

    def to_frame(self) -> pd.DataFrame:
        """Return the cell's plain numbers as one row."""
        names = ("cohort", "age", "value", "numerator", "denominator", "customers", "observed")
        return pd.DataFrame([{name: getattr(self, name) for name in names}])

    def __float__(self) -> float:
        return float(self.value)

    def __str__(self) -> str:
        return self.sentence()

    def _repr_html_(self) -> str:
        return f'<div class="rk-result">{paragraphs(self.sentence())}</div>'


_PER_CUSTOMER = ("value", "numerator")


@dataclass(frozen=True, eq=False, repr=False)
class CohortMatrix:
    """Cohorts of customers by age.

    Attributes
    ----------
    measure : {"customers", "logo", "mrr", "nrr", "grr", "arpa"}
    values : DataFrame
        Cohorts (first day of the month, quarter or year of their first payment, or an attribute's value) × ages in
        months; NaN where not yet observed, never 0.
    numerators, denominators : DataFrame
        The sums behind each cell, of the same shape.
    sizes : Series
        Customers of each cohort.
    average : Series
        Σ numerators ÷ Σ denominators over the observed cells of each age.
    rule : Message
    currency : str or None
        Of amounts, and of the sums behind shares of MRR.
    cohort : str
        ``"M"``, ``"Q"``, ``"Y"`` or the attribute that makes the cohorts.
    relative_to : {"start", "previous"}
    fill_gaps, cumulative : bool
    baseline : int
        The options of `cohort_matrix`; the first age is `baseline`.
    warnings : tuple of Message
    """

    measure: str
    values: pd.DataFrame
    numerators: pd.DataFrame
    denominators: pd.DataFrame
    sizes: pd.Series
    average: pd.Series
    rule: Message
    currency: str | None = None
    cohort: str = "M"
    relative_to: str = "start"
    fill_gaps: bool = False
    baseline: int = 0
    cumulative: bool = False
    warnings: tuple[Message, ...] = ()

    @property
    def name(self) -> Message:
        """What the cells are, options included."""
        name = Message(f"cohorts.name.{self.measure}_to_date" if self.cumulative else f"measure.{self.measure}")
        if self.fill_gaps:
            name = Message("cohorts.name.on_or_after", {"measure": name})
        if self.relative_to == "previous":
            name = Message("cohorts.name.previous", {"measure": name})
        if self.baseline:
            name = Message("cohorts.name.baseline", {"measure": name, "baseline": self.baseline})
        return name

    def rows(self, lang: str | None = None) -> list[str]:
        """Return the names of the cohorts in words, in their order."""
        return [_text(row_name(self.cohort, label), lang) for label in self.values.index]

    def cell(self, cohort: Any, age: int) -> CohortCell:
        """Return one cell with the numbers behind it.

        Parameters
        ----------
        cohort : str, date or attribute value
            Such as ``"2024-03"``, ``"2024-Q1"``, ``"2024"``, or the value of the attribute.
        age : int
            One beyond the matrix has not been observed.

        Raises
        ------
        OptionError
            If there is no such cohort, or `age` is no whole number from the first age on.
        """
        place = find_cohort(self.cohort, cohort, self.values.index)
        at = check_age("age", age, self.baseline) - self.baseline
        within = at < self.values.shape[1]
        parts = [
            float(part.iloc[place, at]) if within else math.nan
            for part in (self.values, self.numerators, self.denominators)
        ]
        label, unit = self.values.index[place], _UNITS.get(self.measure)
        unit = unit or ("share_customers" if self.measure == "logo" else "share_money")
        known = {"measure": self.name, "row": row_name(self.cohort, label), "unit": unit, "currency": self.currency}
        observed = not math.isnan(parts[1])
        return CohortCell(label, at + self.baseline, *parts, int(self.sizes.iloc[place]), observed, **known)

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the matrix of plain numbers."""
        return self.values.copy()

    def describe(self, lang: str | None = None) -> str:
        """Say what the matrix shows in a sentence or two, for those who cannot see the figure."""
        age, unit = self.reading_age, self._unit
        fields = {"measure": self.name, "cohorts": len(self.sizes), "n": int(self.sizes.sum()), "age": age}
        average = self._shown(float(self.average[age]))
        said = render(f"cohorts.describe.{unit}", lang, span=self._span(), average=average, **fields)
        seen = self.values[age].dropna()
        if len(seen) < 2:
            return said
        ends = {name: self._written(seen.iloc[at]) for name, at in (("low", seen.argmin()), ("high", seen.argmax()))}
        rows = {name: row_name(self.cohort, at) for name, at in (("worst", seen.idxmin()), ("best", seen.idxmax()))}
        return f"{said} {render('cohorts.describe.extremes', lang, seen=len(seen), **ends, **rows)}"

    def describe_curves(self, lang: str | None = None) -> str:
        """Say how the average goes on with age, and between which cohorts, for those who cannot see the curves."""
        known = self.average.dropna()
        ages = [age for age in (0, 3, 6, 12, 24, 36) if age in known.index] or list(known.index[:1])
        points = [{"age": int(age), "value": self._written(known[age])} for age in ages]
        told = [Message("cohorts.describe.curve_point", point) for point in points]
        fields = {"measure": self.name, "cohorts": len(self.sizes), "span": self._span(), "points": told}
        return render("cohorts.describe.curves", lang, **fields)

    @property
    def reading_age(self) -> int:
        """The age at which cohorts are compared in words: a year, or the last one seen."""
        return int(min(12, self.values.columns[-1]))

    @property
    def _unit(self) -> str:
        return _UNITS.get(self.measure, "share")

    def _shown(self, value: float) -> float | Money:
        return Money(value, self.currency) if self._unit in {"amount", "per_customer"} else value

    def _written(self, value: float) -> Message:
        return Message(f"cohorts.describe.value.{self._unit}", {"value": self._shown(float(value))})

    def _span(self) -> Message:
        if self.cohort not in PERIOD_MONTHS:
            return Message("cohorts.span.attribute", {"name": self.cohort})
        first, last = self.values.index[0], self.values.index[-1]
        ends = {"first_row": row_name(self.cohort, first), "last_row": row_name(self.cohort, last)}
        return Message(f"cohorts.span.{self.cohort}", {"first": first, "last": last, **ends})

    def __str__(self) -> str:
        return "\n".join([self.values.to_string(), *lines((self.rule, *self.warnings))])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f'<div class="rk-result">{table_html(self, self.values)}{paragraphs(*lines(self.warnings))}</div>'


def period_name(freq: str, day: pd.Timestamp) -> Message:
    """Return the name of a month, quarter or year by its first day."""
    return Message(f"period.{freq}", {"day": day, "quarter": str(day.quarter), "year": str(day.year)})


def row_name(cohort: str, label: Any) -> Message | str:
    """Return the name of a cohort: a period by its first day, or the value of an attribute."""
    if cohort in PERIOD_MONTHS:
        return period_name(cohort, label)
    if isinstance(label, bool):
        return Message("cohorts.yes" if label else "cohorts.no")
    if isinstance(label, dt.date):  # pd.Timestamp is one
        return Message("cohorts.day", {"day": label})
    unknown = {render("word.unknown", lang) for lang in LANGUAGES}
    return Message("word.unknown") if label in unknown else str(label)


def _text(name: Message | str, lang: str | None) -> str:
    return render(name, lang) if isinstance(name, Message) else name


def find_cohort(cohort: str, value: Any, labels: pd.Index) -> int:
    """Return the place of a cohort among the labels of the rows.

    Raises
    ------
    OptionError
        If no cohort is called so.
    """
    wanted: Hashable = _period(cohort, value) if cohort in PERIOD_MONTHS else value
    same = [place for place, label in enumerate(labels) if label == wanted]
    same = same or [place for place, label in enumerate(labels) if str(label) == str(wanted)]
    if not same:
        legal = [f"{label:%Y-%m}" if cohort in PERIOD_MONTHS else str(label) for label in labels]
        raise OptionError("error.option", name="cohort", value=str(value), legal=legal)
    return same[0]


def _period(cohort: str, value: Any) -> Any:
    """Return the first day of the period that a value names or lies in; the value itself if it names no month."""
    text, length = str(value).strip(), PERIOD_MONTHS[cohort]
    if quarter := _QUARTER.fullmatch(text):
        value = f"{quarter[1]}-{3 * int(quarter[2]) - 2:02}"
    elif re.fullmatch(r"\d{4}", text):
        value = f"{text}-01"
    try:
        return month_start(month_number(value) // length * length)
    except MonthError:
        return value


def check_age(name: str, value: Any, first: int = 0) -> int:
    """Return an age in months.

    Raises
    ------
    OptionError
        If it is no whole number from `first` on.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < first:
        raise OptionError("error.cohort_age", name=name, value=str(value), first=first)
    return int(value)
