"""Subscription businesses whose truth is known because it was put in, as arrays and as real ledgers.

The numbers are those of the design study this repeats: churn of 3 % a month, onboarding losses, growth of 15/25/8 % a
year, heavy-tailed MRR, a demo given to the larger accounts, a feature activated at 6 % a month, portfolios.
"""

from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import pandas as pd

import retention_kit as rk

AS_OF, LAST = "2025-12-31", np.datetime64("2025-12")
NEVER = 10_000  # an age nobody reaches
HAZARD, HAZARD_RATIO = 0.03, 0.6
SEGMENTS = ("SMB", "Mid-market", "Enterprise")


@dataclass(frozen=True, eq=False)
class Drawn:
    """One business.

    Attributes
    ----------
    follow_up : months from each customer's start to the last month closed
    churn : age at which each one leaves, seen or not
    mrr : MRR at the start
    growth, changes_at : what the MRR is multiplied with, and from which age on
    treated : who has the factor
    activated : age at which the feature is activated, NEVER if not (before churn)
    portfolio : number of the customer's portfolio
    term : months of a contract
    customers : further attributes
    """

    follow_up: np.ndarray
    churn: np.ndarray
    mrr: np.ndarray
    growth: np.ndarray
    changes_at: np.ndarray
    treated: np.ndarray
    activated: np.ndarray
    portfolio: np.ndarray
    term: np.ndarray
    customers: dict = field(default_factory=dict)

    @property
    def n(self):
        return len(self.churn)

    @property
    def age(self):
        """Age at churn, or the last age watched."""
        return np.minimum(self.churn, self.follow_up)

    @property
    def churned(self):
        return self.churn <= self.follow_up

    @property
    def start(self):
        return LAST - self.follow_up

    def paid(self, age):
        """MRR at an age, 0 from churn on."""
        return np.where(age < self.churn, self.mrr * np.where(age >= self.changes_at, self.growth, 1.0), 0.0).round(2)


def business(rng, n, churn, *, follow_up=None, treated=None, **given):
    """A business with everything that is not said left plain: 100 a month, no growth, contracts of a month."""
    plain = {
        "mrr": np.full(n, 100.0),
        "growth": np.ones(n),
        "changes_at": np.full(n, NEVER),
        "activated": np.full(n, NEVER),
        "portfolio": np.full(n, -1),
        "term": np.ones(n, int),
    }
    follow_up = rng.integers(13, 31, n) if follow_up is None else follow_up
    treated = np.zeros(n, bool) if treated is None else treated
    return Drawn(follow_up, churn, treated=treated, **(plain | given))


def arms(rng, n, share):
    """Exactly `share` of the customers treated, drawn at random."""
    return rng.permutation(n) < round(n * share)


def lives(rng, hazard):
    """Age at churn of customers with their monthly hazards (n × months); the last one goes on."""
    within = rng.random(hazard.shape) < hazard
    first = np.where(within.any(axis=1), within.argmax(axis=1) + 1, NEVER)
    beyond = hazard.shape[1] + rng.geometric(np.clip(hazard[:, -1], 1e-9, 1))
    return np.where(first == NEVER, beyond, first)


# ---- ledgers ----


def attributes(drawn, ids):
    table = {"customer_id": ids, "demo": drawn.treated, **drawn.customers}
    if (drawn.portfolio >= 0).any():
        table["csm"] = [f"csm {number:02}" for number in drawn.portfolio]
    seen = (drawn.activated < drawn.churn) & (drawn.activated <= drawn.follow_up)
    if seen.any():
        month = (drawn.start + np.where(seen, drawn.activated, 0)).astype("datetime64[D]") + 14
        table["activated_at"] = pd.Series(month.astype("datetime64[s]")).where(seen)
    return pd.DataFrame(table)


def ledger_of(drawn):
    """The business as the package sees it; contracts of more than a month come in as subscriptions."""
    ids = np.array([f"c{number:05}" for number in range(drawn.n)])
    customers = attributes(drawn, ids)
    if (drawn.term > 1).any():
        return rk.build_ledger(subscriptions(drawn, ids), as_of=AS_OF, customers=customers)
    lasts = np.minimum(drawn.churn - 1, drawn.follow_up)
    owner = np.repeat(np.arange(drawn.n), lasts + 1)
    age = np.arange(len(owner)) - np.repeat(np.cumsum(lasts + 1) - lasts - 1, lasts + 1)
    each = replace(drawn, churn=drawn.churn[owner], mrr=drawn.mrr[owner], growth=drawn.growth[owner])
    amounts = replace(each, changes_at=drawn.changes_at[owner]).paid(age)
    months = np.array([str(LAST - back) for back in range(int(drawn.follow_up.max()) + 1)], object)
    table = {"customer_id": ids[owner], "month": months[drawn.follow_up[owner] - age], "mrr": amounts}
    return rk.Ledger.from_frame(pd.DataFrame(table), as_of=AS_OF, complete=True, customers=customers)


