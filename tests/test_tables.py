"""Tables are tested by their texts, with the no-break spaces French needs."""

import dataclasses
import json
import math

import pandas as pd
import pytest

import retention_kit as rk
from retention_kit import tables
from retention_kit.errors import OptionError
from retention_kit.results import (
    Arm,
    Balance,
    Beside,
    Bridge,
    CohortMatrix,
    Estimate,
    Estimates,
    Finding,
    Findings,
    Line,
    Power,
    PowerTable,
    Reconciliation,
    StudyResult,
    Trend,
    Verdict,
)
from retention_kit.tables.columns import column, figures, numbers, signed_amounts
from retention_kit.tables.writing import worded
from retention_kit.wording import Message, Money, render, use_language

RULE = Message("word.customer")
NBSP = "\u00a0"
HOSTILE = "<script>alert('x')</script>"
FLOWS = {"opening": 1000, "new": 1234.5, "reactivation": 0, "expansion": 10, "contraction": 20, "churn": 1000}


def bridge_of(by=None, **other):
    row = {"period": pd.Timestamp("2025-10-01"), **FLOWS, **other}
    row["closing"] = row["opening"] + row["new"] + row["expansion"] - row["contraction"] - row["churn"]
    frame = pd.DataFrame([row])
    if by:
        frame.insert(1, by, [HOSTILE])
    return Bridge(frame, "Q", RULE, by, "EUR")


def estimate_of(**other):
    known = {"measure": "nrr", "value": 1.08, "low": 0.9725, "high": 1.2, "level": 0.95, "n": 1234, "rule": RULE}
    rest = {"n_eff": 99.96, "largest_share": 0.125, "base": Money(45_000.0, "EUR")}
    return Estimate(**{**known, **rest, **other})


def finding_of(arms, outcome="retention", **changed):
    numbers = {"horizon": 12, "estimate": 0.0, "low": 0.0, "high": 0.0, "p_value": 1.0, "level": 0.9, "margin": 0.05}
    numbers |= changed
    rest = {"direction": 1, "arms": arms, "verdict": Verdict("inconclusive"), "rule": RULE, "curves": pd.DataFrame()}
    return Finding("demo", outcome, **numbers, **rest)


def over_time():
    shares = {"nrr": [1.1], "grr": [0.905], "logo_retention": [math.nan], "n_eff": [12.5], "largest_share": [0.25]}
    shares |= {"nrr_low": [math.nan], "nrr_high": [math.nan], "grr_low": [0.85], "grr_high": [0.954]}
    shares |= {"logo_retention_low": [math.nan], "logo_retention_high": [math.nan]}
    frame = pd.DataFrame({"month": [pd.Timestamp("2025-12-01")], **shares, "n": [1040], "starting_mrr": [940112.5]})
    rule = Message("rule.trailing.cohort", {"months": 12, "returners": Message("rule.returners.nrr.count")})
    return Trend(frame, 12, rule, "EUR")


def plain_spaces(text):
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def rows(table):
    return table.frame.to_numpy().tolist()


def test_a_bridge_in_french_carries_signs_and_cents_throughout():
    table = tables.table_bridge(bridge_of(), lang="fr")
    # 1 000 + 1 234,50 + 0 + 10 − 20 − 1 000 = 1 224,50; one amount has cents, so all do
    amounts = ["1\u202f000,00", "+1\u202f234,50", "0,00", "+10,00", "−20,00", "−1\u202f000,00", "1\u202f224,50"]
    assert rows(table) == [["T4 2025", *(f"{amount}\u00a0€" for amount in amounts)]]
    assert table.frame.columns.tolist() == [
        "Période", "Ouverture", "Nouveau", "Réactivation", "Expansion", "Contraction", "Churn (résiliation)", "Clôture",
    ]  # fmt: skip


def test_a_bridge_of_whole_amounts_shows_no_cents():
    assert rows(tables.table_bridge(bridge_of(new=0), lang="en"))[0][:3] == ["Q4 2025", "€1,000", "€0"]


def test_float_noise_shows_no_cents():
    assert rows(tables.table_bridge(bridge_of(new=0.1 + 0.2 - 0.3), lang="en"))[0][1] == "€1,000"


def test_groups_of_a_bridge_stand_under_their_own_name():
    table = tables.table_bridge(bridge_of(by="segment"), lang="en")
    assert table.frame.columns[1] == "segment"
    assert rows(table)[0][1] == HOSTILE
    assert "segment" not in table.numeric


def test_several_groups_of_a_bridge_have_a_column_each():
    bridge = bridge_of()
    bridge = dataclasses.replace(bridge, frame=bridge.frame.assign(plan="pro", csm=True), by=("plan", "csm"))
    table = tables.table_bridge(bridge, lang="en")
    assert table.frame.columns[:4].tolist() == ["Period", "plan", "csm", "Opening"]
    assert rows(table)[0][1:3] == ["pro", "True"]


