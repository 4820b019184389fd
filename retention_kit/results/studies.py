"""The answer to a study: a verdict a hypothesis, corrected for their number, and what stands beside it."""

import datetime as dt
import html
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from retention_kit.results.balances import covariate_name
from retention_kit.results.findings import Finding, Findings
from retention_kit.results.markup import paragraphs
from retention_kit.results.powers import PowerTable
from retention_kit.results.scales import difference
from retention_kit.wording import Message, has_message, language, render

_KINDS = ("supports", "does_not_support", "contradicts", "inconclusive", "not_testable")


@dataclass(frozen=True, repr=False)
class Lock:
    """A protocol written down before the numbers were seen.

    Attributes
    ----------
    hash : str
        SHA-256 of the protocol in canonical JSON; neither data nor dates enter.
    as_of : date
        Of the data it was last locked with.
    looks : tuple of date
        Every `as_of` it was locked with, in order.
    protocol : mapping
        What was declared.
    version : str
        Of the kit that locked it first.
    fixed : mapping
        By hypothesis, what the data of the first lock settled: the standard attributes that were there (``adjust``),
        and the smallest difference of spend that matters (``margin``).
    """

    hash: str
    as_of: dt.date
    looks: tuple[dt.date, ...]
    protocol: Mapping[str, Any] = field(compare=False)
    version: str = field(compare=False, default="")
    fixed: Mapping[str, Mapping[str, Any]] = field(compare=False, default_factory=dict)

    def sentence(self, lang: str | None = None) -> str:
        """Return what is locked, in words."""
        return render("study.lock", lang, hash=self.hash, first=self.looks[0], n=len(self.looks))

    def __str__(self) -> str:
        return self.sentence()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f'<div class="rk-result" lang="{language()}">{paragraphs(self.sentence())}</div>'


@dataclass(frozen=True)
class Beside:
    """One estimate of a study that cannot change a verdict.

    Attributes
    ----------
    hypothesis : str
    role : {"secondary", "sensitivity"}
    about : Message
        What was looked at beside: "NRR at 12 months", "landmark: 6".
    finding : Finding
        Its estimate. Of its own verdict only that it is not testable is shown, with the reason.
    q_value : float
        Benjamini and Hochberg's over all secondary outcomes of the study; NaN for a sensitivity run.
    """

    hypothesis: str
    role: str
    about: Message
    finding: Finding
    q_value: float = math.nan

    @property
    def refused(self) -> Message | None:
        """That it is not testable, and why; None if it is."""
        verdict = self.finding.verdict
        if verdict.kind != "not_testable":
            return None
        return Message("study.beside.not_testable", {"reason": verdict.reason})

    def sentence(self, lang: str | None = None) -> str:
        """Return the estimate in words, or why there is none that could be relied on."""
        found = self.finding
        fields = {
            "hypothesis": self.hypothesis,
            "about": self.about,
            "group": found.arms[0].label,
            "reference": found.arms[1].label,
        }
        if self.refused:
            why = {"reason": found.verdict.reason, "remedy": found.verdict.remedy}
            return render(f"study.beside.{self.role}.not_testable", lang, **fields, **why)
        limits = (found.estimate, found.low, found.high, found.level, found.currency)
        written = difference(found.outcome, *limits)
        tested = "" if math.isnan(self.q_value) else Message("study.q_value", {"q_value": self.q_value})
        return render(f"study.beside.{self.role}", lang, **fields, difference=written, tested=tested)


