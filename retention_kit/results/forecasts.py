"""What today's customers will pay, how past forecasts held, and how a cohort goes on."""

import html
from dataclasses import dataclass
from typing import Any

import pandas as pd

from retention_kit.results.markup import lines
from retention_kit.wording import Message, Money, language, render

_WRITTEN = {"customers": "count", "forecasts": "count", "age": "count", "held": "percent", "bias": "percent1"}


@dataclass(frozen=True, eq=False, repr=False)
class Forecast:
    """Expected MRR of the customers of the last month closed, month by month; nobody new.

    Attributes
    ----------
    frame : DataFrame
        month (first day), expected, low, high (MRR at the end of the month), customers (expected to pay then).
    starting : float
        MRR of these customers at the end of the last month closed.
    origin : Timestamp
        That month, by its first day.
    n : int
        Customers.
    level : float
        Share of such forecasts whose interval is to hold the MRR that comes.
    rule : Message
    warnings : tuple of Message
    currency : str or None
    """

    frame: pd.DataFrame
    starting: float
    origin: pd.Timestamp
    n: int
    level: float
    rule: Message
    warnings: tuple[Message, ...] = ()
    currency: str | None = None

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table of plain numbers."""
        return self.frame.copy()

    def sentence(self, lang: str | None = None) -> str:
        """Return what is expected at the end of the last month, in words."""
        last = self.frame.iloc[-1]
        sums = {name: Money(float(last[name]), self.currency) for name in ("expected", "low", "high")}
        fields = {"month": last["month"], "origin": self.origin, "n": self.n, "level": self.level, **sums}
        share = float(last["expected"]) / self.starting
        starting = Money(self.starting, self.currency)
        return render("forecast.sentence", lang, share=share, starting=starting, **fields)

    describe = sentence

    def __str__(self) -> str:
        return _text(self.sentence(), self.frame, self.rule, self.warnings)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return _shown(self.sentence(), self.frame, (self.rule, *self.warnings), "money_round", self.currency)


@dataclass(frozen=True, eq=False, repr=False)
class BackTest:
    """What forecasts made at earlier months of the same ledger would have been worth.

    Attributes
    ----------
    frame : DataFrame
        One row a forecast and horizon: origin, month (first days), horizon (months between them), expected, low, high,
        realised (MRR), held (whether the interval holds it).
    by_horizon : DataFrame
        horizon, forecasts, held (share whose interval held), bias (MRR realised over MRR expected, summed, less 1).
    level : float
    rule : Message
    warnings : tuple of Message
    currency : str or None
    """

    frame: pd.DataFrame
    by_horizon: pd.DataFrame
    level: float
    rule: Message
    warnings: tuple[Message, ...] = ()
    currency: str | None = None

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table of plain numbers, one row a forecast and horizon."""
        return self.frame.copy()

    def sentence(self, lang: str | None = None) -> str:
        """Return how often the intervals held at each horizon, and on which side they were off, in words."""
        parts = [
            render(f"forecast.back_test.{'under' if row.bias > 0 else 'over'}", lang, **self._fields(row))
            for row in self.by_horizon.itertuples()
        ]
        return " ".join(parts)

    describe = sentence

    def _fields(self, row: Any) -> dict[str, Any]:
        held = round(row.held * row.forecasts)
        counted = {"horizon": int(row.horizon), "held": held, "total": int(row.forecasts)}
        return counted | {"bias": abs(float(row.bias)), "level": self.level}

    def __str__(self) -> str:
        return _text(self.sentence(), self.by_horizon, self.rule, self.warnings)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return _shown(self.sentence(), self.by_horizon, (self.rule, *self.warnings), "count", self.currency)


@dataclass(frozen=True, eq=False, repr=False)
class Projection:
    """A cohort's survivors as far as they were seen, and beyond by the shifted-beta-geometric model.

    Attributes
    ----------
    frame : DataFrame
        age, observed (share still there; NaN beyond what was seen), fitted (the model's curve), expected (beyond what
        was seen: share seen last, carried on by the model), low, high (of expected). With ages held out from the model
        also later: the share that was there at them.
    alpha, beta : float
        Of the beta distribution of the customers' risks; a risk is ``alpha / (alpha + beta)`` on average.
    n : int
        Customers the cohort began with.
    seen : int
        Last age seen.
    level : float
    rule : Message
    warnings : tuple of Message
    """

    frame: pd.DataFrame
    alpha: float
    beta: float
    n: int
    seen: int
    level: float
    rule: Message
    warnings: tuple[Message, ...] = ()

    @property
    def mean_risk(self) -> float:
        """Average risk of leaving in the first period."""
        return self.alpha / (self.alpha + self.beta)

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the table of plain numbers."""
        return self.frame.copy()

    def sentence(self, lang: str | None = None) -> str:
        """Return how far the cohort was seen and where it goes, in words."""
        last = self.frame.iloc[-1]
        shares = {name: float(last[name]) for name in ("expected", "low", "high")}
        ages = {"seen": self.seen, "age": int(last["age"]), "observed": float(self.frame["observed"][self.seen])}
        said = render("forecast.projection.sentence", lang, total=self.n, level=self.level, **ages, **shares)
        return " ".join([said, *self._held_out(lang)])

    def _held_out(self, lang: str | None) -> list[str]:
        """Return what came at the last age held out, if any was, beside what was expected for it."""
        if "later" not in self.frame:
            return []
        row = self.frame[self.frame["later"].notna()].iloc[-1]
        fields = {name: float(row[name]) for name in ("later", "expected", "low", "high")} | {"age": int(row["age"])}
        return [render("forecast.projection.later", lang, level=self.level, **fields)]

    describe = sentence

    def __str__(self) -> str:
        return _text(self.sentence(), self.frame, self.rule, self.warnings)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return _shown(self.sentence(), self.frame, (self.rule, *self.warnings), "percent1", None)


def _text(sentence: str, frame: pd.DataFrame, rule: Message, warnings: tuple[Message, ...]) -> str:
    return "\n".join([sentence, frame.to_string(index=False), *lines((rule, *warnings))])


def _shown(sentence: str, frame: pd.DataFrame, messages: tuple[Message, ...], unit: str, currency: str | None) -> str:
    """Return the sentence, the numbers as a table in words, and what must be known of them."""
    heads = "".join(f'<th scope="col">{html.escape(render(f"forecast.head.{name}"))}</th>' for name in frame.columns)
    columns = [_column(frame[name], unit, currency) for name in frame.columns]
    rows = "".join(f"<tr>{''.join(map(_cell, texts))}</tr>" for texts in zip(*columns, strict=True))
    table = f'<table class="rk-table"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
    notes = "".join(f'<p class="rk-note">{html.escape(text)}</p>' for text in lines(messages))
    return f'<div class="rk-result" lang="{language()}"><p>{html.escape(sentence)}</p>{table}{notes}</div>'


def _cell(text: str) -> str:
    return f'<td class="rk-number">{html.escape(text)}</td>'


def _column(values: pd.Series, unit: str, currency: str | None) -> list[str]:
    if values.name == "month":
        return [render("period.M", day=day) for day in values]
    unit = _WRITTEN.get(str(values.name), unit)
    if unit == "money_round":
        return [render("forecast.cell.money_round", value=Money(float(value), currency)) for value in values]
    return [render(f"forecast.cell.{unit}", value=float(value)) for value in values]
