"""From a ranking to work: what to do for each account, and who is held out."""

import datetime as dt
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from retention_kit.errors import OptionError
from retention_kit.results.markup import lines, paragraphs, table_html
from retention_kit.results.rankings import Ranked, Ranking
from retention_kit.results.sheets import neutral, written
from retention_kit.wording import Message, language, render

_COLUMNS = (
    *("rank", "customer_id", "name", "kind", "csm", "points", "called", "action", "what", "by"),
    *("mrr", "currency", "contract_end", "leaves_by", "why"),
)
_SHOWN = 5
_DATES = ("by", "contract_end", "leaves_by")


@dataclass(frozen=True)
class Step:
    """What to do for one account.

    Attributes
    ----------
    account : Ranked
    action : str
        Its name in the playbook.
    what : str or Message
    by : date
        The last day for it.
    """

    account: Ranked
    action: str
    what: str | Message
    by: dt.date

    def sentence(self, lang: str | None = None) -> str:
        """Return what to do for whom, until when and why, in words."""
        account = self.account
        return render("plan.step", lang, who=account.who, what=self.what, by=self.by, why=account.why(lang))


@dataclass(frozen=True, eq=False, repr=False)
class Plan:
    """One action an account, those to call first on top.

    Attributes
    ----------
    ranking : Ranking
        From which it was made.
    steps : tuple of Step
    rule : Message
    held : tuple of Ranked or None
        Accounts held out, without an action; None where nothing was drawn.
    """

    ranking: Ranking
    steps: tuple[Step, ...]
    rule: Message
    held: tuple[Ranked, ...] | None = None

    @property
    def as_of(self) -> dt.date:
        """The day of the ranking."""
        return self.ranking.as_of

    @property
    def masked(self) -> bool:
        """Whether account numbers stand for names and ids."""
        return self.ranking.masked

    def __iter__(self):
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    def to_frame(self) -> pd.DataFrame:
        """Return one row an account, texts in the language of the moment.

        Column csm where customers have one, leaves_by where any has announced to leave; column called where a holdout
        was drawn, False without an action.
        """
        rows = [self._cells(step.account, step) for step in self.steps]
        rows += [self._cells(account) for account in self.held or ()]
        left_out = {name for name in ("csm", "leaves_by") if not any(row[name] for row in rows)}
        left_out |= {"called"} if self.held is None else set()
        frame = pd.DataFrame(rows, columns=[name for name in _COLUMNS if name not in left_out])
        return frame.astype({name: "datetime64[s]" for name in _DATES if name in frame})

    def _cells(self, account: Ranked, step: Step | None = None) -> dict[str, Any]:
        who = str(account.who)
        shown = {"rank": account.rank, "customer_id": who if self.masked else account.customer_id, "name": who}
        shown |= {"kind": account.kind, "csm": account.csm, "points": account.points, "called": step is not None}
        shown |= {"action": step.action, "what": str(step.what), "by": step.by} if step else {"action": "", "what": ""}
        shown |= {"mrr": account.mrr.amount, "currency": account.mrr.currency, "contract_end": account.ends_on}
        return shown | {"leaves_by": account.leaves, "why": account.why()}

    def to_csv(self, path: str | os.PathLike, *, separator: str = ",") -> Path:
        """Write the plan for a CRM, headers in the language of the moment; no text is left to be read as a formula.

        Parameters
        ----------
        path : str or Path
        separator : str
            ``";"`` for a spreadsheet set to French: decimals then have a comma.

        Returns
        -------
        Path

        Raises
        ------
        FileNotReadableError
            If it cannot be written there.
        """
        form = {"sep": separator, "decimal": "," if separator == ";" else ".", "encoding": "utf-8-sig"}
        return written(path, lambda to: self._safe().to_csv(to, index=False, **form))

    def to_xlsx(self, path: str | os.PathLike) -> Path:
        """Write the plan as an Excel file, which needs openpyxl; see `to_csv`."""
        return written(path, lambda to: self._safe().to_excel(to, index=False, sheet_name="plan"))

    def _safe(self) -> pd.DataFrame:
        frame = self.to_frame()
        for name in frame.columns.intersection(_DATES):
            frame[name] = frame[name].dt.strftime("%Y-%m-%d").fillna("")
        if "called" in frame:
            frame["called"] = [render(f"plan.called.{'yes' if called else 'no'}") for called in frame["called"]]
        return frame.map(neutral).rename(columns=lambda name: render(f"plan.column.{name}"))

    def sentence(self, lang: str | None = None) -> str:
        """Return how many accounts have an action and the first of them, in words."""
        if not self.steps and self.ranking.cannot_say:
            return self.ranking.sentence(lang)
        empty = Message("plan.empty", {"as_of": self.as_of})
        said = [render(Message("plan.sentence", {"as_of": self.as_of, "n": len(self)}) if self.steps else empty, lang)]
        return " ".join([*said, *(step.sentence(lang) for step in self.steps[:1])])

    def __str__(self) -> str:
        said = [step.sentence() for step in self.steps[:_SHOWN]] or [self.sentence()]
        more = Message("plan.more", {"n": len(self) - _SHOWN})
        said += [render(more)] if len(self) > _SHOWN else []
        return "\n".join([*said, *lines((self.rule, *self.ranking.warnings))])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        said = paragraphs(self.sentence())
        return f'<div class="rk-result" lang="{language()}">{said}{table_html(self, self.to_frame())}</div>'


