"""How alike two groups are before and after weighting, and how strong a hidden factor would have to be."""

from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd


class EValue(NamedTuple):
    """How strongly a hidden factor would have to go with both the factor and the outcome to explain a difference.

    Attributes
    ----------
    point, limit : float
        Risk ratios, 1 or more: for the estimate, and for the limit of its interval nearest to no difference.
    """

    point: float
    limit: float


@dataclass(frozen=True, eq=False, repr=False)
class Balance:
    """How alike two groups are in what they were adjusted for.

    Attributes
    ----------
    frame : DataFrame
        One row a covariate, level or square: covariate, level, power, raw, weighted (standardised mean differences),
        variance_ratio.
    n, ess : tuple of int and of float
        Customers, and how many equal ones they are worth after weighting: with the factor, reference.
    """

    frame: pd.DataFrame
    n: tuple[int, int]
    ess: tuple[float, float]
