"""Several questions asked together: every p-value corrected for the others, and the verdict that stands after it."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from retention_kit.contrasts.multiplicity import holm
from retention_kit.reports.batch.jobs import Job
from retention_kit.reports.batch.manifest import FAILED, Record
from retention_kit.wording import Message, render

_CLEAR = ("supports", "contradicts")


@dataclass(frozen=True)
class Corrected:
    """One answer among those of a batch.

    Attributes
    ----------
    question, group : str
        In the language of its page.
    kind : str
        Of the verdict on its own page.
    p_value, p_adjusted : float
        NaN if it was not tested.
    stands : str
        Kind of the verdict after the correction.
    comparisons : int
        How many answers of the batch were tested.
    """

    question: str
    group: str
    kind: str
    p_value: float
    p_adjusted: float
    stands: str
    comparisons: int

    @property
    def changed(self) -> bool:
        """Whether its p-value, once corrected, no longer bears its verdict."""
        return self.kind != self.stands

    def verdict(self, lang: str) -> str:
        """Return the verdict that stands, with the reason if it is not the one of the page."""
        verdict = render(f"verdict.{self.stands}", lang)
        if not self.changed:
            return verdict
        reason = Message(
            "reason.inconclusive.multiple", {"p_adjusted": self.p_adjusted, "comparisons": self.comparisons}
        )
        return render("batch.verdict", lang, verdict=verdict, reason=reason)


def corrected(jobs: Iterable[Job], records: Mapping[str, Record]) -> dict[str, tuple[Corrected, ...]]:
    """Return the answers of every page, by key, corrected over all questions of the batch.

    Parameters
    ----------
    jobs : iterable of Job
    records : mapping of str to Record
        By key. A report that failed has no answers.

    Returns
    -------
    dict
        Only pages that answer a question.

    Notes
    -----
    Holm (1979). The same question in two languages counts once. A verdict that the corrected p-value no longer bears
    becomes inconclusive; no other can change.
    """
    pages = {job.key: (job.question, _answers(records.get(job.key))) for job in jobs}
    p_values = {
        (question, number): _p_value(answer)
        for question, answers in pages.values()
        for number, answer in enumerate(answers)
    }
    adjusted = dict(zip(p_values, map(float, holm(list(p_values.values()))), strict=True)) if p_values else {}
    tested = sum(not math.isnan(p) for p in p_values.values())
    return {
        key: tuple(_corrected(answer, adjusted[question, number], tested) for number, answer in enumerate(answers))
        for key, (question, answers) in pages.items()
        if answers
    }


def _answers(record: Record | None) -> Sequence[Mapping[str, Any]]:
    return record.told.get("answers", ()) if record and record.status != FAILED else ()


def _p_value(answer: Mapping[str, Any]) -> float:
    return math.nan if answer["p_value"] is None else float(answer["p_value"])


def _corrected(answer: Mapping[str, Any], p_adjusted: float, tested: int) -> Corrected:
    borne = math.isnan(p_adjusted) or p_adjusted <= 1 - answer["level"]
    stands = "inconclusive" if answer["kind"] in _CLEAR and not borne else answer["kind"]
    names = {name: str(answer[name]) for name in ("question", "group", "kind")}
    return Corrected(**names, p_value=_p_value(answer), p_adjusted=p_adjusted, stands=stands, comparisons=tested)


def notice(answers: Sequence[Corrected], lang: str) -> dict[str, Any] | None:
    """Return what a page says of the other questions: nothing if it is alone, or could not be tested.

    Parameters
    ----------
    answers : sequence of Corrected
        Those of the page.
    lang : str

    Returns
    -------
    dict or None
        ``notice``, a text, and its numbers.
    """
    told = [each for each in answers if not math.isnan(each.p_adjusted)]
    if not told or told[0].comparisons < 2:
        return None
    said = [_said(each, len(answers) > 1, lang) for each in told]
    text = render("batch.notice", lang, comparisons=told[0].comparisons, own=len(told), answers=" ".join(said))
    numbers = [{"group": each.group, "p_adjusted": each.p_adjusted, "verdict": each.stands} for each in told]
    return {"notice": text, "comparisons": told[0].comparisons, "answers": numbers}


def _said(answer: Corrected, several: bool, lang: str) -> str:
    key = "batch.notice.changed" if answer.changed else "batch.notice.stands"
    verdict = Message(f"verdict.{answer.kind}")
    said = render(key, lang, p_adjusted=answer.p_adjusted, verdict=verdict)
    return render("batch.notice.group", lang, group=answer.group, said=said) if several else said