@dataclass(frozen=True, eq=False, repr=False)
class StudyResult:
    """What a study found.

    Attributes
    ----------
    title : str
    as_of : date
    alpha : float
    findings : mapping of str to Finding or Findings
        By hypothesis; verdicts and `p_adjusted` after Holm's correction over all of them.
    secondaries, sensitivity : mapping of str to tuple of Beside
    hash : str
        Of the protocol that was run.
    lock : Lock or None
    look : int
        The position of this `as_of` among the looks at this protocol.
    power : PowerTable
    comparisons : int
        How many contrasts share `alpha`: those that could be tested.
    notes : tuple of Message
        What must be known with all of it.
    version : str
        Of the kit.
    """

    title: str
    as_of: dt.date
    alpha: float
    findings: Mapping[str, Finding | Findings]
    secondaries: Mapping[str, tuple[Beside, ...]]
    sensitivity: Mapping[str, tuple[Beside, ...]]
    hash: str
    lock: Lock | None
    look: int
    power: PowerTable
    comparisons: int
    notes: tuple[Message, ...] = ()
    version: str = ""

    def __getitem__(self, name: str) -> Finding | Findings:
        return self.findings[name]

    def __iter__(self):
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def primaries(self) -> list[tuple[str, Finding]]:
        """Return every contrast that decides, with the name of its hypothesis."""
        return [(name, each) for name, found in self.findings.items() for each in contrasts_of(found)]

    def sentence(self, lang: str | None = None, name: str | None = None) -> str:
        """Return the answer to one hypothesis in words that stand alone; without a name, of the whole study."""
        if name is not None:
            return _said(name, contrasts_of(self.findings[name]), self.comparisons, lang)
        kinds = Counter(each.verdict.kind for _, each in self.primaries())
        parts = [Message(f"study.part.{kind}", {"n": kinds[kind]}) for kind in _KINDS if kinds[kind]]
        several = len(self.primaries()) > len(self.findings)
        key = "study.whole_of_comparisons" if several else "study.whole"
        return render(key, lang, n=len(self.findings), comparisons=len(self.primaries()), parts=parts)

    def provenance(self) -> tuple[Message, ...]:
        """Return what was fixed beforehand and what was corrected for."""
        locked = "study.locked" if self.lock else "study.not_locked"
        first = {"first": self.lock.looks[0]} if self.lock else {}
        protocol = Message("study.hash", {"hash": self.hash, "version": self.version})
        look = Message("study.look", {"look": self.look, "as_of": self.as_of})
        holm = Message("study.holm", {"n": self.comparisons, "alpha": self.alpha})
        tested = [each for some in self.secondaries.values() for each in some if not math.isnan(each.q_value)]
        fdr = [Message("study.false_discovery", {"n": len(tested)})] if tested else []
        return (Message(locked, first), protocol, look, holm, *fdr)

    def warnings(self) -> tuple[Message, ...]:
        """Return what must be known with the answer: looks, what was not tested, what could not be detected."""
        peeking = [Message("study.looks", {"look": self.look})] if self.look > 1 else []
        return (*peeking, *self.notes)

    def read_aloud(self, lang: str | None = None) -> str:
        """Return the whole study as plain paragraphs, for those who listen; every sentence stands alone."""
        parts = [self.title, " ".join([self.sentence(lang), *_texts(self.warnings(), lang)])]
        # what could be found comes before what was found
        parts.append(" ".join([self.power.sentence(lang), self.power.rule.text(lang)]))
        for name in self.findings:
            parts.append(" ".join([self.sentence(lang, name), *self._beside(name, lang)]))
        parts.append(" ".join(_texts(self.provenance(), lang)))
        return "\n\n".join(part for part in parts if part)

    def _beside(self, name: str, lang: str | None) -> list[str]:
        return [each.sentence(lang) for some in (self.secondaries, self.sensitivity) for each in some.get(name, ())]

    def to_frame(self) -> pd.DataFrame:
        """Return plain numbers: a row a primary contrast, a secondary outcome, a sensitivity run."""
        rows = [_row(name, "primary", each, each.p_adjusted, each.verdict.kind) for name, each in self.primaries()]
        for some in (self.secondaries, self.sensitivity):
            for name, each in ((name, each) for name, several in some.items() for each in several):
                kind = "not_testable" if each.refused else ""
                rows.append(_row(name, each.role, each.finding, each.q_value, kind) | {"about": render(each.about)})
        return pd.DataFrame(rows)

    def __str__(self) -> str:
        return self.read_aloud()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        title = f"<p><strong>{html.escape(self.title)}</strong></p>" if self.title else ""
        lead = paragraphs(self.sentence(), *_texts(self.warnings(), None))
        items = "".join(
            f"<li>{paragraphs(self.sentence(name=name), *self._beside(name, None))}</li>" for name in self.findings
        )
        power = paragraphs(*(row.sentence() for row in self.power))
        below = paragraphs(*_texts(self.provenance(), None))
        return f'<div class="rk-result" lang="{language()}">{title}{lead}{power}<ol>{items}</ol>{below}</div>'


def contrasts_of(found: Finding | Findings) -> tuple[Finding, ...]:
    """Return the contrasts of an answer: one, or one a group."""
    return found.items if isinstance(found, Findings) else (found,)


def _said(name: str, found: tuple[Finding, ...], comparisons: int, lang: str | None) -> str:
    """Say the answer of each group, then once what the correction makes of them."""
    text = render("study.finding", lang, name=name, sentence=" ".join(each.sentence(lang) for each in found))
    tested = [each for each in found if not math.isnan(each.p_adjusted)]
    if comparisons < 2 or not tested:
        return text
    if len(found) == 1:
        return f"{text} {render('study.adjusted', lang, p_value=found[0].p_adjusted, n=comparisons)}"
    groups = [
        Message("study.adjusted_group", {"p_value": each.p_adjusted, "group": each.arms[0].label}) for each in tested
    ]
    return f"{text} {render('study.adjusted_groups', lang, n=comparisons, groups=groups)}"


def _texts(messages: tuple[Message, ...], lang: str | None) -> list[str]:
    return [message.text(lang) for message in messages]


def _row(name: str, role: str, found: Finding, adjusted: float, verdict: str = "") -> dict[str, Any]:
    deciding = found.lines[0] if found.lines else None
    return {
        "hypothesis": name,
        "role": role,
        "outcome": found.measured or found.outcome,
        "about": "",
        "group": render(found.arms[0].label) if found.arms else "",
        "estimate": found.estimate,
        "low": found.low,
        "high": found.high,
        "p_value": found.p_value,
        "p_adjusted": adjusted,
        "n": deciding.n if deciding else sum(arm.n for arm in found.arms),
        "events": sum(arm.events for arm in found.arms),
        "n_eff": deciding.n_eff if deciding else math.nan,
        "method": render(deciding.method if deciding else found.rule),
        "verdict": verdict,
        "reason": render(found.verdict.reason) if verdict == "not_testable" else "",
    }


def varied(changes: Mapping[str, Any]) -> Message:
    """Return how a sensitivity run differs from its hypothesis, in options of `compare`."""
    return Message("study.varied", {"changes": [_changed(*one) for one in changes.items()]})


def _changed(name: str, value: Any) -> Message:
    if isinstance(value, list | tuple):
        names = [covariate_name(column) for column in value]
        return Message("study.changed.adjust", {"names": names}) if names else Message("study.changed.unadjusted")
    if value is not None and has_message(key := f"study.changed.{name}"):
        return Message(key, {"value": value})
    return Message("study.changed.other", {"name": name, "value": "–" if value is None else value})
