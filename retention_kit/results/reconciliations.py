"""What became of every input row."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from retention_kit.results.markup import paragraphs, table_html
from retention_kit.wording import render


@dataclass(frozen=True, eq=False, repr=False)
class Reconciliation:
    """What became of every input row, from the reading of the file to the ledger.

    Attributes
    ----------
    rows : DataFrame
        One row an input row: row (its line in the file, or its index label), subscription_id, customer_id, amount as
        given, status (used, rejected or outside) and reason (a key of the catalogue, empty for used).
    source : str
        The file's name, or what else the rows came from.
    currency : str or None
    digest : str
        SHA-256 of the file, empty for a DataFrame.
    """

    rows: pd.DataFrame
    source: str
    currency: str | None = None
    digest: str = ""

    @property
    def counts(self) -> Mapping[str, int]:
        """Rows by status; used + rejected + outside is the number of input rows."""
        found = self.rows["status"].value_counts()
        return {status: int(found.get(status, 0)) for status in ("used", "rejected", "outside")}

    def to_frame(self) -> pd.DataFrame:
        """Return one row a status and reason: how many input rows, and what amounts they carry."""
        by = ["status", "reason", *(["currency"] if "currency" in self.rows else [])]
        grouped = self.rows.groupby(by, sort=False, dropna=False)["amount"]
        return grouped.agg(rows="size", amount="sum").reset_index()

    def sentence(self, lang: str | None = None) -> str:
        """Return the account in one sentence."""
        return render("reconciliation.sentence", lang, source=self.source, total=len(self.rows), **self.counts)

    def __str__(self) -> str:
        return self.sentence()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        table = table_html(self, self.to_frame())
        return f'<div class="rk-result">{paragraphs(self.sentence())}{table}</div>'
