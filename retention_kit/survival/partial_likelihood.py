"""Cox's partial likelihood on stretches of life: who is at risk when, where it is highest, whether one ratio fits."""

from dataclasses import dataclass
from typing import Any

import numpy as np

# PHReg takes entries as closed; ages are whole months, so this opens them without moving anybody.
JUST_AFTER = 1e-6
# Newton's method ends when a step gains less log-likelihood than this, or after so many steps and halvings.
GAIN, STEPS, HALVINGS = 1e-8, 40, 12
# A column informs when its information is more than rounding; a maximum exists when Newton's next step is none.
INFORMATION, SETTLED = 1e-8, 1e-3


@dataclass(frozen=True)
class Spells:
    """Stretches (start, stop] at risk, by row of the arrays given; strata lie one after another and never meet.

    `clock` holds the same stretches without strata, ages counted from 1.
    """

    row: np.ndarray
    start: np.ndarray
    stop: np.ndarray
    churned: np.ndarray
    stratum: np.ndarray
    clock: tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Fitted:
    """Maximum of a partial likelihood in standardised columns, and the first column's coefficient in its own unit."""

    coefficient: float
    error: float
    columns: np.ndarray
    beta: np.ndarray
    information: np.ndarray


def spells(age: Any, churned: Any, *, entry: Any = None, strata: Any = None) -> Spells:
    """Return who is at risk when: entry < a <= age, and from the very start for entry 0.

    Examples
    --------
    >>> lives = spells([3, 5, 2], [True, False, True], entry=[0, 2, 2])
    >>> lives.row.tolist(), lives.start.tolist(), lives.stop.tolist()
    ([0, 1], [0.0, 3.0], [4.0, 6.0])
    """
    stop = np.asarray(age, float) + 1
    begun = np.zeros(len(stop)) if entry is None else np.asarray(entry, float)
    start = np.where(begun > 0, begun + 1, 0.0)
    row = np.flatnonzero(start < stop)
    start, stop, churned = start[row], stop[row], np.asarray(churned, bool)[row]
    stratum = np.zeros(len(row), int) if strata is None else np.unique(np.asarray(strata)[row], return_inverse=True)[1]
    shift = stratum * (stop.max(initial=0) + 1)
    return Spells(row, start + shift, stop + shift, churned, stratum, (start, stop))


