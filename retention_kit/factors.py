"""A factor: the attribute of a customer that makes the two groups of a comparison."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from retention_kit.errors import FactorError, ImmortalTimeError
from retention_kit.wording import Message, has_message


@dataclass(frozen=True, eq=False)
class Split:
    """Who is in which group.

    Attributes
    ----------
    factor : str
    treated : Series of boolean
        By customer: in the group with the factor, in the reference, or (missing) in neither.
    labels : tuple of two Message
        How a sentence names the customers of the group with the factor and of the reference.
    yes_no : bool
        Whether the factor is yes or no, rather than two names.
    """

    factor: str
    treated: pd.Series
    labels: tuple[Message, Message]
    yes_no: bool

    @property
    def missing(self) -> int:
        """Customers without a value, who are in neither group."""
        return int(self.treated.isna().sum())

    def between(self, portfolio: pd.Series) -> float:
        """Return the share of the factor's variance that lies between portfolios.

        1 when every portfolio is all in one group: then portfolios, not customers, were given the factor.
        """
        table = pd.DataFrame({"treated": self.treated, "portfolio": portfolio}).dropna()
        given = table["treated"].astype(float)
        if given.nunique() < 2 or table["portfolio"].nunique() in {1, len(table)}:
            return 0.0
        means = given.groupby(table["portfolio"]).transform("mean")
        return float(means.var(ddof=0) / given.var(ddof=0))


def split_by(factor: str, values: pd.Series, reference: Any = None) -> Split:
    """Split customers by an attribute with two values.

    Parameters
    ----------
    factor : str
        The attribute's name.
    values : Series
        Its value by customer, missing where not known.
    reference : value, optional
        Which value is the reference. Default: no; of two names, the first.

    Raises
    ------
    ImmortalTimeError
        If the attribute is a date.
    FactorError
        If it has not two values, or `reference` is neither.

    Examples
    --------
    >>> split = split_by("vip", pd.Series([True, False, None], dtype="boolean"))
    >>> split.treated.tolist()
    [True, False, <NA>]
    >>> print(split.labels[1])
    customers without “vip”
    """
    if pd.api.types.is_datetime64_any_dtype(values.dtype) or pd.api.types.infer_dtype(values) in {"date", "datetime"}:
        raise ImmortalTimeError("error.immortal_time", factor=factor)
    found = sorted(values.dropna().unique().tolist(), key=lambda value: (str(type(value)), value))
    if len(found) != 2:
        raise FactorError("error.factor_values", factor=factor, n=len(found), found=found[:6])
    base = found[0] if reference is None else reference
    if base not in found:
        raise FactorError("error.factor_reference", factor=factor, value=str(reference), found=found)
    other = found[1] if base == found[0] else found[0]
    treated = (values == other).astype("boolean").mask(values.isna())
    return Split(factor, treated, (_label(factor, other), _label(factor, base)), isinstance(base, bool))


def _label(factor: str, value: Any) -> Message:
    if not isinstance(value, bool):
        return Message("factor.value", {"factor": factor, "value": str(value)})
    side = "with" if value else "without"
    known = f"factor.{factor}.{side}"
    return Message(known) if has_message(known) else Message(f"factor.any.{side}", {"factor": factor})
