"""The same measures over windows of several lengths, side by side and never to be held against each other."""

from collections.abc import Iterable

from retention_kit.results import Estimate
from retention_kit.tables.columns import UNITS, ranges
from retention_kit.tables.writing import Table, head, worded
from retention_kit.wording import Message, language, render


def table_windows(estimates: Iterable[Estimate], *, lang: str | None = None) -> Table:
    """Return measures by row and lengths of windows by column, the longest first, each with its interval.

    Parameters
    ----------
    estimates : iterable of Estimate
        Each knows its own measure and window.
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts, with the rules under them.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> table = rk.table_windows([rk.grr(ledger, *ledger.last_window(n)) for n in (1, 12)], lang="en")
    >>> table.frame.columns.tolist()[1:]
    ['12 months (95% interval)', '1 month (95% interval)']
    """
    lang, items = lang or language(), list(estimates)
    lengths = sorted({_months(item) for item in items}, reverse=True)
    measures = list(dict.fromkeys(item.measure for item in items))
    found = {(item.measure, _months(item)): item for item in items}
    words = {render("table.measure", lang): [head(f"measure.{name}", lang) for name in measures]}
    cells = {}
    for months in lengths:
        column = [found[name, months] for name in measures]
        name = render("table.windows.length", lang, months=months, level=column[0].level)
        limits = ([getattr(each, part) for each in column] for part in ("value", "low", "high"))
        cells[name] = ranges(UNITS.get(measures[0], "percent"), *limits, lang)
    longest = [found[name, lengths[0]] for name in measures]
    notes = [render(each.rule, lang) for each in longest]
    notes += [render(warning, lang) for each in items for warning in each.warnings]
    return worded(render("table.caption.windows", lang), words, cells, [render("table.windows.note", lang), *notes])


def _months(estimate: Estimate) -> int:
    said = estimate.rule.fields["months"]
    return int(said.fields["n"] if isinstance(said, Message) else said)
