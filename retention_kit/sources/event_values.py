"""What kind of event a cell says, what its value says, and which values cannot be."""

import numpy as np
import pandas as pd

from retention_kit.checks import text_of
from retention_kit.schema import EVENT_KINDS
from retention_kit.sources.cells import Cells
from retention_kit.sources.guessing import plain

# Spellings by kind, as `plain` leaves them; articles and plurals are understood besides.
_KINDS = {
    "login": "log in, logged in, sign in, signed in, connexion, session",
    "feature_use": "feature used, feature usage, feature, fonctionnalite, usage fonctionnalite, "
    "utilisation fonctionnalite, fonctionnalite utilisee",
    "ticket": "support ticket, ticket support, ticket opened, ticket ouvert, demande support",
    "complaint": "reclamation, plainte",
    "email_sent": "mail sent, e mail sent, email envoye, e mail envoye, mail envoye",
    "email_opened": "mail opened, e mail opened, email open, email ouvert, e mail ouvert, mail ouvert",
    "nps": "nps score, nps answer, nps response, score nps, note nps, reponse nps",
    "payment_late": "late payment, payment overdue, retard paiement, paiement en retard",
    "limit_reached": "limit hit, plan limit reached, limite atteinte, limite forfait atteinte",
}
_ARTICLES = {"a", "an", "the", "d", "de", "des", "du", "l", "la", "le", "les", "un", "une"}
_BEST_SCORE, _HIGHEST_SHARE = 10, 2
_NEED_VALUE = ("payment_late", "limit_reached")


def _stem(text: str) -> str:
    """Return a kind's words without case, accents, articles and plurals."""
    return " ".join(word.removesuffix("s") for word in plain(text).split() if word not in _ARTICLES)


_KIND_OF = {_stem(spelling): kind for kind, words in _KINDS.items() for spelling in (kind, *words.split(", "))}


def read_kinds(column: pd.Series) -> pd.Series:
    """Return the kit's word for each kind, others as they stand.

    Examples
    --------
    >>> read_kinds(pd.Series(["Réclamations", "Utilisation de la fonctionnalité", "Webinar"])).tolist()
    ['complaint', 'feature_use', 'Webinar']
    """
    places, words = pd.factorize(column, use_na_sentinel=False)
    given = text_of(pd.Series(words, dtype=object))
    meant = pd.array([_KIND_OF.get(_stem(word), word) for word in given], dtype="str")
    return pd.Series(meant.take(places), index=column.index)


def read_values(column: pd.Series, kind: pd.Series, cells: Cells) -> tuple[pd.Series, pd.Series | None]:
    """Return the values as numbers, and the names of features where they have any.

    A share of the limit may be written in percent. If any feature is no number, all are names: they are numbered in
    alphabetical order, from 1.

    Examples
    --------
    >>> column, kind = pd.Series(["export", "95 %", "chat"]), pd.Series(["feature_use", "limit_reached", "feature_use"])
    >>> values, names = read_values(column, kind, Cells())
    >>> values.tolist(), names.tolist()
    ([2.0, 0.95, 1.0], ['export', nan, 'chat'])
    """
    found = cells.numbers(column)
    if pd.api.types.is_numeric_dtype(column.dtype):
        return found, None
    text = text_of(column)
    found = found.mask((kind == "limit_reached") & text.str.endswith("%"), found / 100)
    features = (kind == "feature_use") & (text != "")
    if not (features & found.isna()).any():
        return found, None
    names = text.astype("str").where(features)
    codes, _ = pd.factorize(names, sort=True)
    return found.mask(features, codes + 1.0), names


def wrong_values(kind: pd.Series, value: pd.Series, given: pd.Series) -> dict[str, pd.Series]:
    """Return by reason the rows whose value is none, or cannot be one of its kind."""
    counted = kind.isin(EVENT_KINDS) & (kind != "nps")
    return {
        "number_unreadable": value.isna() & given | np.isinf(value),
        "nps_wrong": (kind == "nps") & ~value.between(0, _BEST_SCORE),
        "event_value_missing": kind.isin(_NEED_VALUE) & value.isna(),
        "event_value_negative": counted & (value < 0),
        "limit_above_two": (kind == "limit_reached") & (value > _HIGHEST_SHARE),
    }
