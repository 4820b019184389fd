"""The table of a diagnosis."""

from retention_kit.results import Diagnosis
from retention_kit.tables.columns import amounts, points
from retention_kit.tables.writing import Table, told, worded
from retention_kit.wording import language, render


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
        render("table.points_nrr", lang): points([each.points for each in diagnosis], lang),
        render("table.lost", lang): amounts(lost, diagnosis.lost.currency, lang),
    }
    notes = told([*diagnosis.nrr.warnings, diagnosis.rule], lang)
    return worded(render("table.caption.diagnosis", lang), words, numbers, [diagnosis.sentence(lang), *notes])
