"""What a table's headers and words mean, in English and French: a guess that is shown, and that can be overruled."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

import pandas as pd

from retention_kit.checks import text_of
from retention_kit.errors import InputError
from retention_kit.schema import CUSTOMER_ID

# Spellings by field, the likeliest first: a later rank counts where no header is of an earlier one.
_CUSTOMER = (
    "customer external id, id client, client id, identifiant client, code client, numero client, no client, n client, "
    "customer number, "
    "customer ref, account id, id compte, compte id, user id, organization id, organisation id, company id",
    "customer, client, account, compte, user, utilisateur, organization, organisation, company, societe, entreprise",
    "customer name, client name, nom client, nom du client, account name, company name, raison sociale, email, "
    "customer email, e mail",
)
_HEADERS: dict[str, tuple[str, ...]] = {
    "subscription_id": (
        "id abonnement, abonnement id, identifiant abonnement, numero abonnement, no abonnement, sub id, "
        "subscription number, subscription ref, contract id, contract number, id contrat, numero contrat, no "
        "contrat, numero de contrat, numero d abonnement, n contrat, n de contrat, n abonnement, n d abonnement",
        "subscription, abonnement, contract, contrat",
        "id",
    ),
    CUSTOMER_ID: _CUSTOMER,
    "start": (
        "start date, date start, started at, started on, start at, date debut, date de debut, debut, date debut "
        "abonnement, date de debut d abonnement, subscription start, subscription start date, begin, begin date, "
        "begins, from, date from, contract start, contract start date",
        "activated at, activation date, date activation, date d activation, date effet, date d effet, date "
        "souscription, date de souscription, subscribed at, signup date",
        "created at, created, cree le, date creation, date de creation",
    ),
    "end": (
        "end date, date end, ended at, ended on, ends at, ends, end at, date fin, date de fin, fin, subscription "
        "end, subscription end date, until, to, contract end, contract end date, date fin abonnement, date de fin d "
        "abonnement",
        "churn date, churned at, date resiliation, date de resiliation, resilie le, date churn",
        "canceled at, cancelled at, cancellation date, canceled on, cancelled on, date annulation",
    ),
    "amount": (
        "price, montant, prix, tarif, amount ht, montant ht, prix ht, net amount, fee, subscription amount, montant "
        "abonnement, recurring amount, montant recurrent",
        "total, value, valeur, plan amount",
    ),
    "interval": (
        "billing interval, billing period, billing frequency, billing cycle, frequency, frequence, periodicite, "
        "periode, period, intervalle, cycle, frequence de facturation, periodicite de facturation, plan interval, "
        "periode de facturation, cycle de facturation",
    ),
    "interval_count": ("interval number, nombre intervalles, nombre d intervalles, plan interval count",),
    "currency": ("devise, monnaie, currency code, code devise, curr",),
    "discount_percent": (
        "discount pct, discount pourcentage, discount rate, percent off, pourcentage remise, remise pourcentage, "
        "remise pct, taux remise, taux de remise, remise en pourcentage, pourcentage de remise",
    ),
    "discount_amount": ("amount off, montant remise, remise montant, montant de la remise, montant de remise",),
    "discount_until": (
        "discount end, discount end date, discount ends, fin remise, fin de remise, date fin remise, date de fin de "
        "remise, remise jusqu au, discount until date",
    ),
    "cancel_requested_at": ("cancellation requested at, date demande resiliation, date de demande de resiliation",),
    "cancel_effective_at": ("cancellation effective at, date effet resiliation, date d effet de la resiliation",),
    "status": ("state, statut, etat, subscription status, statut abonnement",),
    "plan": ("plan name, forfait, formule, offre, nom du plan, nom forfait, plan id, tier, abonnement type",),
    "product": ("product name, produit, nom produit, nom du produit, product id",),
}
_CUSTOMERS_ONLY = {CUSTOMER_ID: (*_CUSTOMER, "id, nom, name")}
_PERCENT_OR_AMOUNT = {"discount", "remise", "reduction", "rabais"}
_EACH = {
    "month": (
        "mrr, monthly amount, monthly price, monthly revenue, amount per month, montant mensuel, prix mensuel, "
        "tarif mensuel, mensualite, montant par mois, revenu mensuel, monthly fee"
    ),
    "quarter": ("quarterly amount, quarterly price, montant trimestriel, prix trimestriel"),
    "half_year": ("montant semestriel, prix semestriel, half yearly amount"),
    "year": (
        "arr, annual amount, yearly amount, annual price, yearly price, annual revenue, acv, montant annuel, prix "
        "annuel, tarif annuel, revenu annuel, annual contract value"
    ),
}
_INTERVALS = {
    "day": ("daily, day, days, jour, jours, journalier, journaliere, quotidien, quotidienne"),
    "week": ("weekly, week, weeks, semaine, semaines, hebdomadaire, hebdo"),
    "month": ("monthly, month, months, mois, mensuel, mensuelle, mensuellement, mo"),
    "quarter": ("quarterly, quarter, quarters, trimestre, trimestres, trimestriel, trimestrielle, qtr"),
    "half_year": (
        "semester, semestre, semestres, semestriel, semestrielle, half-year, half-yearly, semiannual, semi-annual, "
        "semiannually, halfyear"
    ),
    "year": ("yearly, year, years, annual, annually, an, ans, annee, annees, annuel, annuelle, annuellement, yr"),
}
_MONTHS = {1: "month", 3: "quarter", 6: "half_year", 12: "year"}
_STATUSES = {
    "active": ("actif, active, actifs, en cours, live, running, abonne"),
    "trialing": ("trial, trialing, trialling, in trial, essai, en essai, periode d essai, free trial"),
    "paused": ("paused, pause, en pause, on hold, suspendu, suspendue, suspended"),
    "past_due": ("past due, unpaid, impaye, impayee, en retard, overdue, dunning"),
    "cancelled": (
        "cancelled, canceled, resilie, resiliee, annule, annulee, expired, expire, expiree, ended, termine, "
        "terminee, churned, inactive, inactif, closed, cloture"
    ),
}


def plain(text: str) -> str:
    """Return a header or word without case, accents and punctuation, and without saying that a time is UTC.

    Examples
    --------
    >>> plain("Date de  début"), plain("Monthly_Amount (€)"), plain("startDate")
    ('date de debut', 'monthly amount', 'start date')
    """
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(text)).replace("%", " pourcentage ")
    letters = unicodedata.normalize("NFKD", apart).encode("ascii", "ignore").decode().casefold()
    return " ".join(word for word in re.findall(r"[a-z0-9]+", letters) if word != "utc")


def _words(table: Mapping[str, str]) -> dict[str, str]:
    return {plain(word): meaning for meaning, words in table.items() for word in words.split(",")}


_INTERVAL_OF = _words(_INTERVALS)
_STATUS_OF = _words(_STATUSES)
_INTERVAL_OF_HEADER = _words(_EACH)
_COUNTED = re.compile(r"(?:every |tous les |toutes les )?(\d+) (\w+)")


def guess_columns(
    raw: pd.DataFrame, taken: Mapping[str, str], *, source: str, customers: bool = False
) -> dict[str, str]:
    """Return field → header for the fields that the table does not name as the kit does.

    Parameters
    ----------
    raw : DataFrame
    taken : mapping
        Field → header where that has been said; neither is guessed again.
    source : str
        Name of the table, for errors.
    customers : bool
        Whether the table is one of customers, of which only the id is looked for.

    Raises
    ------
    InputError
        If two headers could be one field, or a discount could be a percentage or an amount.
    """
    known = _CUSTOMERS_ONLY if customers else _HEADERS
    named = {header: plain(header) for header in raw.columns if header not in taken.values()}
    found: dict[str, str] = {}
    for field, ranks in known.items():
        if field in taken or field in raw.columns:
            continue
        spellings = [{plain(field)}, *({plain(word) for word in rank.split(",")} for rank in ranks)]
        if field == "amount":
            spellings[1] |= _INTERVAL_OF_HEADER.keys()
        if header := _one(field, spellings, named, source):
            found[field] = header
    return found if customers else found | _discount(raw, {*taken, *found}, named, source)


def _one(field: str, ranks: Iterable[set[str]], named: Mapping[str, str], source: str) -> str | None:
    """Return the header of a field by the likeliest spelling that any has."""
    for spellings in ranks:
        fitting = [header for header, words in named.items() if words in spellings]
        if len(fitting) > 1:
            raise InputError("error.two_headers", source=source, field=field, found=fitting, first=fitting[0])
        if fitting:
            return fitting[0]
    return None


def _discount(raw: pd.DataFrame, known: set[str], named: Mapping[str, str], source: str) -> dict[str, str]:
    """Return what a header that only says “discount” holds: percentages where its cells say so."""
    headers = [header for header, words in named.items() if words in _PERCENT_OR_AMOUNT]
    if (
        not headers
        or known & {"discount_percent", "discount_amount"}
        or {"discount_percent", "discount_amount"} & set(raw)
    ):
        return {}
    cells = text_of(raw[headers[0]])
    given = cells[cells != ""]
    if given.empty or given.str.endswith("%").all():
        return {"discount_percent": headers[0]}
    raise InputError("error.which_discount", source=source, header=headers[0], found=list(given.unique()[:3]))


def interval_of_header(header: str) -> str | None:
    """Return the interval that a header of amounts says, as ``monthly_amount`` does."""
    return _INTERVAL_OF_HEADER.get(plain(header))


def interval_of(word: str) -> str | None:
    """Return the interval that a word means in either language, None where it means none.

    Examples
    --------
    >>> interval_of("Mensuel"), interval_of("every 3 months"), interval_of("fortnight")
    ('month', 'quarter', None)
    """
    words = plain(word)
    if words in _INTERVAL_OF:
        return _INTERVAL_OF[words]
    counted = _COUNTED.fullmatch(words)
    unit = counted and _INTERVAL_OF.get(counted[2])
    if unit == "month":
        return _MONTHS.get(int(counted[1]))
    return unit if unit and int(counted[1]) == 1 else None


def status_of(word: str) -> str | None:
    """Return the status that a word means in either language, None where it means none.

    Examples
    --------
    >>> status_of("Résilié"), status_of("gone")
    ('cancelled', None)
    """
    return _STATUS_OF.get(plain(word))
