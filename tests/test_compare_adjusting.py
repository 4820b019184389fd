"""compare() when nobody drew who got what: groups made alike, counted by hand; what may not be adjusted for."""

import math

import pytest
from cases import crowd, ledger_of_lives, life, told

import retention_kit as rk
from retention_kit.errors import CovariateTimingError, OptionError, OutcomeAsCovariateError, UnknownColumnError

approx = pytest.approx

# Large customers stay more often, and have the demo more often: 27 of 30 and 9 of 10 of the large, 6 of 10 and 18 of 30
# of the small. With it 33 of 40 stay, without 27 of 40; among customers of one size the demo does nothing.
SIZES = [(True, "L", 30, 3), (True, "S", 10, 4), (False, "L", 10, 1), (False, "S", 30, 12)]
# A difference of 20 points within either size: with it 100 and 80 of 100 stay, without 80 and 60
HELPS = [(True, "L", 100, 0), (True, "S", 100, 20), (False, "L", 100, 20), (False, "S", 100, 40)]


def confounded(sizes=SIZES, **given):
    """Customers by size; what is given is a function of the size."""
    return [
        each
        for value, size, n, gone in sizes
        for each in crowd(value, n, gone, **{name: told_by(size) for name, told_by in given.items()})
    ]


def ask(people, factor="demo", **options):
    return rk.compare(ledger_of_lives(people), factor, **options)


def keys(messages):
    return [message.key for message in messages]


def names(found):
    return [str(name) for name in found.adjusted_for]


# ---- made alike, by hand ----

BY = {
    "segment": {"segment": str},
    "starting_mrr": {"pays": {"L": 100, "S": 10}.get},
    "start_month": {"start": {"L": "2024-01", "S": "2024-04"}.get},
    "score": {"score": {"L": 7.0, "S": 3.0}.get},
    "big": {"big": {"L": True, "S": False}.get},
    "founded": {"founded": {"L": "2019-05-01", "S": "2021-05-01"}.get},
}


@pytest.mark.parametrize("name", BY)
def test_what_tells_the_size_takes_the_size_away(name):
    """A logistic model of one attribute with two values is exact: 30 of 40 large have it, 10 of 40 small.

    Each weighs as much as the other group was likely for them: large with 30 · 1/4, without 10 · 3/4, small alike. So
    either size weighs the same, in both groups: (.9 + .6)/2 on both sides.
    """
    found = ask(confounded(**BY[name]), adjust=[name])
    assert found.estimate == approx(0, abs=1e-9)
    assert [arm.adjusted for arm in found.arms] == approx([0.75, 0.75])
    assert [arm.value for arm in found.arms] == approx([33 / 40, 27 / 40])
    decides, beside = found.lines[:2]
    assert (decides.role, decides.method.key) == ("decides", "method.overlap")
    assert (beside.role, beside.estimate) == ("beside", approx(6 / 40))
    # 7.5 + 7.5 of weight in each group, in 30 · (1/4)² + 10 · (3/4)² of squares: 15²/7.5
    assert decides.n_eff == approx(2 * 15**2 / 7.5)
    assert max(abs(found.balance.to_frame()["weighted"])) == approx(0, abs=1e-6)


def test_a_real_difference_is_left():
    # 100 of either size and group, so all weigh alike: 180/200 - 140/200 = 20 points
    found = ask(confounded(HELPS, segment=str))
    assert found.estimate == approx(0.2)
    assert found.verdict.kind == "supports"
    assert found.e_value.point > found.e_value.limit > 1
    for lang, word in (("en", "segment"), ("fr", "segment")):
        assert word in found.sentence(lang)
    assert "association" in found.sentence("en").lower()
    assert "association" in found.sentence("fr").lower()


def test_beside_it_stands_mantel_and_haenszel_by_size():
    # Σ (kept₁·n₀ - kept₀·n₁)/n ÷ Σ n₁·n₀/n over large and small
    sizes = [(True, "L", 30, 3), (True, "S", 10, 4), (False, "L", 10, 3), (False, "S", 30, 15)]
    found = ask(confounded(sizes, segment=str), adjust=["segment"])
    line = next(line for line in found.lines if line.method.key == "method.mantel_haenszel")
    assert line.estimate == approx(((27 * 10 - 7 * 30) / 40 + (6 * 30 - 15 * 10) / 40) / (2 * 300 / 40))
    assert not any(
        line.method.key == "method.mantel_haenszel" for line in ask(confounded(segment=str), outcome="rmst").lines
    )