def subscriptions(drawn, ids):
    ends = pd.Series((drawn.start + np.where(drawn.churned, drawn.churn, 0)).astype("datetime64[s]"))
    return pd.DataFrame(
        {
            "subscription_id": ids,
            "customer_id": ids,
            "start": drawn.start.astype("datetime64[s]"),
            "end": ends.where(drawn.churned),
            "amount": drawn.mrr * drawn.term,
            "interval": np.where(drawn.term == 12, "year", "month"),
        }
    )


# ---- the worlds ----


def curve(rate, ratio=1.0, onboarding=1.0, months=36):
    """Monthly hazards; `onboarding` multiplies those of the first three months."""
    return np.clip(rate * ratio * np.where(np.arange(1, months + 1) <= 3, onboarding, 1.0), 0, 1)


def retained(hazards):
    """S(0), S(1), …"""
    return np.concatenate([[1.0], np.cumprod(1 - hazards)])


def flat(rng, n, *, share=0.5, ratio=1.0, recent=False):
    """Churn of 3 % a month; `recent`: customers with the demo came later, and were watched for less."""
    treated = arms(rng, n, share)
    follow_up = rng.integers(4, 31, n)
    if recent:
        follow_up = np.where(treated, rng.integers(8, 19, n), rng.integers(12, 31, n))
    hazards = np.where(treated[:, None], curve(HAZARD, ratio), curve(HAZARD))
    return business(rng, n, lives(rng, hazards), follow_up=follow_up, treated=treated)


def flat_truth(outcome, ratio, horizon=12):
    with_it, without = retained(curve(HAZARD, ratio)), retained(curve(HAZARD))
    gap = with_it - without
    return float(gap[horizon] if outcome == "retention" else gap[:horizon].sum())


def growing(rng, n, churned):
    """Age at churn when a share leaves within 12 months, and the change of MRR: 25 % grow, 8 % shrink."""
    hazard = 1 - (1 - churned) ** (1 / 12)
    kind = rng.random(n)
    grown, shrunk = 1 + rng.exponential(0.25, n), rng.uniform(0.44, 1, n)
    growth = np.where(kind < 0.25, grown, np.where(kind < 0.33, shrunk, 1.0))
    return rng.geometric(hazard, n), growth, rng.integers(1, 13, n)


GROWN, SHRUNK = 0.25 * 0.25, 0.08 * 0.28  # expected share of MRR gained and lost by those who stay


def sizes(rng, n, law):
    """Starting MRR: lognormal with a standard deviation of logs, or Pareto."""
    kind, parameter = law[0], float(law[1:])
    return 50 * (rng.lognormal(0, parameter, n) if kind == "L" else 1 + rng.pareto(parameter, n))


def mean_size(law):
    parameter = float(law[1:])
    return 50 * (np.exp(parameter**2 / 2) if law[0] == "L" else parameter / (parameter - 1))


def spending(rng, n, *, law="L1.0", share=0.5, churned=(0.15, 0.15)):
    """Heavy-tailed MRR; `churned`: share leaving within a year with the demo and without."""
    treated = arms(rng, n, share)
    churn, growth, at = growing(rng, n, np.where(treated, *churned))
    mrr = sizes(rng, n, law)
    follow_up = rng.integers(12, 31, n)
    return business(rng, n, churn, follow_up=follow_up, treated=treated, mrr=mrr, growth=growth, changes_at=at)


def spending_truth(outcome, churned, law):
    gap = churned[1] - churned[0]
    of_one = {"nrr": 1 + GROWN - SHRUNK, "grr": 1 - SHRUNK, "expansion": GROWN}
    return float(gap * (of_one["nrr"] * mean_size(law) if outcome == "spend" else of_one[outcome]))