@pytest.mark.parametrize(("effect", "english"), [(12.5, "+€12.50"), (-3, "−€3.00"), (0, "€0.00")])
def test_exchange_rates_stand_before_the_closing_with_their_sign(effect, english):
    bridge = bridge_of()
    frame = bridge.frame.assign(fx=effect, closing=bridge.frame["closing"] + effect)
    table = tables.table_bridge(dataclasses.replace(bridge, frame=frame), lang="en")
    assert table.frame.columns.tolist()[-3:] == ["Churn", "Exchange rates", "Closing"]
    assert rows(table)[0][-2] == english
    assert "Exchange rates" in table.numeric
    assert "Exchange rates" not in tables.table_bridge(bridge_of(), lang="en").frame


def test_the_warnings_of_a_bridge_stand_under_it():
    warned = dataclasses.replace(bridge_of(), warnings=(Message("text", {"text": HOSTILE}),))
    assert tables.table_bridge(warned, lang="en").notes == ("customer", HOSTILE)


def test_a_quick_ratio_is_no_percentage():
    ratio = estimate_of(measure="quick_ratio", value=4.25, low=math.nan, high=math.nan)
    table = tables.table_estimates([ratio], lang="en")
    assert rows(table)[0][:3] == ["Quick ratio", "4.2", "–"]


def test_hostile_names_are_escaped_wherever_they_stand():
    hostile = tables.Table(pd.DataFrame({HOSTILE: [HOSTILE]}), HOSTILE, notes=(HOSTILE,))
    assert "<script" not in hostile._repr_html_()
    assert hostile._repr_html_().count("&lt;script&gt;") == 4
    assert "<script" not in tables.table_bridge(bridge_of(by=HOSTILE))._repr_html_()
    reconciliation = Reconciliation(pd.DataFrame({"status": ["used"], "reason": [""], "amount": [1.0]}), HOSTILE)
    assert "<script" not in tables.table_reconciliation(reconciliation)._repr_html_()


def test_long_texts_and_long_tables_are_shown_whole():
    long = tables.Table(pd.DataFrame({"a": [f"{i} " + "x" * 200 for i in range(300)]}), "")
    assert long._repr_html_().count("x" * 200) == 300
    assert str(long).count("x" * 200) == 300


def test_html_marks_heads_and_numbers():
    table = tables.Table(pd.DataFrame({"who": ["Ada"], "n": ["3"]}), "All & sundry", frozenset({"n"}), ("a < b",))
    # JupyterLab sets every cell to the right: words say that they are not
    head = '<tr><th scope="col" style="text-align: left">who</th><th scope="col" class="rk-number">n</th></tr>'
    body = '<tr><td style="text-align: left">Ada</td><td class="rk-number">3</td></tr>'
    assert table._repr_html_() == (
        f'<table class="rk-table"><caption>All &amp; sundry</caption><thead>{head}</thead>\n'
        f'<tbody>{body}</tbody></table><p class="rk-note">a &lt; b</p>'
    )


def test_the_settings_of_pandas_do_not_change_a_table():
    table = tables.Table(pd.DataFrame({"who": ["<b>", "Bo", "Cy"], "n": ["1", "2", "3"]}), "", frozenset({"n"}))
    plain = table._repr_html_()
    settings = {"max_elements": 2, "max_rows": 1, "max_columns": 1}
    options = [part for name, value in settings.items() for part in (f"styler.render.{name}", value)]
    with pd.option_context(*options, "styler.html.mathjax", False, "styler.format.decimal", ","):
        assert table._repr_html_() == plain
    assert table._repr_html_() == plain  # no random id


def test_an_analyst_may_style_a_table_further():
    table = tables.Table(pd.DataFrame({HOSTILE: [HOSTILE]}), HOSTILE)
    shown = table.styler().set_properties(color="red").to_html()
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown


def test_amounts_with_their_sign_and_what_is_not_known_without():
    assert list(signed_amounts([1.5, -2, 0, -0.0, math.nan], "EUR", "en")) == [
        "+€1.50",
        "−€2.00",
        "€0.00",
        "€0.00",
        "–",
    ]


def test_plain_numbers_of_a_column_have_as_many_decimals_each():
    assert list(figures("number", [1.0, math.nan, 2.25], "en")) == ["1.00", "–", "2.25"]
    assert list(figures("number", [1.0, 2000.0], "fr")) == ["1", "2\u202f000"]
    assert list(figures("number", [0.5, -3], "en")) == ["0.5", "−3.0"]
    assert list(figures("number", [0.123], "en")) == ["0.123"]


