"""The parts of a page about a study: its protocol, what it could find, its verdicts, one hypothesis after another."""

from collections.abc import Mapping
from typing import Any

from retention_kit.pages.elements import Prose, notes
from retention_kit.pages.findings import show_answer, show_forest
from retention_kit.pages.pictures import picture
from retention_kit.pages.sections import Section, together
from retention_kit.pages.telling import by_group, likeness_in_words, listed, question_of, testable, tests_in_words
from retention_kit.plots import plot_forest
from retention_kit.results import Finding, Findings, PowerTable, StudyResult
from retention_kit.tables import table_arms, table_beside, table_finding, table_power, table_protocol, table_verdicts
from retention_kit.wording import Message


def show_title(result: StudyResult) -> Prose:
    """Return the title of a study as that of its page.

    Parameters
    ----------
    result : StudyResult

    Returns
    -------
    Prose
        How many hypotheses it has, where it has no title.

    Examples
    --------
    >>> import retention_kit as rk
    >>> study = rk.Study(rk.open_ledger(as_of="2025-12-31")).add("demo", "personalised_demo")
    >>> print(rk.show_title(study.run()))
    A study of 1 hypothesis
    """
    titled = Message("text", {"text": result.title}) if result.title else None
    return Prose("h1", titled or Message("page.study.untitled", {"n": len(result)}))


def show_protocol(result: StudyResult, protocol: Mapping[str, Any]) -> Section:
    """Return whether a study was locked, its hash and look number, its corrections, and what it declared.

    Parameters
    ----------
    result : StudyResult
    protocol : mapping
        What `Study.protocol()` returns.

    Returns
    -------
    Section

    Examples
    --------
    >>> import retention_kit as rk
    >>> study = rk.Study(rk.open_ledger(as_of="2025-12-31"), title="Demos").add("demo", "personalised_demo")
    >>> len(rk.show_protocol(study.run(), study.protocol()))
    2
    """
    return together([notes(*result.provenance()), table_protocol(protocol)])


def show_power(power: PowerTable) -> Section:
    """Return what a study could find, and in words what it could not.

    Parameters
    ----------
    power : PowerTable

    Returns
    -------
    Section

    Examples
    --------
    >>> import retention_kit as rk
    >>> study = rk.Study(rk.open_ledger(as_of="2025-12-31"), title="Demos").add("demo", "personalised_demo")
    >>> len(rk.show_power(study.power()))
    2
    """
    short = [Message("text", {"text": row.sentence()}) for row in power if not row.enough]
    return together([listed(short), table_power(power)])


def show_verdicts(result: StudyResult) -> Section:
    """Return the answer of a study as a whole: a sentence, the verdicts, the differences of all primary outcomes.

    Parameters
    ----------
    result : StudyResult

    Returns
    -------
    Section
        With one picture for each primary outcome, as different units share no axis.

    Examples
    --------
    >>> import retention_kit as rk
    >>> study = rk.Study(rk.open_ledger(as_of="2025-12-31"), title="Demos").add("demo", "personalised_demo")
    >>> len(rk.show_verdicts(study.run()))
    3
    """
    alike: dict[tuple[Any, ...], list[Finding]] = {}
    for each in (each for _, each in result.primaries() if testable(each)):
        alike.setdefault((each.outcome, each.measured, each.horizon, each.margin), []).append(each)
    pictures = (_forest(some) for some in alike.values())
    return together([Prose("p", Message("text", {"text": result.sentence()})), table_verdicts(result), *pictures])


def _forest(findings: list[Finding]) -> Any:
    differences = " ".join(each.describe_difference() for each in findings)
    alt = Message("page.forest.several", {"differences": differences})
    return picture(plot_forest(findings), of=table_finding(findings), alt=alt)


def show_hypotheses(result: StudyResult) -> Section:
    """Return each hypothesis of a study with its answer, its estimates, its groups and what stands beside it.

    Parameters
    ----------
    result : StudyResult

    Returns
    -------
    Section

    Examples
    --------
    >>> import retention_kit as rk
    >>> study = rk.Study(rk.open_ledger(as_of="2025-12-31"), title="Demos").add("demo", "personalised_demo")
    >>> str(rk.show_hypotheses(study.run()).contents[0])[:38]
    '“demo”: Are customers with a personali'
    """
    return together(_one(result, name, found) for name, found in result.findings.items())


def _one(result: StudyResult, name: str, found: Finding | Findings) -> Section:
    title = Prose("h3", Message("page.hypothesis", {"name": name, "question": question_of(found)}))
    beside = table_beside(result, name)
    told = by_group(found, _behind, level=4)
    return together(
        [
            title,
            show_answer(found),
            show_forest(found),
            table_arms(found),
            *([beside] if len(beside.frame) else []),
            told,
        ]
    )


def _behind(finding: Finding) -> list[Message]:
    """Return what was tested besides, how alike the groups are, who was left out, what must be known."""
    return [*tests_in_words(finding), *likeness_in_words(finding), *finding.excluded, *finding.warnings]


def show_aloud(result: StudyResult) -> Section:
    """Return the whole study as plain paragraphs, for those who listen.

    Parameters
    ----------
    result : StudyResult

    Returns
    -------
    Section

    Examples
    --------
    >>> import retention_kit as rk
    >>> study = rk.Study(rk.open_ledger(as_of="2025-12-31"), title="Demos").add("demo", "personalised_demo")
    >>> str(rk.show_aloud(study.run()).contents[0])
    'Demos'
    """
    return together(Prose("p", Message("text", {"text": part})) for part in result.read_aloud().split("\n\n"))
