"""The parts of a page about a portfolio: what to do first, whom to call, whose contract ends."""

import datetime as dt
from dataclasses import replace

from retention_kit.pages.elements import notes
from retention_kit.pages.sections import Section, together
from retention_kit.results import Plan, Portfolio, Ranking, Renewal, Renewals
from retention_kit.tables import table_estimates, table_plan, table_ranking
from retention_kit.tables.renewals import table_portfolio, table_renewals
from retention_kit.tables.signals import table_upsell
from retention_kit.wording import Message

_WEEK = dt.timedelta(days=7)
_FEW = 3


def show_week(plan: Plan | None, renewals: Renewals, *, first: int = 5) -> Section:
    """Return what to do first this week, in sentences: calls, ends announced, contracts that end soon.

    Parameters
    ----------
    plan : Plan or None
        None where there are no events.
    renewals : Renewals
    first : int
        How many actions at most. Those due within a week, or the next three.

    Returns
    -------
    Section

    Examples
    --------
    >>> import pandas as pd
    >>> import retention_kit as rk
    >>> book = rk.Ledger.from_frame(pd.DataFrame({"2025-06": [80.0]}, index=["Bo"]), as_of="2025-06-30")
    >>> print(str(show_week(None, rk.renewals_ahead(book)))[:22])
    - No events were given
    """
    told = [Message("portfolio.no_events")] if plan is None else _steps(plan, first)
    leaving = [row for row in renewals if row.leaving is not None]
    ahead = renewals.messages if len(leaving) > _FEW else renewals.messages[:1]  # else each is named
    return together([notes(*told, *ahead, *map(_leaving, leaving[:_FEW]))])


def _steps(plan: Plan, first: int) -> list[Message]:
    soon = [step for step in plan if step.by <= plan.as_of + _WEEK]
    said = [step.sentence() for step in (soon or plan.steps[:_FEW])[:first]]
    return [Message("text", {"text": text}) for text in said or [plan.sentence()]]


def _leaving(row: Renewal) -> Message:
    return Message("renewals.row", {"who": row.who, "mrr": row.leaving, "month": row.leaves_in})


def show_calls(ranking: Ranking | None, *, first: int = 10) -> Section:
    """Return who to call first and why.

    Parameters
    ----------
    ranking : Ranking or None
        None where there are no events.
    first : int
        How many.

    Returns
    -------
    Section
        Where nobody shows a sign, the sentence that says so.

    Examples
    --------
    >>> len(show_calls(None))
    0
    """
    if ranking is None:
        return Section()
    said = notes(Message("text", {"text": ranking.sentence()}))
    table = table_ranking(replace(ranking, upsell=()), first=first) if ranking.rows else None
    return together([said, table or notes(ranking.read, ranking.rule, *ranking.warnings)])


def show_upsell(ranking: Ranking | None, *, first: int = 10) -> Section:
    """Return who is ready for more, and shows no sign of leaving.

    Parameters
    ----------
    ranking : Ranking or None
        None where there are no events.
    first : int
        How many.

    Returns
    -------
    Section
        Empty where nobody is.

    Examples
    --------
    >>> len(show_upsell(None))
    0
    """
    if ranking is None or not ranking.upsell:
        return Section()
    sentence = Message("text", {"text": ranking.upsell[0].sentence()})
    return together([notes(sentence), table_upsell(ranking, first=first)])


def show_plan(plan: Plan | None, *, first: int = 10) -> Section:
    """Return the action of each account.

    Parameters
    ----------
    plan : Plan or None
        None where there are no events.
    first : int
        How many accounts.

    Returns
    -------
    Section
        Empty where there is nothing to do.

    Examples
    --------
    >>> len(show_plan(None))
    0
    """
    if plan is None or not plan.steps:
        return Section()
    left = len(plan) - first
    more = [notes(Message("portfolio.plan_more", {"n": left, "total": len(plan)}))] if left > 0 else []
    return together([table_plan(replace(plan, steps=plan.steps[:first])), *more])


def show_renewals(renewals: Renewals, *, first: int = 30) -> Section:
    """Return the contracts that end soon and the ends announced.

    Parameters
    ----------
    renewals : Renewals
    first : int
        How many.

    Returns
    -------
    Section
        Of no contract, the sentence that says so.

    Examples
    --------
    >>> import pandas as pd
    >>> import retention_kit as rk
    >>> book = rk.Ledger.from_frame(pd.DataFrame({"2025-06": [80.0]}, index=["Bo"]), as_of="2025-06-30")
    >>> len(show_renewals(rk.renewals_ahead(book)))
    0
    """
    if not renewals.rows:
        return Section()
    return together([notes(*renewals.messages), table_renewals(renewals, first=first)])


def show_portfolio(portfolio: Portfolio, *, first: int = 10) -> Section:
    """Return a portfolio's retention beside that of the whole, and its largest customers.

    Parameters
    ----------
    portfolio : Portfolio
    first : int
        How many customers.

    Returns
    -------
    Section

    Examples
    --------
    >>> import pandas as pd
    >>> import retention_kit as rk
    >>> book = rk.Ledger.from_frame(pd.DataFrame({"2025-06": [80.0]}, index=["Bo"]), as_of="2025-06-30")
    >>> len(show_portfolio(rk.portfolio(book, book)))
    1
    """
    own = [replace(each, group=portfolio.name) for each in portfolio.own] if portfolio.name else []
    beside = [each for pair in zip(own, portfolio.whole, strict=True) for each in pair] if own else portfolio.whole
    customers = table_portfolio(portfolio, first=first) if portfolio.accounts else None
    return together([table_estimates(beside) if beside else None, customers])