def test_all_numbers_of_the_estimates_are_aligned_heads_included():
    table = tables.table_estimates([estimate_of()])
    assert table._repr_html_().count('class="rk-number"') == 2 * len(table.numeric) == 12


def test_estimates_in_french():
    table = tables.table_estimates([estimate_of()], lang="fr")
    assert table.frame.iloc[0].to_dict() == {
        "Mesure": "Rétention nette du revenu (NRR)",
        "Valeur": "108,0\u00a0%",
        "Intervalle à 95\u00a0%": "de 97,2\u00a0% à 120,0\u00a0%",
        "Clients": "1\u202f234",
        "Équivalent en clients égaux": "100,0",
        "Part du plus gros compte": "12,5\u00a0%",
        "MRR de départ": "45\u202f000\u00a0€",
    }
    assert table.notes == ("client",)


def test_what_an_estimate_does_not_know_is_a_dash_never_zero():
    unknown = dict.fromkeys(["low", "high", "n_eff", "largest_share"], math.nan)
    table = tables.table_estimates([estimate_of(n=None, base=None, **unknown)], lang="en")
    assert rows(table)[0][1:] == ["108.0%", "–", "–", "–", "–", "–"]
    assert "Interval" in table.frame.columns


def test_groups_come_with_the_attribute_that_makes_them_and_warnings_with_their_numbers():
    warned = estimate_of(group="SMB", value=-0.05, warnings=(Message("word.months", {"n": 2}),))
    table = tables.table_estimates(Estimates("segment", (estimate_of(group="Enterprise"), warned)), lang="en")
    assert table.frame["segment"].tolist() == ["Enterprise", "SMB"]
    assert table.frame["Value"].tolist() == ["108.0%", "−5.0%"]
    assert table.notes == ("customer", "2 months")  # the rule they share stands once


def test_an_estimate_for_all_stands_beside_those_of_groups():
    table = tables.table_estimates([estimate_of(), estimate_of(group="SMB")], lang="fr")
    assert table.frame["Groupe"].tolist() == ["tous", "SMB"]


def test_levels_that_differ_are_not_put_into_the_head():
    assert "Interval at 90%" in tables.table_estimates([estimate_of(level=0.9)]).frame
    assert "Interval" in tables.table_estimates([estimate_of(level=0.9), estimate_of()]).frame


def test_starting_amounts_show_cents_all_or_none():
    table = tables.table_estimates([estimate_of(), estimate_of(base=Money(1.5, "USD"))], lang="en")
    assert table.frame["Starting MRR"].tolist() == ["€45,000.00", "US$1.50"]


def test_arms_in_french_with_labels_in_words():
    known = Arm("avec démo", 1084, 11, 49, 0.8651, 0.78, 0.92)
    unknown = Arm(Message("word.months", {"n": 3}), 231, 49, 0, math.nan, math.nan, math.nan)
    table = tables.table_arms(finding_of((known, unknown)), lang="fr")
    assert rows(table) == [
        ["avec démo", "1\u202f084", "11", "49", "86,5\u00a0% (de 78,0\u00a0% à 92,0\u00a0%)"],
        ["3 mois", "231", "49", "0", "–"],
    ]
    assert table.frame.columns.tolist()[2:] == [
        "Résiliés en 12 mois",
        "Encore suivis à 12 mois",
        "Sans résiliation en 12 mois (intervalle à 90\u00a0%)",
    ]


def test_time_stayed_is_in_months():
    arm = Arm("a", 10, 1, 5, 10.52, 9.0, 11.5)
    table = tables.table_arms(finding_of((arm, arm), "rmst"), lang="en")
    assert table.frame["Months stayed out of 12 (interval at 90%)"].tolist() == ["10.5 (9.0 to 11.5)"] * 2


def test_groups_made_alike_and_money_have_columns_of_their_own():
    one = Arm("a", 10, 1, 5, 210.0, 180.5, 240.0, n_eff=7.25, largest_share=0.25, adjusted=205.0)
    other = Arm("b", 12, 2, 6, 190.0, math.nan, math.nan, n_eff=9.0, largest_share=0.125, adjusted=math.nan)
    table = tables.table_arms(finding_of((one, other), "spend", currency="EUR"), lang="en")
    assert table.frame.columns.tolist()[5:] == [
        "Once both groups are made alike",
        "Worth in equal customers",
        "Largest account's share",
    ]
    assert rows(table) == [
        ["a", "10", "1", "5", "€210 (€180 to €240)", "€205", "7.2", "25.0%"],
        ["b", "12", "2", "6", "€190", "–", "9.0", "12.5%"],
    ]


