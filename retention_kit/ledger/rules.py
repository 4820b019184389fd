"""The rules under which subscriptions become MRR: what may be chosen, and its words."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from retention_kit.errors import MonthError, OptionError
from retention_kit.months import last_closed, month_number, month_start
from retention_kit.schema import CUSTOMER_ID
from retention_kit.wording import Message

LEGAL = {
    "discounts": ("until", "permanent", "gross"),
    "paused": ("zero", "keep"),
    "churn_date": ("paid_period", "requested", "effective"),
    "refund_rule": ("out", "issue", "retroactive"),
}
"""What each rule may be; the first is the default."""
EVER = -(10**6)  # a month number before every date


@dataclass(frozen=True)
class Rules:
    """The rules of one ledger, each with a value that is legal; see `build_ledger`.

    Raises
    ------
    OptionError
        If a value is not legal.
    """

    end_inclusive: bool | None = None
    discounts: str = "until"
    paused: str = "zero"
    grace_months: int = 0
    churn_date: str = "paid_period"
    refund_rule: str = "out"
    history_from: Any = None
    grain: str = CUSTOMER_ID

    def __post_init__(self) -> None:
        for name, legal in LEGAL.items():
            if getattr(self, name) not in legal:
                raise OptionError("error.option", name=name, value=str(getattr(self, name)), legal=list(legal))
        grace = self.grace_months
        if isinstance(grace, bool) or not isinstance(grace, int) or grace < 0:
            raise OptionError("error.grace_months", value=str(grace))

    def opening(self, as_of: dt.date) -> int | None:
        """Return the month kept as an opening: the one before `history_from`; None where the export is complete.

        Raises
        ------
        MonthError
            If the history would begin after the last month that has closed.
        """
        if self.history_from is None:
            return None
        since, last = month_number(self.history_from), last_closed(as_of)
        if since > last:
            raise MonthError("error.history_from", month=month_start(since), last=month_start(last), as_of=as_of)
        return since - 1

    def messages(self) -> list[Message]:
        """Return one message for every rule that is not the default and decides numbers."""
        chosen = [
            Message(f"rule.{name}.{getattr(self, name)}")
            for name in ("discounts", "paused", "churn_date")
            if getattr(self, name) != LEGAL[name][0]
        ]
        if self.history_from is not None:
            chosen.append(Message("rule.history_from", {"month": month_start(month_number(self.history_from))}))
        if self.grain != CUSTOMER_ID:
            chosen.append(Message("rule.grain", {"grain": self.grain}))
        if self.grace_months:
            chosen.append(Message("rule.grace", {"months": self.grace_months}))
        return chosen
