"""Other tests of the same question, which decide nothing: log-rank, Cox, and Cox with a factor that comes in time."""

import math

import numpy as np

from retention_kit.hypotheses.question import Question
from retention_kit.hypotheses.sampling import Sample
from retention_kit.hypotheses.survivors import Survivors
from retention_kit.survival import Hazard, cox, cox_time_varying, log_rank
from retention_kit.wording import Message

_LEAST = 10  # churns a group below which a hazard ratio has no normal error


def other_tests(sample: Sample, asked: Question) -> tuple[Message, ...]:
    """Return the log-rank test and the hazard ratio, where staying is asked about and there is enough to tell."""
    if not isinstance(sample.outcome, Survivors):
        return ()
    gone = [int((sample.outcome.churned & some).sum()) for some in (sample.treated, ~sample.treated)]
    if not sum(gone) or min(sample.treated.sum(), (~sample.treated).sum()) < 2:
        return ()
    outcome = sample.outcome
    test = log_rank(outcome.age, outcome.churned, sample.group, entry=outcome.entry)
    said = [] if math.isnan(test.p_value) else [Message("beside.log_rank", {"p_value": test.p_value})]
    if min(gone) >= _LEAST:
        exog = sample.treated.astype(float)[:, None]
        said += _told(
            "beside.cox", cox(outcome.age, outcome.churned, exog, entry=outcome.entry, level=asked.level), asked
        )
    return (*said, *_as_it_comes(sample, asked))


def _as_it_comes(sample: Sample, asked: Question) -> tuple[Message, ...]:
    """Return the hazard ratio of a dated factor that counts from the month after it came, for all from their start."""
    if sample.landmark is None or sample.split.when is None:
        return ()
    lives = sample.ledger.engine.lives(sample.ledger.book, sample.ledger.grace_months)
    some = lives.known
    churned = lives.churned >= 0
    age = np.where(churned, lives.churned, lives.watched)
    when = sample.split.when.age
    if min((churned & some & (when < age)).sum(), (churned & some & ~(when < age)).sum()) < _LEAST:
        return ()
    found = cox_time_varying(age[some], churned[some], when[some], entry=lives.entry[some], level=asked.level)
    return _told("beside.cox_time_varying", found, asked)


def _told(key: str, found: Hazard, asked: Question) -> tuple[Message, ...]:
    if math.isnan(found.low):
        return ()
    fields = {
        "ratio": found.ratio,
        "low": found.low,
        "high": found.high,
        "p_value": found.p_value,
        "level": asked.level,
    }
    said = (Message(key, fields),)
    crossed = found.proportional_p is not None and found.proportional_p < 1 - asked.level
    return (*said, Message("beside.not_proportional", {"p_value": found.proportional_p})) if crossed else said
