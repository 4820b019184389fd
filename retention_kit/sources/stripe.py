"""The subscriptions export of the Stripe Dashboard: one row a subscription, as it stands at the export.

Columns: the Dashboard's own (Billing → Subscriptions → Export), times in UTC.

========================  ==============================================================================================
id, Customer ID           the subscription and its customer
Plan                      name only
Amount, Quantity          the plan's price of one unit, in currency units, and the number of units
Interval, Interval Count  what the price is for; a count that is not there is 1
Start Date (UTC)          the first day; in its absence Start (UTC), then Created (UTC)
Trial End (UTC)           the first day paid, where there was a trial
Ended At (UTC)            the first day not paid
Cancel At Period End      a running subscription that ends with Current Period End (UTC)
Canceled At (UTC)         the day of the request, kept as cancel_requested_at
Status                    active, trialing, past_due, unpaid, canceled, incomplete, incomplete_expired, paused
Coupon                    only noticed: the export does not say what it takes off
========================  ==============================================================================================

The month-end state counts, from the end of the trial to the end of the paid period: a subscription cancelled at the end
of its period counts until then. One that is unpaid counts until the period nobody pays began. Trials, subscriptions
whose first payment never came (incomplete) and paused trials stay out; tax, one-off invoice lines, usage and refunds
are not in this export.

What it cannot say: it holds the current plan and quantity only, so past upgrades and downgrades are invisible; a
subscription with several products has no Amount and is named row by row. The invoice lines (``stripe_invoices``) say
both.
"""

import pandas as pd

from retention_kit.checks import text_of
from retention_kit.schema import Converted
from retention_kit.sources.cells import Cells
from retention_kit.sources.exports import converted, interval_of, later, legible, take, yes
from retention_kit.wording import Message

COLUMNS = {
    "id": "subscription_id",
    "Customer ID": "customer_id",
    "Plan": "plan",
    "Product": "product",
    "Quantity": "quantity",
    "Currency": "currency",
    "Interval": "interval",
    "Interval Count": "interval_count",
    "Amount": "amount",
    "Status": "status",
    "Start Date (UTC)": "start",
    "Start (UTC)": "start",
    "Created (UTC)": "start",
    "Current Period Start (UTC)": "current_period_start",
    "Current Period End (UTC)": "current_period_end",
    "Trial End (UTC)": "trial_end",
    "Canceled At (UTC)": "cancel_requested_at",
    "Ended At (UTC)": "ended_at",
    "Cancel At Period End": "cancel_at_period_end",
    "Coupon": "coupon",
}
REQUIRED = ("subscription_id", "customer_id", "amount", "interval", "status", "start", "current_period_end", "ended_at")
_STATUSES = {"canceled": "cancelled", "unpaid": "cancelled"}
_NEVER_PAID = ("incomplete", "incomplete_expired")


def to_subscriptions(raw: pd.DataFrame, *, source: str, cells: Cells) -> Converted:
    """Return the export as subscriptions, one a row.

    Raises
    ------
    MissingColumnError
        If this is another export.
    """
    export = take(raw, COLUMNS, REQUIRED, source=source, origin="stripe")
    status = text_of(export["status"]).str.lower()
    start, trial_end = (cells.days(export[name]) for name in ("start", "trial_end"))
    end, end_as_given = _end(export, status, cells)
    price, quantity = (cells.numbers(export[name]) for name in ("amount", "quantity"))
    paid_from = later(start, trial_end)
    table = export[["subscription_id", "customer_id", "plan", "product", "currency", "interval_count"]].assign(
        start=legible(paid_from, (start, export["start"]), (trial_end, export["trial_end"])),
        end=legible(end, (end, end_as_given)),
        amount=legible(
            (price * quantity.fillna(1)).round(6), (price, export["amount"]), (quantity, export["quantity"])
        ),
        interval=interval_of(export["interval"]),
        cancel_requested_at=export["cancel_requested_at"],
        status=status.replace(_STATUSES),
    )
    outside = {
        "never_paid": status.isin(_NEVER_PAID) | ((status == "unpaid") & (end <= paid_from)),
        "trial": trial_end.notna() & (end <= paid_from),
    }
    return converted(table, outside, _warnings(export, quantity, source))


def _end(export: pd.DataFrame, status: pd.Series, cells: Cells) -> tuple[pd.Series, pd.Series]:
    """Return the first day not paid, and the cell it was read from."""
    given = export["ended_at"].astype(object)
    leaves = yes(export["cancel_at_period_end"]) & (text_of(given) == "")
    given = given.mask(leaves, export["current_period_end"]).mask(status == "unpaid", export["current_period_start"])
    return cells.days(given), given


def _warnings(export: pd.DataFrame, quantity: pd.Series, source: str) -> list[Message | None]:
    several, coupons = int((quantity > 1).sum()), int((text_of(export["coupon"]) != "").sum())
    return [
        Message("warning.current_plan_only", {"source": source}),
        Message("warning.price_of_one", {"source": source, "n": several}) if several else None,
        Message("warning.coupons", {"source": source, "n": coupons}) if coupons else None,
    ]