def test_the_stretches_of_early_churn_have_heads_of_their_own():
    arms = (Arm("months 1 to 3", 90, 6, 200, 0.03, 0.01, 0.06), Arm("months 4 to 12", 70, 4, 400, 0.01, 0.0, 0.02))
    table = tables.table_arms(finding_of(arms, "early_churn"), lang="en")
    assert table.frame.columns.tolist()[1:4] == [
        "Customers watched",
        "Churned in these months",
        "Months at which a contract could end",
    ]
    assert rows(table)[0] == ["months 1 to 3", "90", "6", "200", "3.0% (1.0% to 6.0%)"]


def line_of(role, key, estimate, n_eff=math.nan, p_value=0.0004):
    return Line(
        role, Message(key), estimate, estimate - 0.05, estimate + 0.05, p_value, 1400, n_eff, Message("method.ratio")
    )


def test_every_estimate_of_a_difference_the_one_that_decides_first():
    arms = (Arm("a", 10, 1, 5, 0.9, 0.8, 1.0), Arm("b", 10, 1, 5, 0.8, 0.7, 0.9))
    made = (line_of("decides", "line.adjusted", 0.061, 321.5), line_of("beside", "line.unadjusted", -0.02, p_value=0.5))
    table = tables.table_finding(finding_of(arms, lines=made), lang="fr")
    assert table.frame.columns.tolist()[:3] == [
        "Estimation",
        "Écart, en points de pourcentage (intervalle à 90\u00a0%)",
        "Valeur p",
    ]
    assert [row[1:5] for row in rows(table)] == [
        ["+6,1 (de +1,1 à +11,1)", "<\u00a00,001".replace("\u00a0", " "), "1\u202f400", "321,5"],
        ["−2,0 (de −7,0 à +3,0)", "0,500", "1\u202f400", "–"],
    ]
    assert table.frame.columns[-1] not in table.numeric
    assert table.notes == (RULE.text("fr"),)


def test_estimates_of_several_groups_name_their_group():
    arms = (Arm("a", 10, 1, 5, 0.9, 0.8, 1.0), Arm("b", 10, 1, 5, 0.8, 0.7, 0.9))
    other = finding_of((dataclasses.replace(arms[0], label="c"), arms[1]), estimate=math.nan)
    table = tables.table_finding(Findings((finding_of(arms), other), 0.2, RULE), lang="en")
    assert table.frame["Group"].tolist() == ["a", "c"]
    assert table.frame.iloc[1, 2] == "–"


def test_a_balance_in_french_worst_first():
    frame = pd.DataFrame({"covariate": ["plan", "age"], "level": pd.Series(["Pro", None], dtype=object), "power": 1})
    frame = frame.assign(raw=[-0.2, 0.618], weighted=[0.001, -0.0], variance_ratio=[math.nan, 1.25])
    balance = Balance(frame, (10, 20), (8.5, 15.5))
    table = tables.table_balance(balance, lang="fr")
    assert [row[1:] for row in rows(table)] == [["0,62", "0,00", "1,25"], ["−0,20", "0,00", "–"]]
    assert "Pro" in rows(table)[1][0]
    with use_language("fr"):
        assert "Après pondération" in balance._repr_html_()


def test_every_row_of_the_input_is_accounted_for_in_words():
    rows_read = pd.DataFrame(
        {
            "status": ["used", "used", "rejected", "outside"],
            "reason": ["", "", "amount_negative", "between_month_ends"],
            "amount": [10.0, 20.5, -5.0, 1.0],
        }
    )
    table = tables.table_reconciliation(Reconciliation(rows_read, "export.csv", "EUR"), lang="fr")
    assert rows(table) == [
        ["utilisée", "", "2", "30,50\u00a0€"],
        ["rejetée", "montant négatif", "1", "−5,00\u00a0€"],
        ["hors champ", "commence et finit entre deux fins de mois", "1", "1,00\u00a0€"],
    ]
    assert table.caption == "Ce qu’est devenue chaque ligne lue\u00a0: export.csv"


def test_retention_over_time():
    table = tables.table_retention_over_time(over_time(), lang="fr")
    expected = ["déc.\u00a02025", "110,0\u00a0%", "90,5\u00a0% (de 85,0\u00a0% à 95,4\u00a0%)", "–", "1\u202f040"]
    assert rows(table) == [[*expected, "12,5", "25,0\u00a0%", "940\u202f112,50\u00a0€"]]
    assert table.frame.columns[1] == "Rétention nette du revenu (NRR) (intervalle à 95\u00a0%)"


def test_tables_follow_the_language_of_the_moment_and_print_as_text():
    with use_language("fr"):
        table = tables.table_retention_over_time(over_time())
    assert str(table).startswith("Rétention, mois par mois\n")
    assert str(table).splitlines()[1].split()[0] == "Mois"


