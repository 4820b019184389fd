"""The parts of a page about an answer, of two groups or of several; each shows nothing where there is nothing."""

from dataclasses import replace
from typing import Any

from retention_kit.pages.elements import Prose, Remarks, notes
from retention_kit.pages.pictures import picture
from retention_kit.pages.sections import Section, together
from retention_kit.pages.telling import (
    Answer,
    by_group,
    contrasts,
    group_title,
    likeness_in_words,
    listed,
    once,
    question_of,
    testable,
    tests_in_words,
)
from retention_kit.plots import plot_balance, plot_forest, plot_survival
from retention_kit.results import Finding, Findings, StudyResult
from retention_kit.tables import table_arms, table_balance, table_finding
from retention_kit.wording import Message


def show_question(found: Finding | Findings) -> Prose:
    """Return the question as the title of a page.

    Parameters
    ----------
    found : Finding or Findings

    Returns
    -------
    Prose

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> print(rk.show_question(rk.compare(ledger, "segment", adjust=())))
    Retention at 12 months: is there a difference by “segment”?
    """
    return Prose("h1", question_of(found))


def show_answer(found: Finding | Findings) -> Answer:
    """Return the answer in sentences, verdict first.

    Parameters
    ----------
    found : Finding or Findings
        Of several groups, whether they differ at all comes first.

    Returns
    -------
    Answer

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> str(rk.show_answer(rk.compare(ledger, "personalised_demo", randomised=True)))[:28]
    'The data support the hypothe'
    """
    return Answer(contrasts(found), question_of(found), found.opening if isinstance(found, Findings) else ())


def show_forest(found: Finding | Findings) -> Section:
    """Return every estimate of the difference as one picture.

    Parameters
    ----------
    found : Finding or Findings

    Returns
    -------
    Section
        Of several groups the estimate that decides each of them. Empty where the question is not testable: a picture of
        what cannot be relied on would be remembered.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> len(rk.show_forest(rk.compare(ledger, "personalised_demo", randomised=True)))
    1
    """
    items = tuple(filter(testable, contrasts(found)))
    if not items:
        return Section()
    shown = replace(found, items=items) if isinstance(found, Findings) else found
    return together([picture(plot_forest(shown), of=table_finding(shown), alt=shown.describe_lines())])


def show_evidence(found: Finding | Findings) -> Section:
    """Return what the answer rests on: groups, curves, every estimate, other tests.

    Parameters
    ----------
    found : Finding or Findings

    Returns
    -------
    Section
        Curves only where the outcome is watched month by month.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> len(rk.show_evidence(rk.compare(ledger, "personalised_demo", randomised=True)))
    4
    """
    return together([table_arms(found), show_curves(found), table_finding(found), by_group(found, tests_in_words)])


def show_curves(found: Finding | Findings) -> Section:
    """Return the outcome of each group month by month; nothing where it is measured once or by too few."""
    drawn = any(len(item.curves) for item in contrasts(found))
    return together([picture(plot_survival(found), of=found)] if drawn else [])


def show_balance(found: Finding | Findings) -> Section:
    """Return whom the numbers are about, and how alike the groups were made.

    Parameters
    ----------
    found : Finding or Findings

    Returns
    -------
    Section
        For each comparison: whom it is about, the balance before and after weighting as a picture and as a table, how
        strong a hidden factor would have to be. Empty where nothing was adjusted for.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> len(rk.show_balance(rk.compare(ledger, "personalised_demo", randomised=True)))
    0
    """
    items = contrasts(found)
    several = len(items) > 1
    return together(part for item in items for part in _likeness(item, several))


def _likeness(finding: Finding, several: bool) -> list[Any]:
    told = listed(likeness_in_words(finding))
    balance = finding.balance
    shown = balance is not None and not balance.frame.empty
    drawn = [picture(plot_balance(balance), of=balance), table_balance(balance)] if shown else []
    parts = [part for part in (told, *drawn) if part is not None]
    title = [group_title(finding, 3)] if several and parts else []
    return [*title, *parts]


def show_left_out(found: Finding | Findings) -> Section:
    """Return which customers do not enter, and why.

    Parameters
    ----------
    found : Finding or Findings

    Returns
    -------
    Section
        Empty where everybody enters.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> len(rk.show_left_out(rk.compare(ledger, "personalised_demo", outcome="nrr", randomised=True)))
    1
    """
    return by_group(found, lambda finding: finding.excluded)


def show_limits(found: Finding | Findings | StudyResult, *more: str | Message) -> Remarks:
    """Return what must be known with an answer: its own warnings, then what holds for every page of its kind.

    Parameters
    ----------
    found : Finding, Findings or StudyResult
    *more : str or Message
        Keys of the catalogue, or messages.

    Returns
    -------
    Remarks

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> finding = rk.compare(ledger, "personalised_demo", randomised=True)
    >>> len(rk.show_limits(finding, "report.limits.rounding").messages)
    1
    """
    if isinstance(found, StudyResult):
        warnings = found.warnings()
    else:
        warnings = tuple(message for item in contrasts(found) for message in item.warnings)
    return notes(*once(warnings).values(), *more)