def unlike(rng, n):
    """The same NRR from different businesses: few large accounts that leave or grow much, or many alike that stay."""
    treated = arms(rng, n, 0.5)
    churn, growth, at = growing(rng, n, np.where(treated, 0.25, 0.10))
    mrr = np.where(treated, sizes(rng, n, "L1.5"), sizes(rng, n, "L0.5"))
    # those who stay keep 1.0401 on average in both; 0.90 / 0.75 makes up for the churn
    growth = np.where(treated, growth * 0.90 / 0.75, growth)
    at = np.where(treated, 6, at)
    follow_up = rng.integers(12, 31, n)
    return business(rng, n, churn, follow_up=follow_up, treated=treated, mrr=mrr, growth=growth, changes_at=at)


def logistic(x):
    return 1 / (1 + np.exp(-x))


def accounts(rng, n, *, curved):
    """Segments, sizes and start months with the probability of a demo and the monthly hazard that go with them.

    The demo goes to larger segments (.15/.45/.80), to larger accounts within them and to later customers. `curved`: it
    goes to the smallest and largest accounts, which also churn least: no straight line in the size says so.
    """
    segment = rng.choice(3, n, p=(0.5, 0.3, 0.2))
    within = rng.normal(0, 0.8, n)
    mrr = np.exp(np.array([4.0, 5.2, 6.4])[segment] + within)
    follow_up = rng.integers(12, 31, n)
    given = np.array([0.15, 0.45, 0.80])[segment]
    hazard = np.array([0.035, 0.018, 0.007])[segment] * np.exp(-0.15 * within)
    score = np.log(given / (1 - given)) + 0.4 * within - 0.03 * (follow_up - 21)
    if curved:
        bend = ((np.log(mrr) - 4.84) / 1.23) ** 2 - 1
        score, hazard = 0.5 * score + 0.7 * bend, np.clip(hazard * np.exp(-0.35 * bend), 0.001, 0.15)
    expands = rng.random(n) < np.array([0.12, 0.25, 0.40])[segment]
    growth = np.where(expands, 1 + rng.exponential(0.25, n), 1.0)
    return segment, mrr, follow_up, logistic(score), hazard, growth


def confounded(rng, n, *, ratio=1.0, curved=False):
    """A demo given to those who stay anyway."""
    segment, mrr, follow_up, given, hazard, growth = accounts(rng, n, curved=curved)
    treated = rng.random(n) < given
    churn = rng.geometric(np.clip(hazard * np.where(treated, ratio, 1.0), 1e-6, 1))
    known = {"segment": np.array(SEGMENTS)[segment], "country": rng.choice(["FR", "DE", "GB"], n)}
    at = rng.integers(1, 13, n)
    drawn = business(rng, n, churn, follow_up=follow_up, treated=treated, mrr=mrr, growth=growth, changes_at=at)
    return replace(drawn, customers=known)


@cache
def confounded_truth(outcome, ratio, curved=False, customers=400_000):
    """The effect among customers for whom the decision was open: each weighted by e(1 - e) of the true propensity."""
    _, mrr, _, given, hazard, growth = accounts(np.random.Generator(np.random.PCG64(1)), customers, curved=curved)
    weight = given * (1 - given)
    ages = np.arange(13)[:, None]
    gap = (1 - hazard * ratio) ** ages - (1 - hazard) ** ages
    if outcome == "nrr":
        return float((weight * mrr * growth * gap[12]).sum() / (weight * mrr).sum())
    gain = gap[12] if outcome == "retention" else gap[:12].sum(axis=0)
    return float((weight * gain).sum() / weight.sum())


ACTIVATION, LANDMARK = 0.06, 3


def dated(rng, n, *, ratio=1.0):
    """A feature activated by 6 % of the customers a month, which multiplies churn by `ratio` from the month after."""
    activated = rng.geometric(ACTIVATION, n)
    churn = rng.geometric(HAZARD, n)
    after = activated + rng.geometric(HAZARD * ratio, n)
    churn = np.where(churn <= activated, churn, after)
    churn, growth, at = churn, growing(rng, n, 0.15)[1], rng.integers(4, 16, n)
    mrr, follow_up = sizes(rng, n, "L1.0"), rng.integers(6, 31, n)
    activated = np.where(activated < churn, activated, NEVER)
    drawn = business(rng, n, churn, follow_up=follow_up, mrr=mrr, growth=growth, changes_at=at, activated=activated)
    return replace(drawn, treated=activated <= follow_up)


