"""What a file holds, what is wrong with it row by row, and what would be used: what ``retention-kit check`` says."""

import datetime as dt
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from retention_kit.checks import DATES, NUMBERS, judge, sorted_out
from retention_kit.errors import InputError
from retention_kit.ledger import Ledger, build_ledger
from retention_kit.ledger.accounting import account
from retention_kit.results import Reconciliation
from retention_kit.results.markup import paragraphs
from retention_kit.schema import CUSTOMER_ID, Subscriptions
from retention_kit.sources.cells import Cells
from retention_kit.sources.files import read_customers
from retention_kit.sources.opening import Opened, Table, open_table
from retention_kit.sources.origins import TABLE
from retention_kit.sources.preparing import Prepared, prepare
from retention_kit.wording import Message

REPORT = "hypothesis"
_SHOWN = 20
_DEPTH = {f"check.{name}": 1 for name in ("column", "column_how", "reason", "outside")}
_DEPTH |= {"check.row": 2, "check.and_more": 2}
_SAID = {True: "yes", False: "no"}


@dataclass(frozen=True, eq=False)
class FileReport:
    """What a file holds, what is wrong with it, and what would be used.

    Attributes
    ----------
    source : str
        The file's name.
    contents : tuple of Message
        What was read: rows, columns and what each was taken for, period, customers, currencies, intervals.
    faults : DataFrame
        One row a fault: row, field, value as given, reason (a key of the catalogue without ``reason.``).
    reconciliation : Reconciliation
        What would become of every row; without `as_of` of the check, before any month is looked at.
    outcome : tuple of Message
        What the ledger would say, or why there would be none.
    troubles : tuple of Message
        What stands in the way besides faults of rows.
    words : tuple of str or Message
        What to type next, word by word.
    """

    source: str
    contents: tuple[Message, ...]
    faults: pd.DataFrame
    reconciliation: Reconciliation
    outcome: tuple[Message, ...] = ()
    troubles: tuple[Message, ...] = ()
    words: tuple[str | Message, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether every row can be used and nothing else stands in the way."""
        return self.faults.empty and not self.troubles

    def to_frame(self) -> pd.DataFrame:
        """Return the faults, one row each, in the order of the file."""
        return self.faults.copy()

    def lines(self, lang: str | None = None, *, every: bool = False) -> list[str]:
        """Return the report line by line; of each reason the first 20 rows, or `every` one."""
        said = [*self.contents, *self._wrong(every), *self._account(), *self.outcome, *self.troubles]
        return ["  " * _DEPTH.get(message.key, 0) + message.text(lang) for message in (*said, self._next(lang))]

    def command(self, lang: str | None = None) -> str:
        """Return what to type next: the report, or this check again once the file is mended."""
        return shlex.join(word.text(lang) if isinstance(word, Message) else word for word in self.words)

    def text(self, lang: str | None = None, *, every: bool = False) -> str:
        """Return the report in words."""
        return "\n".join(self.lines(lang, every=every))

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        return f'<div class="rk-result">{paragraphs(*self.lines())}</div>'

    def _wrong(self, every: bool) -> Iterable[Message]:
        if self.faults.empty:
            yield Message("check.no_faults")
            return
        yield Message("check.faults", {"n": self.faults["row"].nunique()})
        for reason, some in self.faults.groupby("reason", sort=False):
            yield Message("check.reason", {"reason": Message(f"reason.{reason}"), "n": len(some)})
            shown = some if every else some.head(_SHOWN)
            for row, name, value in zip(shown["row"], shown["field"], shown["value"], strict=True):
                yield Message("check.row", {"cell": Message("error.cell", {"row": row, "field": name, "value": value})})
            if len(some) > len(shown):
                yield Message("check.and_more", {"n": len(some) - len(shown)})

    def _account(self) -> Iterable[Message]:
        counts = self.reconciliation.counts
        total = {"source": self.source, "total": len(self.reconciliation.rows)}
        yield Message("reconciliation.sentence", {**total, **counts})
        rows = self.reconciliation.rows
        outside = rows.loc[rows["status"] == "outside", "reason"].value_counts(sort=False)
        for reason, n in outside.items():
            yield Message("check.outside", {"reason": Message(f"reason.{reason}"), "n": int(n)})

    def _next(self, lang: str | None) -> Message:
        return Message("check.next" if self.usable else "check.mend", {"command": self.command(lang)})


def check_file(
    table: Table,
    *,
    source: str = TABLE,
    columns: Mapping[str, str] | None = None,
    interval: str | None = None,
    currency: str | None = None,
    as_of: str | dt.date | None = None,
    customers: Table | None = None,
    end_inclusive: bool | None = None,
    day_first: bool | None = None,
    decimal: str | None = None,
    time_zone: str = "UTC",
    sheet: str | None = None,
    encoding: str | None = None,
) -> FileReport:
    """Say what a file of subscriptions holds, what is wrong with it row by row, and what would be used.

    Parameters
    ----------
    table : str, Path or DataFrame
    source, columns, interval, currency, day_first, decimal, time_zone, sheet, encoding
        See `read_subscriptions`.
    as_of : str or date, optional
        The day up to which the data speak: with it the ledger is built and its last month's MRR said.
    customers : str, Path or DataFrame, optional
        What `read_customers` takes: whether its customers are those of the file.
    end_inclusive : bool, optional
        See `build_ledger`.

    Returns
    -------
    FileReport

    Raises
    ------
    FileNotReadableError, MissingColumnError, EmptyTableError, OptionError, InputError
        See `read_subscriptions`; faults of rows are in the report instead.

    Examples
    --------
    >>> table = pd.DataFrame({"client": ["Ada", "Bo"], "start": ["2025-01-15", "soon"], "mrr": [50, 70]})
    >>> report = check_file(table, as_of="2025-02-28")
    >>> report.usable, report.reconciliation.counts
    (False, {'used': 1, 'rejected': 1, 'outside': 0})
    >>> report.to_frame()
       row  field value           reason
    0    1  start  soon  date_unreadable
    """
    opened = open_table(table, sheet=sheet, encoding=encoding)
    cells = Cells(opened.name, decimal, day_first, time_zone, opened.raw)
    ready = prepare(opened, cells, source=source, columns=columns, interval=interval, currency=currency)
    typed, faults = judge(ready.table, cells.numbers, cells.days)
    read = sorted_out(ready.table, typed, faults, opened.name)
    read = Subscriptions(read.frame, read.rejected, opened.name, opened.digest, ready.outside_rows(), ready.columns)
    ledger, trouble = _ledger(read, as_of, end_inclusive)
    matched, unmatched = _matched(customers, read, {"day_first": day_first, "decimal": decimal, "time_zone": time_zone})
    options = {"source": None if source == TABLE else source, "interval": interval, "currency": currency}
    options |= {"end_inclusive": end_inclusive}
    options |= {"day_first": day_first, "decimal": decimal, "sheet": sheet, "as_of": as_of, "customers": customers}
    return FileReport(
        source=opened.name,
        contents=(*_contents(opened, ready, cells, source, columns), *_held(read), *matched),
        faults=faults.reset_index(drop=True),
        reconciliation=ledger.reconciliation if ledger else _before_any_month(read),
        outcome=_outcome(ledger),
        troubles=(*trouble, *unmatched),
        words=_next_words(table, options, columns or {}, usable=faults.empty and not trouble and not unmatched),
    )


def _contents(
    opened: Opened, ready: Prepared, cells: Cells, source: str, columns: Mapping[str, str] | None
) -> Iterable[Message]:
    """Yield how the file was understood: its rows, its columns, how dates and numbers are written."""
    yield Message("check.rows", {"source": opened.name, "n": len(opened.raw)})
    if source != TABLE:
        yield Message("check.origin", {"origin": source})
    for name, header in ready.columns.items():
        how = _how(name, ready.table[name], cells)
        fields = {"field": name, "header": header}
        yield Message("check.column_how", {**fields, "how": how}) if how else Message("check.column", fields)
    unused = [str(header) for header in opened.raw.columns if header not in ready.columns.values()]
    if source == TABLE and unused:
        yield Message("check.unused", {"found": unused})
    yield from (note for note in ready.notes if note.key != "note.unread")  # said above, in the words of a check


def _how(name: str, column: pd.Series, cells: Cells) -> list[Message]:
    """Return how a column's cells are written, where that had to be found out."""
    if name in DATES:
        return [Message(f"check.dates.{form}") for form in cells.forms_of(column)]
    sign = (cells.decimal or cells.decimal_of(column)) if name in NUMBERS else None
    return [Message("check.decimal", {"sign": sign})] if sign else []


def _held(read: Subscriptions) -> Iterable[Message]:
    """Yield what the rows that can be used hold."""
    table = read.frame
    if table.empty:
        return
    fields = {"customers": table[CUSTOMER_ID].nunique(), "n": len(table)}
    last = pd.concat([table["start"], table["end"]]).max()
    yield Message("check.holds", {**fields, "first": table["start"].min().date(), "last": last.date()})
    yield Message("check.intervals", {"found": _counted(table["interval"], "interval.")})
    if table["currency"].notna().any():
        yield Message("check.currencies", {"found": _counted(table["currency"])})


def _counted(values: pd.Series, words: str = "") -> list[Message]:
    """Return each value, with its word of the catalogue under `words`, and how many rows have it."""
    counts = values.value_counts().items()
    told = ((Message(words + value) if words else value, int(n)) for value, n in counts)
    return [Message("check.counted", {"value": value, "n": n}) for value, n in told]


def _ledger(
    read: Subscriptions, as_of: str | dt.date | None, end_inclusive: bool | None
) -> tuple[Ledger | None, Sequence[Message]]:
    """Return the ledger of the rows that can be used, or why there is none."""
    if as_of is None or read.frame.empty:
        return None, ()
    try:
        return build_ledger(read, as_of=as_of, end_inclusive=end_inclusive), ()
    except InputError as error:
        return None, (Message("check.no_ledger", {"why": Message(error.key, error.fields)}),)


def _outcome(ledger: Ledger | None) -> tuple[Message, ...]:
    if ledger is None:
        return ()
    last = ledger.book.month == ledger.book.last
    fields = {"n": int(last.sum()), "mrr": ledger.money(ledger.book.cents[last].sum())}
    return (Message("check.mrr", {"month": ledger.last_month, **fields}), *ledger.warnings)


def _before_any_month(read: Subscriptions) -> Reconciliation:
    currencies = read.frame["currency"].dropna().unique()
    return account(read, pd.Series("", index=read.frame.index), currencies[0] if len(currencies) == 1 else None)


def _matched(
    customers: Table | None, read: Subscriptions, options: Mapping[str, object]
) -> tuple[list[Message], list[Message]]:
    """Return what the customers' file holds, and a trouble where it knows none of the subscriptions' customers."""
    if customers is None:
        return [], []
    known, ids = read_customers(customers, **options), pd.Index(read.frame[CUSTOMER_ID].unique())
    n = int(ids.isin(known.index).sum())
    attributes = [str(name) for name in known.columns]
    held = [Message("check.customers", {"total": len(known), "found": attributes, "n": n, "ids": len(ids)})]
    if n or not len(ids):
        return held, []
    fields = {"ledger": list(ids[:3]), "customers": list(known.index[:3])}
    return held, [Message("error.unmatched_customers", fields)]


def _next_words(
    table: Table, options: Mapping[str, object], columns: Mapping[str, str], *, usable: bool
) -> tuple[str | Message, ...]:
    """Return the command line that goes on from here: the report, or this check again."""
    path = "FILE" if isinstance(table, pd.DataFrame) else str(table)
    given = {
        name: value for name, value in options.items() if value is not None and not isinstance(value, pd.DataFrame)
    }
    words = ["retention-kit", "report", REPORT, "--subscriptions", path] if usable else ["retention-kit", "check", path]
    for name, value in given.items():
        words += ["--" + name.replace("_", "-"), _SAID.get(value, str(value))]
    for name, header in columns.items():
        words += ["--column", f"{name}={header}"]
    return (*words, "--as-of", Message("check.day_to_say")) if usable and "as_of" not in given else tuple(words)
