"""Weak signals at a day, who to call first, and what a ranking was worth in the past."""

import datetime as dt
import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from retention_kit.results.markup import lines, paragraphs, table_html
from retention_kit.wording import Message, Money, language, render

_SHOWN = 5


@dataclass(frozen=True, eq=False, repr=False)
class Signals:
    """Every signal of every paying customer at the close of a day.

    Attributes
    ----------
    as_of : date
    values : DataFrame
        One row a customer, one column a signal; NaN where the events say nothing.
    fired : DataFrame
        Whether each value reached its threshold.
    mrr : Series
        Of the last month end up to the day.
    numbers : Series
        Account numbers: places in the whole ledger, from 1.
    ends : Series
        Day on which the contract ends, in days since 1970; NaN for contracts by the month.
    dated : Series
        Whether a date of the customers table said that day; else it is an anniversary, known to the month.
    leaves : Series
        Number of the first month without MRR of those who have announced to leave (`Ledger.announced`); NaN for others.
    age : Series
        Months since the first month end with MRR; missing where nobody knows.
    thresholds : DataFrame
        By signal.
    events : int
        Read, of the ledger's customers, up to the day.
    currency : str or None
    rule : Message
    warnings : tuple of Message
    """

    as_of: dt.date
    values: pd.DataFrame
    fired: pd.DataFrame
    mrr: pd.Series
    numbers: pd.Series
    ends: pd.Series
    dated: pd.Series
    leaves: pd.Series
    age: pd.Series
    thresholds: pd.DataFrame
    events: int
    currency: str | None
    rule: Message
    warnings: tuple[Message, ...] = ()

    @property
    def told_about(self) -> int:
        """Of how many customers at least one sign of leaving that earns points is known, whether it fired or not."""
        steps = self.thresholds
        own = steps.index[(steps["kind"] == "risk") & (steps["points"] > 0)]
        return int(self.values[own].notna().any(axis=1).sum())

    @property
    def read(self) -> Message:
        """How many events were read, and of how many customers each signal is known."""
        counts = self.values.notna().sum().drop("contract_end_ahead", errors="ignore")
        known = [
            Message("ranking.known", {"what": Message(f"signal.followed.{k}"), "n": int(counts[k])})
            for k in counts.index
        ]
        fields = {"as_of": self.as_of, "events": self.events, "customers": len(self.mrr)}
        return Message("ranking.read", fields | {"known": known}) if known else Message("ranking.read_only", fields)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a customer and signal: value, threshold, fired, kind."""
        value, fired = (table.rename_axis("customer_id").reset_index() for table in (self.values, self.fired))
        long = value.melt("customer_id", var_name="signal", value_name="value")
        long["threshold"] = long["signal"].map(self.thresholds["threshold"])
        long["fired"] = fired.melt("customer_id", value_name="fired")["fired"]
        return long.assign(kind=long["signal"].map(self.thresholds["kind"]))

    def sentence(self, lang: str | None = None) -> str:
        """Return how many show a sign, in words."""
        count, steps = {}, self.thresholds
        for kind in ("risk", "upsell"):
            own = steps.index[(steps["kind"] == kind) & (steps["points"] > 0)]
            count[kind] = int(self.fired[own].any(axis=1).sum())
        if len(self.mrr) and not self.told_about and not any(count.values()):
            return render("ranking.cannot_say", lang, as_of=self.as_of, customers=len(self.mrr))
        return render("signal.sentence", lang, as_of=self.as_of, n=len(self.mrr), **count)

    def __str__(self) -> str:
        return "\n".join([self.sentence(), *lines((self.read, self.rule, *self.warnings))])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        said = paragraphs(self.sentence(), *lines((self.read, self.rule, *self.warnings)))
        return f'<div class="rk-result" lang="{language()}">{said}</div>'


@dataclass(frozen=True)
class Ranked:
    """One account of a ranking, and why it stands there.

    Attributes
    ----------
    rank : int
        From 1.
    customer_id : Any
        The account's number where ids are masked.
    who : str or Message
        Name, or id where there is none; the account's number where names are masked.
    kind : {"risk", "upsell"}
    points : float
    mrr : Money
        Of a month.
    signals : tuple of str
        Those that fired, most points first.
    reasons : tuple of Message
        The same in words.
    ends : Message or None
        When the contract ends, where that is near; that it has announced to leave, where it has.
    ending : bool
        Whether it is.
    ends_on : date or None
        When the contract ends, near or not: the end of its month where only an anniversary says so; None where it runs
        by the month.
    csm : str or None
        Of the customers table.
    probability : float or None
        Of leaving within the horizon of the judgement by whose model it was ranked; None where it was ranked by points.
    leaves : date or None
        Day by which it has announced to leave: the end of the first month for which it will pay nothing.
    """

    rank: int
    customer_id: Any
    who: str | Message
    kind: str
    points: float
    mrr: Money
    signals: tuple[str, ...]
    reasons: tuple[Message, ...]
    ends: Message | None = None
    ending: bool = False
    ends_on: dt.date | None = None
    csm: str | None = None
    leaves: dt.date | None = None
    probability: float | None = None

    def sentence(self, lang: str | None = None) -> str:
        """Return whom to call and why, in words."""
        place = "first" if self.rank == 1 else "next"
        stake = Message(f"ranking.stake.{self.kind}", {"mrr": self.mrr})
        stake = Message("ranking.stake.ending", {"stake": stake, "ends": self.ends}) if self.ends else stake
        return render(f"ranking.{self.kind}.{place}", lang, who=self.who, reasons=self.reasons, stake=stake)

    def why(self, lang: str | None = None) -> str:
        """Return the reasons alone, in words."""
        return render("ranking.why", lang, reasons=[*self.reasons, *([self.ends] if self.ends else [])])


@dataclass(frozen=True, eq=False, repr=False)
class Ranking:
    """Who to call first and why, and who is ready for more.

    Attributes
    ----------
    as_of : date
    rows : tuple of Ranked
        Accounts with signs of leaving, most points first; ranked by a model, as many as were judged, the likeliest to
        leave first.
    upsell : tuple of Ranked
        Accounts with signs of being ready for more, and none of leaving.
    customers : int
        How many paid.
    currency : str or None
    masked : bool
        Whether account numbers stand for names and ids.
    read : Message
        How many events were read, and of how many accounts each signal is known.
    told_about : int
        Of how many accounts at least one sign of leaving is known, whether it fired or not.
    thresholds : DataFrame
        By which it was made.
    key : mapping
        Ids by account number where they are masked; shown nowhere.
    rule : Message
    warnings : tuple of Message
    horizon : int or None
        Months within which the probabilities are of leaving; None where it was ranked by points.
    """

    as_of: dt.date
    rows: tuple[Ranked, ...]
    upsell: tuple[Ranked, ...]
    customers: int
    currency: str | None
    masked: bool
    read: Message
    told_about: int
    thresholds: pd.DataFrame
    key: Mapping[Any, Any]
    rule: Message
    warnings: tuple[Message, ...] = ()
    horizon: int | None = None

    def __iter__(self):
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def first(self) -> Ranked | None:
        """The account to call first; None if no account shows a sign."""
        return self.rows[0] if self.rows else None

    @property
    def at_stake(self) -> Money:
        """MRR a month of all accounts with signs of leaving."""
        return Money(sum(row.mrr.amount for row in self.rows), self.currency)

    def sentence(self, lang: str | None = None) -> str:
        """Return how many accounts show a sign and who comes first, in words."""
        fields = {"as_of": self.as_of, "customers": self.customers, "n": len(self), "mrr": self.at_stake}
        fields |= {"known": self.told_about, "horizon": self.horizon, "expected": self.expected}
        key = self._nobody if not self.rows else "ranking.sentence" if self.horizon is None else "ranking.likeliest"
        said = [render(key, lang, **fields)]
        return " ".join([*said, *(row.sentence(lang) for row in self.rows[:1])])

    @property
    def expected(self) -> float:
        """How many of the list are expected to leave within the horizon; 0 where it was ranked by points."""
        return sum(row.probability or 0.0 for row in self.rows)

    @property
    def cannot_say(self) -> bool:
        """Whether nothing is known of anybody: that nobody shows a sign would be false comfort."""
        return not self.rows and self.customers > 0 and not self.told_about

    @property
    def _nobody(self) -> str:
        some = "ranking.nobody" if self.told_about == self.customers else "ranking.nobody_known"
        return "ranking.cannot_say" if self.cannot_say else some

    def to_frame(self) -> pd.DataFrame:
        """Return one row an account, texts in the language of the moment; ids are masked where names are.

        With the probability of leaving where it was ranked by a model.
        """
        columns = [name for name in _COLUMNS if name != "probability" or self.horizon is not None]
        return pd.DataFrame([self._cells(row) for row in (*self.rows, *self.upsell)], columns=columns)

    def _cells(self, row: Ranked) -> dict[str, Any]:
        who = str(row.who)
        shown = {
            "kind": row.kind,
            "rank": row.rank,
            "customer_id": who if self.masked else row.customer_id,
            "name": who,
            "probability": row.probability,
        }
        return shown | {"points": row.points, "mrr": row.mrr.amount, "signals": " ".join(row.signals), "why": row.why()}

    def __str__(self) -> str:
        following = [row.sentence() for row in self.rows[1:_SHOWN]]
        return "\n".join([self.sentence(), *following, *lines((self.read, self.rule, *self.warnings))])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        said = f"<p>{html.escape(self.sentence())}</p>"
        return f'<div class="rk-result" lang="{language()}">{said}{table_html(self, self.to_frame())}</div>'


_COLUMNS = ("kind", "rank", "customer_id", "name", "probability", "points", "mrr", "signals", "why")
