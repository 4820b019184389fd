"""What is asked of which world, and what is true there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

import numpy as np

import retention_kit as rk

from . import worlds
from .worlds import HAZARD_RATIO

EFFECT, GAP = HAZARD_RATIO, (0.08, 0.28)
SIZES = (40, 200, 2000)
KINDS = ("supports", "does_not_support", "contradicts", "inconclusive", "not_testable")


class Reading(NamedTuple):
    """What one replication answered; NaN where nothing was said."""

    estimate: float
    low: float
    high: float
    p_value: float
    kind: str


@dataclass(frozen=True)
class Ask:
    """One call in a world, and its truth.

    Attributes
    ----------
    outcome : as the table shows it
    truth : true value of the estimand; a function where it takes a simulation
    call : keywords of compare
    answer : (drawn, ledger, call) → Reading
    """

    outcome: str
    truth: float | Callable[[], float]
    call: dict
    answer: Callable
    nothing: float = 0.0

    @property
    def true(self):
        return round(float(self.truth() if callable(self.truth) else self.truth), 12)

    @property
    def null(self):
        return self.true == self.nothing


@dataclass(frozen=True)
class Scene:
    """A world, the questions asked in it, and what is usually done there instead."""

    section: str
    title: str
    draw: Callable
    asks: tuple[Ask, ...]
    naive: dict[str, float | Callable[[], float]] = field(default_factory=dict)
    sizes: tuple[int, ...] = SIZES


def by_compare(drawn, ledger, call):
    """The public call: one finding, or of several groups the global test and the first of them."""
    found = rk.compare(ledger, **call)
    if isinstance(found, rk.Finding):
        return Reading(found.estimate, found.low, found.high, found.p_value, found.verdict.kind)
    first = found.items[0]
    return Reading(first.estimate, first.low, first.high, found.p_value, first.verdict.kind)


def by_study(drawn, ledger, call):
    """Three hypotheses of which none is true: the smallest corrected p-value, and whether any is supported."""
    study = rk.Study(ledger)
    for factor in ("demo", "tour", "training"):
        study = study.add(factor, factor, randomised=True, **call)
    findings = list(study.run(study.lock()).findings.values())
    kinds = {found.verdict.kind for found in findings}
    least = np.nanmin([found.p_adjusted for found in findings]) if kinds != {"not_testable"} else np.nan
    return Reading(np.nan, np.nan, np.nan, least, min(kinds, key=KINDS.index))


def ask(outcome, truth, shown=None, answer=by_compare, nothing=0.0, **call):
    call = {"outcome": outcome, **call}
    return Ask(shown or outcome, truth, call, answer, nothing)


def drawn_at_random(outcome, truth, **call):
    return ask(outcome, truth, factor="demo", randomised=True, **call)


def of_lives(truth_of, *given, outcomes=("retention", "rmst"), **call):
    """Retention and months of life, with the truth of each."""
    return tuple(drawn_at_random(outcome, truth_of(outcome, *given), **call) for outcome in outcomes)


def lives_scene(section, title, ratio, **world):
    naive = ("active_today", "known_status") if world.get("recent") else ("retention_z", "rmst_z")
    truth = {"rmst_z": "rmst"}
    compared = {name: worlds.flat_truth(truth.get(name, "retention"), ratio) for name in naive}
    draw = partial(worlds.flat, ratio=ratio, **world)
    return Scene(section, title, draw, of_lives(worlds.flat_truth, ratio), compared)


def money_scene(title, law, share, churned):
    plain = law == "L1.0" and share == 0.5
    outcomes = ("nrr", "grr", "expansion", "spend") if plain else ("nrr",)
    truths = {outcome: worlds.spending_truth(outcome, churned, law) for outcome in outcomes}
    asks = tuple(drawn_at_random(outcome, true) for outcome, true in truths.items())
    draw = partial(worlds.spending, law=law, share=share, churned=churned)
    return Scene(MONEY, title, draw, asks, {"nrr_delta_z": truths["nrr"]})


def adjusted(outcome, ratio, curved=False):
    truth = 0.0 if ratio == 1 else partial(worlds.confounded_truth, outcome, ratio, curved)
    return ask(outcome, truth, f"{outcome}, adjusted", factor="demo")


def confounded_scene(title, ratio, curved=False):
    draw = partial(worlds.confounded, ratio=ratio, curved=curved)
    asks = tuple(adjusted(outcome, ratio, curved) for outcome in ("retention", "rmst", "nrr"))
    return Scene(CONFOUNDED, title, draw, asks, {"retention_z": asks[0].truth, "nrr_delta_z": asks[2].truth})


def landmarked(outcome, truth, shown=None, **call):
    return ask(outcome, truth, shown, factor="activated_at", landmark=worlds.LANDMARK, **call)


def dated_scene(title, ratio):
    retention, rmst = (worlds.dated_truth(outcome, ratio) for outcome in ("retention", "rmst"))
    asks = [
        landmarked("retention", retention, randomised=True),
        landmarked("rmst", rmst, randomised=True),
        landmarked("retention", retention, "retention, adjusted"),
    ]
    if ratio == 1:
        asks.append(landmarked("nrr", 0.0, randomised=True))
    naive = {"ever_never": retention, "early_leavers_dropped": retention, "from_activation": retention}
    return Scene(DATED, title, partial(worlds.dated, ratio=ratio), tuple(asks), naive)


def portfolio_scene(title, ratio):
    asks = of_lives(worlds.portfolios_truth, ratio)
    if ratio == 1:
        asks += (drawn_at_random("nrr", 0.0),)
    naive = {"retention_z": asks[0].truth, "nrr_delta_z": 0.0} if ratio == 1 else {"retention_z": asks[0].truth}
    return Scene(PORTFOLIO, title, partial(worlds.portfolios, ratio=ratio), asks, naive)


def early_scene(title, early):
    asks = (ask("early_churn", early, nothing=1.0, window=3, horizon=12),)
    return Scene(EARLY, title, partial(worlds.onboarding, early=early), asks, {"share_of_churners": early})


def annual_scene(title, ratio):
    asks = of_lives(worlds.annual_truth, ratio, horizon=24)
    if ratio == 1:
        asks += (ask("early_churn", 1.0, nothing=1.0, window=12, horizon=24),)
    return Scene(ANNUAL, title, partial(worlds.annual, ratio=ratio), asks)


def satisfied_scene(title, gain):
    told = {"factor": "demo", "randomised": True}
    asks = (
        ask("grade", gain, "number: a grade", margin=0.5, measured_at={"grade": "asked_at"}, **told),
        ask("pleased", gain / 5, "share: a yes", measured_at={"pleased": "asked_at"}, **told),
    )
    return Scene(OTHER, title, partial(worlds.satisfied, gain=gain), asks)


LIVES = "Do they stay longer? Are they retained?"
MONEY = "Do they spend more?"
CONFOUNDED = "A factor given to those who stay anyway"
DATED = "A feature activated during the life"
PORTFOLIO = "A factor given by portfolio"
EARLY = "Do customers leave soon after onboarding?"
ANNUAL = "Annual contracts"
OTHER = "Satisfaction, several groups, studies"
LAWS = {"L1.0": "lognormal 1", "L1.5": "lognormal 1.5", "P1.5": "Pareto 1.5"}
SPLITS = {0.5: "50:50", 0.2: "20:80"}

SCENES = (
    *(lives_scene(LIVES, f"no effect, {words}", 1.0, share=share) for share, words in SPLITS.items()),
    *(lives_scene(LIVES, f"hazard ratio 0.6, {words}", EFFECT, share=share) for share, words in SPLITS.items()),
    lives_scene(LIVES, "no effect, demo customers more recent", 1.0, recent=True),
    lives_scene(LIVES, "hazard ratio 0.6, demo customers more recent", EFFECT, recent=True),
    *(
        money_scene(f"no effect, {words}, {split}", law, share, (0.15, 0.15))
        for law, words in LAWS.items()
        for share, split in SPLITS.items()
    ),
    *(money_scene(f"churn 8 % against 28 %, {words}, 50:50", law, 0.5, GAP) for law, words in LAWS.items()),
    Scene(
        MONEY,
        "same NRR, unlike concentration and churn",
        worlds.unlike,
        (drawn_at_random("nrr", 0.0),),
        {"nrr_delta_z": 0.0},
    ),
    confounded_scene("no effect, confounding linear in the logarithm of size", 1.0),
    confounded_scene("no effect, confounding curved in size", 1.0, curved=True),
    confounded_scene("hazard ratio 0.6, confounding linear", EFFECT),
    dated_scene("the feature does nothing", 1.0),
    dated_scene("hazard ratio 0.6 from the next month", EFFECT),
    dated_scene("the feature harms: hazard ratio 1.5", 1.5),
    portfolio_scene("no effect, portfolios differ", 1.0),
    portfolio_scene("hazard ratio 0.6, portfolios differ", EFFECT),
    early_scene("churn as likely in every month", 1.0),
    early_scene("twice as likely in the first three months", 2.0),
    annual_scene("a quarter leave at each renewal", 1.0),
    annual_scene("half as many leave with the demo", worlds.RENEWAL_RATIO),
    satisfied_scene("no effect on a grade and on a yes", 0.0),
    satisfied_scene("half a grade more, 10 points more of yes", 0.5),
    Scene(
        OTHER,
        "three welcomes, none of which does anything",
        worlds.three,
        tuple(
            ask(outcome, 0.0, f"{outcome}, global test", factor="welcome", randomised=True)
            for outcome in ("retention", "nrr")
        ),
    ),
    Scene(
        OTHER,
        "a study of three hypotheses, none of which is true",
        worlds.many,
        (ask("rmst", 0.0, "study: any corrected p ≤ 5 %", by_study),),
    ),
)
