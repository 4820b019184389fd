"""Two groups weighted to overlap: alike in every covariate, and compared by what is left of their difference.

A customer counts by the probability of having been in the other group, given the covariates: most for those who could
have been in either, next to nothing for those of whom there is no counterpart. With probabilities of a logistic model
the weighted means of everything in the model are then equal, whatever the sample (Li, Morgan and Zaslavsky, 2018).
"""

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from retention_kit.balance.alikeness import effective_size
from retention_kit.balance.covariates import Covariates
from retention_kit.contrasts import StudentT, leave_one_cluster_out
from retention_kit.wording import Message

LEAST_WORTH = 30
"""Equal customers a group must be worth where the groups hardly overlap: docs/methods.md."""
_LEAST_EVEN, _ALMOST_SURE, _MOST_SURE = 0.4, 0.97, 0.05
_SURE = 1e-6  # a probability from which fitting begins is never 0 or 1
_PRECISION = 1e-12  # of the deviance, so that the balance is exact
_NO_SPREAD = 1e-24
_ALONE = 1 - 1e-9  # leverage of a customer without whom nothing would be left of a group


@dataclass(frozen=True, eq=False)
class Adjusted:
    """A difference between groups made alike by weighting.

    Attributes
    ----------
    comparison : StudentT
        With the factor minus reference.
    values : tuple of float
        The weighted ratio of either group.
    weights, propensity : ndarray, one value a customer
    ess : tuple of float
        How many equal customers either group is worth after weighting.
    reason : Message or None
        Why no verdict can rest on it.
    warnings : tuple of Message
    """

    comparison: StudentT
    values: tuple[float, float]
    weights: np.ndarray
    propensity: np.ndarray
    ess: tuple[float, float]
    reason: Message | None = None
    warnings: tuple[Message, ...] = ()

    @property
    def overlap(self) -> bool:
        """Whether enough customers could have been in either group for a verdict to rest on them."""
        return self.reason is None


def propensity(covariates: Covariates, treated: np.ndarray) -> np.ndarray:
    """Return each customer's probability of being in the group with the factor, given the covariates.

    Parameters
    ----------
    covariates : Covariates
    treated : ndarray of bool

    Returns
    -------
    ndarray
        Close to 0 and 1 throughout where the covariates tell the groups apart: `overlap_difference` says so.

    Notes
    -----
    Logistic regression by statsmodels (GLM).

    Examples
    --------
    >>> given = Covariates(np.array([[1.0], [1.0], [1.0], [0.0], [0.0]]), ())
    >>> propensity(given, np.array([True, True, False, True, False])).round(3)
    array([0.667, 0.667, 0.667, 0.5  , 0.5  ])
    """
    return _fitted(_design(covariates.matrix), np.asarray(treated, bool))


def _fitted(design: np.ndarray, treated: np.ndarray, near: np.ndarray | None = None) -> np.ndarray:
    """Return the probabilities; fitting begins at those that are `near`, if any are known."""
    from statsmodels.genmod.families import Binomial
    from statsmodels.genmod.generalized_linear_model import GLM

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of groups told apart: said in words of our own
        start = None if near is None else np.linalg.lstsq(design, np.log(near / (1 - near)))[0]
        model = GLM(treated.astype(float), design, family=Binomial())
        return np.asarray(model.fit(start_params=start, tol=_PRECISION).fittedvalues)


def _design(matrix: np.ndarray) -> np.ndarray:
    """Return a constant and the columns that do not depend on others."""
    from scipy.linalg import qr

    constant = np.ones((len(matrix), 1))
    length = np.linalg.norm(matrix - matrix.mean(axis=0), axis=0)
    varying = matrix[:, length > _PRECISION * len(matrix)]
    if not varying.shape[1]:
        return constant
    centred = varying - varying.mean(axis=0)
    triangle, order = qr(centred / np.linalg.norm(centred, axis=0), mode="r", pivoting=True)
    rank = int((np.abs(np.diag(triangle)) > 1e-9).sum())
    return np.hstack([constant, varying[:, np.sort(order[:rank])]])


