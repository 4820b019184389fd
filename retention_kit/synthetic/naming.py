"""The table of customers: names, countries and portfolios for those who have signed up."""

from string import ascii_uppercase

import numpy as np
import pandas as pd
from numpy.random import Generator

from retention_kit.synthetic.draws import days_of, pick
from retention_kit.synthetic.habits import COUNTRIES, CSM_NAMES, ENDINGS, HABITS, PLANS, SEGMENTS, STEMS


def name_customers(rng: Generator, people: pd.DataFrame) -> pd.DataFrame:
    """Put the customers under the field's own column names."""
    code = pick(rng, np.array([share for share, _ in COUNTRIES.values()]), len(people))
    table = {"customer_id": np.char.mod("C%05d", people["customer"] + 1), "name": _names(rng, code)}
    table |= {"segment": SEGMENTS[people["segment"]], "plan": PLANS[people["plan"]]}
    table |= {"country": np.array(list(COUNTRIES))[code], "csm": _portfolios(rng, people["segment"])}
    signup = days_of(people["month"], people["day"]) - people["trial"].to_numpy() * HABITS.trial_days
    return pd.DataFrame(table | {"signup": signup, "personalised_demo": people["demo"]})


def _names(rng: Generator, country: np.ndarray) -> list[str]:
    """Join a word and a trade in the country's language; distinct up to 2,808 customers."""
    trades = [words.split() for _, words in COUNTRIES.values()]
    words = [stem + ending for stem in STEMS.split() for ending in ENDINGS.split()]
    drawn = np.resize(np.argsort(rng.random(len(words) * 6), kind="stable"), len(country))
    return [f"{words[slot // 6]} {trades[at][slot % 6]}" for slot, at in zip(drawn, country, strict=True)]


def _portfolios(rng: Generator, segment: pd.Series) -> np.ndarray:
    """One CSM per portfolio of equal size; sorting by blurred segment makes each lean to one."""
    count, first = max(1, round(len(segment) / HABITS.portfolio)), CSM_NAMES.split()
    rank = np.argsort(np.argsort(segment + HABITS.blur * rng.random(len(segment)), kind="stable"))
    names = [f"{first[n % len(first)]} {ascii_uppercase[(n + n // len(first)) % 26]}." for n in range(count)]
    return np.array(names)[rank * count // len(segment)]
