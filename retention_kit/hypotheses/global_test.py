"""Whether several groups differ at all."""

import math

from retention_kit.contrasts import equal_ratios
from retention_kit.hypotheses.question import Question
from retention_kit.hypotheses.refusals import survivors_only
from retention_kit.hypotheses.sampling import Sample
from retention_kit.hypotheses.survivors import Survivors
from retention_kit.survival import log_rank
from retention_kit.wording import Message


def all_alike(asked: Question, sample: Sample) -> tuple[float, Message]:
    """Return the p-value of the test that all groups are alike, and how it was made.

    The log-rank test where staying is asked about, else the test that all have one ratio. Neither adjusts for anything.
    """
    if survivors_only(asked, sample.ledger):
        return math.nan, Message("method.snapshot")
    groups = len(sample.labels)
    if min((sample.group == code).sum() for code in range(groups)) < 2:
        return math.nan, Message("method.all_alike.none")
    outcome = sample.outcome
    if isinstance(outcome, Survivors):
        test = log_rank(outcome.age, outcome.churned, sample.group, entry=outcome.entry)
        return test.p_value, Message("method.all_alike.log_rank", {"groups": groups, "p_value": test.p_value})
    test = equal_ratios(outcome.numerator, outcome.denominator, sample.group)
    return test.p_value, Message("method.all_alike.ratios", {"groups": groups, "p_value": test.p_value})
