"""When it was lost, and what had happened just before."""

import math

import numpy as np
import pandas as pd

from retention_kit.diagnosis.base import Base
from retention_kit.errors import InvalidRowsError, MissingColumnError, UnmatchedCustomersError
from retention_kit.ledger import Ledger
from retention_kit.months import month_numbers, month_starts
from retention_kit.results import Clue
from retention_kit.schema import CUSTOMER_ID
from retention_kit.wording import Message

_SUPPORT = ("ticket", "complaint")
_EVENTS = (CUSTOMER_ID, "at", "kind")
_LOOK_BACK = 3  # months before the departure in which a ticket counts
_EXAMPLES = 5


def when(base: Base) -> Clue:
    """Return the month in which most was lost."""
    ledger, flows = base.ledger, base.ledger.engine.Flows._fields
    ends = np.arange(base.begin + 1, base.close + 1)
    member = np.zeros(len(ledger.ids), np.int64)
    member[base.customers] = 1
    sums = ledger.engine.bridge(ledger.book, ends, 1, member, 2)[:, 1]
    lost = sums[:, flows.index("contraction")] + sums[:, flows.index("churn")]
    shares = lost / lost.sum() if lost.any() else np.full(len(lost), math.nan)
    frame = pd.DataFrame({"month": month_starts(ends), "lost": base.units(lost), "share_of_losses": shares})
    if not lost.any():
        return Clue("when", math.nan, Message("diagnosis.nothing_lost"), frame)
    worst = int(lost.argmax())
    fields = {"month": frame["month"][worst], "lost": base.money(lost[worst]), "share": float(shares[worst])}
    answer = Message("diagnosis.when.answer", fields | {"months": len(ends)})
    return Clue("when", math.nan, answer, frame, fields["lost"])


def support(base: Base, events: pd.DataFrame | None) -> Clue:
    """Return how many of those who left had asked for help shortly before, beside those who stayed."""
    if events is None:
        missing = Message("diagnosis.support.missing", {"columns": list(_EVENTS), "kinds": list(_SUPPORT)})
        return Clue("support", math.nan, Message("diagnosis.no_answer"), pd.DataFrame(), missing=missing)
    asked, stayed = _asked(base, *_contacts(events, base.ledger)), base.closing > 0
    rows = [
        {"group": name, "customers": int(among.sum()), "asked": int((asked & among).sum())}
        for name, among in (("churned", ~stayed), ("stayed", stayed))
    ]
    rows = [row | {"share": row["asked"] / row["customers"] if row["customers"] else math.nan} for row in rows]
    fields = {f"{name}_{row['group']}": row[name] for row in rows for name in ("customers", "asked", "share")}
    lost = base.money(base.lost[asked & ~stayed].sum())
    fields |= {"lost": lost, "months": _LOOK_BACK, "kinds": list(_SUPPORT)}
    return Clue("support", math.nan, Message("diagnosis.support.answer", fields), pd.DataFrame(rows), lost)


def _asked(base: Base, owner: np.ndarray, month: np.ndarray) -> np.ndarray:
    """Who asked in the months before they left; before the last month of the window for those who pay at its end."""
    book = base.ledger.book
    paid = book.month <= base.close
    until = np.zeros(len(base.ledger.ids), np.int64)
    np.maximum.at(until, book.owner[paid], book.month[paid])
    until = np.minimum(until, base.close - 1)
    asked = np.zeros(len(base.ledger.ids), bool)
    asked[owner[(month <= until[owner]) & (month > until[owner] - _LOOK_BACK)]] = True
    return asked[base.customers]


def _contacts(events: pd.DataFrame, ledger: Ledger) -> tuple[np.ndarray, np.ndarray]:
    """Return customer and month of every ticket or complaint of a customer of the ledger."""
    missing = [name for name in _EVENTS if name not in events]
    if missing:
        found = [str(name) for name in events]
        raise MissingColumnError("error.events_columns", missing=missing, columns=list(_EVENTS), found=found)
    owner = ledger.ids.get_indexer(events[CUSTOMER_ID])
    if len(owner) and (owner < 0).all():
        samples = {"ledger": list(ledger.ids[:_EXAMPLES]), "events": list(events[CUSTOMER_ID].head(_EXAMPLES))}
        raise UnmatchedCustomersError("error.events_unmatched", **samples)
    kind = events["kind"].astype(str).str.strip().str.lower().isin(_SUPPORT)
    kept = (owner >= 0) & kind.to_numpy()
    return owner[kept], month_numbers(_days(events["at"]))[kept]


def _days(cells: pd.Series) -> pd.Series:
    dated = pd.api.types.is_datetime64_any_dtype(cells)
    days = cells if dated else pd.to_datetime(cells, errors="coerce", format="ISO8601")
    places = np.flatnonzero(days.isna())
    if len(places):
        told = [(str(cells.index[place]), str(cells.iloc[place])) for place in places[:_EXAMPLES]]
        rows = [Message("error.cell", {"row": row, "field": "at", "value": value}) for row, value in told]
        raise InvalidRowsError("error.events_dates", n=len(places), cells=rows)
    return days
