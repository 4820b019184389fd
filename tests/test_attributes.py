"""What an attribute is: the standard ones by any name, those written down after the fact, the portfolio as factor."""

import pandas as pd
import pytest
from cases import crowd, ledger_of_lives, told

import retention_kit as rk
from retention_kit.errors import FactorError, ImmortalTimeError, OptionError, OutcomeAsCovariateError
from retention_kit.hypotheses.attributes import column_of

# 200 customers, 60 of whom left at age 6: 36 of 120 with the demo, 24 of 80 without, so that it does nothing.
PEOPLE = crowd(True, 120, 36) + crowd(False, 80, 24)


def ask(people, factor="demo", **options):
    return rk.compare(ledger_of_lives(people), factor, **options)


def given(name, told_by, people=PEOPLE):
    """The people with one more attribute, told by their place and who they are."""
    return [each | {"more": {**each["more"], name: told_by(place, each)}} for place, each in enumerate(people)]


def keys(messages):
    return [message.key for message in messages]


def names(found):
    return [str(name) for name in found.adjusted_for]


def left(each):
    return each["churned"] is not None


# ---- what says who has left ----

STATUS = {
    "yes or no": (False, True),
    "words": ("parti", "actif"),
    "numbers": (0, 1),
    "missing": (None, "actif"),
}


def status(wrong=0, words=STATUS["words"], people=PEOPLE):
    """Who left and who did not, but for the first `wrong` of those who stayed."""
    slips = [place for place, each in enumerate(people) if not left(each)][:wrong]
    return given("statut", lambda place, each: words[not (left(each) or place in slips)], people)


@pytest.mark.parametrize("words", STATUS.values(), ids=list(STATUS))
@pytest.mark.parametrize("wrong", [0, 6])
def test_a_status_is_no_covariate(words, wrong):
    """6 of the 60 who left are a tenth."""
    with pytest.raises(OutcomeAsCovariateError) as error:
        ask(status(wrong, words), adjust=["statut"])
    english, french = told(error.value)
    assert f"“statut” says who has left (it is wrong about {wrong} of 200 customers)" in english
    assert f"« statut » dit qui est parti (il se trompe pour {wrong} client" in french
    assert names(ask(status(7, words), adjust=["statut"])) == ["statut"]


@pytest.mark.parametrize("randomised", [True, False])
@pytest.mark.parametrize("words", [STATUS["yes or no"], STATUS["words"], STATUS["numbers"]])
@pytest.mark.parametrize("wrong", [0, 6])
def test_a_status_is_no_factor_even_if_it_is_said_to_be_drawn(words, wrong, randomised):
    with pytest.raises(FactorError) as error:
        ask(status(wrong, words), factor="statut", randomised=randomised)
    assert error.value.key == "error.outcome_as_factor"
    english, french = told(error.value)
    assert f"wrong about {wrong} of 200 customers" in english
    assert "known when a customer begins" in english
    assert "Un facteur doit être connu à l’arrivée du client" in french
    assert ask(status(7, words), factor="statut", randomised=randomised).factor == "statut"


@pytest.mark.parametrize("words", [STATUS["yes or no"], STATUS["numbers"]])
def test_a_status_is_no_outcome(words):
    for randomised in (True, False):
        with pytest.raises(OptionError) as error:
            ask(status(6, words), outcome="statut", randomised=randomised, margin=0.05)
        assert error.value.key == "error.churn_as_outcome"
    english, french = told(error.value)
    assert 'outcome="retention"' in english
    assert 'outcome="retention"' in french
    assert ask(status(7, words), outcome="statut", margin=0.05).measured == "statut"


def test_who_pays_today_says_it_though_some_came_back():
    """Of 60 who churned 12 came back: "active" is wrong about 12 churns, and about nobody who pays today."""
    people = [each | {"back": 9} if left(each) and place % 3 == 0 else each for place, each in enumerate(PEOPLE)]
    back = sum(each["back"] is not None for each in people)
    assert back > 6
    people = given("active", lambda place, each: not left(each) or each["back"] is not None, people)
    with pytest.raises(OutcomeAsCovariateError) as error:
        ask(people, adjust=["active"])
    assert error.value.fields["wrong"] == 0
    with pytest.raises(FactorError):
        ask(people, factor="active")


def test_reasons_for_leaving_say_it_however_many_there_are():
    for kinds in (3, 40):
        people = given("why", lambda place, each, kinds=kinds: f"reason {place % kinds}" if left(each) else None)
        with pytest.raises(OutcomeAsCovariateError):
            ask(people, adjust=["why"])


