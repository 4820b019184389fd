"""Points of risk or upsell, and who has most."""

import numpy as np
import pandas as pd

from retention_kit.results import Signals


def points(signals: Signals, kind: str) -> pd.Series:
    """Return the points of every customer from the signals of one kind."""
    steps = signals.thresholds
    own = steps.index[steps["kind"] == kind]
    return signals.fired[own].astype(float) @ steps.loc[own, "points"]


def order(points: pd.Series, mrr: pd.Series) -> np.ndarray:
    """Return the places of those with points, most points first, among equals the largest MRR, then by id."""
    by = np.lexsort((points.index.astype(str), -mrr.to_numpy(), -points.to_numpy()))
    return by[points.to_numpy()[by] > 0]
