"""What a file of subscriptions is worth: how it was read, what became of every row, what looks odd."""

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from retention_kit.results.markup import lines, paragraphs
from retention_kit.results.reconciliations import Reconciliation
from retention_kit.wording import Message, language, render


@dataclass(frozen=True, eq=False, repr=False)
class DataQuality:
    """How a file of subscriptions was read, what became of every row, and what looks odd in the rows that are used.

    Attributes
    ----------
    source : str
        The file's name.
    as_of : date
    about : tuple of Message
        What the ledger holds and what a reader must know of its data; why there is none, where there is none.
    contents : tuple of Message
        How the file was read: rows, columns and what each was taken for, how dates and numbers are written, what was
        guessed, period, currencies, intervals.
    faults : DataFrame
        One row a fault: row, field, value as given, reason (a key of the catalogue without ``reason.``).
    reconciliation : Reconciliation
    oddities : DataFrame
        One row a row of the input that is used and looks odd: kind, row, customer_id, value.
    usable : bool
        Whether there is a ledger.
    provenance : tuple of Message
    rule : Message
        What counts as odd.
    """

    source: str
    as_of: dt.date
    about: tuple[Message, ...]
    contents: tuple[Message, ...]
    faults: pd.DataFrame
    reconciliation: Reconciliation
    oddities: pd.DataFrame
    usable: bool
    provenance: tuple[Message, ...]
    rule: Message

    @property
    def messages(self) -> tuple[Message, ...]:
        """What the file is worth, in sentences."""
        counts, total = self.reconciliation.counts, len(self.reconciliation.rows)
        fields = {"source": self.source, "total": total, "used": counts["used"]}
        used = "quality.used_all" if counts["used"] == total else "quality.used"
        told = [Message(used if self.usable else "quality.unusable", fields)]
        wrong = self.faults["row"].nunique()
        told.append(Message("quality.faults", {"n": wrong}) if wrong else Message("check.no_faults"))
        odd = self.oddities["row"].nunique()
        told.append(Message("quality.odd", {"n": odd}) if odd else Message("quality.not_odd"))
        return tuple(told)

    def to_frame(self) -> pd.DataFrame:
        """Return faults and oddities, one row each: kind (fault or odd), reason, row, field, value."""
        faults = self.faults[["reason", "row", "field", "value"]].assign(kind="fault")
        odd = self.oddities.rename(columns={"kind": "reason"}).assign(field="", kind="odd")
        columns = ["kind", "reason", "row", "field", "value"]
        return pd.concat([faults[columns].astype(object), odd[columns].astype(object)], ignore_index=True)

    def sentence(self, lang: str | None = None) -> str:
        """Return what the file is worth, in words."""
        return " ".join(render(message, lang) for message in self.messages)

    def __str__(self) -> str:
        return "\n".join([self.sentence(), *lines((*self.contents, self.rule))])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f'<div class="rk-result" lang="{language()}">{paragraphs(*str(self).splitlines())}</div>'
