"""One group against the reference: estimates side by side, the one that decides, and what it decides."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from retention_kit.balance import Covariates, covariates
from retention_kit.contrasts import leave_one_cluster_out
from retention_kit.hypotheses.adjusting import (
    Alike,
    by_stratum,
    covariate_table,
    hidden_factor,
    made_alike,
    strongest_measured,
)
from retention_kit.hypotheses.besides import other_tests
from retention_kit.hypotheses.estimated import Estimated, method_of
from retention_kit.hypotheses.portfolios import Portfolios, portfolios
from retention_kit.hypotheses.question import MONEY, Question
from retention_kit.hypotheses.refusals import bound, cautions, refusal, survivors_only, uncounted
from retention_kit.hypotheses.sampling import Sample
from retention_kit.results import Arm, Finding, Line, Verdict
from retention_kit.subjects import amounts
from retention_kit.verdicts import LEAST_SHOWN, Evidence, customers_needed, judge, not_testable
from retention_kit.wording import Message


@dataclass(frozen=True)
class Asked:
    """The question, and how it is to be answered: what to adjust for, which portfolios, what was measured when."""

    question: Question
    adjust: tuple[str, ...]
    cluster: str | None
    measured_at: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Pair:
    """One group against the reference."""

    how: Asked
    sample: Sample

    @property
    def asked(self) -> Question:
        """The question."""
        return self.how.question

    @cached_property
    def arms(self) -> tuple[Arm, Arm]:
        """The group with the factor, then the reference."""
        sides = zip((self.sample.treated, ~self.sample.treated), reversed(self.sample.labels), strict=True)
        found = tuple(self.sample.outcome.arm(some, label, self.asked.level) for some, label in sides)
        return tuple(map(uncounted, found)) if self.withheld else found

    @cached_property
    def withheld(self) -> bool:
        """Whether nothing is computed, as whatever came out would be about survivors only."""
        return survivors_only(self.asked, self.sample.ledger) is not None

    @cached_property
    def shown(self) -> bool:
        """Whether there is enough of both groups to compute a difference at all."""
        known = not any(math.isnan(arm.value) for arm in self.arms)
        return known and min(arm.n for arm in self.arms) >= LEAST_SHOWN

    @cached_property
    def units(self) -> Portfolios | None:
        """Portfolios, where they rather than customers are what is compared."""
        return portfolios(self.sample, self.how.cluster)

    @cached_property
    def table(self) -> pd.DataFrame:
        """What is adjusted for."""
        return covariate_table(self.sample, self.how.adjust, self.how.measured_at)

    @cached_property
    def design(self) -> Covariates | None:
        """The covariates that differ between customers, as many as the groups can bear; None if none was asked for."""
        return covariates(self.table, self.sample.treated) if self.how.adjust and self.shown else None

    @cached_property
    def alike(self) -> Alike | None:
        """The groups made alike, if that was asked and can be."""
        if self.design is None or not self.design.columns:
            return None
        return made_alike(self.sample, self.design, self.units.codes if self.units else None)

    @cached_property
    def plain(self) -> Estimated:
        """The difference as it is."""
        label = Message("line.unadjusted")
        if not self.shown:
            return Estimated(label, Message("method.snapshot" if self.withheld else "method.none"), None)
        return self._as_it_is(label, np.ones(len(self.sample), dtype=bool))

    def _as_it_is(self, label: Message, some: np.ndarray) -> Estimated:
        """Return the difference among some of them, by portfolio where those are what is compared."""
        part = self.sample.only(some)
        if self.units:
            codes = self.units.codes[some]
            found = leave_one_cluster_out(lambda left: part.outcome.statistic(part.treated, left), codes)
            return Estimated(label, self._by_portfolio("method.clusters", codes), found)
        found = part.outcome.comparison(part.treated)
        return Estimated(label, method_of(self.asked.outcome, found), found)

    @cached_property
    def deciding(self) -> Estimated:
        """The estimate the verdict rests on."""
        if self.alike is None:
            return self.plain
        method = self._by_portfolio("method.overlap_clusters") if self.units else Message("method.overlap")
        return Estimated(Message("line.adjusted"), method, self.alike.adjusted.comparison)

    def _by_portfolio(self, key: str, codes: np.ndarray | None = None) -> Message:
        n = self.units.count if codes is None else len(np.unique(codes))
        return Message(key, {"portfolio": self.units.name, "n": n})

    @cached_property
    def margin(self) -> float:
        """The smallest difference that matters."""
        if self.asked.outcome != "spend" or self.asked.margin is not None:
            return self.asked.matters(math.nan)
        paid = amounts(self.sample.ledger, self.sample.subjects, "spend", 0).numerator
        return self.asked.matters(float(paid.mean()) if len(paid) else 1.0)

    @cached_property
    def refused(self) -> Verdict | None:
        """Why it cannot be judged."""
        found = refusal(self.asked, self.sample, self.arms)
        found = found or (self.units.refusal(self.sample) if self.units else None)
        return found or (None if self._spread else not_testable("no_spread"))

    @property
    def _spread(self) -> bool:
        """Whether there is an interval, or another reason why there is none."""
        unlike = self.alike is not None and self.alike.adjusted.reason is not None
        return unlike or not math.isnan(self.deciding.contrast(self.asked.level).low)

    @cached_property
    def check(self) -> float:
        """p-value of the permutation beside an unadjusted difference of money or numbers."""
        done = self.alike or self.units or self.refused or not hasattr(self.sample.outcome, "check")
        return math.nan if done else self.sample.outcome.check(self.sample.treated)

    @cached_property
    def verdict(self) -> Verdict:
        """What the numbers bear."""
        if self.refused:
            return self.refused
        level, made = self.asked.level, self.alike
        return judge(
            Evidence(
                contrast=self.deciding.contrast(level),
                wide=self.deciding.contrast(2 * level - 1),
                sign=self.asked.sign,
                margin=self.margin,
                alpha=self.asked.alpha,
                said_margin=self.margin,
                check=self.check,
                alike=self.asked.randomised or made is not None,
                unlike=self._unlike(),
                diluted=self._diluted(),
            )
        )

    def _diluted(self) -> Message | None:
        """Why a small difference does not say that there is none that matters."""
        fields = bound(self.asked, self.sample)
        return Message("reason.inconclusive.locked", fields) if fields else None

    def _unlike(self) -> Message | None:
        """Why the groups are not alike enough, though something was adjusted for."""
        if self.alike is None:
            return None
        given_up = next((said for said in self.design.warnings if said.key == "balance.dropped"), None)
        left_out = Message("reason.inconclusive.less_adjusted", given_up.fields) if given_up else None
        return self.alike.adjusted.reason or left_out

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The deciding estimate, then those beside it."""
        level, n, events = self.asked.level, len(self.sample), sum(arm.events for arm in self.arms)
        found = [self.deciding.line("decides", level, n, self._worth(), events)]
        if self.alike:
            found.append(self.plain.line("beside", level, n, self._worth(weighted=False), events))
            stratified = by_stratum(self.sample, self.sample.treated, self.table, self.asked.horizon, level)
            found += [stratified] if stratified else []
        return (*found, *self._without_largest())

    def _worth(self, weighted: bool = True) -> float:
        """Equal customers both groups are worth together; NaN where customers count alike."""
        if self.alike and weighted:
            return float(sum(self.alike.adjusted.ess))
        return float(sum(arm.n_eff for arm in self.arms))

    def _without_largest(self) -> tuple[Line, ...]:
        """Say what is left of a difference in money without the account that weighs most in its group."""
        heavy = max(self.arms, key=lambda arm: -1.0 if math.isnan(arm.largest_share) else arm.largest_share)
        if self.asked.outcome not in MONEY or math.isnan(heavy.largest_share) or not self.shown:
            return ()
        sample, level = self.sample, self.asked.level
        side = sample.treated if heavy is self.arms[0] else ~sample.treated
        others = np.arange(len(sample)) != int(np.where(side, sample.outcome.start, -1).argmax())
        arms = [sample.outcome.arm(others & some, "", level) for some in (sample.treated, ~sample.treated)]
        found = self._as_it_is(Message("line.without_largest", {"share": heavy.largest_share}), others)
        n_eff, events = sum(arm.n_eff for arm in arms), sum(arm.events for arm in arms)
        return (found.line("sensitivity", level, int(others.sum()), n_eff, events),)

    def finding(self) -> Finding:
        """Return the answer."""
        asked, sample, made = self.asked, self.sample, self.alike
        contrast = self.deciding.contrast(asked.level)
        p_value = math.nan if self.refused else contrast.p_value
        return Finding(
            factor=asked.factor,
            outcome=asked.outcome,
            horizon=asked.horizon,
            estimate=contrast.estimate,
            low=contrast.low,
            high=contrast.high,
            p_value=p_value,
            p_adjusted=p_value,
            check=self.check,
            level=asked.level,
            margin=self.margin,
            direction=asked.sign,
            arms=self._told_arms(),
            verdict=self.verdict,
            rule=self._rule(),
            curves=curves(sample, asked.level).iloc[: 0 if self.withheld else None],
            randomised=asked.randomised,
            needed=customers_needed(contrast, self.margin, asked.level, len(sample)),
            excluded=sample.excluded,
            warnings=self._warnings(),
            lines=self.lines,
            adjusted_for=made.names if made else (),
            population=self._population(),
            balance=made.balance if made else None,
            e_value=hidden_factor(sample, made, contrast.low, contrast.high, asked.outcome) if made else None,
            landmark=sample.landmark,
            cluster=self.units.name if self.units else None,
            beside=() if self.withheld else self._beside(),
            measured=asked.measured,
            currency=sample.ledger.currency,
        )

    def _beside(self) -> tuple[Message, ...]:
        strongest = strongest_measured(self.sample, self.alike) if self.alike else ()
        return (*other_tests(self.sample, self.asked), *strongest)

    def _told_arms(self) -> tuple[Arm, Arm]:
        if not self.alike:
            return self.arms
        weighted = zip(self.arms, self.alike.adjusted.values, strict=True)
        return tuple(replace(arm, adjusted=value) for arm, value in weighted)

    def _rule(self) -> Message:
        asked, ledger = self.asked, self.sample.ledger
        fields = {"horizon": asked.horizon, "level": asked.level, "as_of": ledger.as_of, "name": asked.measured}
        said = {"method": self.deciding.method, "clock": self.sample.clock}
        return Message(f"rule.compare.{asked.outcome}", {**fields, **said})

    def _population(self) -> Message | None:
        if not self.alike or self.refused:
            return None
        ess = self.alike.adjusted.ess
        return Message("population.overlap", {"n": len(self.sample), "ess": round(sum(ess))})

    def _warnings(self) -> tuple[Message, ...]:
        sample, asked = self.sample, self.asked
        dated = sample.split.dated
        may_change = sample.split.yes_no and not dated and not asked.randomised
        said = [Message("warning.may_come_later", {"factor": asked.factor})] if may_change else []
        said += sample.warnings
        said += self.units.warnings() if self.units else ()
        said += cautions(asked, sample, self.arms)
        if self.alike:
            said += self.alike.adjusted.warnings
        elif self.design is not None:
            said += self.design.warnings
        return tuple(said)


def curves(sample: Sample, level: float) -> pd.DataFrame:
    """Return the outcome of both groups at every age: group (0: with the factor, 1: reference) and its numbers."""
    parts = [sample.outcome.curve(some, level) for some in (sample.treated, ~sample.treated)]
    return pd.concat([part.assign(group=number) for number, part in enumerate(parts)], ignore_index=True)[
        ["group", "age", "value", "low", "high", "at_risk"]
    ]
