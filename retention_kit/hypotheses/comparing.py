"""A factor, an outcome, a horizon: groups of customers compared, and an answer that can be defended."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from retention_kit.contrasts import holm
from retention_kit.errors import OptionError
from retention_kit.hypotheses.answering import Pair
from retention_kit.hypotheses.early import early_churn_finding
from retention_kit.hypotheses.global_test import all_alike
from retention_kit.hypotheses.preparing import prepared
from retention_kit.hypotheses.question import EARLY, Question, kind_of_outcome
from retention_kit.ledger import Ledger
from retention_kit.results import Finding, Findings
from retention_kit.verdicts import inconclusive


def compare(
    ledger: Ledger,
    factor: str | None = None,
    *,
    outcome: str = "retention",
    horizon: int = 12,
    reference: Any = None,
    randomised: bool = False,
    adjust: Sequence[str] | str | None = None,
    cluster: str | None = None,
    landmark: int | None = None,
    clock: str | None = None,
    window: int = 3,
    measured_at: Mapping[str, str] | None = None,
    direction: str = "more",
    margin: float | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> Finding | Findings:
    """Compare groups of customers and say what the data allow to be said.

    Parameters
    ----------
    ledger : Ledger
        With customers that have the attribute `factor`.
    factor : str, optional
        An attribute with two to eight values, known when the customer began: yes/no, or names. Or a date (a feature
        activated, a training done): then customers are compared from a landmark on. Customers without a value are left
        out and counted. None only for early churn, which is a question about all customers.
    outcome : str
        ``"retention"``: share of customers never churned `horizon` months after their own start. ``"rmst"``: months
        they stay within the first `horizon` ("stay longer?"). ``"nrr"``, ``"grr"``, ``"expansion"``: what their MRR is
        after `horizon` months, as a share of their starting MRR. ``"spend"``: MRR a customer then, those who left
        counting 0. ``"early_churn"``: churn a month in the first `window` months against later ones. Or the name of
        an attribute that is a number or yes/no, such as a satisfaction score.
    horizon : int
        Months from each customer's own first month end with MRR, or from the landmark or clock. With annual contracts
        churn falls at 12, 24 …: a horizon before most contracts can end is refused, or, where the groups were drawn,
        answered with a warning and without the verdict that nothing which matters is there.
    reference : value, optional
        Which value is the reference group. Default: no; of names, the first.
    randomised : bool
        Whether who got the factor was drawn at random.
    adjust : sequence of str, optional
        What the groups are made alike in by overlap weights: attributes known when the clock began, ``starting_mrr``,
        ``start_month``. Default: nothing if the factor was drawn at random, else those of segment, plan, country (by
        their English or French names), starting_mrr and start_month that are there, which ``"standard"`` in a list
        stands for. ``()``: nothing; then no verdict in favour or against is given.
    cluster : str, optional
        An attribute, such as csm, whose groups rather than customers were given the factor; not the factor itself.
        Found where more than 80 % of the factor's variance lies between the portfolios of ``csm`` (``Responsable`` …).
    landmark : int, optional
        For a dated factor: month of age at which those who have it by then are compared with those who have it not yet.
        Default: 3.
    clock : str, optional
        A date attribute, such as the end of onboarding, at which each customer's clock starts. Whoever pays at that
        month end enters, also who had left before.
    window : int
        For early churn: how many first months are early.
    measured_at : mapping, optional
        Attribute → date attribute that says when it was measured, for the outcome and for what is adjusted for.
    direction : {"more", "less"}
        What the hypothesis says of the group with the factor.
    margin : float, optional
        Smallest difference that matters. Default: 5 points of retention, half a month in 12, 10 points of NRR, GRR and
        expansion, a tenth of the mean starting MRR, 1.5 times the churn, 5 points of a yes/no; a measured number has
        none.
    level : float
        Of the interval.
    seed : int
        Of the permutations.

    Returns
    -------
    Finding
        Difference (with the factor minus reference) with its interval and p-value, both groups, the verdict, its
        sentence in French and English, who was left out, and the rule. `Findings` for a factor of three values and
        more: one a group, against the reference, with a test of all and p-values by Holm.

    Raises
    ------
    UnknownColumnError
        If the customers lack an attribute.
    FactorError
        If the factor has fewer than two or more than eight values, `reference` is none of them, or the factor says who
        has left.
    ImmortalTimeError
        If it is a date and `landmark` is 0: "ever" against "never" lets those who stay longer have more time to get it.
        Or if it is the yes and no of such a date.
    CovariateTimingError, OutcomeAsCovariateError
        If something to adjust for was known only after the clock began, or says who has left.
    OptionError
        If another argument is not one of its legal values, or the outcome says who has left.

    Notes
    -----
    Retention: Kaplan–Meier, MOVER with Wilson limits. Months of life: studentised permutation, or Greenwood's error
    from 50 customers and 20 churns a group on. Money: leave-one-out error with Bell–McCaffrey degrees of freedom, and a
    permutation beside it. Adjusted: overlap weights on a logistic propensity. Portfolios: left out one by one. What
    makes a question not testable stands in docs/methods.md; an export that looks like a snapshot of survivors does, for
    all that is counted from a customer's start or clock.

    Examples
    --------
    >>> from retention_kit.ledger import open_ledger
    >>> finding = compare(open_ledger(as_of="2025-12-31"), "personalised_demo", randomised=True)
    >>> finding.verdict.kind
    'supports'
    """
    kind, measured = kind_of_outcome(outcome, ledger.customers)
    asked = Question(factor, kind, horizon, direction, margin, level, randomised, window, seed, measured)
    if kind == EARLY:
        if factor is not None:
            raise OptionError("error.early_churn_factor", factor=factor, window=window)
        return early_churn_finding(ledger, asked, clock)
    how, sample = prepared(
        ledger,
        asked,
        reference=reference,
        landmark=landmark,
        clock=clock,
        adjust=adjust,
        cluster=cluster,
        measured_at=measured_at,
    )
    found = [Pair(how, sample.pair(code)).finding() for code in range(1, len(sample.labels))]
    if len(found) == 1:
        return found[0]
    corrected = holm([each.p_value for each in found])
    judged = (judged_again(one, p, len(found)) for one, p in zip(found, corrected, strict=True))
    test, method = all_alike(asked, sample)
    return Findings(tuple(judged), test, method)


def judged_again(finding: Finding, p_adjusted: float, comparisons: int) -> Finding:
    """Return a finding as it stands when several questions were asked together.

    Parameters
    ----------
    finding : Finding
    p_adjusted : float
        Its p-value, corrected for the others.
    comparisons : int
        How many were asked.

    Returns
    -------
    Finding
        A verdict that the corrected p-value no longer bears has become inconclusive; no other can change.
    """
    told = replace(finding, p_adjusted=p_adjusted, comparisons=comparisons)
    reason = finding.verdict.reason
    clear = finding.verdict.kind in ("supports", "contradicts") or (
        reason and reason.key == "reason.inconclusive.multiple"
    )
    if not clear or math.isnan(p_adjusted) or p_adjusted <= 1 - finding.level:
        return told
    return replace(told, verdict=inconclusive("multiple", p_adjusted=p_adjusted, comparisons=comparisons))