@pytest.mark.parametrize("make", [tables.table_bridge, tables.table_estimates])
def test_results_are_not_changed(make):
    given = {tables.table_bridge: bridge_of(), tables.table_estimates: [estimate_of()]}[make]
    before = bridge_of().frame
    make(given)
    if isinstance(given, Bridge):
        pd.testing.assert_frame_equal(given.frame, before)
    else:
        assert given == [estimate_of()]


# --- cohorts -------------------------------------------------------------------------------------------------


def cohorts_of(measure="logo", cohort="Q", currency=None, cells=((1.0, 0.5, 0.0), (1.0, math.nan, math.nan)), **other):
    """Ten customers of the fourth quarter of 2024 watched up to age 2, five of the first of 2025 up to age 0."""
    labels = pd.DatetimeIndex(["2024-10-01", "2025-01-01"]) if cohort in "MQY" else pd.Index(["x", "(not given)"])
    values = pd.DataFrame(cells, labels, range(3))
    average = pd.Series([cells[0][0], *cells[0][1:]], range(3))
    sizes = pd.Series([1000, 5], labels)
    return CohortMatrix(measure, values, values, values, sizes, average, RULE, currency, cohort, **other)


def test_cohorts_at_chosen_ages_in_french():
    table = tables.table_cohort_matrix(cohorts_of(warnings=(Message("word.months", {"n": 2}),)), lang="fr")
    assert table.frame.columns.tolist() == ["Cohorte", "Clients", "0 mois", "1 mois"]
    assert rows(table) == [
        ["T4 2024", "1\u202f000", f"100,0{NBSP}%", f"50,0{NBSP}%"],
        ["T1 2025", "5", f"100,0{NBSP}%", "–"],
        ["Moyenne pondérée", "1\u202f005", f"100,0{NBSP}%", f"50,0{NBSP}%"],
    ]
    assert table.caption == f"Cohortes par mois depuis l’arrivée{NBSP}: rétention clients"
    assert table.notes == ("client", "2 mois")


def test_an_observed_zero_is_a_zero_and_what_is_not_observed_a_dash():
    table = tables.table_cohort_matrix(cohorts_of(), ages=(2, 7), lang="en")
    assert table.frame.columns.tolist() == ["Cohort", "Customers", "2 months", "7 months"]
    assert [row[2:] for row in rows(table)] == [["0.0%", "–"], ["–", "–"], ["0.0%", "–"]]


def test_cohorts_in_amounts_and_counts():
    amounts = ((10.0, 0.5, 0.0), (10.0, math.nan, math.nan))
    money = tables.table_cohort_matrix(cohorts_of("mrr", currency="EUR", cells=amounts), lang="en")
    assert rows(money)[0] == ["Q4 2024", "1,000", "€10.00", "€0.50"]
    assert rows(money)[-1][0] == "Average"
    counts = tables.table_cohort_matrix(cohorts_of("customers", "segment", cells=amounts), ages=[0], lang="fr")
    assert [row[0] for row in rows(counts)] == ["x", "(non renseigné)", "Moyenne"]
    assert [row[2] for row in rows(counts)] == ["10", "10", "10,0"]


@pytest.mark.parametrize("age", [-1, 1.5, "12"])
def test_ages_are_whole_months(age):
    with pytest.raises(OptionError, match="ages cannot be"):
        tables.table_cohort_matrix(cohorts_of(), ages=[age])


# ---- studies ----

ASKED = {
    "name": "demo",
    "factor": "demo_given",
    "outcome": "rmst",
    "horizon": 12,
    "reference": None,
    "randomised": False,
    "adjust": ["segment", "plan"],
    "cluster": "csm",
    "landmark": 3,
    "clock": None,
    "window": 3,
    "direction": "less",
    "secondary": ["nrr", "nps"],
    "sensitivity": [{"horizon": 6}, {"adjust": []}],
}


