"""What MRR did: customer by customer, and added up from opening to closing."""

from typing import Any

import numpy as np
import pandas as pd

from retention_kit.ledger import Ledger
from retention_kit.months import PERIOD_MONTHS, month_end, month_starts
from retention_kit.mrr_movements.asked import By, flow_names, group_of, joined, refuse_none, step_of, whole_periods
from retention_kit.results import Bridge
from retention_kit.schema import CUSTOMER_ID
from retention_kit.wording import Message


def movements(
    ledger: Ledger, *, freq: str = "M", by: By = None, netting: str = "period", start: Any = None, end: Any = None
) -> pd.DataFrame:
    """Return what each customer's MRR did in each period, opening against closing.

    ``closing = opening + new + reactivation + expansion - contraction - churn`` (``+ fx``) to the cent in every row.

    Parameters
    ----------
    ledger : Ledger
    freq : {"M", "Q", "Y"}
        Calendar months, quarters or years; only periods that have closed.
    by : str or list of str, optional
        Attributes of the customers: a column each.
    netting : {"period", "none"}
        Quarters and years are derived again from the MRR at their two ends; ``"none"`` adds up the movements of their
        months instead.
    start, end : str or date, optional
        Month ends between which to look; default: all that was observed.

    Returns
    -------
    DataFrame
        customer_id, period (its first day), the attributes, opening, new, reactivation, expansion, contraction, churn,
        closing; positive magnitudes; one row a customer and period in which they paid. Where MRR was converted from
        other currencies there is fx before closing, with its sign.

    Raises
    ------
    OptionError
        If `freq` or `netting` is another word.
    UnknownColumnError
        If the customers lack an attribute of `by`.
    OpenMonthError, MonthError
        If `end` has not closed, or `start` is not before it.

    Notes
    -----
    new: first MRR ever. reactivation: 0 → positive, after having paid before. expansion: positive → more. contraction:
    positive → less, still positive. churn: positive → 0. fx: for each foreign currency that a customer pays in at both
    ends, min(opening, closing) in that currency × the change of its effective rate (converted ÷ native), rounded
    half-even once; the rest of their change is expansion or contraction.

    Examples
    --------
    >>> from retention_kit.ledger import build_ledger
    >>> table = pd.DataFrame({"subscription_id": [1, 2], "customer_id": ["Ada"] * 2, "interval": ["month"] * 2,
    ...     "start": ["2025-01-10", "2025-03-10"], "end": ["2025-02-10", None], "amount": [50, 70]})
    >>> result = movements(build_ledger(table, as_of="2025-03-31"))
    >>> result[["period", "new", "reactivation", "churn"]]
          period   new  reactivation  churn
    0 2025-01-01  50.0           0.0    0.0
    1 2025-02-01   0.0           0.0   50.0
    2 2025-03-01   0.0          70.0    0.0
    """
    ends, length = whole_periods(ledger, freq, start, end), PERIOD_MONTHS[freq]
    group, labels = group_of(ledger, by)
    customers, periods, amounts = ledger.engine.movements(ledger.book, ends, length, step_of(netting, length))
    keys = pd.DataFrame({CUSTOMER_ID: ledger.ids[customers], "period": month_starts(ends - length + 1)[periods]})
    return joined(
        keys, labels.iloc[group[customers]], pd.DataFrame(ledger.to_units(amounts), columns=flow_names(ledger))
    )


def mrr_bridge(
    ledger: Ledger, *, freq: str = "M", by: By = None, netting: str = "period", start: Any = None, end: Any = None
) -> Bridge:
    """Return how MRR went from opening to closing, period by period.

    Parameters
    ----------
    ledger, freq, netting
        See `movements`.
    by : str or list of str, optional
        Attributes of the customers: one row a period and group; of several attributes, a group is what occurs together.
    start, end : str or date, optional
        Month ends between which to draw it up; default: all that was observed.

    Returns
    -------
    Bridge
        Its ``frame`` has period (first day), the groups, opening, new, reactivation, expansion, contraction, churn,
        closing; fx before closing where MRR was converted from other currencies.

    Raises
    ------
    OptionError
        If `freq` or `netting` is another word.
    UnknownColumnError
        If the customers lack the attribute `by`.
    OpenMonthError, MonthError
        If `end` has not closed, or `start` is not before it.

    Notes
    -----
    Each period's closing is the next one's opening, and every row closes to the cent. Periods are whole: where the
    history begins within a quarter, that quarter is left out.

    Examples
    --------
    >>> from retention_kit.ledger import build_ledger
    >>> table = pd.DataFrame({"subscription_id": [1], "customer_id": ["Ada"], "interval": ["month"],
    ...     "start": ["2025-01-10"], "end": ["2025-02-10"], "amount": [50]})
    >>> mrr_bridge(build_ledger(table, as_of="2025-02-28")).frame[["opening", "new", "churn", "closing"]]
       opening   new  churn  closing
    0      0.0  50.0    0.0     50.0
    1     50.0   0.0   50.0      0.0
    """
    ends, length = whole_periods(ledger, freq, start, end), PERIOD_MONTHS[freq]
    refuse_none(ledger, ends, freq, start, end)
    group, labels = group_of(ledger, by)
    sums = ledger.engine.bridge(ledger.book, ends, length, group, len(labels), step_of(netting, length))
    keys = pd.DataFrame({"period": month_starts(ends - length + 1).repeat(len(labels))})
    amounts = pd.DataFrame(ledger.to_units(sums.reshape(len(keys), -1)), columns=flow_names(ledger))
    frame = joined(keys, labels.iloc[np.tile(np.arange(len(labels)), len(ends))], amounts)
    covered = {"start": month_end(int(ends[0]) - length), "end": month_end(int(ends[-1]))}
    about = {"freq": Message(f"word.freq.{freq}"), **covered}
    rule = Message(f"rule.bridge_fx.{netting}" if ledger.book.foreign else f"rule.bridge.{netting}", about)
    columns = labels.columns[0] if isinstance(by, str) else tuple(labels.columns) or None
    return Bridge(frame, freq, rule, columns, ledger.currency, _history(ledger))


def _history(ledger: Ledger) -> tuple[Message, ...]:
    first = month_end(ledger.book.opening)
    return () if ledger.book.complete else (Message("warning.new_or_back", {"first": first}),)
