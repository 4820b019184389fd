"""What a page says of an answer: its sentences, its tests, whom it is about, each in the words of the catalogue."""

import html
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from retention_kit.media_types import HEADLINE
from retention_kit.pages.elements import Prose, Remarks, notes
from retention_kit.pages.headlines import answers as answers_of
from retention_kit.pages.sections import Section, together
from retention_kit.results import Finding, Findings, answers
from retention_kit.wording import Message, language, render


@dataclass(frozen=True)
class Answer:
    """The sentence of each comparison, its verdict first, in a frame of its own.

    Attributes
    ----------
    items : tuple of Finding
    question : Message
    lead : tuple of Message
        What is said of all of them together.
    """

    items: tuple[Finding, ...]
    question: Message
    lead: tuple[Message, ...] = ()

    def __str__(self) -> str:
        return "\n".join([*map(render, self.lead), *(item.sentence() for item in self.items)])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {
            "text/html": self._repr_html_(),
            "text/plain": str(self),
            HEADLINE: answers_of(self.question, self.items),
        }

    def _repr_html_(self) -> str:
        lead = "".join(f"<p>{html.escape(render(each))}</p>" for each in self.lead)
        answered = "".join(map(_paragraph, self.items))
        return f'<div class="rk-result" lang="{language()}">{lead}{answered}</div>'


def _paragraph(finding: Finding) -> str:
    known = answers.fields(finding)
    first, *rest = (html.escape(render(part, **known)) for part in answers.sentences(finding))
    return f"<p>{' '.join([f'<strong>{first}</strong>', *rest])}</p>"


def contrasts(found: Finding | Findings) -> tuple[Finding, ...]:
    """Return the comparisons of an answer: one, or one a group."""
    return found.items if isinstance(found, Findings) else (found,)


def once(messages: Iterable[Message]) -> dict[str, Message]:
    """Return messages by their text, so that each stands once."""
    return {render(message): message for message in messages}


def listed(messages: Iterable[Message]) -> Remarks | None:
    """Return messages as a list, each text once; nothing where there is none."""
    several = once(messages)
    return notes(*several.values()) if several else None


def by_group(found: Finding | Findings, told: Callable[[Finding], Iterable[Message]], level: int = 3) -> Section:
    """Return the messages `told` of each comparison as lists: what all of them say, then each group's own."""
    items = contrasts(found)
    texts = [once(told(item)) for item in items]
    common = {text: message for text, message in texts[0].items() if all(text in other for other in texts)}
    parts: list[Any] = [listed(common.values())]
    for item, own in zip(items, texts, strict=True):
        if rest := [message for text, message in own.items() if text not in common]:
            parts += [group_title(item, level), listed(rest)]
    return together(parts)


def group_title(finding: Finding, level: int) -> Prose:
    """Return the name of the group with the factor as a heading."""
    return Prose(f"h{level}", Message("page.group", {"group": finding.arms[0].label}))


def question_of(found: Finding | Findings) -> Message:
    """Return the question that was asked, in words."""
    if isinstance(found, Finding):
        return Message("text", {"text": found.question()})
    first = found.items[0]
    return Message("page.question.groups", {"about": about(first), "factor": first.factor})


def about(finding: Finding) -> Message:
    """Return what is compared, in words: "NRR at 12 months"."""
    if finding.measured:
        return Message("study.outcome.measured", {"name": finding.measured})
    return Message(f"study.outcome.{finding.outcome}", {"horizon": finding.horizon, "window": finding.window})


def testable(finding: Finding) -> bool:
    """Whether a comparison has a difference that can be relied on."""
    return finding.verdict.kind != "not_testable" and not math.isnan(finding.estimate)


def tests_in_words(finding: Finding) -> list[Message]:
    """Return the p-values and what else was tested of the same question, which decides nothing."""
    fields = {"p_value": finding.p_value, "p_adjusted": finding.p_adjusted, "comparisons": finding.comparisons}
    fields |= {"check": finding.check, "cluster": finding.cluster}
    said = {
        "p_value": not math.isnan(finding.p_value),
        "p_adjusted": finding.comparisons > 1 and not math.isnan(finding.p_adjusted),
        "check": not math.isnan(finding.check),
        "cluster": finding.cluster is not None,
    }
    return [*(Message(f"finding.{name}", fields) for name, true in said.items() if true), *finding.beside]


def likeness_in_words(finding: Finding) -> list[Message]:
    """Return whom the number is about, how alike the groups have become, and what could hide behind it."""
    whom = [finding.population] if finding.population else []
    texts = [each.describe() for each in (finding.balance, finding.e_value) if each is not None]
    return [*whom, *(Message("text", {"text": text}) for text in texts)]
