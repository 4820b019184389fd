"""What an answer is made of: the groups, the estimates of their difference, the verdict."""

import math
from dataclasses import dataclass

from retention_kit.wording import Message, render


@dataclass(frozen=True)
class Arm:
    """One of the groups compared.

    Attributes
    ----------
    label : Message or str
        How a sentence names its customers: "customers with a personalised demo".
    n : int
        Customers who enter.
    events, at_risk : float
        Those whose churn was seen by the horizon; those still watched and active at the horizon. Of early churn: churns
        of the stretch, customer-months of it. NaN of what is measured once, which no horizon bounds.
    value, low, high : float
        The outcome of the group with its own interval, as it is without adjustment.
    n_eff, largest_share : float
        How many equal customers its starting MRR is worth, and the share of its largest account; NaN where customers
        count, not money.
    adjusted : float
        The outcome of the group after weighting; NaN where nothing was adjusted for.
    """

    label: Message | str
    n: int
    events: float
    at_risk: float
    value: float
    low: float
    high: float
    n_eff: float = math.nan
    largest_share: float = math.nan
    adjusted: float = math.nan


@dataclass(frozen=True)
class Line:
    """One estimate of the difference, by one method: a row of the forest plot.

    Attributes
    ----------
    role : {"decides", "beside", "sensitivity"}
        The first line decides; no other can change a verdict.
    label : Message
        Such as "adjusted", "unadjusted", "landmark at 6 months".
    estimate, low, high, p_value : float
    n : int
        Customers who enter.
    n_eff : float
        How many equal customers they are worth; NaN where that is not said.
    method : Message
    events : float
        Churns seen by the horizon among them; NaN where that is not said.
    """

    role: str
    label: Message
    estimate: float
    low: float
    high: float
    p_value: float
    n: int
    n_eff: float
    method: Message
    events: float = math.nan


@dataclass(frozen=True)
class Verdict:
    """What the data say about a hypothesis.

    Attributes
    ----------
    kind : {"supports", "does_not_support", "contradicts", "inconclusive", "not_testable"}
    reason : Message or None
        Why it is inconclusive or not testable.
    remedy : Message or None
        What would make it testable.
    nuance : Message or None
        What can be added to a clear verdict.
    """

    kind: str
    reason: Message | None = None
    remedy: Message | None = None
    nuance: Message | None = None

    def text(self, lang: str | None = None) -> str:
        """Return the verdict in one or two words."""
        return render(f"verdict.{self.kind}", lang)

    def __str__(self) -> str:
        return self.text()
