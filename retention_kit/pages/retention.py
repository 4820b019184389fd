"""The parts of a page about retention over windows: what changed, who is behind it, whether it gets better, others."""

import math

from retention_kit.pages.elements import notes
from retention_kit.pages.pictures import picture
from retention_kit.pages.sections import Section, together
from retention_kit.plots import plot_retention_over_time, plot_waterfall
from retention_kit.results import Estimate, Movers, Position, Trend
from retention_kit.tables import table_benchmark, table_movers
from retention_kit.wording import Message, Money

_MEASURES = ("nrr", "grr", "logo_retention")


def change_of_mrr(movers: Movers) -> Message:
    """Return in one sentence what became of MRR in a period.

    Parameters
    ----------
    movers : Movers

    Returns
    -------
    Message

    Examples
    --------
    >>> import retention_kit as rk
    >>> print(rk.change_of_mrr(rk.top_movers(rk.open_ledger(as_of="2025-12-31"))))
    MRR on 31 December 2025: €1,352,800, +€47,247 (+3.6%) since 30 November 2025.
    """
    row, currency = movers.bridge.frame.iloc[0], movers.currency
    opening, closing = float(row["opening"]), float(row["closing"])
    money = {"closing": Money(closing, currency), "change": Money(float(round(closing - opening)), currency)}
    dates = {name: movers.rule.fields[name] for name in ("start", "end")}
    key = "report.monthly.change" if opening else "report.monthly.change_from_nothing"
    return Message(key, {**money, **dates, "percent": 100 * (closing / opening - 1) if opening else math.nan})


def show_changes(movers: Movers, trend: Trend | None = None) -> Section:
    """Return what changed, where it came from, who is behind it, and how retention stands against before.

    Parameters
    ----------
    movers : Movers
        Of the last period.
    trend : Trend, optional

    Returns
    -------
    Section
        With the bridge of the period as a picture where anything moved.

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> len(rk.show_changes(rk.top_movers(ledger), rk.retention_over_time(ledger)))
    2
    """
    before = [] if trend is None else [since_before(trend)]
    if not movers.any:
        return together([notes(*movers.sentences(), *before)])
    bridge = movers.bridge
    told = notes(Message("text", {"text": bridge.describe()}), *movers.sentences(), *before)
    return together([told, picture(plot_waterfall(bridge), of=bridge)])


def since_before(trend: Trend) -> Message:
    """Return how NRR, GRR and logo retention stand against the window before; against nothing where there is none."""
    frame = trend.frame
    last = {f"{name}_last": float(frame[name].iloc[-1]) for name in _MEASURES}
    if len(frame) <= trend.window:
        return Message("report.monthly.no_window_before", {"window": trend.window, **last})
    before = {f"{name}_first": float(frame[name].iloc[-1 - trend.window]) for name in _MEASURES}
    change = last["nrr_last"] - before["nrr_first"]
    side = "unknown" if math.isnan(change) else "same" if abs(change) < 0.0005 else "up" if change > 0 else "down"
    known = {"window": trend.window, "month": frame["month"].iloc[-1 - trend.window], "change": abs(change)}
    return Message(f"report.monthly.nrr_{side}", {**known, **last, **before})


def show_movers(movers: Movers) -> Section:
    """Return the accounts behind what was lost, then those behind what was gained.

    Parameters
    ----------
    movers : Movers

    Returns
    -------
    Section
        A table only where somebody moved.

    Examples
    --------
    >>> import retention_kit as rk
    >>> len(rk.show_movers(rk.top_movers(rk.open_ledger(as_of="2025-12-31"))))
    2
    """
    tables = (table_movers(movers, side=side) for side in ("lost", "gained"))
    return together(table for table in tables if len(table.frame))


def show_trend(trend: Trend, position: Position | None = None) -> Section:
    """Return retention over time as a picture, in one sentence, and its rule.

    Parameters
    ----------
    trend : Trend
    position : Position, optional
        Published figures to draw behind it.

    Returns
    -------
    Section
        Empty of a trend of one point, which is none.

    Examples
    --------
    >>> import retention_kit as rk
    >>> len(rk.show_trend(rk.retention_over_time(rk.open_ledger(as_of="2025-12-31"))))
    2
    """
    if len(trend.frame) < 2:
        return Section()
    ax = plot_retention_over_time(trend, benchmark=position)
    return together([picture(ax, of=trend), notes(Message("text", {"text": trend.describe()}), trend.rule)])


def show_benchmarks(position: Position | None, measured: Estimate) -> Section:
    """Return a number beside published figures, each with its source and kind; where it has no like among them, why.

    Parameters
    ----------
    position : Position or None
        None: not compared.
    measured : Estimate
        The number.

    Returns
    -------
    Section

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> quarter = rk.nrr(ledger, "2025-09", "2025-12")
    >>> print(rk.show_benchmarks(None, quarter))
    - The published figures are about 12 months, this number is about 3: they are not held against each other.
    """
    if position is None:
        months = measured.rule.fields["months"]
        count = months.fields["n"] if isinstance(months, Message) else months
        key = "report.monthly.no_number" if count == 12 else "report.monthly.other_window"
        return together([notes(Message(key, {"months": count}))])
    said = [Message("text", {"text": each.sentence()}) for each in position.comparisons]
    return together([notes(*said), table_benchmark(position)] if said else [notes(*position.warnings)])
