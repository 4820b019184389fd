"""The tables that come in: their columns, and what a table is once it has been checked."""

from dataclasses import dataclass

import pandas as pd

from retention_kit.errors import UnknownColumnError

CUSTOMER_ID, MONTH, MRR = "customer_id", "month", "mrr"

REQUIRED = ("subscription_id", CUSTOMER_ID, "start", "amount", "interval")
OPTIONAL = {
    "end": pd.NaT,
    "interval_count": 1,
    "currency": None,
    "discount_percent": 0.0,
    "discount_amount": 0.0,
    "discount_until": pd.NaT,
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
    """

    frame: pd.DataFrame
    rejected: pd.DataFrame
    source: str
    digest: str = ""
    outside: pd.DataFrame | None = None

    def __len__(self) -> int:
        return len(self.frame)

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
