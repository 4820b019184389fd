"""What a ranking was worth in the past."""

import datetime as dt
from dataclasses import dataclass, replace

import pandas as pd

from retention_kit.results.markup import lines, paragraphs, table_html
from retention_kit.wording import Message, language, render


@dataclass(frozen=True)
class Lift:
    """What one way of choosing customers was worth.

    Attributes
    ----------
    name : {"all", "rules", "flagged", "mrr", "without", "model"}
    n, hits : int
        Customers chosen, each counted once a day, and those for whom it came true.
    share, share_low, share_high : float
    lift, lift_low, lift_high : float
        Share among those chosen ÷ share among all.
    """

    name: str
    n: int
    hits: int
    share: float
    share_low: float
    share_high: float
    lift: float
    lift_low: float
    lift_high: float

    def fields(self) -> dict[str, object]:
        """Return its name and its lift, to be put into words."""
        lifts = {"value": self.lift, "low": self.lift_low, "high": self.lift_high}
        return {"name": Message(f"ranking.by.{self.name}")} | {name: round(x, 2) for name, x in lifts.items()}


@dataclass(frozen=True, eq=False)
class ChurnModel:
    """A logistic model that found, on days it had not seen, more than without the signals and more than the rules.

    Attributes
    ----------
    lift, without, rules : Lift
        Of the model, of the same model without the signals, and of the rules, all on the later days.
    over_without, over_rules : tuple of float
        Share among those the model chose ÷ share among those the other one chose, with its interval.
    constant : float
        The logit of a customer who is average in every column.
    scale : DataFrame
        By column: weight on the logit a standard deviation, mean, deviation.
    expected : float
        How many it expected on the later days.
    observed : int
        How many there were.
    slope, intercept : float
        Of what came, on the later days, on the logit of what was expected; 1 and 0 where both agree. A ranking by the
        model is recalibrated by them.
    calibration : DataFrame
        group, expected, observed, n, on the later days.
    fitted, judged : int
        Days.
    level : float
        Of the intervals.
    """

    lift: Lift
    without: Lift
    rules: Lift
    over_without: tuple[float, float, float]
    over_rules: tuple[float, float, float]
    constant: float
    scale: pd.DataFrame
    expected: float
    observed: int
    slope: float
    intercept: float
    calibration: pd.DataFrame
    fitted: int
    judged: int
    level: float

    @property
    def weights(self) -> pd.Series:
        """By column, on the logit and a standard deviation of the column."""
        return self.scale["weight"]

    def sentence(self, lang: str | None = None) -> str:
        """Return how much the events add and how well its probabilities hold, in words."""
        value, low, high = self.over_without
        ratios = {"value": round(value, 2), "low": round(low, 2), "high": round(high, 2), "slope": round(self.slope, 2)}
        ratios |= {"rules": round(self.over_rules[0], 2), "intercept": round(self.intercept, 2)}
        counts = {"expected": round(self.expected), "observed": self.observed, "judged": self.judged}
        return render("ranking.model.beats", lang, level=self.level, **ratios, **counts)


@dataclass(frozen=True, eq=False, repr=False)
class Judgement:
    """What a ranking was worth on past days.

    Attributes
    ----------
    kind : {"risk", "upsell"}
    k, horizon : int
    level : float
    days : tuple of date
        On which it was drawn up anew.
    base : Lift
        All customers.
    lifts : tuple of Lift
        Of those the rules put first, of all they flagged, and of as many by MRR alone.
    over_mrr : tuple of float
        Share among those the rules put first ÷ share among as many by MRR alone, with its interval.
    least : int
        Customers called for whom it must have come true before a lift is claimed.
    model : ChurnModel or None
        None where it found no more than without the signals, or than the rules.
    notes : tuple of Message
    rule : Message
    """

    kind: str
    k: int
    horizon: int
    level: float
    days: tuple[dt.date, ...]
    base: Lift
    lifts: tuple[Lift, ...]
    over_mrr: tuple[float, float, float]
    least: int
    model: ChurnModel | None
    notes: tuple[Message, ...]
    rule: Message

    def __getitem__(self, name: str) -> Lift:
        return {each.name: each for each in (self.base, *self.lifts)}[name]

    @property
    def claims_lift(self) -> bool:
        """Whether those ranked first left more often than all do, beyond what chance would show."""
        return self["rules"].lift_low > 1 and self["rules"].hits >= self.least

    @property
    def beats_mrr(self) -> bool:
        """Whether they left more often than as many chosen by MRR alone."""
        return self.over_mrr[1] > 1 and self["rules"].hits >= self.least

    def verdict(self, lang: str | None = None) -> str:
        """Return what may be said of the lift, in words."""
        rules = self["rules"]
        if not rules.n:
            return render("ranking.lift.nobody", lang)
        if rules.hits < self.least:
            return render("ranking.lift.too_few", lang, n=rules.hits, least=self.least)
        side = "claimed" if self.claims_lift else "below" if rules.lift_high < 1 else "none"
        numbers = {"value": rules.lift, "low": rules.lift_low, "high": rules.lift_high}
        return render(f"ranking.lift.{side}", lang, level=self.level, **{n: round(x, 2) for n, x in numbers.items()})

    def against_mrr(self, lang: str | None = None) -> str:
        """Return how the ranking stands against MRR alone, in words."""
        mrr = self["mrr"]
        side = "more" if self.beats_mrr else "less" if self.over_mrr[2] < 1 else "open"
        return render(f"ranking.mrr.{side}", lang, hits=mrr.hits, n=mrr.n, share=mrr.share)

    def describe(self, lang: str | None = None) -> str:
        """Return the picture of the lifts in words, for those who do not see it."""
        rows = [Message("ranking.describe_row", each.fields()) for each in self.shown]
        return render("ranking.describe", lang, rows=rows)

    @property
    def shown(self) -> tuple[Lift, ...]:
        """Every way of choosing that is shown, the models' beside the rules on the same days."""
        model = ()
        if self.model:
            model = (replace(self.model.rules, name="rules_later"), self.model.without, self.model.lift)
        return (*self.lifts, *model)

    def sentence(self, lang: str | None = None) -> str:
        """Return what the ranking was worth, in words."""
        return " ".join(self._texts(lang))

    def _texts(self, lang: str | None = None) -> list[str]:
        rules, base = self["rules"], self.base
        counts = {"days": len(self.days), "n": rules.n, "hits": rules.hits, "horizon": self.horizon}
        shares = {"share": rules.share, "low": rules.share_low, "high": rules.share_high, "base": base.share}
        found = render(f"ranking.judged.{self.kind}", lang, level=self.level, **counts, **shares) if rules.n else ""
        mrr = self.against_mrr(lang) if rules.n else ""
        model = self.model.sentence(lang) if self.model else ""
        return [text for text in (found, self.verdict(lang), mrr, model) if text]

    def to_frame(self) -> pd.DataFrame:
        """Return one row a way of choosing: n, hits, share and lift with their limits."""
        return pd.DataFrame([vars(each) for each in (self.base, *self.shown)])

    def __str__(self) -> str:
        return "\n".join([*self._texts(), *lines((*self.notes, self.rule))])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        table = table_html(self, self.to_frame())
        return f'<div class="rk-result" lang="{language()}">{paragraphs(self.sentence())}{table}</div>'