def test_a_large_effect_is_no_status():
    """Of 100 with the demo 5 leave, of 100 without 80: wrong about 25 of the 85 who left."""
    people = crowd(True, 100, 5) + crowd(False, 100, 80)
    assert ask(people, randomised=True).verdict.kind == "supports"
    assert names(ask(given("again", lambda _, each: each["demo"], people[::-1]), factor="demo", adjust=["again"])) == [
        "again"
    ]


@pytest.mark.parametrize(("n", "refused"), [(9, False), (10, True)])
def test_few_customers_may_fall_in_with_who_left_by_accident(n, refused):
    people = status(people=crowd(True, 20, n) + crowd(False, 20))
    if not refused:
        assert names(ask(people, adjust=["statut"])) == ["statut"]
        return
    with pytest.raises(OutcomeAsCovariateError):
        ask(people, adjust=["statut"])


@pytest.mark.parametrize(("n", "refused"), [(29, False), (30, True)])
def test_of_a_factor_more_are_needed_as_it_is_meant_to_have_an_effect(n, refused):
    people = crowd(True, 60) + crowd(False, n, n)
    if not refused:
        assert ask(people, randomised=True).factor == "demo"
        return
    with pytest.raises(FactorError):
        ask(people, randomised=True)


def test_a_date_that_few_have_by_the_landmark_is_not_taken_for_a_status():
    people = [each | {"demo": None if left(each) else "2024-03-10"} for each in PEOPLE]
    assert ask(people, horizon=9).landmark == 3


# ---- the yes and no of a date ----


def activated(late=True, wrong=0, people=PEOPLE, words=(False, True)):
    """Half of the customers get a feature, at age 4 or as they begin; the yes and no of `wrong` is not that."""
    day = "2024-05-10" if late else "2024-01-03"

    def got(place):
        return place % 2 == 0

    people = given("feature_at", lambda place, each: day if got(place) else None, people)
    return given("has_feature", lambda place, each: words[got(place) != (place < wrong)], people)


@pytest.mark.parametrize("words", [(False, True), (True, False), ("non", "oui"), (0, 1)])
@pytest.mark.parametrize("wrong", [0, 5])
@pytest.mark.parametrize("as_text", [True, False])
def test_the_yes_and_no_of_a_date_is_that_date(words, wrong, as_text):
    """5 of the 100 on the smaller side are a twentieth."""
    people = activated(wrong=wrong, words=words)
    if not as_text:
        people = given("feature_at", lambda place, each: pd.Timestamp(each["more"]["feature_at"] or pd.NaT), people)
    with pytest.raises(ImmortalTimeError) as error:
        ask(people, factor="has_feature")
    english, french = told(error.value)
    assert (
        f"“has_feature” says who has a date in “feature_at” (so it does for {200 - wrong} of 200 customers)" in english
    )
    assert "100%" in english
    for text in (english, french):
        assert 'factor="feature_at"' in text
    assert f"pour {200 - wrong} clients sur 200" in french
    assert ask(people, factor="feature_at").landmark == 3


@pytest.mark.parametrize(
    "people",
    [activated(wrong=6), activated(late=False), activated(people=PEOPLE[110:128])],
    ids=["another attribute", "known at the start", "few"],
)
def test_what_is_no_yes_and_no_of_a_later_date_is_compared(people):
    assert ask(people, factor="has_feature").factor == "has_feature"


def test_a_few_late_dates_do_not_matter():
    """10 of 100 came late are a tenth; 11 are more."""
    for late, refused in ((10, False), (11, True)):
        people = activated(late=False)
        for each in people[: 2 * late]:
            if each["more"]["feature_at"]:
                each["more"]["feature_at"] = "2024-05-10"
        if not refused:
            assert ask(people, factor="has_feature").factor == "has_feature"
            continue
        with pytest.raises(ImmortalTimeError) as error:
            ask(people, factor="has_feature")
        assert error.value.fields["share"] == pytest.approx(0.11)


# ---- segment, plan and country, whatever they are called ----


@pytest.mark.parametrize(
    ("meaning", "name"),
    [
        *(("segment", name) for name in ("segment", "Segment", "SEGMENT", "Segment client", "customer_segment")),
        *(("plan", name) for name in ("plan", "Plan", "Offre", "offre", "Formule", "forfait", "Plan name")),
        *(("country", name) for name in ("country", "Country", "Pays", "PAYS", "country_code", "Code pays")),
        *(
            ("csm", name)
            for name in ("csm", "CSM", "Responsable", "Chargé de clientèle", "Portefeuille", "account_manager")
        ),
    ],
)
def test_standard_attributes_by_any_name(meaning, name):
    assert column_of(meaning, ["customer", name, "mood"]) == name


def test_of_two_names_the_kits_own_then_the_likeliest():
    assert column_of("country", ["Pays", "Country", "country"]) == "country"
    assert column_of("country", ["Code pays", "Pays"]) == "Pays"
    assert column_of("plan", ["planning", "country", "Zone"]) is None


