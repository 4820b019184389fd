"""ChartMogul's MRR movements: one row a change of a customer's MRR.

Columns: the dataset of dev.chartmogul.com/docs/destinations/calculated-data/mrr-movements and the activities of its
API, under whichever spelling.

=======================================  ===============================================================================
DATE                                     the day from which the new MRR holds
CUSTOMER_EXTERNAL_ID, or CUSTOMER_UUID   the customer
MOVEMENT_TYPE                            new_biz, expansion, contraction, churn, reactivation
MRR_MOVEMENT                             the change, with its sign
UUID                                     the movement; unique
RANK                                     the order of movements of one day
PLAN_EXTERNAL_ID                         name only
CURRENCY                                 of the amounts, where it is there
=======================================  ===============================================================================

MRR_MOVEMENT is whole minor units (cents) where its header is a machine's and no amount has decimals, as documented;
currency units otherwise (``MRR Movement``); a warning says which was taken. Its currency is the account's, not
CURRENCY_CODE, which is the invoice's: say it with ``currency=`` where CURRENCY does not.

The movements of a customer, added up, are its MRR from each date to the next: each movement becomes one monthly
subscription of the MRR it leads to; one that leads to 0 only ends what was before. When churn is dated is ChartMogul's
own setting. Trials, one-off charges, tax, usage and refunds are not in MRR movements. A type that contradicts its sign,
an id that stands twice, a customer whose first day has no new business or an MRR below 0 refuses the file: a history
with a row missing is wrong from there on.
"""

import numpy as np
import pandas as pd

from retention_kit.checks import text_of
from retention_kit.schema import CUSTOMER_ID, Converted
from retention_kit.sources.cells import Cells
from retention_kit.sources.exports import (
    SCALE,
    amounts_in_units,
    between_changes,
    converted,
    no_customer,
    refuse_history,
    take,
    written_by_a_machine,
)
from retention_kit.wording import Message

COLUMNS = {
    "DATE": "start",
    "CUSTOMER_EXTERNAL_ID": "customer_id",
    "CUSTOMER_UUID": "customer_id",
    "MOVEMENT_TYPE": "type",
    "TYPE": "type",
    "MRR_MOVEMENT": "movement",
    "ACTIVITY_MRR_MOVEMENT": "movement",
    "UUID": "movement_id",
    "RANK": "rank",
    "PLAN_EXTERNAL_ID": "plan",
    "CURRENCY": "currency",
}
REQUIRED = ("start", "customer_id", "type", "movement")
_FIRST = ("new_biz", "new_business")
_SIGNS = {**dict.fromkeys(_FIRST, 1), "expansion": 1, "reactivation": 1, "contraction": -1, "churn": -1}


def to_subscriptions(raw: pd.DataFrame, *, source: str, cells: Cells) -> Converted:
    """Return each customer's MRR from movement to movement.

    Raises
    ------
    MissingColumnError
        If this is another export.
    InvalidRowsError
        If a row cannot be read or contradicts the others.
    """
    export = take(raw, COLUMNS, REQUIRED, source=source, origin="chartmogul_movements")
    start, movement = cells.days(export["start"]), cells.numbers(export["movement"])
    minor = any(written_by_a_machine(raw, header) for header, means in COLUMNS.items() if means == "movement")
    minor = minor and bool((movement.dropna() % 1 == 0).all())
    if minor:
        movement = amounts_in_units(movement, export["currency"])
    _check(export, start, movement, source)
    changes = export.assign(
        start=start, rank=cells.numbers(export["rank"]), step=np.rint(movement * SCALE).astype(np.int64)
    )
    stretches = between_changes(changes, CUSTOMER_ID)
    level = stretches.groupby(CUSTOMER_ID)["step"].cumsum()
    refuse_history(export, {("movement", "below_zero"): (level < 0).reindex(export.index)}, source)
    table = stretches[["customer_id", "start", "end", "plan", "currency"]].assign(
        subscription_id=_ids(stretches), amount=level / SCALE, interval="month"
    )
    told = Message("warning.minor_units" if minor else "warning.currency_units", {"source": source})
    return converted(table, {"marks_an_end": level == 0}, [told])


def _ids(stretches: pd.DataFrame) -> pd.Series:
    given = text_of(stretches["movement_id"])
    numbered = text_of(stretches[CUSTOMER_ID]) + " " + (stretches.groupby(CUSTOMER_ID).cumcount() + 1).astype(str)
    return given.where(given != "", numbered)


def _check(export: pd.DataFrame, start: pd.Series, movement: pd.Series, source: str) -> None:
    kind = text_of(export["type"]).str.lower().str.replace(r"[^a-z]+", "_", regex=True)
    ids = text_of(export["movement_id"])
    sign = kind.map(_SIGNS)
    faults = {
        ("customer_id", "no_customer_id"): no_customer(export),
        ("start", "date_unreadable"): start.isna(),
        ("movement", "number_unreadable"): movement.isna(),
        ("type", "movement_unknown"): sign.isna(),
        ("movement", "movement_sign"): sign.notna() & movement.notna() & (np.sign(movement) != sign),
        ("movement_id", "duplicate_movement_id"): ids.duplicated() & (ids != ""),
    }
    refuse_history(export, faults, source)
    on_first_day = start == start.groupby(export[CUSTOMER_ID]).transform("min")
    begins = (on_first_day & kind.isin(_FIRST)).groupby(export[CUSTOMER_ID]).transform("any")
    refuse_history(export, {("type", "movement_before_first"): on_first_day & ~begins}, source)