def test_a_protocol_is_told_in_words_a_row_a_hypothesis():
    plain = ASKED | {
        "name": "x",
        "adjust": ["standard"],
        "cluster": None,
        "landmark": None,
        "secondary": [],
        "sensitivity": [],
    }
    table = tables.table_protocol({"hypotheses": [ASKED, plain]}, lang="en")
    assert rows(table) == [
        [
            "demo",
            "demo_given",
            "Months stayed within the first 12",
            "Less",
            "Groups made alike in segment, plan; from month 3 on (landmark); by whole groups of “csm”",
            "NRR at 12 months; “nps” as measured",
            "A horizon of 6 months; no adjustment",
        ],
        [
            "x",
            "demo_given",
            "Months stayed within the first 12",
            "Less",
            "Groups made alike in the standard attributes",
            "",
            "",
        ],
    ]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"adjust": []}, "Groupes comparés tels quels"),
        ({"adjust": None, "randomised": True}, "Facteur tiré au sort, groupes comparés tels quels"),
        ({"adjust": None, "outcome": "early_churn"}, "Les mêmes clients, au début et plus tard"),
        ({"adjust": ["country", "seats"]}, "Groupes rendus comparables sur pays, seats"),
    ],
)
def test_how_a_hypothesis_is_asked(changed, said):
    asked = ASKED | {"cluster": None, "landmark": None, "secondary": [], "sensitivity": []} | changed
    table = tables.table_protocol({"hypotheses": [asked]}, lang="fr")
    assert table.frame["Comment la question est posée"].tolist() == [said]
    assert "Critères secondaires (ne décident rien)" not in table.frame


def test_what_nobody_declared_beside_has_no_column():
    asked = ASKED | {"secondary": [], "sensitivity": []}
    assert len(tables.table_protocol({"hypotheses": [asked]}, lang="en").frame.columns) == 5


def power_of(detectable, margin=0.05, n=(900, 1100), **more):
    who = Message("power.who.groups", {"n": n[0], "n_reference": n[-1], "treated": "with", "reference": "without"})
    about = Message("study.outcome.retention", {"horizon": 12})
    return Power(
        "demo", "retention", about, who, n, 1234, detectable, margin, Message("power.method.retention"), **more
    )


def test_power_stands_beside_what_matters():
    unknown = power_of(math.nan, n=(50,))
    table = tables.table_power(PowerTable((power_of(0.04), power_of(0.061), unknown), 0.05, 3), lang="en")
    assert rows(table) == [
        ["demo", "Retention at 12 months", "with", "900 against 1,100", "1,234", *rest]
        for rest in [
            ["4 percentage points", "5 percentage points", "Yes"],
            ["6.1 percentage points", "5 percentage points", "No"],
        ]
    ] + [["demo", "Retention at 12 months", "with", "50", "1,234", "–", "5 percentage points", "Not known"]]
    assert len(table.notes) == 1  # at which level, and of what nothing was learned


WHY = Message("reason.untestable.few_churns", {"events": 2, "horizon": 12, "least": 5})


def study_of(**changed):
    arms = (Arm("with", 10, 1, 5, 0.9, 0.8, 1.0), Arm("without", 10, 1, 5, 0.8, 0.7, 0.9))
    limits = {"estimate": 0.061, "low": 0.01, "high": 0.112}
    found = dataclasses.replace(finding_of(arms), **limits, p_value=0.02, p_adjusted=0.04)
    nothing = dataclasses.replace(found, estimate=math.nan, verdict=Verdict("not_testable", WHY), p_value=math.nan)
    about = Message("study.outcome.nrr", {"horizon": 12})
    told = {
        "findings": {"demo": found, "few": dataclasses.replace(nothing, p_adjusted=math.nan)},
        "secondaries": {"demo": (Beside("demo", "secondary", about, found, 0.3),)},
        "sensitivity": {"demo": (Beside("demo", "sensitivity", Message("study.changed.unadjusted"), nothing),)},
        "comparisons": 2,
    } | changed
    day = pd.Timestamp("2025-12-31").date()
    empty = PowerTable((), 0.05, 2)
    return StudyResult(title="", as_of=day, alpha=0.05, hash="", lock=None, look=1, power=empty, **told)


def test_verdicts_of_a_study_with_p_values_before_and_after_correction():
    table = tables.table_verdicts(study_of(), lang="en")
    assert table.frame.columns.tolist()[3:] == ["Difference", "p-value", "p-value, corrected (Holm)"]
    assert rows(table) == [
        [
            "demo",
            "with",
            "Inconclusive",
            "+6.1 points (90% interval +1.0 to +11.2)",
            "0.020",
            "0.040",
        ],
        ["few", "with", "Not testable with these data", "–", "–", "–"],
    ]
    assert len(tables.table_verdicts(study_of(comparisons=1), lang="en").frame.columns) == 5


def test_what_stands_beside_a_hypothesis_has_its_kind():
    table = tables.table_beside(study_of(), "demo", lang="fr")
    assert [row[:2] for row in rows(table)] == [
        ["Critère secondaire", "Le NRR à 12 mois"],
        ["Analyse de sensibilité", "Aucun ajustement"],
    ]
    told = plain_spaces(rows(table)[1][2])
    assert told.startswith("Non testable : ")
    assert plain_spaces(WHY.text("fr")).rstrip(".") in told
    assert rows(table)[1][3] == "–"
    assert len(tables.table_beside(study_of(), "few").frame) == 0


