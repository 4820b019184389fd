"""Balance and E-values in words: both languages, the table of plain numbers, and what is said when nothing is known."""

import math

import numpy as np
import pandas as pd
import pytest

from retention_kit.balance import balance_of, covariates, e_value
from retention_kit.results import Balance, EValue
from retention_kit.wording import Message, use_language


def balance(weights=(3.0, 1.0, 1.0, 1.0, 1.0, 1.0)):
    """Three customers with the factor, of whom one is large, against three of whom two are."""
    table = pd.DataFrame({"segment": ["large", "small", "small", "large", "large", "small"] * 20})
    treated = np.tile([True, True, True, False, False, False], 20)
    return balance_of(covariates(table, treated), treated, np.tile(weights, 20))


def test_the_numbers_are_plain():
    # shares of small: 2/3 against 1/3, variance 2/9 · 60/59 in both; weighted with 3, 1, 1: 2/5 against 1/3
    found = balance()
    frame = found.to_frame()
    assert frame["level"].tolist() == ["large", "small"]
    spread = math.sqrt(2 / 9 * 60 / 59)
    assert frame["raw"].to_numpy() == pytest.approx([-1 / 3 / spread, 1 / 3 / spread])
    assert frame["weighted"].to_numpy() == pytest.approx([-1 / 15 / spread, 1 / 15 / spread])
    assert (found.worst, found.worst_before) == pytest.approx((1 / 15 / spread, 1 / 3 / spread))
    # weights 3, 1, 1 of 60 customers: (100)² / 220
    assert found.ess == pytest.approx((100**2 / 220, 60))
    frame.loc[0, "raw"] = 9
    assert found.frame.loc[0, "raw"] < 0


def test_groups_still_apart_are_said_to_be_so():
    assert str(balance()).startswith("Even after weighting, the groups still differ by up to 0.14")
    with use_language("fr"):
        assert str(balance()).startswith("Même après pondération, les groupes diffèrent encore de 0,14")


def test_groups_made_alike_are_said_to_be_so():
    alike = balance((4.0, 1.0, 1.0, 1.0, 1.0, 1.0))
    # large: 4/6 with the factor, 2/3 without
    assert alike.worst == pytest.approx(0)
    assert alike.describe("en") == (
        "Before weighting, the groups differ most in segment = large: 0.701 standard deviations. After weighting, no "
        "difference exceeds 0.1. Customers: 60 and 60, who then count like 40.0 and 60.0 of equal weight."
    )
    assert alike.describe("fr") == (
        "Avant pondération, les groupes diffèrent le plus par segment = large\u00a0: 0,701 écart-type. Après "
        "pondération, aucun écart ne dépasse 0,1. Clients\u00a0: 60 et 60, qui comptent alors comme 40,0 et "
        "60,0 de même poids."
    )


def test_every_kind_of_row_has_a_name():
    rows = [("seats", None, 1), ("seats", None, 2), ("plan", "pro", 1), ("plan", Message("balance.missing"), 1)]
    frame = pd.DataFrame(rows, columns=["covariate", "level", "power"]).assign(raw=0.0, weighted=0.0, variance_ratio=1)
    frame["level"] = pd.Series([level for _, level, _ in rows], dtype=object)
    found = Balance(frame, (1, 1), (1.0, 1.0))
    assert [label.text("en") for label in found.labels] == ["seats", "seats squared", "plan = pro", "plan = missing"]
    assert [label.text("fr") for label in found.labels][1::2] == ["seats au carré", "offre = non renseigné"]
    assert found.to_frame()["level"].tolist() == ["", "", "pro", "missing"]


def test_nothing_adjusted_for_is_said():
    treated = np.array([True, False])
    found = balance_of(covariates(pd.DataFrame(index=[0, 1]), treated), treated, np.ones(2))
    assert found.describe() == "Nothing was adjusted for."
    assert math.isnan(found.worst)


def test_it_shows_itself_in_a_notebook():
    with use_language("fr"):
        page = balance()._repr_html_()
    assert page.startswith('<div class="rk-result" lang="fr"><p>Même après pondération')
    assert "<table" in page


def test_e_values_in_words():
    assert e_value(3.9, 1.8, 8.7).describe().startswith("A factor that nobody measured could explain the whole differ")
    assert "7.3 times as frequent" in e_value(3.9, 1.8, 8.7).describe()
    assert "3.0 times would do" in e_value(3.9, 1.8, 8.7).describe()
    assert "3,0 fois suffiraient" in e_value(3.9, 1.8, 8.7).describe("fr")
    assert "already contains no difference" in e_value(1.2, 0.9, 1.6).describe()
    assert "cannot be said" in EValue(math.nan, math.nan).describe()
    assert "cannot be said" in EValue(2.0, math.nan).describe()
