"""Which of the customers' columns is the segment, the plan, the country, the portfolio, whatever it is called."""

from collections.abc import Iterable

import pandas as pd

from retention_kit.sources.guessing import plain
from retention_kit.wording import Message

SEGMENT, PLAN, COUNTRY, PORTFOLIO = "segment", "plan", "country", "csm"
STARTING_MRR, START_MONTH = "starting_mrr", "start_month"
ALL_STANDARD = "standard"
_NAMED = (SEGMENT, PLAN, COUNTRY)
# Spellings, the likeliest first.
_SPELLINGS = {
    SEGMENT: "segment, customer segment, client segment, segment client, segmentation, customer type, type client, "
    "type de client, customer category, categorie client, categorie de client",
    PLAN: "plan, plan name, forfait, formule, offre, nom du plan, nom forfait, nom de l offre, plan id, tier, "
    "abonnement type, type abonnement, type d abonnement",
    COUNTRY: "country, pays, country name, country code, code pays, customer country, billing country, pays client, "
    "pays de facturation",
    PORTFOLIO: "csm, customer success manager, csm name, nom csm, nom du csm, csm owner, success manager, responsable, "
    "responsable client, responsable de clientele, responsable compte, responsable de compte, account manager, "
    "account owner, charge de clientele, charge de compte, gestionnaire, gestionnaire de compte, portfolio, "
    "portefeuille",
}


def column_of(meaning: str, columns: Iterable[str]) -> str | None:
    """Return the column that holds the segment, the plan, the country or the portfolio; None where none is called so.

    Case, accents, French and English names and punctuation make no difference. Of several, the one spelt exactly as
    the kit does is taken, then the likeliest name.

    Examples
    --------
    >>> column_of("country", ["Nom", "Pays"]), column_of("csm", ["Chargé de clientèle"]), column_of("plan", ["Zone"])
    ('Pays', 'Chargé de clientèle', None)
    """
    spellings = [spelling.strip() for spelling in _SPELLINGS[meaning].split(",")]
    ranks = {name: spellings.index(plain(name)) for name in map(str, columns) if plain(name) in spellings}
    return meaning if meaning in ranks else min(ranks, key=ranks.get, default=None)


def standard(customers: pd.DataFrame, factor: str) -> tuple[str, ...]:
    """Return the columns adjusted for unless the analyst says: the standard ones that are there, but the factor."""
    named = (column_of(meaning, customers.columns) for meaning in _NAMED)
    return tuple(name for name in (*named, STARTING_MRR, START_MONTH) if name not in {None, factor})


def little_adjusted(names: Iterable[str], adjust: Iterable[str] | str | None, randomised: bool) -> tuple[Message, ...]:
    """Say it when the standard adjustment found nothing to adjust for but what the ledger itself knows."""
    if adjust is None:
        by_standard = not randomised
    else:
        by_standard = ALL_STANDARD in ((adjust,) if isinstance(adjust, str) else adjust)
    if not by_standard or set(names) - {STARTING_MRR, START_MONTH}:
        return ()
    return (Message("warning.little_adjusted"),)


def is_portfolio(name: str, customers: pd.DataFrame) -> bool:
    """Return whether a column is the one that says whose portfolio a customer is in."""
    return name == column_of(PORTFOLIO, customers.columns)
