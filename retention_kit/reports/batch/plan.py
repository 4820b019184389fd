"""plan.yml: which reports, of which data, for each of what; read strictly, and checked before anything runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from retention_kit.reports.batch.data import read_data
from retention_kit.reports.batch.entries import SHARED, Entry, Wish
from retention_kit.reports.batch.jobs import Job
from retention_kit.reports.batch.naming import stems
from retention_kit.wording import LANGUAGES, Message
from retention_kit.yaml_files import Told, read_yaml

_TOP = ("title", "data", "reports", *SHARED)


@dataclass(frozen=True)
class Plan:
    """What a plan asks for.

    Attributes
    ----------
    path : Path
    titles : mapping of str to str
        By language, where the plan says one.
    jobs : tuple of Job
        In the order of the plan.
    """

    path: Path
    titles: Mapping[str, str]
    jobs: tuple[Job, ...]

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages of the pages, in the order in which they first appear."""
        return tuple(dict.fromkeys(job.lang for job in self.jobs))


def read_plan(path: str | Path) -> Plan:
    """Return what a plan asks for: one job a report, a language, and a value of everything it is asked for each of.

    Parameters
    ----------
    path : str or Path
        Paths in it are relative to its folder.

    Returns
    -------
    Plan

    Raises
    ------
    FileNotReadableError
        If it or a file it names is not there, or it is no YAML.
    OptionError
        If it says something that is not legal; the error has its line.

    Examples
    --------
    >>> from retention_kit.reports.library import reports_folder
    >>> plan = read_plan(reports_folder() / "plan_example.yml")
    >>> len(plan.jobs), plan.jobs[0].key
    (8, 'months/months_2025-11_en')
    """
    told = read_yaml(path, Told, Message("error.batch.no_plan"))
    told.check_names("plan", told.content, _TOP)
    return Plan(told.path, _titles(told), _named(told, _wishes(told)))


def _titles(told: Told) -> dict[str, str]:
    """Return the title by language: one text stands for all."""
    said = told.content.get("title") or {}
    if isinstance(said, dict):
        told.check_names("title", said, LANGUAGES, "title")
    titles = said if isinstance(said, dict) else dict.fromkeys(LANGUAGES, said)
    for title in titles.values():
        if not isinstance(title, str):
            raise told.refusal(Message("error.batch.text", {"name": "title", "value": str(title)}), "title")
    return titles


def _wishes(told: Told) -> list[Wish]:
    asked = told.content.get("reports")
    if not isinstance(asked, list) or not asked:
        raise told.refusal(Message("error.batch.no_reports"), "reports")
    data = read_data(told)
    entries = [Entry(told, number, data) for number in range(len(asked))]
    used = {name for entry in entries for name in entry.declared}
    for name in told.content.get("parameters") or {}:
        if name not in used:
            raise told.refusal(Message("error.batch.nobody", {"name": name}), "parameters", name)
    return [wish for entry in entries for wish in entry.wishes()]


def _named(told: Told, wishes: Sequence[Wish]) -> tuple[Job, ...]:
    """Return the jobs with names of their files; two of one name could not be told apart."""
    seen: dict[tuple[str, ...], Wish] = {}
    for wish in wishes:
        if wish.parts in seen:
            raise told.refusal(Message("error.batch.twice", {"parts": list(wish.parts)}), "reports", wish.number)
        seen[wish.parts] = wish
    folders = _folders([wish.name for wish in wishes])
    named = zip(wishes, stems([wish.parts for wish in wishes]), strict=True)
    return tuple(wish.job(f"{folders[wish.name]}/{stem}") for wish, stem in named)


def _folders(names: Sequence[str]) -> dict[str, str]:
    different = list(dict.fromkeys(names))
    return dict(zip(different, stems([[name] for name in different]), strict=True))