def test_of_several_groups_each_stands_with_what_the_reference_comes_to_beside_it():
    reference = Arm("c", 12, 2, 6, 0.8, 0.7, 0.9, adjusted=0.81)
    one = finding_of((Arm("a", 10, 1, 5, 0.9, 0.8, 1.0, adjusted=0.88), reference))
    other = finding_of(
        (Arm("b", 11, 1, 5, 0.7, 0.6, 0.8, adjusted=0.72), dataclasses.replace(reference, adjusted=0.79))
    )
    table = tables.table_arms(Findings((one, other), 0.5, Message("word.none")), lang="en")
    assert [[row[0], row[1], row[-1]] for row in rows(table)] == [
        ["a", "10", "88.0% against 81.0%"],
        ["b", "11", "72.0% against 79.0%"],
        ["c", "12", "–"],
    ]


# ---- the numbers behind ----


def behind(table):
    return {each["name"]: each["values"] for each in table.sheet()["columns"]}


def formats(table):
    return {each["name"]: each["format"] for each in table.sheet()["columns"]}


def test_a_table_carries_its_numbers_beside_its_texts():
    table = tables.table_bridge(bridge_of(), lang="en")
    data = table._repr_mimebundle_()
    assert data["text/html"] == table._repr_html_()
    assert data["text/plain"] == str(table) == repr(table)
    sheet = data["application/vnd.retention-kit.sheet+json"]
    assert sheet["title"] == "MRR, from opening to closing"
    assert sheet["notes"] == ["customer"]
    assert sheet["columns"][1] == {"name": "Opening", "format": "money", "currency": "EUR", "values": [1000.0]}
    # what is lost has a minus sign: the row adds up
    assert behind(table)["Churn"] == [-1000.0]
    assert sum(column[0] for column in list(behind(table).values())[1:-1]) == pytest.approx(behind(table)["Closing"][0])


def test_values_are_what_json_knows():
    given = [1.5, math.nan, math.inf, None, pd.NA, pd.NaT, pd.Timestamp("2025-12-31"), pd.Series([3])[0], True, 1e-17]
    known = [1.5, None, None, None, None, None, "2025-12-31", 3, True, 0.0]
    assert list(numbers("number", given).values) == known
    assert json.loads(json.dumps(numbers("number", given).values, allow_nan=False)) == known
    assert numbers("p", [1e-17]).values == (1e-17,)  # what is tiny says something here


def test_a_column_of_texts_has_no_more_than_its_texts():
    assert tables.Table(pd.DataFrame({"a": ["x"]}), "").sheet()["columns"] == [column(["x"]).behind[0].under("a")]


def test_only_amounts_have_a_currency():
    assert numbers("percent", [0.5], "EUR").currency is None
    assert numbers("money", [0.5], "EUR").currency == "EUR"


def test_measures_of_one_kind_have_their_format_and_others_are_numbers():
    ratio = estimate_of(measure="quick_ratio", value=4.25)
    assert formats(tables.table_estimates([estimate_of()], lang="en"))["Value"] == "percent1"
    assert formats(tables.table_estimates([estimate_of(), ratio], lang="en"))["Value"] == "number"
    both = tables.table_estimates([estimate_of(), estimate_of(base=Money(1.5, "USD"))], lang="en").sheet()["columns"]
    assert both[-1]["currency"] is None  # a column has one currency or none


def test_differences_in_points_and_in_money_are_not_added_up():
    arms = (Arm("a", 10, 1, 5, 0.9, 0.8, 1.0), Arm("b", 10, 1, 5, 0.8, 0.7, 0.9))
    found = finding_of(arms, estimate=0.061, low=0.01, high=0.112)
    names = ["Difference", "Difference – lower limit", "Difference – upper limit"]
    table = tables.table_verdicts(study_of(findings={"one": found}), lang="en")
    assert [behind(table)[name] for name in names] == [[0.061], [0.01], [0.112]]
    assert formats(table)["Difference"] == "points"
    mixed = tables.table_verdicts(study_of(findings={"one": found, "two": finding_of(arms, "spend")}), lang="en")
    assert formats(mixed)["Difference"] == "text"
    untestable = tables.table_verdicts(study_of(), lang="en")
    assert behind(untestable)["Difference"] == [0.061, None]


def test_of_groups_made_alike_the_reference_has_a_column_of_its_own():
    reference = Arm("c", 12, 2, 6, 0.8, 0.7, 0.9, adjusted=0.81)
    one = finding_of((Arm("a", 10, 1, 5, 0.9, 0.8, 1.0, adjusted=0.88), reference))
    table = tables.table_arms(Findings((one,), 0.5, Message("word.none")), lang="en")
    assert list(behind(table).values())[-2:] == [[0.88, None], [0.81, None]]


