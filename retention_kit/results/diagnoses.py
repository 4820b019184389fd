"""The questions behind an NRR, each answered with the numbers that bear on it."""

import html
import math
from dataclasses import dataclass

import pandas as pd

from retention_kit.results.estimates import Estimate
from retention_kit.results.markup import lines, paragraphs
from retention_kit.wording import Message, Money, render


@dataclass(frozen=True, eq=False)
class Clue:
    """One question behind an NRR, with the numbers that answer it.

    Attributes
    ----------
    key : {"one_account", "one_segment", "onboarding", "contraction", "support", "when"}
    points : float
        Points of NRR, as a fraction, that were lost there beyond what a loss spread evenly over the starting MRR would
        have taken; for contraction all that it took. NaN where the question is not about points, or has no answer.
    answer : Message
        The numbers in words; where there is no answer, why.
    frame : DataFrame
        The numbers behind it.
    lost : Money or None
        MRR lost by the customers the answer is about.
    missing : Message or None
        What the data would need for an answer.
    notes : tuple of Message
    """

    key: str
    points: float
    answer: Message
    frame: pd.DataFrame
    lost: Money | None = None
    missing: Message | None = None
    notes: tuple[Message, ...] = ()

    @property
    def answerable(self) -> bool:
        """Whether these data answer the question."""
        return self.missing is None

    def question(self, lang: str | None = None) -> str:
        """Return the question in words."""
        return render(f"diagnosis.{self.key}.question", lang)

    def sentence(self, lang: str | None = None) -> str:
        """Return the answer with its numbers, in words."""
        missing = [self.missing] if self.missing else []
        return " ".join(render(each, lang) for each in (self.answer, *self._said(), *missing, *self.notes))

    def _said(self) -> list[Message]:
        if math.isnan(self.points) or self.points == 0:
            return []
        kind = "all" if self.key == "contraction" else "more" if self.points > 0 else "less"
        return [Message(f"diagnosis.points.{kind}", {"points": abs(self.points)})]

    def __str__(self) -> str:
        return f"{self.question()} {self.sentence()}"

    def _repr_html_(self) -> str:
        texts = paragraphs(self.question(), self.sentence())
        return f'<div class="rk-result">{texts}{self.frame.to_html(index=False) if len(self.frame) else ""}</div>'


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """What lies behind an NRR: money lost and gained, and one clue a question.

    Attributes
    ----------
    nrr : Estimate
    opening, lost, gained : Money
        What the customers of the opening base paid at the start, what those who pay less at the end lost, and what
        those who pay more gained: ``opening - lost + gained`` is what they pay at the end.
    findings : tuple of Clue
        Those with points of NRR first, the most points first; then those that say when and in which circumstances;
        those these data cannot answer last.
    rule : Message
    """

    nrr: Estimate
    opening: Money
    lost: Money
    gained: Money
    findings: tuple[Clue, ...]
    rule: Message

    @property
    def lost_points(self) -> float:
        """Points of NRR lost, as a fraction: ``1 - lost_points + gained_points`` is the NRR."""
        return self.lost.amount / self.opening.amount

    @property
    def gained_points(self) -> float:
        """Points of NRR gained, as a fraction."""
        return self.gained.amount / self.opening.amount

    def __getitem__(self, key: str) -> Clue:
        return {finding.key: finding for finding in self.findings}[key]

    def __iter__(self):
        return iter(self.findings)

    def sentence(self, lang: str | None = None) -> str:
        """Return how the NRR is made up, in words."""
        amounts = {"opening": self.opening, "lost": self.lost, "gained": self.gained}
        points = {"lost_points": -self.lost_points, "gained_points": self.gained_points}
        return render("diagnosis.sentence", lang, value=self.nrr.value, **amounts, **points)

    def to_frame(self) -> pd.DataFrame:
        """Return one row a question, texts in the language of the moment."""
        return pd.DataFrame(
            {
                "key": [each.key for each in self],
                "question": [each.question() for each in self],
                "points": [each.points for each in self],
                "lost": [each.lost.amount if each.lost else math.nan for each in self],
                "answerable": [each.answerable for each in self],
                "answer": [each.sentence() for each in self],
            }
        )

    def __str__(self) -> str:
        return "\n".join([self.sentence(), *map(str, self), *lines((*self.nrr.warnings, self.rule))])

    def _repr_html_(self) -> str:
        items = "".join(
            f"<li><strong>{html.escape(each.question())}</strong> {html.escape(each.sentence())}</li>" for each in self
        )
        below = paragraphs(*lines((*self.nrr.warnings, self.rule)))
        return f'<div class="rk-result">{paragraphs(self.sentence())}<ol>{items}</ol>{below}</div>'
