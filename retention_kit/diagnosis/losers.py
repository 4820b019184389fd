"""Who lost: one account, one segment, those who stayed and pay less."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from retention_kit.diagnosis.base import Base, said
from retention_kit.ledger import Ledger
from retention_kit.results import Clue
from retention_kit.schema import CUSTOMER_ID
from retention_kit.wording import Message, Money

_SHOWN = 5
_GROUPS = (2, 12)  # how many values make an attribute a segmentation
_OFFER = ("plan", "seats")


def one_account(base: Base) -> Clue:
    """Return what was lost with the largest losers, and NRR without each of them."""
    top = np.argsort(-base.lost, kind="stable")[:_SHOWN]
    top = top[base.lost[top] > 0]
    alone = [np.arange(len(base.lost)) == place for place in top]
    frame = pd.DataFrame(
        {
            CUSTOMER_ID: base.ledger.ids[base.customers[top]],
            "opening": base.units(base.opening[top]),
            "closing": base.units(base.closing[top]),
            "lost": base.units(base.lost[top]),
            "share_of_losses": [base.share(one) for one in alone],
            "nrr_without": [base.retained(~one) for one in alone],
            "points": [base.points(one) for one in alone],
        }
    )
    if not len(top):
        return Clue("one_account", 0.0, Message("diagnosis.nothing_lost"), frame)
    first = {"customer": str(frame[CUSTOMER_ID][0]), "lost": base.money(base.lost[top[0]])}
    first |= {"share": frame["share_of_losses"][0], "without": frame["nrr_without"][0]}
    whole = {"value": base.retained(slice(None)), "n": len(top), "together": base.share(top)}
    whole |= {"largest": int(base.opening.max()) / int(base.opening.sum())}
    answer = Message("diagnosis.one_account.answer", first | whole)
    return Clue("one_account", float(frame["points"][0]), answer, frame, first["lost"])


def one_segment(base: Base, by: str | Sequence[str] | None) -> Clue:
    """Return which group of customers lost most beyond its share of the opening."""
    attributes = [by] if isinstance(by, str) else list(by) if by is not None else _segmentations(base.ledger)
    if not attributes:
        fewest, most = _GROUPS
        missing = Message("diagnosis.one_segment.missing", {"fewest": fewest, "most": most})
        return Clue("one_segment", math.nan, Message("diagnosis.no_answer"), pd.DataFrame(), missing=missing)
    rows = [row for attribute in attributes for row in _groups(base, attribute)]
    frame = pd.DataFrame(rows).sort_values("points", ascending=False, kind="stable", ignore_index=True)
    several = frame[frame["customers"] > 1]  # a group of one is an account
    first = (several if len(several) else frame).iloc[0]
    fields = {name: first[name] for name in ("attribute", "group", "nrr", "share_of_losses", "share_of_opening")}
    fields |= {"looked_at": len(frame), "value": base.retained(slice(None))}
    lost = Money(float(first["lost"]), base.ledger.currency)
    answer = said(base, "one_segment", fields | {"lost": lost})
    return Clue("one_segment", float(first["points"]), answer, frame, lost)


def _segmentations(ledger: Ledger) -> list[str]:
    """Return the attributes that make segments: no dates, 2 to 12 values."""
    if ledger.customers is None:
        return []
    fewest, most = _GROUPS
    dates = set(ledger.customers.select_dtypes(["datetime", "datetimetz"]).columns)
    names = [name for name in ledger.customers.columns if name not in dates]
    return [name for name in names if fewest <= ledger.customers[name].nunique(dropna=False) <= most]


def _groups(base: Base, attribute: str) -> list[dict[str, Any]]:
    codes, names = base.ledger.groups(attribute)
    total = int(base.opening.sum())
    rows = []
    for code, name in enumerate(names):
        among = codes[base.customers] == code
        if not among.any():
            continue
        row = {"attribute": attribute, "group": str(name), "customers": int(among.sum())}
        row |= {name: float(base.units(getattr(base, name)[among].sum())) for name in ("opening", "lost", "gained")}
        row |= {"nrr": base.retained(among), "share_of_losses": base.share(among)}
        row |= {"share_of_opening": int(base.opening[among].sum()) / total, "points": base.points(among)}
        rows.append(row)
    return rows


def contraction(base: Base) -> Clue:
    """Return what was lost with customers who stayed and pay less."""
    stayed = base.closing > 0
    shrunk = stayed & (base.lost > 0)
    taken = base.money(base.lost[shrunk].sum())
    frame = pd.DataFrame([_kind(base, name, among) for name, among in (("contraction", shrunk), ("churn", ~stayed))])
    customers = base.ledger.customers
    known = [name for name in _OFFER if customers is not None and name in customers]
    frames = [frame, *(_shrunk_by(base, name, shrunk) for name in known)]
    notes = [Message("diagnosis.contraction.static", {"names": known})] if known else []
    lacking = [name for name in _OFFER if name not in known]
    notes += [Message("diagnosis.contraction.missing", {"names": lacking})] if lacking else []
    fields = {"lost": taken, "n": int(shrunk.sum()), "share": base.share(shrunk), "churned": int((~stayed).sum())}
    answer, table = said(base, "contraction", fields), pd.concat(frames, ignore_index=True)
    points = int(base.lost[shrunk].sum()) / int(base.opening.sum())
    return Clue("contraction", points, answer, table, taken, notes=tuple(notes))


def _kind(base: Base, group: str, among: np.ndarray, attribute: str = "movement") -> dict[str, Any]:
    lost = float(base.units(base.lost[among].sum()))
    row = {"attribute": attribute, "group": group, "customers": int(among.sum()), "lost": lost}
    return row | {"share_of_losses": base.share(among)}


def _shrunk_by(base: Base, attribute: str, shrunk: np.ndarray) -> pd.DataFrame:
    codes, names = base.ledger.groups(attribute)
    own = codes[base.customers]
    return pd.DataFrame([_kind(base, str(name), shrunk & (own == code), attribute) for code, name in enumerate(names)])
