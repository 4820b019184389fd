"""Chargebee's subscriptions export: one row a subscription, as it stands at the export.

Columns: the headers of Subscriptions.csv in its export, ``subscriptions.`` before each attribute of the subscription
(datacatalog.chargebee.com/subscriptions).

=====================================================  =================================================================
subscriptions.id, customers.id                         the subscription and its customer
subscriptions.status                                   Future, In Trial, Active, Non Renewing, Paused, Cancelled,
                                                       Transferred
subscriptions.plan_unit_price, .plan_quantity          the plan's price of one unit, in currency units, and its number
subscriptions.plan_amount                              their product, where it is given: it counts then
subscriptions.billing_period, .billing_period_unit     what the price is for: 3 and month is a quarter
subscriptions.currency_code, .plan_id                  the currency; the plan, name only
subscriptions.started_at, .trial_end                   the first day, and the first day paid where there was a trial
subscriptions.cancelled_at                             the first day not paid, past or to come; if it is empty and the
                                                       subscription does not renew, .current_term_end
subscriptions.cancel_schedule_created_at               the day of the request, kept as cancel_requested_at
subscriptions.pause_date                               since when a paused subscription pays nothing
=====================================================  =================================================================

The month-end state counts, from the end of the trial to the end of the paid term: one that does not renew counts until
its term ends. Out stay trials, subscriptions that have not begun and those transferred away; addons, one-off charges,
coupons, tax, usage, credit notes and refunds are not in these columns.

What it cannot say: it holds the current plan and quantity only, so past changes are invisible, and a subscription that
was cancelled and reactivated under its own id shows no gap.
"""

import pandas as pd

from retention_kit.checks import text_of
from retention_kit.schema import Converted
from retention_kit.sources.cells import Cells
from retention_kit.sources.exports import converted, interval_of, later, legible, take
from retention_kit.wording import Message

COLUMNS = {
    "subscriptions.id": "subscription_id",
    "customers.id": "customer_id",
    "subscriptions.customer_id": "customer_id",
    "subscriptions.plan_id": "plan",
    "subscriptions.status": "status",
    "subscriptions.plan_quantity": "quantity",
    "subscriptions.plan_unit_price": "price",
    "subscriptions.plan_amount": "total",
    "subscriptions.currency_code": "currency",
    "subscriptions.billing_period": "interval_count",
    "subscriptions.billing_period_unit": "interval",
    "subscriptions.started_at": "started_at",
    "subscriptions.trial_end": "trial_end",
    "subscriptions.current_term_end": "current_term_end",
    "subscriptions.cancelled_at": "cancelled_at",
    "subscriptions.cancel_schedule_created_at": "cancel_requested_at",
    "subscriptions.pause_date": "pause_date",
}
REQUIRED = ("subscription_id", "customer_id", "status", "price", "interval", "started_at", "cancelled_at")
_STATUSES = {"in trial": "trialing", "non renewing": "active", "future": "active"}


def to_subscriptions(raw: pd.DataFrame, *, source: str, cells: Cells) -> Converted:
    """Return the export as subscriptions, one a row.

    Raises
    ------
    MissingColumnError
        If this is another export.
    """
    export = take(raw, COLUMNS, REQUIRED, source=source, origin="chargebee")
    status = text_of(export["status"]).str.lower().str.replace("_", " ")
    start, trial_end = (cells.days(export[name]) for name in ("started_at", "trial_end"))
    price, quantity, total = (cells.numbers(export[name]) for name in ("price", "quantity", "total"))
    given = _end_as_given(export, status)
    end, paid_from = cells.days(given), later(start, trial_end)
    table = export[
        ["subscription_id", "customer_id", "plan", "currency", "interval_count", "cancel_requested_at"]
    ].assign(
        start=legible(paid_from, (start, export["started_at"]), (trial_end, export["trial_end"])),
        end=legible(end, (end, given)),
        amount=legible(
            total.fillna((price * quantity.fillna(1)).round(6)),
            *((price, export["price"]), (quantity, export["quantity"]), (total, export["total"])),
        ),
        interval=interval_of(export["interval"]),
        status=status.replace(_STATUSES).mask((status == "paused") & end.notna(), "active"),
    )
    outside = {
        "transferred": status == "transferred",
        "not_begun": (status == "future") & (text_of(export["started_at"]) == ""),
        "trial": trial_end.notna() & (end <= paid_from),
    }
    return converted(table, outside, [Message("warning.current_plan_only", {"source": source})])


def _end_as_given(export: pd.DataFrame, status: pd.Series) -> pd.Series:
    given = export["cancelled_at"].astype(object)
    leaves = (status == "non renewing") & (text_of(given) == "")
    return given.mask(leaves, export["current_term_end"]).mask(status == "paused", export["pause_date"])