@pytest.mark.parametrize("outcome", ["rmst", "nrr", "grr", "spend", "expansion", "score"])
def test_every_outcome_can_be_made_alike(outcome):
    people = [
        each | {"more": {**each["more"], "score": 8.0 if each["churned"] is None else 2.0}}
        for each in confounded(segment=str)
    ]
    if outcome == "expansion":  # who would have left pays twice as much instead
        people = [each | {"then": 20 if each["churned"] else None, "churned": None} for each in people]
    if outcome == "score":  # it would say who has left, so all stay
        people = [each | {"churned": None} for each in people]
    found = ask(people, outcome=outcome, adjust=["segment"], margin=1 if outcome == "score" else None)
    # (.9 + .6)/2 and (.1 + .4)/2 stay or leave whatever the group; a stay cut at 6 is 6 months of 12
    expected = {"rmst": 0.75 * 12 + 0.25 * 6, "spend": 7.5, "expansion": 0.25, "score": 0.75 * 8 + 0.25 * 2}
    assert [arm.adjusted for arm in found.arms] == approx([expected.get(outcome, 0.75)] * 2)
    assert math.isnan(found.check)


def test_the_starting_mrr_at_a_landmark_is_what_was_paid_there():
    """Everybody begins with 50; from age 2 on large ones pay 100 and small ones 10: at 3 they can be told apart."""
    people = [
        each
        | {
            "pays": 50,
            "then": 100 if each["more"]["segment"] == "L" else 10,
            "turn": 2,
            "churned": each["churned"] and 8,
        }
        for each in confounded(segment=str)
    ]
    people = [each | {"demo": "2024-03-10" if each["demo"] else None} for each in people]
    found = ask(people, adjust=["starting_mrr"], horizon=6)
    assert found.landmark == 3
    assert found.estimate == approx(0, abs=1e-9)
    # before the landmark they all paid the same: as it is, at age 1, nothing can be told
    early = [each | {"demo": "2024-02-10" if each["demo"] else None} for each in people]
    found = ask(early, adjust=["starting_mrr"], horizon=8, landmark=1)
    assert found.estimate == approx(6 / 40)


# ---- what is adjusted for ----


def test_by_default_the_standard_attributes_that_are_there():
    given = {
        "segment": str,
        "plan": {"L": "pro", "S": "free"}.get,
        "mood": str,
        "pays": {"L": 100, "S": 10}.get,
        "start": {"L": "2024-01", "S": "2024-04"}.get,
    }
    people = confounded(**given)
    assert len(names(ask(people))) == 4
    assert keys(ask(people).adjusted_for) != keys(ask(people, adjust=["mood"]).adjusted_for)
    assert names(ask(people, adjust="mood")) == names(ask(people, adjust=["mood", "mood"])) == ["mood"]
    assert len(names(ask(people, factor="segment"))) == 3
    assert names(ask(people, adjust=())) == []
    assert names(ask(people, randomised=True)) == []
    assert names(ask(people, randomised=True, adjust=["segment"])) == ["segment"]


def test_the_factor_cannot_be_made_alike():
    with pytest.raises(OptionError) as error:
        ask(confounded(segment=str), adjust=["demo"])
    assert error.value.key == "error.adjust_factor"
    with pytest.raises(UnknownColumnError):
        ask(confounded(segment=str), adjust=["size"])


@pytest.mark.parametrize("outcome", ["retention", "nrr"])
def test_without_adjustment_nothing_is_decided(outcome):
    found = ask(confounded(HELPS, segment=str), outcome=outcome, adjust=())
    assert (found.verdict.kind, found.verdict.reason.key) == ("inconclusive", "reason.inconclusive.not_adjusted")
    assert len(found.lines) == 1 or found.lines[1].role == "sensitivity"
    english, french = told(found.verdict.reason)
    assert "nothing was adjusted for" in english
    assert "rien n’a été ajusté" in french
    drawn = ask(confounded(HELPS, segment=str), outcome=outcome, adjust=(), randomised=True)
    assert drawn.verdict.kind == "supports"


def test_where_all_are_alike_nothing_is_adjusted_and_that_is_said():
    found = ask(confounded(HELPS, segment=lambda size: "one"))
    assert found.verdict.reason.key == "reason.inconclusive.not_adjusted"
    assert found.adjusted_for == ()
    assert any(message.key in ("balance.constant", "warning.nothing_to_adjust") for message in found.warnings)


def test_a_single_group_is_made_alike_with_the_reference_at_a_time():
    people = confounded(segment=str) + crowd("other", 20, 5, segment="L") + crowd("other", 20, 5, segment="S")
    people = [each | {"demo": str(each["demo"])} for each in people]
    found = ask(people, reference="False", adjust=["segment"])
    with_it = next(item for item in found if "True" in str(item.arms[0].label))
    assert with_it.estimate == approx(0, abs=1e-9)
    assert [arm.n for arm in with_it.arms] == [40, 40]


# ---- what was not known yet ----


