"""The tables that come in: their columns, and what a table is once it has been checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from retention_kit.errors import UnknownColumnError
from retention_kit.wording import Message

CUSTOMER_ID, MONTH, MRR = "customer_id", "month", "mrr"

REQUIRED = ("subscription_id", CUSTOMER_ID, "start", "amount", "interval")
OPTIONAL = {
    "end": pd.NaT,
    "interval_count": 1,
    "currency": None,
    "discount_percent": 0.0,
    "discount_amount": 0.0,
    "discount_until": pd.NaT,
    "cancel_requested_at": pd.NaT,
    "cancel_effective_at": pd.NaT,
    "status": "active",
    "plan": None,
    "product": None,
}
FIELDS = (*REQUIRED, *OPTIONAL)

INTERVALS = {
    "day": (365, 12),
    "week": (52, 12),
    "month": (1, 1),
    "quarter": (1, 3),
    "half_year": (1, 6),
    "year": (1, 12),
}
"""What one interval's amount is multiplied with to become a month's, as numerator and denominator."""
STATUSES = ("active", "trialing", "paused", "past_due", "cancelled")

EVENT_FIELDS = (CUSTOMER_ID, "at", "kind", "value")
EVENT_KINDS = (
    "login",  # value: how many people logged in; kept, but signals count the rows: one a day, or one a person
    "feature_use",  # value: which feature, by number or name
    "ticket",
    "complaint",
    "email_sent",
    "email_opened",
    "nps",  # value: the answer, 0 to 10
    "payment_late",  # value: days late
    "limit_reached",  # value: share of the plan's limit, 2 at most
)
"""What the signals read; events of other kinds are kept as they are."""


@dataclass(frozen=True, eq=False)
class Converted:
    """An export of a billing system, said in subscriptions.

    Attributes
    ----------
    table : DataFrame
        Under the names of `FIELDS`, not yet checked; its index is the line of the export, and a line may give several
        rows, each with a subscription_id of its own.
    outside : Series
        By line, why it is no subscription (a key of the catalogue without ``reason.``).
    warnings : tuple of Message
        What such an export cannot say, and what was taken for granted.
    """

    table: pd.DataFrame
    outside: pd.Series = field(default_factory=lambda: pd.Series(dtype=str))
    warnings: tuple[Message, ...] = ()


@dataclass(frozen=True, eq=False)
class Subscriptions:
    """Subscriptions that have been read and checked, and the rows that could not be.

    Attributes
    ----------
    frame : DataFrame
        One row a subscription that can be used, with the columns of `FIELDS` and ``row``, its line in the file (the
        header is line 1) or its index label.
    rejected : DataFrame
        row, subscription_id, customer_id, amount as given, reason (a key of the catalogue without ``reason.``).
    source : str
        The file's name, or ``DataFrame``.
    digest : str
        SHA-256 of the file, empty for a DataFrame.
    outside : DataFrame or None
        Rows of the source that are no subscriptions (a one-off charge, a payment), with the columns of `rejected`.
    columns : mapping
        Field → header that it was read from; guessed from the header's name unless it was said.
    notes : tuple of Message
        What was taken from elsewhere: ids from the rows' numbers, the interval from what a header says, the currency
        from the signs beside the amounts.
    """

    frame: pd.DataFrame
    rejected: pd.DataFrame
    source: str
    digest: str = ""
    outside: pd.DataFrame | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Message, ...] = ()

    def __len__(self) -> int:
        return len(self.frame)

    def text(self, lang: str | None = None) -> str:
        """Return what each field was read from, in words."""
        pairs = [Message("columns.pair", {"field": name, "header": header}) for name, header in self.columns.items()]
        told = [Message("columns.read", {"source": self.source, "n": len(self), "pairs": pairs})] if pairs else []
        return " ".join(message.text(lang) for message in (*told, *self.notes))

    def _repr_html_(self) -> str:
        return self.frame.drop(columns="row").head(10).to_html(index=False)


@dataclass(frozen=True, eq=False, repr=False)
class Events:
    """What customers did and what happened to them, read and checked, and the rows that could not be.

    Attributes
    ----------
    frame : DataFrame
        One row an event that can be used: customer_id, at (a day), kind, value (a number, missing where there is
        none), and ``row``, its line in the file (the header is line 1) or its index label. Where features are named
        in words, their names stand in ``detail`` and ``value`` numbers them. In the order given.
    rejected : DataFrame
        row, customer_id, at, kind and value as given, reason (a key of the catalogue without ``reason.``).
    source : str
        The file's name, or ``DataFrame``.
    digest : str
        SHA-256 of the file, empty for a DataFrame.
    columns : mapping
        Field → header that it was read from; guessed from the header's name unless it was said.
    notes : tuple of Message
        Rows set aside, kinds that no signal reads, columns not read.
    """

    frame: pd.DataFrame
    rejected: pd.DataFrame
    source: str
    digest: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[Message, ...] = ()

    def __len__(self) -> int:
        return len(self.frame)

    def text(self, lang: str | None = None) -> str:
        """Return how many events were read, from what, and what was not used, in words."""
        pairs = [Message("columns.pair", {"field": name, "header": header}) for name, header in self.columns.items()]
        read = Message("events.read", {"source": self.source, "n": len(self), "pairs": pairs})
        return " ".join(message.text(lang) for message in (read, *self.notes))

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return self.frame.drop(columns="row").head(10).to_html(index=False)


def attribute(customers: pd.DataFrame | None, name: str, argument: str) -> pd.Series:
    """Return one attribute of the customers.

    Raises
    ------
    UnknownColumnError
        If there are no customers, or they lack the column.
    """
    if customers is None:
        raise UnknownColumnError("error.no_customers", argument=argument, name=name)
    if name not in customers.columns:
        raise UnknownColumnError("error.unknown_column", argument=argument, name=name, legal=list(customers.columns))
    return customers[name]
