"""Portfolios: when they, not customers, were given the factor, they are what is left out one by one."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from retention_kit.errors import OptionError
from retention_kit.factors import between
from retention_kit.hypotheses.attributes import PORTFOLIO, column_of, is_portfolio
from retention_kit.hypotheses.sampling import Sample
from retention_kit.results import Verdict
from retention_kit.schema import attribute
from retention_kit.verdicts import LEAST_PORTFOLIOS, LEAST_PORTFOLIOS_A_GROUP, MOST_BETWEEN, not_testable
from retention_kit.wording import Message


@dataclass(frozen=True, eq=False)
class Portfolios:
    """The portfolio of each customer who enters.

    Attributes
    ----------
    name : str
        The attribute.
    codes : ndarray of int
    forced : bool
        Whether they were found to follow the factor, rather than asked for.
    share : float
        Of the factor's variance, what lies between portfolios.
    """

    name: str
    codes: np.ndarray
    forced: bool
    share: float

    @property
    def count(self) -> int:
        """How many portfolios there are."""
        return len(np.unique(self.codes))

    def warnings(self) -> tuple[Message, ...]:
        """Say it when nobody asked for them."""
        said = Message("warning.by_portfolio", {"portfolio": self.name, "share": self.share})
        return (said,) if self.forced else ()

    def refusal(self, sample: Sample) -> Verdict | None:
        """Return why so few portfolios cannot tell the groups apart; None if they can."""
        fields = {"portfolio": self.name, "share": self.share}
        if self.count < LEAST_PORTFOLIOS:
            return not_testable("few_portfolios", n=self.count, least=LEAST_PORTFOLIOS, **fields)
        least = LEAST_PORTFOLIOS_A_GROUP
        for code, label in enumerate(sample.labels):
            n = len(np.unique(self.codes[sample.group == code]))
            if n < least:
                return not_testable("few_portfolios_a_group", group=label, n=n, least=least, **fields)
        return None


def portfolios(sample: Sample, asked: str | None) -> Portfolios | None:
    """Return the portfolios that must be left out one by one: those asked for, or those the factor follows.

    Raises
    ------
    UnknownColumnError
        If the customers lack the attribute asked for.
    OptionError
        If it is the factor.
    """
    factor = sample.split.factor
    if asked == factor:
        raise OptionError("error.cluster_is_factor", name=factor)
    name = asked or column_of(PORTFOLIO, sample.ledger.customers)
    if name in {None, factor}:
        return None
    values = attribute(sample.ledger.customers, name, "cluster").iloc[sample.subjects.customer]
    share = between(pd.Series(sample.group), values)
    if asked is None and share <= MOST_BETWEEN:
        return None
    codes, _ = pd.factorize(values, use_na_sentinel=False)  # those in no portfolio are one
    return Portfolios(name, codes, asked is None, share)


def of_one_portfolio(sample: Sample) -> tuple[Message, ...]:
    """Say that each group is one portfolio, where the portfolio itself is the factor.

    None can then be left out, and customers are what is counted: of these portfolios something can be said, of who
    looks after them nothing, as both came together.
    """
    factor = sample.split.factor
    found = is_portfolio(factor, sample.ledger.customers)
    return (Message("warning.portfolio_is_factor", {"factor": factor}),) if found else ()
