"""What a list of many reports shows of one: its key figures with their rules, its answers with their verdicts.

They stand on the page itself; beside the HTML the notebook carries them as data, for whoever makes that list.
"""

import html
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from retention_kit.media_types import HEADLINE
from retention_kit.results import Estimate, Finding
from retention_kit.tables.columns import UNITS, figure, with_range
from retention_kit.tables.writing import head
from retention_kit.wording import Message, language, render


@dataclass(frozen=True)
class Headline:
    """The key figures of a page, and the one sentence that says what matters.

    Attributes
    ----------
    figures : tuple of Estimate
    texts : tuple of Message
    """

    figures: tuple[Estimate, ...] = ()
    texts: tuple[Message, ...] = ()

    def __str__(self) -> str:
        return "\n".join([*(each.sentence() for each in self.figures), *map(render, self.texts)])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {"text/html": self._repr_html_(), "text/plain": str(self), HEADLINE: self.payload()}

    def _repr_html_(self) -> str:
        shown = "".join(map(_figure_html, map(_figure, self.figures)))
        said = "".join(f"<p>{html.escape(render(text))}</p>" for text in self.texts)
        return f'<div class="rk-headline" lang="{language()}">{f"<dl>{shown}</dl>" if shown else ""}{said}</div>'

    def payload(self) -> dict[str, Any]:
        """Return the figures, in words with their rules, and the sentences."""
        figures = [_figure(each) | {"rule": render(each.rule)} for each in self.figures]
        return {"figures": figures, "texts": [render(text) for text in self.texts], "answers": []}


def headline(*items: Estimate | Message) -> Headline:
    """Return the key figures of a page, and what it says in one sentence.

    Parameters
    ----------
    *items : Estimate or Message
        Numbers with their intervals, and sentences.

    Returns
    -------
    Headline

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> print(headline(rk.nrr(ledger, "2024-12", "2025-12")))
    Net revenue retention (NRR): 98.7% (95% interval 92.4% to 104.9%; 1,040 customers at the start).
    """
    figures = tuple(item for item in items if isinstance(item, Estimate))
    return Headline(figures, tuple(item for item in items if isinstance(item, Message)))


def answers(question: Message, findings: Iterable[Finding]) -> dict[str, Any]:
    """Return what a list of reports shows of a question: one answer a group, with the p-value behind its verdict."""
    return {"figures": [], "texts": [], "answers": [_answer(question, finding) for finding in findings]}


def _answer(question: Message, finding: Finding) -> dict[str, Any]:
    return {
        "question": render(question),
        "group": render(finding.arms[0].label) if isinstance(finding.arms[0].label, Message) else finding.arms[0].label,
        "kind": finding.verdict.kind,
        "verdict": finding.verdict.text(),
        "sentence": finding.sentence(),
        "p_value": None if math.isnan(finding.p_value) else finding.p_value,
        "level": finding.level,
    }


def _figure(estimate: Estimate) -> dict[str, Any]:
    lang, unit = language(), UNITS.get(estimate.measure, "percent")
    known = {"label": head(f"measure.{estimate.measure}", lang), "value": figure(unit, estimate.value, lang)}
    if estimate.group is not None:
        known["label"] = render("page.headline.group", lang, label=known["label"], group=str(estimate.group))
    if math.isnan(estimate.low):
        return known | {"interval": ""}
    ends = with_range("table.interval", lang, unit, estimate.value, estimate.low, estimate.high)
    return known | {"interval": render("page.headline.interval", lang, level=estimate.level, interval=ends)}


def _figure_html(shown: dict[str, Any]) -> str:
    label, value, interval = (html.escape(shown[name]) for name in ("label", "value", "interval"))
    return f"<div><dt>{label}</dt><dd><strong>{value}</strong> <small>{interval}</small></dd></div>"
