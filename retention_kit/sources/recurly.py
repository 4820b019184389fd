"""Recurly's subscriptions export: one row a subscription, as it stands at the export.

Columns: docs.recurly.com/docs/subscriptions-exports, and the subscription of its API for those named differently there.

=========================================  =============================================================================
uuid (subscription_id), account_code       the subscription and its customer
state                                      active, canceled, expired, future, paused, failed
unit_amount, quantity, add_ons_total       the plan's price of one unit and its number, plus the recurring add-ons
currency, plan_code                        the currency; the plan, name only
plan_interval_unit, plan_interval_length   what the price is for: ``months`` and 3 is a quarter
activated_at, trial_ends_at                the first day, and the first day paid where there was a trial
expires_at                                 the first day not paid; if empty and canceled, current_period_ends_at
canceled_at                                the day of the request, kept as cancel_requested_at
paused_at                                  since when a paused subscription pays nothing
=========================================  =============================================================================

The month-end state counts, from the end of the trial to the end of the paid period: a canceled subscription counts
until it expires. Out stay trials, subscriptions that failed or have not begun; taxes, one-off charges, usage, credits
and refunds are not in this export.

What it cannot say: it holds the current plan, quantity and pause only, so past changes are invisible.
"""

import pandas as pd

from retention_kit.checks import text_of
from retention_kit.schema import Converted
from retention_kit.sources.cells import Cells
from retention_kit.sources.exports import converted, interval_of, later, legible, take
from retention_kit.wording import Message

COLUMNS = {
    "uuid": "subscription_id",
    "subscription_id": "subscription_id",
    "account_code": "customer_id",
    "plan_code": "plan",
    "state": "state",
    "quantity": "quantity",
    "unit_amount": "price",
    "plan_unit_amount": "price",
    "add_ons_total": "add_ons",
    "currency": "currency",
    "plan_interval_unit": "interval",
    "interval_unit": "interval",
    "plan_interval_length": "interval_count",
    "interval_length": "interval_count",
    "activated_at": "activated_at",
    "trial_ends_at": "trial_end",
    "current_period_ends_at": "current_period_end",
    "canceled_at": "cancel_requested_at",
    "expires_at": "expires_at",
    "paused_at": "paused_at",
}
REQUIRED = ("subscription_id", "customer_id", "state", "price", "interval", "activated_at", "expires_at")
_STATUSES = {"canceled": "cancelled", "expired": "cancelled", "future": "active"}


def to_subscriptions(raw: pd.DataFrame, *, source: str, cells: Cells) -> Converted:
    """Return the export as subscriptions, one a row.

    Raises
    ------
    MissingColumnError
        If this is another export.
    """
    export = take(raw, COLUMNS, REQUIRED, source=source, origin="recurly")
    state = text_of(export["state"]).str.lower()
    start, trial_end = (cells.days(export[name]) for name in ("activated_at", "trial_end"))
    price, quantity, add_ons = (cells.numbers(export[name]) for name in ("price", "quantity", "add_ons"))
    given = _end_as_given(export, state)
    end, paid_from = cells.days(given), later(start, trial_end)
    amount = (price * quantity.fillna(1) + add_ons.fillna(0)).round(6)
    table = export[
        ["subscription_id", "customer_id", "plan", "currency", "interval_count", "cancel_requested_at"]
    ].assign(
        start=legible(paid_from, (start, export["activated_at"]), (trial_end, export["trial_end"])),
        end=legible(end, (end, given)),
        amount=legible(amount, (price, export["price"]), (quantity, export["quantity"]), (add_ons, export["add_ons"])),
        interval=interval_of(export["interval"]),
        status=state.replace(_STATUSES).mask((state == "paused") & end.notna(), "active"),
    )
    outside = {
        "never_paid": state == "failed",
        "not_begun": (state == "future") & (text_of(export["activated_at"]) == ""),
        "trial": trial_end.notna() & (end <= paid_from),
    }
    return converted(table, outside, [Message("warning.current_plan_only", {"source": source})])


def _end_as_given(export: pd.DataFrame, state: pd.Series) -> pd.Series:
    given = export["expires_at"].astype(object)
    leaves = (state == "canceled") & (text_of(given) == "")
    return given.mask(leaves, export["current_period_end"]).mask(state == "paused", export["paused_at"])
