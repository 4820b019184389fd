"""Tables of answers: the groups of a comparison, a diagnosis."""

import pandas as pd

from retention_kit.results import Diagnosis, Finding
from retention_kit.tables.writing import UNITS, Table, amounts, figures, told, with_range, worded
from retention_kit.wording import Message, language, render


def table_arms(finding: Finding, *, lang: str | None = None) -> Table:
    """Return the groups compared: customers, churned, still watched, outcome with its interval.

    Parameters
    ----------
    finding : Finding
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> finding = rk.compare(ledger, "personalised_demo", randomised=True)
    >>> rk.table_arms(finding).frame.iloc[0, 0]
    'customers with a personalised demo'
    """
    lang, arms, at = lang or language(), finding.arms, {"horizon": finding.horizon}
    unit = UNITS.get(finding.outcome, "percent")
    outcome = render(f"table.outcome.{finding.outcome}", lang, level=finding.level, **at)
    labels = [render(arm.label, lang) if isinstance(arm.label, Message) else arm.label for arm in arms]
    numbers = {
        render("table.n", lang): figures("count", [arm.n for arm in arms], lang),
        render("table.events", lang, **at): figures("count", [arm.events for arm in arms], lang),
        render("table.at_risk", lang, **at): figures("count", [arm.at_risk for arm in arms], lang),
        outcome: [with_range("table.value_interval", lang, unit, arm.value, arm.low, arm.high) for arm in arms],
    }
    return worded(render("table.caption.arms", lang), {render("table.group", lang): labels}, numbers)


def table_diagnosis(diagnosis: Diagnosis, *, lang: str | None = None) -> Table:
    """Return the questions behind an NRR with their answers, those that take most points first.

    Parameters
    ----------
    diagnosis : Diagnosis
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts, with the rule under them.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> rk.table_diagnosis(rk.diagnose(ledger, "2024-12", "2025-12")).frame["Question"].iloc[-1]
    'Was support missing at a key moment?'
    """
    lang = lang or language()
    lost = [each.lost.amount if each.lost else None for each in diagnosis]
    words = {
        render("table.question", lang): [each.question(lang) for each in diagnosis],
        render("table.answer", lang): [each.sentence(lang) for each in diagnosis],
    }
    numbers = {
        render("table.points_nrr", lang): figures("points_lost", [each.points for each in diagnosis], lang),
        render("table.lost", lang): amounts(pd.Series(lost, dtype=float), diagnosis.lost.currency, lang),
    }
    notes = told([*diagnosis.nrr.warnings, diagnosis.rule], lang)
    return worded(render("table.caption.diagnosis", lang), words, numbers, [diagnosis.sentence(lang), *notes])