@pytest.mark.parametrize("name", ["Segment", "Plan", "Country", "Offre", "Pays"])
def test_they_are_adjusted_for_under_the_users_name(name):
    people = given(name, lambda place, each: "ab"[place % 3 == 0])
    found = ask(people)
    assert name in names(found)
    assert name in names(ask(people, adjust=["standard"]))
    assert names(ask(people, adjust=[name])) == [name]
    assert "warning.little_adjusted" not in keys(found.warnings)
    assert name not in names(ask(people, factor=name))


def test_without_any_of_them_it_is_said_that_little_was_adjusted_for():
    people = given("mood", lambda place, each: "ab"[place % 3 == 0])
    for options in ({}, {"adjust": "standard"}, {"adjust": ["standard"], "randomised": True}):
        (said,) = [each for each in ask(people, **options).warnings if each.key == "warning.little_adjusted"]
        english, french = told(said)
        assert "starting MRR and month of start, since no column for segment, plan or country was found" in english
        assert "MRR de départ et le mois d’arrivée" in french
    for options in ({"adjust": ["mood"]}, {"adjust": ["standard", "mood"]}, {"adjust": ()}, {"randomised": True}):
        assert "warning.little_adjusted" not in keys(ask(people, **options).warnings)
    (said,) = {"warning.little_adjusted"} & set(
        keys(ask(given("Plan", lambda k, _: "ab"[k % 2]), factor="Plan").warnings)
    )


def test_who_lacks_a_covariate_is_said_in_the_finding():
    people = given("segment", lambda place, each: None if place % 10 == 0 else "ab"[place % 3 == 0])
    (said,) = [each for each in ask(people).warnings if each.key == "balance.lacking.level"]
    assert (said.fields["n"], said.fields["total"]) == (20, 200)
    assert "20 of 200 customers have no value for this: segment" in told(said)[0]


# ---- the strongest thing measured ----


def benchmark(people, **options):
    return [each.fields for each in ask(people, **options).beside if each.key == "beside.benchmark"]


def test_the_month_of_start_is_never_the_strongest_thing_measured():
    """Those of April all pay less and leave more, as they have it less often: by month, by date, by segment."""
    early = crowd(True, 60, 12, segment="L", founded="2019-05-01") + crowd(
        False, 30, 6, segment="L", founded="2019-05-01"
    )
    late = [
        each
        for value, n in ((True, 30), (False, 60))
        for each in crowd(value, n, n // 2, start="2024-04", segment="S", founded="2021-05-01")
    ]
    assert benchmark(early + late, adjust=["start_month"]) == []
    assert benchmark(early + late, adjust=["founded"]) == []
    (found,) = benchmark(early + late, adjust=["start_month", "segment"])
    assert str(found["name"]) == "segment"
    # of L 18 of 90 left, of S 45 of 90, half a customer added
    assert found["outcome_ratio"] == pytest.approx(45.5 / 18.5)
    assert found["factor_ratio"] == pytest.approx(60.5 / 30.5)


def test_nothing_is_the_strongest_where_nobody_left():
    people = given("segment", lambda place, each: "ab"[place % 3 == 0], crowd(True, 60) + crowd(False, 60))
    assert benchmark(people) == []


# ---- the portfolio as factor ----


def portfolios(name):
    return given(name, lambda place, each: f"p{place % 3}")


@pytest.mark.parametrize("name", ["csm", "Responsable"])
def test_portfolios_themselves_are_compared_by_customers_with_a_warning(name):
    found = ask(portfolios(name), factor=name)
    assert len(found) == 2
    for each in found:
        assert each.cluster is None
        assert each.verdict.kind != "not_testable"
        (said,) = [said for said in each.warnings if said.key == "warning.portfolio_is_factor"]
    english, french = told(said)
    assert f"one portfolio (“{name}”)" in english
    assert f"un seul portefeuille (« {name} »)" in french
    assert "warning.portfolio_is_factor" not in keys(ask(portfolios(name)).warnings)


def test_a_portfolio_is_not_its_own_cluster():
    with pytest.raises(OptionError) as error:
        ask(portfolios("csm"), factor="csm", cluster="csm")
    assert error.value.key == "error.cluster_is_factor"
    english, french = told(error.value)
    assert "Leave out cluster" in english
    assert "Retirez cluster" in french


@pytest.mark.parametrize("name", ["csm", "CSM", "Responsable", "Chargé de clientèle"])
def test_a_factor_given_by_portfolio_is_seen_under_any_name(name):
    people = [each for k in range(8) for each in crowd(k % 2 == 0, 12, 3 + k % 3, **{name: f"p{k}"})]
    found = ask(people, randomised=True)
    assert found.cluster == name
    assert "warning.by_portfolio" in keys(found.warnings)