def overlap_difference(
    numerator: np.ndarray,
    denominator: np.ndarray,
    treated: np.ndarray,
    covariates: Covariates,
    *,
    cluster: np.ndarray | None = None,
) -> Adjusted:
    """Return the difference of two ratios of sums between groups made alike in the covariates.

    Parameters
    ----------
    numerator, denominator : ndarray, one value a customer
        As in `contrasts.ratio_difference`; retention and months within a horizon come as pseudo-values made within
        each group, with denominator 1.
    treated : ndarray of bool
    covariates : Covariates
    cluster : ndarray, optional
        The portfolio of each customer: portfolios are left out one by one, and the propensity fitted anew.

    Returns
    -------
    Adjusted

    Notes
    -----
    ``θ = Σ₁ wY/Σ₁ wD - Σ₀ wY/Σ₀ wD`` with ``w = 1 - e`` with the factor, ``e`` without, and e the propensity. It is
    about customers of whom either could have been expected. Influence of a customer,
    ``ψ = ± w [(Y - RD)/Σ wD + γ'x]``, where γ corrects for the propensity being estimated; leave-one-out error
    ``Σ ψ²/(1 - h)²`` with ``h = wD/Σ wD``, degrees of freedom of Bell and McCaffrey from h, Satterthwaite over the
    groups. A group that shows no spread of its own borrows the other's (docs/methods.md).

    Examples
    --------
    Four in five large customers stay and all small ones, whatever their group; most of one group are large:

    >>> large = np.repeat([True, False], 20)
    >>> treated = np.arange(40) % 20 < np.where(large, 15, 5)
    >>> stayed = np.where(large, (np.arange(40) % 5) < 4, 1.0)
    >>> given = Covariates(large[:, None].astype(float), ())
    >>> found = overlap_difference(stayed, np.ones(40), treated, given)
    >>> round(float(stayed[treated].mean() - stayed[~treated].mean()), 3), round(abs(found.comparison.estimate), 3)
    (-0.1, 0.0)
    """
    treated = np.asarray(treated, bool)
    numerator, denominator = np.asarray(numerator, float), np.asarray(denominator, float)
    design = _design(covariates.matrix)
    chance = _fitted(design, treated)
    weights = np.where(treated, 1 - chance, chance)
    ess = effective_size(weights, treated)
    reason, warned = _doubts(treated, chance, weights, ess, covariates)
    values = _ratios(numerator, denominator, treated, weights)
    if not math.isfinite(values[0] - values[1]):
        comparison = StudentT(math.nan, math.nan, math.nan)
    elif cluster is None:
        comparison = StudentT(values[0] - values[1], *_spread(numerator, denominator, treated, design, chance))
    else:
        comparison = leave_one_cluster_out(_refitted(numerator, denominator, treated, covariates.matrix), cluster)
    return Adjusted(comparison, values, weights, chance, ess, reason, (*covariates.warnings, *warned))


def _ratios(
    numerator: np.ndarray, denominator: np.ndarray, treated: np.ndarray, weights: np.ndarray
) -> tuple[float, float]:
    with np.errstate(divide="ignore", invalid="ignore"):
        first, second = (
            np.dot(weights[side], numerator[side]) / np.dot(weights[side], denominator[side])
            for side in (treated, ~treated)
        )
    return float(first), float(second)


def _refitted(
    numerator: np.ndarray, denominator: np.ndarray, treated: np.ndarray, matrix: np.ndarray
) -> Callable[[np.ndarray], float]:
    """Return the difference as a function of who is in it."""
    whole = np.clip(_fitted(_design(matrix), treated), _SURE, 1 - _SURE)

    def statistic(among: np.ndarray) -> float:
        side = treated[among]
        if side.all() or not side.any():
            return math.nan
        chance = _fitted(_design(matrix[among]), side, whole[among])
        values = _ratios(numerator[among], denominator[among], side, np.where(side, 1 - chance, chance))
        return values[0] - values[1]

    return statistic