@pytest.mark.parametrize(
    ("day", "refused"), [("2024-01-31", False), ("2024-01-31 17:30", False), ("2024-02-01", True), (None, False)]
)
def test_what_came_after_the_start_is_refused(day, refused):
    """All began in January 2024: what is known by the end of that month counts."""
    people = [each | {"more": {"mood": place % 3, "on": day}} for place, each in enumerate(confounded())]
    options = {"adjust": ["mood"], "measured_at": {"mood": "on"}}
    if not refused:
        people[0]["more"]["on"] = people[1]["more"]["on"] = "2023-05-01"
        assert names(ask(people, **options)) == ["mood"]
        return
    with pytest.raises(CovariateTimingError) as error:
        ask(people, **options)
    english, french = told(error.value)
    assert "“mood” lies after the start of 80 customers" in english
    assert "« mood » est postérieur à l’arrivée de 80 clients" in french


def test_a_date_to_adjust_for_says_itself_when_it_was():
    people = [
        each | {"more": {"met": "2023-12-01" if place % 2 else "2024-01-20"}} for place, each in enumerate(confounded())
    ]
    assert names(ask(people, adjust=["met"])) == ["met"]
    people[5]["more"]["met"] = "2024-02-02"
    with pytest.raises(CovariateTimingError, match="of 1 customer:"):
        ask(people, adjust=["met"])


@pytest.mark.parametrize(("day", "refused"), [("2024-04-30", False), ("2024-05-01", True)])
def test_at_a_landmark_what_was_known_there_counts(day, refused):
    """Month 3 of January 2024 is April."""
    people = [
        life("2024-03-10" if k % 2 else None, churned=9 if k % 4 == 0 else None, mood=k % 5, on=day) for k in range(80)
    ]
    options = {"adjust": ["mood"], "measured_at": {"mood": "on"}, "horizon": 6}
    if not refused:
        assert names(ask(people, **options)) == ["mood"]
        return
    with pytest.raises(CovariateTimingError) as error:
        ask(people, **options)
    english, french = told(error.value)
    assert "landmark (3 months)" in english
    assert "(3 mois)" in french


def test_with_a_clock_what_was_known_there_counts():
    people = [
        life(k % 2 == 0, churned=9 if k % 3 == 0 else None, mood=k % 5, on="2024-03-31", ready="2024-03-02")
        for k in range(80)
    ]
    options = {"adjust": ["mood"], "measured_at": {"mood": "on"}, "horizon": 6}
    assert names(ask(people, clock="ready", **options)) == ["mood"]
    with pytest.raises(CovariateTimingError):
        ask(people, **options)


# ---- what says who left ----


def with_status(people, told_by):
    return [each | {"more": {"status": told_by(place, each)}} for place, each in enumerate(people)]


@pytest.mark.parametrize("gone", ["cancelled", None, False])
def test_what_tells_exactly_who_left_is_refused(gone):
    """Adjusting for it would compare those who stayed with those who stayed."""
    stayed = {"cancelled": "active", None: "active", False: True}[gone]
    people = with_status(confounded(), lambda place, each: gone if each["churned"] else stayed)
    with pytest.raises(OutcomeAsCovariateError) as error:
        ask(people, adjust=["status"])
    english, french = told(error.value)
    assert "“status” says who has left (it is wrong about 0 of 80 customers)" in english
    assert "« status » dit qui est parti (il se trompe pour 0 client sur 80)" in french
    assert "Take it out" in english
    assert "Retirez-le" in french


@pytest.mark.parametrize(("wrong", "refused"), [(2, True), (3, False)])
def test_a_tenth_of_those_who_left_may_be_wrong(wrong, refused):
    """20 of 80 left, the first 3 first; of those who stayed, so many are called gone as well: 2 are a tenth of 20."""
    stayed = [place for place, each in enumerate(confounded()) if not each["churned"]][:wrong]
    people = with_status(confounded(), lambda place, each: "a" if each["churned"] or place in stayed else "b")
    if not refused:
        assert names(ask(people, adjust=["status"])) == ["status"]
        return
    with pytest.raises(OutcomeAsCovariateError):
        ask(people, adjust=["status"])


def test_reasons_of_leaving_say_who_left_too():
    people = with_status(confounded(), lambda place, each: f"reason {place % 7}" if each["churned"] else None)
    with pytest.raises(OutcomeAsCovariateError):
        ask(people, adjust=["status"])


def test_what_the_ledger_says_of_the_start_is_no_outcome():
    """All who began in January left, nobody of March: an accident, and no reason to refuse the standard attributes."""
    people = [life(k % 2 == 0, "2024-01", 6) for k in range(30)] + [life(k % 2 == 0, "2024-03") for k in range(30)]
    assert len(names(ask(people))) == 1
    people = [life(k % 2 == 0, churned=6) for k in range(30)] + [life(k % 2 == 0, pays=90) for k in range(30)]
    assert len(names(ask(people))) == 1