def dated_truth(outcome, ratio, horizon=12):
    """Activated by the landmark against not yet: the latter may activate afterwards, and share the effect from then."""
    slow, plain = np.zeros(horizon + 1), np.zeros(horizon + 1)
    slow[0], plain[0] = 0.0, 1.0
    for month in range(horizon):
        staying = plain[month] * (1 - HAZARD)
        plain[month + 1] = staying * (1 - ACTIVATION)
        slow[month + 1] = slow[month] * (1 - HAZARD * ratio) + staying * ACTIVATION
    gap = (1 - HAZARD * ratio) ** np.arange(horizon + 1) - slow - plain
    return float(gap[horizon] if outcome == "retention" else gap[:horizon].sum())


PORTFOLIOS = {40: 8, 200: 10, 2000: 40}
SPREAD = 0.5  # standard deviation of the portfolios' log hazards: an intraclass correlation of about .07 at 12 months


def portfolios(rng, n, *, ratio=1.0):
    """The demo decided by portfolio: half of the portfolios give it to all their customers."""
    number = PORTFOLIOS[n]
    portfolio = np.arange(n) % number
    treated = arms(rng, number, 0.5)[portfolio]
    hazard = HAZARD * np.exp(rng.normal(0, SPREAD, number))[portfolio] * np.where(treated, ratio, 1.0)
    growth, at = growing(rng, n, 0.15)[1:]
    own = {"portfolio": portfolio, "mrr": sizes(rng, n, "L0.5"), "growth": growth, "changes_at": at}
    return business(rng, n, rng.geometric(hazard), treated=treated, **own)


def portfolios_truth(outcome, ratio, horizon=12):
    """Mean over the portfolios' lognormal hazards, by a grid of quantiles."""
    from scipy.stats import norm

    hazard = HAZARD * np.exp(SPREAD * norm.ppf((np.arange(2000) + 0.5) / 2000))[:, None]
    ages = np.arange(horizon + 1)
    gap = ((1 - hazard * ratio) ** ages - (1 - hazard) ** ages).mean(axis=0)
    return float(gap[horizon] if outcome == "retention" else gap[:horizon].sum())


def onboarding(rng, n, *, early=1.0):
    """No groups: churn of 3 % a month, `early` times as much in the first three."""
    hazards = np.broadcast_to(curve(HAZARD, onboarding=early), (n, 36))
    return business(rng, n, lives(rng, hazards), follow_up=rng.integers(4, 31, n))


RENEWAL, RENEWAL_RATIO = 0.25, 0.5


def annual(rng, n, *, ratio=1.0, monthly=0.0):
    """Annual contracts, a quarter of which are not renewed; a share `monthly` is on contracts of a month instead."""
    treated = arms(rng, n, 0.5)
    renewed = 12 * rng.geometric(RENEWAL * np.where(treated, ratio, 1.0))
    term = np.where(rng.random(n) < monthly, 1, 12)
    churn = np.where(term == 1, rng.geometric(HAZARD * np.where(treated, ratio, 1.0)), renewed)
    return business(rng, n, churn, follow_up=rng.integers(12, 37, n), treated=treated, term=term)


def annual_truth(outcome, ratio):
    """Horizon 24: everybody stays to 12, survivors of the first renewal to 24, where the second one falls."""
    kept, base = 1 - RENEWAL * ratio, 1 - RENEWAL
    return float(kept**2 - base**2 if outcome == "retention" else 12 * (kept - base))


def satisfied(rng, n, *, gain=0.0):
    """Grades of 0 to 10 given two months after the start by 70 % of the customers, and whether they said yes."""
    treated = arms(rng, n, 0.5)
    drawn = business(rng, n, rng.geometric(0.01, n) + 2, treated=treated)
    asked = pd.Series((drawn.start + 2).astype("datetime64[s]"))
    answers = rng.random(n) < 0.7
    grade = pd.Series(rng.binomial(10, 0.7 + gain / 10 * treated).astype(float)).where(answers)
    pleased = pd.Series(rng.random(n) < 0.6 + gain / 5 * treated).astype("boolean").where(answers)
    known = {"grade": grade, "pleased": pleased, "asked_at": asked.where(answers)}
    return replace(drawn, customers=known)


def three(rng, n):
    """Three ways of being welcomed, none of which does anything."""
    drawn = spending(rng, n)
    return replace(drawn, customers={"welcome": rng.permutation(np.resize(["call", "mail", "video"], n))})


def many(rng, n):
    """Four attributes given by coin, none of which does anything: a study of several hypotheses."""
    drawn = spending(rng, n)
    return replace(drawn, customers={name: arms(rng, n, 0.5) for name in ("tour", "training", "webinar")})