def sums_at_risk(lives: Spells, times: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Sum each column over the rows at risk at each of the sorted times."""

    def counted(places: np.ndarray) -> np.ndarray:
        table = np.zeros((len(times) + 1, columns.shape[1]))
        for number, column in enumerate(columns.T):
            table[:, number] = np.bincount(places, column, len(times) + 1)
        return table

    begun, ended = (np.searchsorted(times, ends, side="right") for ends in (lives.start, lives.stop))
    return np.cumsum(counted(begun) - counted(ended), axis=0)[:-1]


def maximum(lives: Spells, columns: np.ndarray) -> Fitted | None:
    """Fit by Newton's method with halved steps; None where the first column's coefficient has no finite maximum."""
    spread = columns.std(axis=0) if len(columns) else np.zeros(columns.shape[1])
    if not np.isfinite(spread).all() or _one_sided(columns[:, 0], lives.churned):
        return None
    standard = (columns - columns.mean(axis=0)) / np.where(spread > 0, spread, 1)
    with np.errstate(all="ignore"):
        model = _model(lives, standard)
        kept = _informative(-model.hessian(np.zeros(len(spread))), int(lives.churned.sum()))
        if 0 not in kept:
            return None
        if len(kept) < len(spread):
            standard = standard[:, kept]
            model = _model(lives, standard)
        found = _climbed(model)
    if found is None:
        return None
    beta, information = found
    error = np.sqrt(np.linalg.inv(information)[0, 0])
    return Fitted(beta[0] / spread[0], error / spread[0], standard, beta, information)


def _one_sided(first: np.ndarray, churned: np.ndarray) -> bool:
    """Whether all who churned have the lowest value, or all the highest: the likelihood then climbs for ever."""
    gone = first[churned]
    return not gone.size or bool((gone == first.min()).all() or (gone == first.max()).all())


def _model(lives: Spells, columns: np.ndarray) -> Any:
    from statsmodels.duration.hazard_regression import PHReg

    start, stop = lives.clock
    entry = start + JUST_AFTER
    return PHReg(stop, columns, status=lives.churned, entry=entry, strata=lives.stratum, ties="efron")


def _informative(information: np.ndarray, events: int) -> list[int]:
    """Columns that say what those before them do not; the first is asked last, so it gives way to all others."""
    kept: list[int] = []
    for column in [*range(1, len(information)), 0]:
        asked = [*kept, column]
        if np.linalg.eigvalsh(information[np.ix_(asked, asked)])[0] > INFORMATION * events:
            kept = asked
    return sorted(kept)


def _climbed(model: Any) -> tuple[np.ndarray, np.ndarray] | None:
    """Coefficients and information at the maximum; None where the climb goes on for ever in the first column."""
    beta = np.zeros(model.exog.shape[1])
    height = model.loglike(beta)
    try:
        for _ in range(STEPS):
            step, gain = _step(model, beta, height)
            beta, height = beta + step, height + gain
            if not gain > GAIN:
                break
        information = -model.hessian(beta)
        last = np.linalg.solve(information, model.score(beta))
    except np.linalg.LinAlgError:
        return None
    settled = abs(last[0]) < SETTLED and np.linalg.inv(information)[0, 0] > 0
    return (beta, information) if settled else None


def _step(model: Any, beta: np.ndarray, height: float) -> tuple[np.ndarray, float]:
    """Newton's step, halved until it does not lead downwards, and what it gains."""
    step = np.linalg.solve(-model.hessian(beta), model.score(beta))
    for _ in range(HALVINGS):
        gain = model.loglike(beta + step) - height
        if gain > -GAIN:
            return step, gain
        step = step / 2
    return np.zeros_like(beta), 0.0


def proportional_p(lives: Spells, fitted: Fitted) -> float:
    """P-value of Grambsch and Therneau's score test that the first coefficient stays the same over time.

    The column times g(t), g = 1 − S(t−) of all rows together, is added to the model; its score at coefficient 0 is
    squared over its variance given the other columns. NaN with churn at a single age.
    """
    from scipy.stats import chi2

    dead = np.flatnonzero(lives.churned)[np.argsort(lives.stop[lives.churned], kind="stable")]
    clock = _km_clock(lives, dead)
    residual, variance = _at_each_churn(lives, fitted, dead)
    across = clock @ variance
    own = clock**2 @ variance[:, 0]
    left = own - across @ np.linalg.solve(fitted.information, across)
    if not left > INFORMATION * max(own, 1.0):
        return float("nan")
    return float(chi2.sf((clock @ residual) ** 2 / left, 1))


def _km_clock(lives: Spells, dead: np.ndarray) -> np.ndarray:
    """Share churned just before each churn, centred: Kaplan–Meier of all rows, without strata."""
    from statsmodels.duration.survfunc import SurvfuncRight

    start, stop = lives.clock
    curve = SurvfuncRight(stop, lives.churned.astype(float), entry=start)
    before = np.searchsorted(curve.surv_times, stop[dead], side="left")
    share = 1 - np.concatenate([[1.0], curve.surv_prob])[before]
    return share - share.mean()


def _at_each_churn(lives: Spells, fitted: Fitted, dead: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First column's residual, and its covariance with every column among those at risk, at each churn (Efron)."""
    columns = fitted.columns
    lean = columns @ fitted.beta
    terms = np.column_stack([np.ones(len(lean)), columns, columns[:, :1] * columns])
    terms *= np.exp(lean - lean.max())[:, None]
    times, first, tied = np.unique(lives.stop[dead], return_index=True, return_counts=True)
    place = np.repeat(np.arange(len(times)), tied)
    gone = (np.arange(len(dead)) - first[place]) / tied[place]
    sums = sums_at_risk(lives, times, terms)[place] - gone[:, None] * np.add.reduceat(terms[dead], first)[place]
    means, squares = np.hsplit(sums[:, 1:] / sums[:, :1], 2)
    return columns[dead, 0] - means[:, 0], squares - means[:, :1] * means
