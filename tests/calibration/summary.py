"""From replications to shares with their Monte Carlo error, and which of them miss their target."""

from dataclasses import dataclass

import numpy as np

from .cells import KINDS
from .run import FAULT, REFUSED

ALPHA = 0.05
MOST_FALSE, LEAST_COVERED = 0.065, 0.93
ONE_SIDED = 0.025  # of "supports" where nothing is true: counted on the page, no target
# Measured, understood and said in docs/methods.md; the run shows them as missed and does not fail for them.
KNOWN_LIMITS = {("same NRR, unlike concentration and churn", 40)}
BEYOND = 2.0  # Monte Carlo errors by which a target must be missed
LEAST_ANSWERED = 30  # replications with an answer below which a share says nothing


@dataclass(frozen=True)
class Share:
    """How often something happened, out of how many."""

    value: float
    n: int

    @classmethod
    def of(cls, happened):
        return cls(float(np.mean(happened)) if len(happened) else np.nan, len(happened))

    @property
    def error(self):
        return float(np.sqrt(self.value * (1 - self.value) / self.n)) if self.n else np.nan

    @property
    def said(self):
        return self.n >= LEAST_ANSWERED

    def above(self, most):
        """Whether it lies above a target by more than Monte Carlo error at that target."""
        return self.said and self.value - most > BEYOND * np.sqrt(most * (1 - most) / self.n)

    def below(self, least):
        return self.said and least - self.value > BEYOND * np.sqrt(least * (1 - least) / self.n)


@dataclass(frozen=True)
class Row:
    """One line of a table.

    Attributes
    ----------
    rejected : share of answers whose p-value is at most 5 %: false positives where nothing is true, else power
    covered : share of intervals shown that hold the truth
    bias : mean estimate minus truth
    """

    section: str
    world: str
    outcome: str
    n: int
    true: float
    null: bool
    answered: Share
    rejected: Share
    covered: Share
    mean: float
    kinds: dict
    faults: tuple
    naive: bool = False

    @property
    def judged(self):
        """Whether there are answers enough to hold it against a target."""
        return self.rejected.said or self.covered.said or bool(self.faults)

    @property
    def misses(self):
        """Targets missed beyond Monte Carlo error, in words."""
        if self.naive:
            return []
        found = {
            "false positives": self.null and self.rejected.above(MOST_FALSE),
            "coverage": self.covered.below(LEAST_COVERED),
            "fault": bool(self.faults),
        }
        return [name for name, missed in found.items() if missed]

    @property
    def known(self):
        """Whether a miss here is a limit of the method that the documentation names."""
        return (self.world, self.n) in KNOWN_LIMITS and not self.faults


def summary(cell, replications):
    """All rows of a cell: the questions asked, then the naive analyses."""
    scene = cell.world
    asked = [
        row(cell, ask.outcome, ask.true, ask.null, [each["asks"][place] for each in replications])
        for place, ask in enumerate(scene.asks)
    ]
    naive = [
        row(cell, name, truth, None, [[*each["naive"][place], ""] for each in replications])
        for place, (name, truth) in enumerate(scene.naive.items())
    ]
    return asked + naive


def row(cell, outcome, truth, null, readings):
    true = round(float(truth() if callable(truth) else truth), 12)
    numbers = np.array([reading[:4] for reading in readings], float)
    estimate, low, high, p_value = numbers.T
    kinds = [reading[4] for reading in readings]
    shown, tested = ~np.isnan(low) & ~np.isnan(high), ~np.isnan(p_value)
    reach = 1e-9
    covered = (low[shown] - reach <= true) & (true <= high[shown] + reach)
    return Row(
        section=cell.world.section,
        world=cell.world.title,
        outcome=outcome,
        n=cell.n,
        true=true,
        null=true == (1 if outcome in RATIOS else 0) if null is None else null,
        answered=Share.of(tested),
        rejected=Share.of(p_value[tested] <= ALPHA),
        covered=Share.of(covered),
        mean=mean_of(estimate),
        kinds={kind: Share.of([found == kind for found in kinds]) for kind in KINDS}
        | {REFUSED: Share.of([found.startswith(REFUSED) for found in kinds])},
        faults=tuple(sorted({found for found in kinds if found.startswith(FAULT)})),
        naive=null is None,
    )


RATIOS = {"share_of_churners"}


def mean_of(estimate):
    """Mean of what was said; of ratios that can be infinite, the median."""
    known = estimate[~np.isnan(estimate)]
    if not len(known):
        return np.nan
    return float(np.mean(known) if np.isfinite(known).all() else np.median(known))
