"""Transactions: one row a payment; what a customer spends in a calendar month stands in for its MRR.

Columns: customer (customer_id, client), date, amount, optionally currency and an id; a refund is a negative amount.

This is spend, not MRR: nothing is spread over the months it pays for, and a month without a payment is a month at 0, so
rare buyers churn and return all the time. Tax and one-off purchases are in it, since nothing tells them apart.

Each payment is one subscription of its month, so that a month's MRR is the exact sum of its payments. A refund reduces
the month it is dated in: there the first payment stands for the month's balance and the other lines are netted with it;
a month that comes to 0 or less counts nothing, and its lines are named.
"""

import numpy as np
import pandas as pd

from retention_kit.checks import text_of
from retention_kit.schema import CUSTOMER_ID, Converted
from retention_kit.sources.cells import Cells
from retention_kit.sources.exports import SCALE, converted, legible, take
from retention_kit.wording import Message

COLUMNS = {
    "customer_id": "customer_id",
    "customer": "customer_id",
    "client_id": "customer_id",
    "client": "customer_id",
    "date": "date",
    "paid_at": "date",
    "created_at": "date",
    "amount": "amount",
    "montant": "amount",
    "currency": "currency",
    "devise": "currency",
    "transaction_id": "transaction_id",
    "id": "transaction_id",
}
REQUIRED = ("customer_id", "date", "amount")


def to_subscriptions(raw: pd.DataFrame, *, source: str, cells: Cells) -> Converted:
    """Return each payment as a subscription of its calendar month.

    Raises
    ------
    MissingColumnError
        If the table has no such columns.
    """
    export = take(raw, COLUMNS, REQUIRED, source=source, origin="transactions")
    day, amount = cells.days(export["date"]), cells.numbers(export["amount"])
    month = day.dt.to_period("M").dt.to_timestamp().astype("datetime64[s]")
    balance, outside = _netted(export, month, amount)
    ids = text_of(export["transaction_id"])
    places = pd.Series(np.arange(1, len(export) + 1).astype(str), index=export.index)
    table = export[["customer_id", "currency"]].assign(
        subscription_id=ids.where(ids != "", places),
        start=legible(month, (day, export["date"])),
        end=month + pd.offsets.MonthBegin(1),
        amount=legible(balance, (amount, export["amount"])),
        interval="month",
    )
    return converted(table, outside, [Message("warning.spend", {"source": source})])


def _netted(export: pd.DataFrame, month: pd.Series, amount: pd.Series) -> tuple[pd.Series, dict[str, pd.Series]]:
    """Return amounts with refunds taken off, and the lines that this leaves without an amount of their own."""
    lines = pd.DataFrame(
        {"who": text_of(export[CUSTOMER_ID]), "month": month, "parts": np.rint(amount.fillna(0) * SCALE)}
    ).reset_index(drop=True)
    whole = lines["month"].notna() & (lines["who"] != "") & amount.notna().to_numpy()
    groups = lines[whole].groupby(["who", "month"])["parts"]
    refunded = groups.transform("min").reindex(lines.index, fill_value=0) < 0
    balance = groups.transform("sum").reindex(lines.index, fill_value=0)
    stands = refunded & (lines["parts"] > 0)
    stands &= ~lines[stands].duplicated(["who", "month"]).reindex(lines.index, fill_value=False)
    amounts = amount.where(~stands.to_numpy(), balance.to_numpy() / SCALE)
    nothing = refunded & (balance <= 0)
    return amounts, {"month_not_positive": nothing, "netted": refunded & ~nothing & ~stands}