@pytest.fixture(scope="module")
def ledger():
    made = rk.synthetic.make_business(400, seed=3)
    return rk.build_ledger(made.subscriptions, as_of=made.as_of, customers=made.customers)


@pytest.fixture(scope="module")
def drawn(ledger):
    finding = rk.compare(ledger, "personalised_demo", adjust=["segment"])
    return {
        "bridge": rk.mrr_bridge(ledger, freq="Q"),
        "matrix": rk.cohort_matrix(ledger, measure="nrr", cohort="M"),
        "trend": rk.retention_over_time(ledger, window=12),
        "estimates": rk.nrr(ledger, "2024-12", "2025-12", by="segment"),
        "estimate": rk.nrr(ledger, "2024-12", "2025-12"),
        "mix": rk.mix_effect(ledger, ("2023-12", "2024-12"), ("2024-12", "2025-12"), by="segment"),
        "finding": finding,
        "findings": rk.compare(ledger, "segment", adjust=()),
        "spend": rk.compare(ledger, "personalised_demo", outcome="spend", randomised=True),
        "early": rk.compare(ledger, None, outcome="early_churn"),
        "balance": finding.balance,
        "forecast": rk.forecast_mrr(ledger, months=6),
        "back_test": rk.back_test(ledger),
        "projection": rk.project_cohort([1000, 631, 468, 382, 326, 289, 262, 241], ages=12),
        "position": rk.benchmark("nrr", 0.97, arr=9e6),
        "table": tables.table_finding(finding),
    }


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_result_that_is_drawn_has_its_numbers(drawn, lang):
    with use_language(lang):
        sheets = {name: tables.sheet_of(result) for name, result in drawn.items()}
    for name, sheet in sheets.items():
        assert len(json.dumps(sheet, allow_nan=False, ensure_ascii=False).encode()) < 100_000, name
        heads = [each["name"] for each in sheet["columns"]]
        assert len(set(heads)) == len(heads)
        assert len({len(each["values"]) for each in sheet["columns"]}) == 1
        assert len(sheet["columns"][0]["values"]) > 0
        known = {"text", "percent", "percent1", "points", "money", "count", "number", "number1", "p", "date", "month"}
        assert {each["format"] for each in sheet["columns"]} <= known


def test_the_picture_of_a_matrix_has_every_age_its_table_a_choice(ledger):
    matrix = rk.cohort_matrix(ledger, measure="logo", cohort="Q")
    picture, table = tables.sheet_of(matrix), tables.table_cohort_matrix(matrix).sheet()
    ages = picture["columns"][2:]
    assert len(ages) == matrix.values.shape[1] > len(table["columns"][2:])
    for cells, age in zip(ages, matrix.values, strict=True):
        assert cells["values"][:-1] == [None if math.isnan(x) else x for x in matrix.values[age]]
        assert cells["values"][-1] == pytest.approx(matrix.average[age])


def test_the_picture_of_curves_has_every_month_with_who_is_still_watched(ledger):
    found = rk.compare(ledger, "personalised_demo", randomised=True)
    sheet = {each["name"]: each["values"] for each in tables.sheet_of(found)["columns"]}
    assert sheet["Still watched"] == found.curves["at_risk"].tolist()
    assert sheet["Customers who have not churned"] == pytest.approx(found.curves["value"].tolist())
    assert sheet["Customers who have not churned – lower limit"] == pytest.approx(found.curves["low"].tolist())
    assert set(sheet["Group"]) == {"customers with a personalised demo", "customers without a personalised demo"}


def test_what_is_measured_once_has_its_groups_behind_its_picture():
    arms = (Arm("a", 10, 1, 5, 0.9, 0.8, 1.0), Arm("b", 10, 1, 5, 0.8, 0.7, 0.9))
    nothing = pd.DataFrame({"group": [], "age": [], "value": [], "low": [], "high": [], "at_risk": []})
    found = dataclasses.replace(finding_of(arms), curves=nothing)
    assert tables.sheet_of(found) == tables.table_arms(found).sheet()


def test_what_nobody_can_tabulate_has_no_sheet():
    assert tables.sheet_of("a text") is None
    assert tables.sheet_of(None) is None


def test_marks_that_sentences_need_do_not_reach_a_spreadsheet():
    name = "שלום 3"
    marked = render("text", "en", text=name)
    table = worded(f"Of {marked}", {f"By {marked}": [marked]}, {}, [f"But {marked}"])
    assert marked in table.caption
    assert marked in table._repr_html_()
    assert table.sheet() == {
        "title": f"Of {name}",
        "columns": [{"name": f"By {name}", "format": "text", "currency": None, "values": [name]}],
        "notes": [f"But {name}"],
    }
