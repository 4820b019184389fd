"""From a question to the customers it is asked of: whatever cannot be asked of these data is refused here."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from retention_kit.errors import OptionError, OutcomeAsCovariateError
from retention_kit.hypotheses.adjusting import asked_for
from retention_kit.hypotheses.answering import Asked
from retention_kit.hypotheses.attributes import little_adjusted
from retention_kit.hypotheses.portfolios import of_one_portfolio
from retention_kit.hypotheses.question import Question
from retention_kit.hypotheses.sampling import Sample, drawn
from retention_kit.hypotheses.telltale import refuse_factor, refuse_outcome
from retention_kit.ledger import Ledger
from retention_kit.schema import attribute


def prepared(
    ledger: Ledger,
    asked: Question,
    *,
    reference: Any,
    landmark: int | None,
    clock: str | None,
    adjust: Sequence[str] | str | None,
    cluster: str | None,
    measured_at: Mapping[str, str] | None,
) -> tuple[Asked, Sample]:
    """Return how a question about a factor is to be answered, and of whom; the arguments are those of `compare`.

    Raises
    ------
    OptionError
        Or one of its kinds, as `compare` says.
    """
    factor, measured = asked.factor, asked.measured
    if factor is None:
        raise OptionError("error.no_factor", outcome=measured or asked.outcome)
    attribute(ledger.customers, factor, "factor")
    names = asked_for(adjust, ledger.customers, factor, asked.randomised)
    _refuse_itself(measured, factor, names)
    dates = _dates(measured_at, (*names, measured))
    sample = drawn(
        ledger,
        asked,
        reference=reference,
        landmark=landmark,
        clock=clock,
        measured_at=dates,
        seen_from_start=bool(names),
    )
    refuse_factor(sample, factor)
    if measured is not None:
        refuse_outcome(sample, measured)
    notes = (*little_adjusted(names, adjust, asked.randomised), *of_one_portfolio(sample))
    return Asked(asked, names, cluster, dates), replace(sample, warnings=(*sample.warnings, *notes))


def _refuse_itself(measured: str | None, factor: str, adjusted: Sequence[str]) -> None:
    """Refuse to hold what is measured against itself, or to make groups alike in it."""
    if measured == factor:
        raise OptionError("error.outcome_is_factor", name=factor)
    if measured in adjusted:
        raise OutcomeAsCovariateError("error.outcome_adjusted_for", name=measured)


def _dates(measured_at: Mapping[str, str] | None, used: Sequence[str | None]) -> dict[str, str]:
    """Return which column says when each was measured; a name that nothing uses is a slip, and guards nothing."""
    dates = dict(measured_at or {})
    for name in dates:
        if name not in used:
            raise OptionError("error.measured_at_unused", name=name, legal=[each for each in used if each])
    return dates
