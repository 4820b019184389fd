"""Tables of a study: what was declared, what could be found, what came out."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from retention_kit.plots.drawing import label_text
from retention_kit.results import Finding, Power, PowerTable, StudyResult
from retention_kit.results.balances import covariate_name
from retention_kit.results.scales import difference, scale_of, size
from retention_kit.results.studies import varied
from retention_kit.tables.columns import Column, Numbers, column, figures, numbers, p_values
from retention_kit.tables.hypotheses import difference_limits
from retention_kit.tables.writing import Table, told, worded
from retention_kit.wording import Message, has_message, language, render

Declared = Mapping[str, Any]
_UNKNOWN = dict.fromkeys(("estimate", "low", "high"), math.nan)


def table_protocol(protocol: Mapping[str, Any], *, lang: str | None = None) -> Table:
    """Return what a study declared before its numbers were seen, one row a hypothesis.

    Parameters
    ----------
    protocol : mapping
        What `Study.protocol()` returns, or the `protocol` of a lock.
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts: name, factor, the primary outcome, what is expected, how it is asked, what is looked at beside.

    Examples
    --------
    >>> import retention_kit as rk
    >>> study = rk.Study(rk.open_ledger(as_of="2025-12-31"), title="Demos").add("demo", "personalised_demo")
    >>> rk.table_protocol(study.protocol()).frame.iloc[0, 2]
    'Retention at 12 months'
    """
    lang = lang or language()
    rows = protocol["hypotheses"]
    words = {
        "hypothesis": [each["name"] for each in rows],
        "factor": [each["factor"] or render("table.everyone", lang) for each in rows],
        "primary": [_several([_outcome(each["outcome"], each)], lang) for each in rows],
        "expected": [render(f"table.expected.{each['direction']}", lang) for each in rows],
        "asked": [_several(_asked(each), lang) for each in rows],
        "secondary": [_several([_outcome(name, each) for name in each["secondary"]], lang) for each in rows],
        "sensitivity": [_several(map(varied, each["sensitivity"]), lang) for each in rows],
    }
    heads = {render(f"table.{name}", lang): texts for name, texts in words.items() if any(texts)}
    return worded(render("table.caption.protocol", lang), heads, {})


def _several(messages: Iterable[Message], lang: str) -> str:
    texts = "; ".join(render(message, lang) for message in messages)
    return (texts[:1].upper() + texts[1:]).replace("; ", "\u00a0; " if lang == "fr" else "; ")


def _outcome(name: str, declared: Declared) -> Message:
    key = f"study.outcome.{name}"
    if not has_message(key):
        return Message("study.outcome.measured", {"name": name})
    return Message(key, {"horizon": declared["horizon"], "window": declared["window"]})


def _asked(declared: Declared) -> list[Message]:
    """Return how a hypothesis is asked: what the groups are made alike in, from when on, taken together by what."""
    said = [Message(f"table.asked.{_alike(declared)}", {"names": [*map(covariate_name, declared["adjust"] or [])]})]
    fields = {"landmark": "n", "clock": "name", "cluster": "name", "reference": "value"}
    for name, field in fields.items():
        if declared[name] is not None:
            said.append(Message(f"table.asked.{name}", {field: declared[name]}))
    return said


def _alike(declared: Declared) -> str:
    if declared["outcome"] == "early_churn":
        return "same_customers"
    if declared["adjust"] == ["standard"]:
        return "standard"
    if declared["adjust"]:
        return "adjusted"
    return "randomised" if declared["randomised"] else "unadjusted"


def table_power(power: PowerTable, *, lang: str | None = None) -> Table:
    """Return the smallest difference that each comparison would find, beside what matters.

    Parameters
    ----------
    power : PowerTable
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts, with the rule under them.

    Examples
    --------
    >>> import retention_kit as rk
    >>> study = rk.Study(rk.open_ledger(as_of="2025-12-31"), title="Demos").add("demo", "personalised_demo")
    >>> rk.table_power(study.power()).frame.iloc[0, -1]
    'No'
    """
    lang, rows = lang or language(), list(power)
    words = {
        "hypothesis": [row.hypothesis for row in rows],
        "outcome": [_several([row.about], lang) for row in rows],
        "who": [_group(row, lang) for row in rows],
    }
    cells = {
        "n": Column(tuple(_customers(row, lang) for row in rows), _sizes(rows, lang)),
        "events": figures("count", [row.events for row in rows], lang),
        "detectable": _effects(rows, [_found(row, lang) for row in rows], "detectable"),
        "margin": _effects(rows, [render(size(row.outcome, row.margin, row.currency), lang) for row in rows], "margin"),
        "enough": [render(f"table.enough.{_enough(row)}", lang) for row in rows],
    }
    heads = [{render(f"table.power.{name}", lang): texts for name, texts in some.items()} for some in (words, cells)]
    table = worded(render("table.caption.power", lang), *heads, told((power.rule, *power.notes), lang))
    return _wrapping(table, "table.power.detectable", "table.power.margin", lang=lang)


def _wrapping(table: Table, *keys: str, lang: str) -> Table:
    """Return a table some columns of which, with words beside their numbers, may take several lines."""
    free = {render(key, lang) for key in keys}
    return replace(table, numeric=table.numeric - free)


def _sizes(rows: Sequence[Power], lang: str) -> tuple[Numbers, ...]:
    own = numbers("count", [row.n[0] for row in rows])
    others = [row.n[-1] if len(row.n) > 1 else None for row in rows]
    return own, numbers("count", others, part=render("table.part.reference", lang))


def _effects(rows: Sequence[Power], texts: Sequence[str], name: str) -> Column:
    """Return effects, as numbers too where all are on one scale."""
    scales = {scale_of(row.outcome) for row in rows}
    if len(scales) != 1:
        return column(texts)
    unit = {"months": "number1", "ratio": "number2"}.get(*scales, *scales)
    return Column(tuple(texts), (numbers(unit, [getattr(row, name) for row in rows], rows[0].currency),))


def _group(row: Power, lang: str) -> str:
    group = row.who.fields.get("treated")
    return label_text(group, lang) if group else render("table.everyone", lang)


def _customers(row: Power, lang: str) -> str:
    if len(row.n) == 1:
        return figures("count", row.n, lang)[0]
    return render("table.power.against", lang, n=row.n[0], n_reference=row.n[-1])


def _found(row: Power, lang: str) -> str:
    if row.refused:
        return row.refused.text(lang)
    if math.isnan(row.detectable):
        return render("table.unknown", lang)
    return render(size(row.outcome, row.detectable, row.currency), lang)


def _enough(row: Power) -> str:
    if math.isnan(row.detectable):
        return "unknown"
    return "yes" if row.enough else "no"


def table_verdicts(result: StudyResult, *, lang: str | None = None) -> Table:
    """Return the verdict of every primary comparison of a study.

    Parameters
    ----------
    result : StudyResult
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts: hypothesis, group, verdict, difference with its interval, p-value, p-value after Holm's correction.

    Examples
    --------
    >>> import retention_kit as rk
    >>> study = rk.Study(rk.open_ledger(as_of="2025-12-31"), title="Demos")
    >>> result = study.add("demo", "personalised_demo", randomised=True).run()
    >>> rk.table_verdicts(result).frame.iloc[0, 2]
    'The data support the hypothesis'
    """
    lang = lang or language()
    names, found = zip(*result.primaries(), strict=True)
    words = {
        "hypothesis": list(names),
        "group": [label_text(each.arms[0].label, lang) for each in found],
        "verdict": [each.verdict.text(lang) for each in found],
    }
    cells = {
        "found": _differences(found, [_difference(each, lang) for each in found], lang),
        "p_value": p_values([each.p_value for each in found], lang),
    }
    if result.comparisons > 1:
        cells["p_adjusted"] = p_values([each.p_adjusted for each in found], lang)
    heads = [{render(f"table.{name}", lang): texts for name, texts in some.items()} for some in (words, cells)]
    return _wrapping(worded(render("table.caption.verdicts", lang), *heads), "table.found", lang=lang)


def _differences(found: Sequence[Finding], texts: Sequence[str], lang: str) -> Column:
    """Return differences, as numbers too where all are on one scale and can be relied on."""
    shown = [replace(each, **_UNKNOWN) if _unreliable(each) else each for each in found]
    if len({scale_of(each.outcome) for each in found}) != 1:
        return column(texts)
    return Column(tuple(texts), difference_limits([(each, each) for each in shown], lang))


def _unreliable(found: Finding) -> bool:
    return math.isnan(found.estimate) or found.verdict.kind == "not_testable"


def _difference(found: Finding, lang: str) -> str:
    if _unreliable(found):
        return render("table.unknown", lang)
    limits = found.estimate, found.low, found.high, found.level, found.currency
    return render(difference(found.outcome, *limits), lang)


def table_beside(result: StudyResult, name: str, *, lang: str | None = None) -> Table:
    """Return what stands beside the answer to one hypothesis and decides nothing.

    Parameters
    ----------
    result : StudyResult
    name : str
        Of the hypothesis.
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts: secondary outcomes with Benjamini and Hochberg's q-values, then sensitivity runs; without a row where
        there are none.

    Examples
    --------
    >>> import retention_kit as rk
    >>> study = rk.Study(rk.open_ledger(as_of="2025-12-31"), title="Demos")
    >>> result = study.add("demo", "personalised_demo", randomised=True, secondary=("nrr",)).run()
    >>> rk.table_beside(result, "demo").frame.iloc[0, 1]
    'NRR at 12 months'
    """
    lang = lang or language()
    rows = [*result.secondaries.get(name, ()), *result.sensitivity.get(name, ())]
    words = {
        render("table.beside.role", lang): [render(f"table.beside.{row.role}", lang) for row in rows],
        render("table.beside.about", lang): [_several([row.about], lang) for row in rows],
    }
    if len({label_text(row.finding.arms[0].label, lang) for row in rows}) > 1:
        words[render("table.group", lang)] = [label_text(row.finding.arms[0].label, lang) for row in rows]
    found = [render(row.refused, lang) if row.refused else _difference(row.finding, lang) for row in rows]
    cells = {render("table.found", lang): found}
    if any(row.role == "secondary" for row in rows):
        cells[render("table.beside.q_value", lang)] = p_values([row.q_value for row in rows], lang)
    return _wrapping(worded(render("table.caption.beside", lang), words, cells), "table.found", lang=lang)