# ---- groups that have too little in common ----


def test_groups_that_an_attribute_tells_apart_are_not_judged():
    people = [
        life(value, churned=6 if k % 4 == 0 else None, score=100.0 * value + k)
        for value in (True, False)
        for k in range(40)
    ]
    found = ask(people, adjust=["score"])
    assert (found.verdict.kind, found.verdict.reason.key) == ("inconclusive", "balance.separated")
    for lang in ("en", "fr"):
        assert found.verdict.reason.text(lang) in found.sentence(lang)


def overlapping(n, share):
    """`n` customers of either group, of whom a share in each are of the size that is usual in the other."""
    few = round(n * share)
    sizes = [
        (True, "L", n - few, n // 10),
        (True, "S", few, few // 2),
        (False, "L", few, few // 2),
        (False, "S", n - few, n // 10),
    ]
    return ask(confounded(sizes, segment=str), adjust=["segment"])


def test_thirty_equal_customers_where_groups_hardly_overlap():
    # all but 2 % are told apart. Weights: 2 % · 98 and 98 % · 2 of 100: like (2 · 1.96)² / (.0392 + 1.9208) = 7.84
    found = overlapping(100, 0.02)
    assert found.verdict.reason.key == "balance.few_alike"
    english, french = told(found.verdict.reason)
    assert "count like 7.8" in english
    assert "30 are needed" in english
    assert "comme 7,8" in french
    assert "il en faut 30" in french
    # of 500 in a group they are worth 39, which is enough, with a warning
    found = overlapping(500, 0.02)
    assert found.verdict.reason is None or not found.verdict.reason.key.startswith("balance")
    (said,) = [message for message in found.warnings if message.key == "balance.partial_overlap"]
    assert "39.2" in told(said)[0]
    assert "39,2" in told(said)[1]


def test_groups_that_overlap_well_are_worth_fewer_than_thirty_without_harm():
    assert overlapping(20, 0.5).verdict.reason is None or overlapping(20, 0.5).verdict.reason.key.startswith("reason")


def test_small_groups_bear_few_attributes():
    """Five customers of the smaller group a parameter, constant included: 14 bear one attribute, 15 two."""

    def found(n):
        people = [
            life(value, churned=6 if k % 3 == 0 else None, big=k % 2 == 0, rich=k % 5 < 2 + value)
            for value in (True, False)
            for k in range(n)
        ]
        return ask(people, adjust=["big", "rich"])

    assert len(names(found(15))) == 2
    assert names(found(14)) == ["rich"]
    (said,) = [message for message in found(14).warnings if message.key == "balance.dropped"]
    assert "too small: big" in told(said)[0]
    assert "trop petits : big" in told(said)[1]


def test_levels_are_pooled_and_squares_dropped_before_an_attribute_is():
    people = [
        life(value, churned=6 if k % 3 == 0 else None, town="abcdefgh"[k % 8], score=float(k + value))
        for value in (True, False)
        for k in range(24)
    ]
    said = keys(ask(people, adjust=["town", "score"]).warnings)
    assert "balance.pooled" in said or "balance.squares_dropped" in said
    assert "balance.dropped" not in said


# ---- with portfolios, and with a history that begins late ----


def test_portfolios_and_attributes_together():
    people = []
    for k in range(8):
        for place in range(9 + k):
            gone = 6 if (k + place) % 3 == 0 else None
            people.append(life(k % 2 == 0, churned=gone, segment="LS"[place % 4 == 0], csm=f"p{k}"))
    found = ask(people, adjust=["segment"])
    assert found.lines[0].method.key == "method.overlap_clusters"
    assert found.lines[0].method.fields["n"] == 8
    assert found.lines[1].method.key == "method.clusters"
    assert found.estimate != found.lines[1].estimate


def test_a_starting_mrr_that_nobody_saw_is_missing_and_not_nothing():
    """Those who began before the history are measured like others; what they paid at first is not known."""
    people = [life(k % 2 == 0, "2024-03", pays=20, score=float(k % 5)) for k in range(24)]
    people += [life(k % 2 == 0, "2025-02", pays=10 + 10 * (k % 3), score=float(k % 4)) for k in range(48)]
    ledger = ledger_of_lives(people, as_of="2025-12-31", history_from="2025-01")
    found = rk.compare(ledger, "demo", outcome="score", margin=1, adjust=["starting_mrr"])
    assert sum(arm.n for arm in found.arms) == 72
    frame = found.balance.to_frame()
    assert len(frame) >= 2
    assert frame.astype(str).apply(lambda row: row.str.contains("not known|missing|not given", case=False)).any().any()
