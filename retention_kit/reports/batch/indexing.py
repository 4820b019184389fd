"""index.html: every report of a batch with what it says, by what it was asked for each of."""

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from retention_kit.reports.batch.correcting import Corrected
from retention_kit.reports.batch.jobs import Job
from retention_kit.reports.batch.manifest import FAILED, Record
from retention_kit.reports.batch.naming import stems
from retention_kit.reports.batch.plan import Plan
from retention_kit.reports.containing import shown
from retention_kit.wording import Message, render

INDEX = "index.html"
_TEMPLATES = Path(__file__).parents[1] / "templates"
_WORDS = ("broke", "contents", "questions", "rule")
_REPORT_COLUMNS = ("report", "figures", "verdict", "files")
_QUESTION_COLUMNS = ("question", "whom", "p", "p_adjusted", "alone", "stands")
_SHOWN = ("html", "pdf", "xlsx", "ipynb")
_Answers = Mapping[str, tuple[Corrected, ...]]


def render_index(plan: Plan, records: Mapping[str, Record], answers: _Answers) -> str:
    """Return the page that lists the reports of a plan, a part for each language; it has no clock.

    Parameters
    ----------
    plan : Plan
    records : mapping of str to Record
    answers : mapping of str to tuple of Corrected

    Returns
    -------
    str
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader([_TEMPLATES / "batch", _TEMPLATES / "retention_kit"]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    parts = [_part(lang, plan, records, answers) for lang in plan.languages]
    return environment.get_template("list.html.j2").render(
        parts=parts, report_columns=_REPORT_COLUMNS, question_columns=_QUESTION_COLUMNS
    )


def _shown(value: Any) -> Any:
    """Return a text as a page shows it: its marks turn nothing else, its numbers stay whole."""
    return shown(value) if type(value) is str else value


def _part(lang: str, plan: Plan, records: Mapping[str, Record], answers: _Answers) -> dict[str, Any]:
    jobs = [job for job in plan.jobs if job.lang == lang]
    days = sorted({dt.date.fromisoformat(job.parameters["as_of"]) for job in jobs if job.parameters.get("as_of")})
    failed = sum(records[job.key].status == FAILED for job in jobs)
    return {
        "lang": lang,
        "name": render("batch.language", lang),
        "title": plan.titles.get(lang) or render("batch.title", lang),
        "about": _about(lang, len(jobs), days, failed),
        "groups": _groups(lang, jobs, records, answers),
        "questions": _questions(lang, jobs, answers),
        "words": {name: render(f"batch.{name}", lang) for name in _WORDS},
        "columns": {name: render(f"batch.column.{name}", lang) for name in (*_REPORT_COLUMNS, *_QUESTION_COLUMNS)},
    }


def _about(lang: str, n: int, days: Sequence[dt.date], failed: int) -> list[str]:
    said = [Message("batch.count", {"n": n})]
    if days:
        said.append(Message("batch.days", {"days": [Message("batch.day", {"day": day}) for day in days]}))
    if failed:
        said.append(Message("batch.failed", {"n": failed}))
    return [each.text(lang) for each in said]


def _groups(lang: str, jobs: Iterable[Job], records: Mapping[str, Record], answers: _Answers) -> list[dict[str, Any]]:
    """Return the reports under the first thing they were asked for each of, in the order of the plan."""
    together: dict[tuple[tuple[str, str], ...], list[Job]] = {}
    for job in jobs:
        together.setdefault(job.group[:1], []).append(job)
    names = stems([[lang, *(part for pair in group for part in pair)] for group in together])
    return [
        {
            "anchor": f"g-{name}",
            "title": _value(lang, *group[0]) if group else render("batch.everyone", lang),
            "rows": [_row(lang, job, records[job.key], answers.get(job.key, ())) for job in several],
        }
        for name, (group, several) in zip(names, together.items(), strict=True)
    ]


def _value(lang: str, name: str, value: str) -> str:
    """Return a value in words: days and months as such, another with the name of its column."""
    if name == "as_of":
        return render("batch.day", lang, day=dt.date.fromisoformat(value))
    if name == "month":
        return render("batch.month", lang, month=dt.date.fromisoformat(f"{value}-01"))
    return render("batch.value", lang, name=name, value=value)


def _row(lang: str, job: Job, record: Record, answers: Sequence[Corrected]) -> dict[str, Any]:
    kinds = [kind for kind in _SHOWN if kind in job.formats and f"{job.key}.{kind}" in record.files]
    kept = [name for name in record.files if name.endswith(".failed.ipynb")]
    return {
        "title": record.told.get("title") or job.source.stem,
        "also": [_value(lang, *pair) for pair in job.group[1:]],
        "figures": record.told.get("figures", ()),
        "texts": [*record.told.get("texts", ()), *(each["sentence"] for each in record.told.get("answers", ()))],
        "verdicts": [_verdict(lang, answer, len(answers) > 1) for answer in answers],
        "error": record.error if record.status == FAILED else None,
        "links": [(f"{job.key}.{kind}", kind.upper()) for kind in kinds]
        + [(name, render("batch.partly", lang)) for name in kept],
    }


def _verdict(lang: str, answer: Corrected, several: bool) -> str:
    verdict = answer.verdict(lang)
    return render("batch.notice.group", lang, group=answer.group, said=verdict) if several else verdict


def _questions(lang: str, jobs: Iterable[Job], answers: _Answers) -> dict[str, Any] | None:
    """Return the table of all questions with their corrected p-values; nothing if there was only one."""
    asked = [(job, answer) for job in jobs for answer in answers.get(job.key, ())]
    n = asked[0][1].comparisons if asked else 0
    if n < 2:
        return None
    return {
        "about": render("batch.correction", lang, n=n),
        "rows": [_question(lang, job, answer) for job, answer in asked],
    }


def _question(lang: str, job: Job, answer: Corrected) -> dict[str, str]:
    tested = not math.isnan(answer.p_adjusted)
    return {
        "question": answer.question,
        "group": answer.group,
        "whom": ", ".join(_value(lang, *pair) for pair in job.group) or render("batch.everyone", lang),
        "p_value": render("batch.p", lang, p=answer.p_value) if tested else render("batch.untested", lang),
        "p_adjusted": render("batch.p", lang, p=answer.p_adjusted) if tested else render("batch.untested", lang),
        "alone": render(f"verdict.{answer.kind}", lang),
        "stands": answer.verdict(lang),
    }
