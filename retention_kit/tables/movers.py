"""The accounts behind each movement, in tables to read."""

from collections.abc import Iterable

import pandas as pd

from retention_kit.results import GAINED, LOST, Movers
from retention_kit.results.bridges import MOVEMENTS
from retention_kit.tables.columns import Column, amounts, figures, has_cents, numbers
from retention_kit.tables.writing import Table, head, worded
from retention_kit.wording import language, render

_SIDES = {"lost": LOST, "gained": GAINED, None: MOVEMENTS}


def table_movers(movers: Movers, *, side: str | None = None, lang: str | None = None) -> Table:
    """Return the accounts behind each movement, the largest first, then what the others make together.

    Parameters
    ----------
    movers : Movers
    side : {"lost", "gained"}, optional
        Only churn and contraction, or only new, expansion and reactivation.
    lang : {"en", "fr"}, optional

    Returns
    -------
    Table
        Texts, with the rule under them; the rows of a movement add up to the bridge.

    Examples
    --------
    >>> import retention_kit as rk
    >>> moved = rk.top_movers(rk.open_ledger(as_of="2025-12-31"), top=3)
    >>> rk.table_movers(moved, side="lost", lang="en").frame.iloc[0, :2].tolist()
    ['churn', 'C01698']
    """
    lang = lang or language()
    frame = pd.concat([_with_others(movers, name, lang) for name in _SIDES[side]], ignore_index=True)
    cents = has_cents(movers.frame[["opening", "closing", "amount"]])
    words = {
        render("table.movers.movement", lang): [render(f"movement.{name}", lang) for name in frame["movement"]],
        render("table.movers.customer", lang): frame["customer_id"].astype(str).tolist(),
    }
    cells: dict[str, Column] = {
        head(f"movement.{name}", lang): amounts(frame[name], movers.currency, lang, cents)
        for name in ("opening", "closing")
    }
    cells[render("table.movers.change", lang)] = _signed(frame, movers.currency, cents, lang)
    cells[render("table.movers.share", lang)] = figures("percent", frame["share"], lang)
    return worded(render(f"table.caption.movers.{side or 'all'}", lang), words, cells, [render(movers.rule, lang)])


def _with_others(movers: Movers, movement: str, lang: str) -> pd.DataFrame:
    """Return the accounts of one movement, and one row for all others where there are some."""
    rows = movers.frame[movers.frame["movement"] == movement]
    total = movers.totals.set_index("movement").loc[movement]
    if left := int(total["customers"]) - len(rows):
        rest = {"movement": movement, "amount": round(float(total["amount"] - rows["amount"].sum()), 4)}
        others = pd.DataFrame([{**rest, "customer_id": render("table.movers.others", lang, n=left)}])
        rows = pd.concat([rows, others], ignore_index=True)
    return rows.assign(share=rows["amount"] / total["amount"])


def _signed(frame: pd.DataFrame, currency: str | None, cents: bool, lang: str) -> Column:
    signs = frame["movement"].isin(LOST).map({True: "loss", False: "gain"})
    texts = amounts(frame["amount"], currency, lang, cents)
    written = tuple(render(f"table.{sign}", lang, value=text) for sign, text in zip(signs, texts, strict=True))
    return Column(written, (numbers("money", _change(frame), currency),))


def _change(frame: pd.DataFrame) -> Iterable[float]:
    return frame["amount"].where(~frame["movement"].isin(LOST), -frame["amount"])
