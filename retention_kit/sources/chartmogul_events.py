"""ChartMogul's subscription events: one row an event in the life of a subscription.

Columns: dev.chartmogul.com/docs/destinations/source-data/subscription-events and the API's subscription event.

=======================================================  ==============================================================
CUSTOMER_EXTERNAL_ID (DATA_SOURCE_CUSTOMER_EXTERNAL_ID)  the customer
SUBSCRIPTION_EXTERNAL_ID, PLAN_EXTERNAL_ID               the subscription; the plan, name only
EVENT_TYPE                                               by name, or ChartMogul's number 0 to 9
EVENT_DATE, EFFECTIVE_DATE                               when raised; when it takes effect (if empty, when raised)
AMOUNT_IN_CENTS, CURRENCY                                what the subscription costs from then on, quantity included
INTERVAL_UNIT, INTERVAL_COUNT                            what that amount is for: the plan's, joined by its external id,
                                                         or ``interval=`` for all
EXTERNAL_ID, RETRACTED_EVENT_ID                          the event; the one that it takes back
=======================================================  ==============================================================

A start or an update becomes one subscription at its amount until the next event of that subscription; a cancellation
ends what was before, on its effective date (the request is its EVENT_DATE), so a period paid counts to its end. A
scheduled event counts from its effective date like an immediate one. A retraction takes back the event it names, or the
latest scheduled one of its kind; both stay out. Trials, one-off charges, tax, usage and refunds are not in these
events. An event that cannot be read or changes what never began refuses the file.
"""

import numpy as np
import pandas as pd

from retention_kit.checks import text_of
from retention_kit.schema import Converted
from retention_kit.sources.cells import Cells
from retention_kit.sources.exports import (
    amounts_in_units,
    between_changes,
    converted,
    interval_of,
    no_customer,
    refuse_history,
    take,
)

COLUMNS = {
    "CUSTOMER_EXTERNAL_ID": "customer_id",
    "DATA_SOURCE_CUSTOMER_EXTERNAL_ID": "customer_id",
    "SUBSCRIPTION_EXTERNAL_ID": "subscription",
    "PLAN_EXTERNAL_ID": "plan",
    "EVENT_TYPE": "type",
    "EVENT_DATE": "raised",
    "EFFECTIVE_DATE": "effective",
    "AMOUNT_IN_CENTS": "amount",
    "CURRENCY": "currency",
    "INTERVAL_UNIT": "interval",
    "INTERVAL_COUNT": "interval_count",
    "EXTERNAL_ID": "event_id",
    "RETRACTED_EVENT_ID": "retracted",
}
REQUIRED = ("customer_id", "subscription", "type", "effective", "amount")
_TYPES = (
    "subscription_start_scheduled",
    "subscription_start",
    "scheduled_subscription_start_retracted",
    "subscription_cancellation_scheduled",
    "subscription_cancelled",
    "scheduled_subscription_cancellation_retracted",
    "subscription_update_scheduled",
    "subscription_updated",
    "scheduled_subscription_update_retracted",
    "subscription_event_retracted",
)
_STARTS, _CANCELS, _UPDATES = _TYPES[:2], _TYPES[3:5], _TYPES[6:8]
_TAKES_BACK = {_TYPES[2]: _TYPES[0], _TYPES[5]: _TYPES[3], _TYPES[8]: _TYPES[6]}
_RETRACTIONS = (*_TAKES_BACK, _TYPES[9])


def to_subscriptions(raw: pd.DataFrame, *, source: str, cells: Cells) -> Converted:
    """Return each subscription from event to event.

    Raises
    ------
    MissingColumnError
        If this is another export.
    InvalidRowsError
        If an event cannot be read or contradicts the others.
    """
    export = take(raw, COLUMNS, REQUIRED, source=source, origin="chartmogul_events")
    kind = text_of(export["type"]).str.lower().replace(dict(zip(map(str, range(len(_TYPES))), _TYPES, strict=True)))
    effective, raised = (cells.days(export[name]) for name in ("effective", "raised"))
    when = effective.fillna(raised)
    amount = cells.numbers(export["amount"])
    _check(export, kind, when, amount, source)
    retraction = kind.isin(_RETRACTIONS)
    void = _taken_back(export, kind, raised.fillna(when))
    events = export.assign(kind=kind, start=when, rank=0, amount=amounts_in_units(amount, export["currency"]))
    stretches = between_changes(events[~retraction & ~void], "subscription")
    _check_order(export, stretches, source)
    stretches = pd.concat([stretches, events[retraction | void].assign(end=pd.NaT)])
    numbers = (stretches.groupby("subscription").cumcount() + 1).astype(str)
    table = stretches[["customer_id", "start", "end", "amount", "currency", "interval_count", "plan"]].assign(
        subscription_id=text_of(stretches["subscription"]) + " " + numbers,
        interval=interval_of(stretches["interval"]),
    )
    outside = {
        "retraction": stretches["kind"].isin(_RETRACTIONS),
        "retracted": void.reindex(stretches.index),
        "marks_an_end": stretches["kind"].isin(_CANCELS),
    }
    return converted(table, outside)


def _taken_back(export: pd.DataFrame, kind: pd.Series, raised: pd.Series) -> pd.Series:
    """Return which events were taken back: those named, or the latest scheduled of its kind raised before."""
    void = text_of(export["event_id"]).isin(set(text_of(export["retracted"])) - {""})
    unnamed = kind.isin(list(_TAKES_BACK)) & (text_of(export["retracted"]) == "")
    place = pd.Series(np.arange(len(kind)), index=kind.index)
    for line in unnamed[unnamed].index:
        same = (export["subscription"] == export["subscription"][line]) & (kind == _TAKES_BACK[kind[line]]) & ~void
        before = (same & (raised <= raised[line]))[lambda mask: mask].index
        if len(before):
            order = pd.DataFrame({"raised": raised[before], "place": place[before]}).sort_values(["raised", "place"])
            void[order.index[-1]] = True
    return void


def _check(export: pd.DataFrame, kind: pd.Series, when: pd.Series, amount: pd.Series, source: str) -> None:
    priced = kind.isin((*_STARTS, *_UPDATES))
    retraction = kind.isin(_RETRACTIONS)
    ids = text_of(export["event_id"])
    faults = {
        ("customer_id", "no_customer_id"): no_customer(export),
        ("subscription", "no_subscription_id"): text_of(export["subscription"]) == "",
        ("type", "event_unknown"): ~kind.isin(_TYPES),
        ("effective", "date_unreadable"): when.isna() & ~retraction,
        ("amount", "number_unreadable"): priced & amount.isna(),
        ("amount", "amount_negative"): priced & (amount < 0),
        ("event_id", "duplicate_event_id"): ids.duplicated() & (ids != ""),
    }
    refuse_history(export, faults, source)


def _check_order(export: pd.DataFrame, stretches: pd.DataFrame, source: str) -> None:
    first = ~stretches["subscription"].duplicated()
    early = (first & ~stretches["kind"].isin(_STARTS)).reindex(export.index, fill_value=False)
    refuse_history(export, {("type", "event_before_start"): early}, source)
