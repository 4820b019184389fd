"""Tables of a ranking: who to call first and why, what it was worth, what to do."""

import math
from dataclasses import replace
from typing import Any

from retention_kit.results import Judgement, Plan, Ranked, Ranking
from retention_kit.tables.columns import Column, amounts, dates, figures, numbers, ranges
from retention_kit.tables.writing import Table, told, worded
from retention_kit.wording import Message, language, render


def table_ranking(ranking: Ranking, *, first: int | None = None, lang: str | None = None) -> Table:
    """Return who to call first and why, then who is ready for more.

    Parameters
    ----------
    ranking : Ranking
    first : int, optional
        How many of each kind; default: all.
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts, with the rule under them.

    Examples
    --------
    >>> import pandas as pd
    >>> import retention_kit as rk
    >>> book = rk.Ledger.from_frame(pd.DataFrame({"2025-06": [80.0]}, index=["Bo"]), as_of="2025-06-30")
    >>> told = pd.DataFrame({"customer_id": ["Bo"], "at": ["2025-06-12"], "kind": ["complaint"]})
    >>> rk.table_ranking(rk.rank_signals(book, told)).frame["Why"].item()
    '1 complaint in 2 months'
    """
    lang = lang or language()
    rows = [*ranking.rows[:first], *ranking.upsell[:first]]
    kinds = {render("table.ranking.kind", lang): [render(f"table.ranking.{row.kind}", lang) for row in rows]}
    words = {
        render("table.ranking.rank", lang): _ranks(rows),
        **(kinds if len({row.kind for row in rows}) > 1 else {}),
        render("table.ranking.account", lang): [_who(row, lang) for row in rows],
        render("table.ranking.why", lang): [row.why(lang) for row in rows],
    }
    numbers = {
        render("table.ranking.points", lang): figures("number", [row.points for row in rows], lang),
        render("table.ranking.mrr", lang): _mrr(rows, ranking.currency, lang),
    }
    if ranking.horizon is not None:
        chances = [math.nan if row.probability is None else row.probability for row in rows]
        numbers = {render("table.ranking.probability", lang): figures("percent", chances, lang)} | numbers
    return worded(
        render("table.caption.ranking", lang),
        words,
        numbers,
        told([ranking.read, ranking.rule, *ranking.warnings], lang),
    )


def table_upsell(ranking: Ranking, *, first: int | None = None, lang: str | None = None) -> Table:
    """Return who is ready for more.

    Parameters
    ----------
    ranking : Ranking
    first : int, optional
        How many; default: all.
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table

    Examples
    --------
    >>> import pandas as pd
    >>> import retention_kit as rk
    >>> book = rk.Ledger.from_frame(pd.DataFrame({"2025-06": [80.0]}, index=["Bo"]), as_of="2025-06-30")
    >>> told = [("Bo", "2025-06-12", "limit_reached", 0.97)]
    >>> told = pd.DataFrame(told, columns=["customer_id", "at", "kind", "value"])
    >>> table_upsell(rk.rank_signals(book, told)).frame["Why"].item()
    "97% of the plan's limit reached"
    """
    lang, rows = lang or language(), list(ranking.upsell[:first])
    words = {
        render("table.ranking.account", lang): [_who(row, lang) for row in rows],
        render("table.ranking.why", lang): [row.why(lang) for row in rows],
    }
    numbers = {render("table.ranking.mrr", lang): _mrr(rows, ranking.currency, lang)}
    return worded(render("table.caption.upsell", lang), words, numbers)


def table_judgement(judgement: Judgement, *, lang: str | None = None) -> Table:
    """Return what each way of choosing was worth on past days.

    Parameters
    ----------
    judgement : Judgement
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts, with the rule under them.

    Examples
    --------
    >>> import retention_kit as rk
    >>> made = rk.synthetic.make_business(300, seed=1)
    >>> ledger = rk.build_ledger(made.subscriptions, as_of=made.as_of)
    >>> rk.table_judgement(rk.judge_ranking(ledger, made.events, model=False)).frame["Chosen"].tolist()
    ['All accounts', 'Ranked first by signals', 'All flagged by signals', 'As many by MRR alone']
    """
    lang, at = lang or language(), {"level": judgement.level}
    rows = [judgement.base, *judgement.shown]
    names = [render("table.capital", lang, text=Message(f"ranking.by.{row.name}")) for row in rows]
    hits = render(f"table.ranking.hits_{judgement.kind}", lang, horizon=judgement.horizon)
    shares = ranges("percent", *_each(rows, "share", "share_low", "share_high"), lang)
    numbers = {
        render("table.ranking.called", lang): figures("count", [row.n for row in rows], lang),
        hits: figures("count", [row.hits for row in rows], lang),
        render("table.ranking.share", lang, **at): shares,
        render("table.ranking.lift", lang, **at): _lifts(judgement, lang),
    }
    notes = told([*judgement.notes, judgement.rule], lang)
    return worded(
        render("table.caption.judgement", lang), {render("table.ranking.chosen", lang): names}, numbers, notes
    )


def table_plan(plan: Plan, *, lang: str | None = None) -> Table:
    """Return what to do for each account, until when and why.

    Parameters
    ----------
    plan : Plan
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts, with the rule under them.

    Examples
    --------
    >>> import pandas as pd
    >>> import retention_kit as rk
    >>> book = rk.Ledger.from_frame(pd.DataFrame({"2025-06": [80.0]}, index=["Bo"]), as_of="2025-06-30")
    >>> told = pd.DataFrame({"customer_id": ["Bo"], "at": ["2025-06-12"], "kind": ["complaint"]})
    >>> rk.table_plan(rk.action_plan(rk.rank_signals(book, told))).frame["What to do"].item()
    'call them to understand what is wrong'
    """
    lang = lang or language()
    accounts = [step.account for step in plan]
    currency = accounts[0].mrr.currency if accounts else None
    words = {
        render("table.ranking.account", lang): [_who(account, lang) for account in accounts],
        render("table.plan.what", lang): told([step.what for step in plan], lang),
        render("table.plan.by", lang): dates([step.by for step in plan], lang),
        render("table.ranking.why", lang): [account.why(lang) for account in accounts],
    }
    numbers = {render("table.ranking.mrr", lang): _mrr(accounts, currency, lang)}
    return worded(render("table.caption.plan", lang), words, numbers, told([plan.rule], lang))


def _who(row: Ranked, lang: str) -> str:
    return render("table.capital", lang, text=row.who) if isinstance(row.who, Message) else row.who


def _ranks(rows: list[Ranked]) -> Column:
    ranks = [row.rank for row in rows]
    return Column(tuple(map(str, ranks)), (numbers("count", ranks),))


def _mrr(rows: list[Ranked], currency: str | None, lang: str) -> Column:
    return amounts([row.mrr.amount for row in rows], currency, lang)


def _each(rows: list[Any], *names: str) -> list[list[float]]:
    return [[getattr(row, name) for row in rows] for name in names]


def _lifts(judgement: Judgement, lang: str) -> Column:
    """Return how often each way of choosing found what it sought, set against all accounts, who have none."""
    none = replace(judgement.base, lift=math.nan, lift_low=math.nan, lift_high=math.nan)
    return ranges("number1", *_each([none, *judgement.shown], "lift", "lift_low", "lift_high"), lang)
