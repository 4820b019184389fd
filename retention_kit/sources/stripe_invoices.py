"""Stripe's invoice line items: one row a line of an invoice, that is, what was billed for which period.

Columns: the fields of the invoice line item (docs.stripe.com/api/invoice-line-item/object) as its reports and tables
name them.

=======================================  ===============================================================================
id or invoice_line_item_id               the line; unique
customer_id, subscription_id             whose line, and for which subscription (empty: a one-off item)
period_start, period_end                 the paid period [start, end), UTC
amount, currency                         the line's total before tax; discount_amount is taken off where it is there
type                                     subscription, or invoiceitem for a one-off item
proration, usage_type, invoice_status    lines that stay out: see below
=======================================  ===============================================================================

Amounts are whole minor units (cents) where the file's headers are a machine's (``period_start``) and no amount has
decimals, currency units otherwise (``Period Start (UTC)``); a warning says which was taken.

Each recurring line is one subscription of its own for its period: whole calendar months are months (28 to 31 days one
month, 365 or 366 days a year), whole weeks are weeks, anything else days. Out stay one-off items, prorations (an
upgrade shows with the first full line), metered usage, credits (a negative line) and the lines of invoices that are
drafts, void or uncollectible. Where a subscription's period begins anew and the rest of the old one is credited, the
old line ends there. A customer who leaves ends with the last period billed; refunds are not in these lines.
"""

import numpy as np
import pandas as pd

from retention_kit.checks import text_of
from retention_kit.schema import Converted
from retention_kit.sources.cells import Cells
from retention_kit.sources.exports import amounts_in_units, converted, legible, take, written_by_a_machine, yes
from retention_kit.wording import Message

COLUMNS = {
    "id": "line",
    "invoice_line_item_id": "line",
    "Line Item ID": "line",
    "customer_id": "customer_id",
    "customer": "customer_id",
    "subscription_id": "subscription",
    "subscription": "subscription",
    "period_start": "start",
    "Period Start (UTC)": "start",
    "period_end": "end",
    "Period End (UTC)": "end",
    "amount": "amount",
    "discount_amount": "discount",
    "currency": "currency",
    "type": "type",
    "proration": "proration",
    "usage_type": "usage_type",
    "invoice_status": "invoice_status",
    "plan_id": "plan",
    "price_id": "plan",
    "product_id": "product",
}
REQUIRED = ("line", "customer_id", "subscription", "start", "end", "amount")
_UNBILLED = ("draft", "void", "uncollectible", "deleted")
_MONTH, _YEAR = (28, 31), (365, 366)  # shortest and longest, in days


def to_subscriptions(raw: pd.DataFrame, *, source: str, cells: Cells) -> Converted:
    """Return the recurring lines as subscriptions, each for its period.

    Raises
    ------
    MissingColumnError
        If this is another export.
    """
    export = take(raw, COLUMNS, REQUIRED, source=source, origin="stripe_invoices")
    start, end = (cells.days(export[name]) for name in ("start", "end"))
    amount, less = (cells.numbers(export[name]) for name in ("amount", "discount"))
    minor = written_by_a_machine(raw, "period_start") and bool((amount.dropna() % 1 == 0).all())
    amount_given, amount = amount, (amount - less.fillna(0)).round(6)
    if minor:
        amount = amounts_in_units(amount, export["currency"])
    outside = _outside(export, amount)
    credited = yes(export["proration"]) & (amount < 0)
    billed = pd.concat(outside, axis="columns").sum(axis="columns") == 0
    ends = _cut(export["subscription"], start, end, billed, credited)
    table = export[["customer_id", "plan", "product", "currency"]].assign(
        subscription_id=export["line"],
        start=legible(start, (start, export["start"])),
        end=legible(ends, (end, export["end"])),
        amount=legible(amount, (amount_given, export["amount"]), (less, export["discount"])),
        **_intervals(start, end),
    )
    told = Message("warning.minor_units" if minor else "warning.currency_units", {"source": source})
    return converted(table, outside, [told])


def _outside(export: pd.DataFrame, amount: pd.Series) -> dict[str, pd.Series]:
    kind = text_of(export["type"]).str.lower()
    return {
        "invoice_not_valid": text_of(export["invoice_status"]).str.lower().isin(_UNBILLED),
        "proration": yes(export["proration"]),
        "one_off": (text_of(export["subscription"]) == "") | kind.isin(("invoiceitem", "invoice_item")),
        "usage": text_of(export["usage_type"]).str.lower() == "metered",
        "credit": amount < 0,
    }


def _cut(
    subscription: pd.Series, start: pd.Series, end: pd.Series, billed: pd.Series, credited: pd.Series
) -> pd.Series:
    """Return the ends; a line whose rest was credited ends where the line that takes its place begins."""
    lines = pd.DataFrame({"subscription": subscription, "start": start, "end": end}).reset_index(drop=True)
    begun = lines.loc[billed.to_numpy(), ["subscription", "start"]].drop_duplicates()
    anew = begun.merge(lines.loc[credited.to_numpy(), ["subscription", "start"]].drop_duplicates())
    met = lines.reset_index(names="place").merge(anew, on="subscription", suffixes=("", "_anew"))
    inside = met[(met["start_anew"] > met["start"]) & (met["start_anew"] < met["end"])]
    earliest = inside.groupby("place")["start_anew"].min().reindex(lines.index)
    return earliest.fillna(lines["end"]).set_axis(end.index)


def _intervals(start: pd.Series, end: pd.Series) -> dict[str, np.ndarray]:
    """Return interval and interval_count of paid periods, by their length; a missing day gives one month."""
    days = (end - start).dt.days.fillna(_MONTH[0])
    months = (end.dt.year - start.dt.year) * 12 + end.dt.month - start.dt.month
    whole = (end.dt.day == start.dt.day) & (months > 0)
    cases = [days.between(*_MONTH), days.between(*_YEAR), whole, days % 7 == 0]
    units = np.select(cases, ["month", "year", "month", "week"], "day")
    counts = np.select(cases, [1, 1, months.fillna(1), days // 7], days)
    return {"interval": units, "interval_count": np.maximum(counts, 1)}