@dataclass(frozen=True, eq=False, repr=False)
class Holdout:
    """Who of a list is called and who is held out, drawn at random, and what the later comparison could find.

    Attributes
    ----------
    ranking : Ranking
        From which it was drawn.
    accounts : tuple of Ranked
        Of the list, in the order of `called`.
    called : Series
        By customer id: whether they are called.
    shown : Series
        By customer id: how the account is shown; its number where names are masked.
    share : float
        Asked to be held out.
    seed : int
    horizon : int
        Months within which the calls are to show an effect.
    retained : float
        Share expected to stay among those held out whose contract can end within the horizon.
    detectable : float
        Points of retention, as a fraction, that would be found with 80 % power; NaN where none could be.
    rule : Message
    warnings : tuple of Message
    """

    ranking: Ranking
    accounts: tuple[Ranked, ...]
    called: pd.Series
    shown: pd.Series
    share: float
    seed: int
    horizon: int
    retained: float
    detectable: float
    rule: Message
    warnings: tuple[Message, ...] = ()

    @property
    def as_of(self) -> dt.date:
        """The day of the list."""
        return self.ranking.as_of

    def mark(self, customers: pd.DataFrame, *, column: str = "called") -> pd.DataFrame:
        """Return the customers table with ``called`` (missing for whoever was not on the list) and ``listed_at``.

        Parameters
        ----------
        customers : DataFrame
            With customer_id as a column, or as index.
        column : str
            Name of the column; another name, such as ``"called_2025_06"``, for each further draw, whose day is then in
            ``called_2025_06_at``.

        Returns
        -------
        DataFrame
            For the later ledger: ``compare(later, "called", clock="listed_at", randomised=True)``.

        Raises
        ------
        OptionError
            If the table already has these columns, of another draw.
        """
        ids = customers["customer_id"] if "customer_id" in customers else customers.index.to_series()
        called = ids.map(self.called).astype("boolean").array
        listed = pd.Series(pd.Timestamp(self.as_of), customers.index).where(~called.isna())
        marks = {column: pd.Series(called, customers.index), _clock(column): listed}
        if taken := [name for name, own in marks.items() if name in customers and not _alike(customers[name], own)]:
            other = f"called_{self.as_of:%Y_%m}"
            raise OptionError("error.holdout_marked", columns=taken, column=other)
        return customers.assign(**marks)

    def to_frame(self) -> pd.DataFrame:
        """Return one row an account: customer_id as shown, called, listed_at."""
        told = {"customer_id": self.shown.to_numpy(), "called": self.called.to_numpy()}
        return pd.DataFrame(told).assign(listed_at=pd.Timestamp(self.as_of))

    def sentence(self, lang: str | None = None) -> str:
        """Return how many are called and held out, and what could be found, in words."""
        counts = {"called": int(self.called.sum()), "held": int((~self.called).sum())}
        found = "none" if math.isnan(self.detectable) else "some"
        sizes = {"points": self.detectable, "retained": self.retained}
        power = render(f"holdout.power.{found}", lang, **sizes)
        return " ".join([render("holdout.sentence", lang, **counts), power])

    def __str__(self) -> str:
        return "\n".join([self.sentence(), *lines((*self.warnings, self.rule))])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        said = paragraphs(self.sentence(), *lines((*self.warnings, self.rule)))
        return f'<div class="rk-result" lang="{language()}">{said}</div>'


def _clock(column: str) -> str:
    return "listed_at" if column == "called" else f"{column}_at"


def _alike(one: pd.Series, other: pd.Series) -> bool:
    """Return whether two columns say the same, whatever their types."""
    return bool(((one.isna() & other.isna()) | (one.astype(object) == other.astype(object)).fillna(False)).all())