def _spread(
    numerator: np.ndarray, denominator: np.ndarray, treated: np.ndarray, design: np.ndarray, chance: np.ndarray
) -> tuple[float, float]:
    """Return the leave-one-out error of the difference and its degrees of freedom."""
    weights = np.where(treated, 1 - chance, chance)
    residual, leverage, own = np.empty(len(treated)), np.empty(len(treated)), []
    totals = [float(np.dot(weights[side], denominator[side])) for side in (treated, ~treated)]
    for side, total in zip((treated, ~treated), totals, strict=True):
        ratio = np.dot(weights[side], numerator[side]) / total
        residual[side] = (numerator[side] - ratio * denominator[side]) / total
        leverage[side] = weights[side] * denominator[side] / total
        own.append(float(np.square(residual[side] * weights[side]).sum()) > _NO_SPREAD * max(abs(ratio), 1.0) ** 2)
    if not any(own) or leverage.max() > _ALONE:
        return math.nan, math.nan
    influence = weights * (residual + design @ _correction(residual, design, chance))
    squares = np.square(influence / (1 - leverage))
    variances = np.array([squares[side].sum() for side in (treated, ~treated)])
    spare = leverage / (1 - leverage) * weights  # what Var(Y) = σ²·D makes of a customer, but for σ² and the total
    expected = np.array([spare[side].sum() / total for side, total in zip((treated, ~treated), totals, strict=True)])
    freedom = np.array([_bell_mccaffrey(leverage[side]) for side in (treated, ~treated)])
    return _joined(variances, freedom, expected, own)


def _correction(residual: np.ndarray, design: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Return γ: what a customer's surprise about their group changes through everybody's estimated propensity."""
    even = chance * (1 - chance)
    information = design.T @ (even[:, None] * design)
    # residuals of either group move the difference the same way: their weights fall and rise with the propensity
    return -np.linalg.pinv(information, rcond=1e-10, hermitian=True) @ (design.T @ (even * residual))


def _joined(variances: np.ndarray, freedom: np.ndarray, expected: np.ndarray, own: list[bool]) -> tuple[float, float]:
    """Return the error of both groups together and Satterthwaite's degrees of freedom.

    A group without spread of its own takes what is expected of it at the scale of the other, as `contrasts` does.
    """
    if not all(own):
        lender = own.index(True)
        variances = np.where(own, variances, variances[lender] / expected[lender] * expected)
        return math.sqrt(variances.sum()), float(freedom[lender])
    return math.sqrt(variances.sum()), float(variances.sum() ** 2 / (variances**2 / freedom).sum())


def _bell_mccaffrey(leverage: np.ndarray) -> float:
    """Return ``(Σ q)² / (Σ b + (Σ b)² - Σ b²)`` with ``q = h/(1 - h)`` and ``b = q²``, as `intervals` does."""
    q = leverage / (1 - leverage)
    b = q**2
    return float(q.sum() ** 2 / (b.sum() + b.sum() ** 2 - (b**2).sum()))


def _doubts(
    treated: np.ndarray, chance: np.ndarray, weights: np.ndarray, ess: tuple[float, float], covariates: Covariates
) -> tuple[Message | None, tuple[Message, ...]]:
    """Return why no verdict can rest on these weights, and what has to be said in any case."""
    if not covariates.columns and covariates.warnings:
        return Message("balance.nothing_left"), ()
    if min(weights[treated].sum(), weights[~treated].sum()) < 1:
        return Message("balance.separated"), ()
    if not _hardly_overlap(treated, chance):
        return None, ()
    if min(ess) < LEAST_WORTH:
        return Message("balance.few_alike", {"n_eff": min(ess), "least": LEAST_WORTH}), ()
    return None, (Message("balance.partial_overlap", {"treated": ess[0], "reference": ess[1]}),)


def _hardly_overlap(treated: np.ndarray, chance: np.ndarray) -> bool:
    """Whether weighting up to all customers, not to the overlap, would rest on few of them."""
    inverse = 1 / np.clip(np.where(treated, chance, 1 - chance), _PRECISION, 1)
    sizes = treated.sum(), (~treated).sum()
    worth = min(ess / size for ess, size in zip(effective_size(inverse, treated), sizes, strict=True))
    return worth < _LEAST_EVEN or float((chance > _ALMOST_SURE).mean()) > _MOST_SURE
