"""The invented business: whole, believable, and true to what it says was planted.

The tests count with their own few lines of pandas, month end by month end, never with the kit's measures.
"""

import datetime as dt
import hashlib

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from retention_kit.errors import OptionError
from retention_kit.schema import EVENT_KINDS
from retention_kit.synthetic import EVENTS, HABITS, make_business
from retention_kit.synthetic.events import draw_events

approx = pytest.approx

AS_OF = pd.Timestamp("2025-12-31")
COLUMNS = (
    "subscription_id customer_id start end amount interval interval_count currency discount_percent "
    "discount_until status plan"
)


def monthly_mrr(business, months=48):
    """MRR of every customer at every month end: a row counts when start <= last day < end."""
    rows = business.subscriptions.query("status != 'trialing'")
    gross = rows["amount"] / rows["interval"].map({"month": 1, "year": 12})
    table = {}
    for last in pd.date_range(end=AS_OF, periods=months, freq="ME"):
        counts = (rows["start"] <= last) & ~(rows["end"] <= last)
        cut = rows["discount_percent"].where(~(rows["discount_until"] <= last), 0)
        table[last] = (gross * (1 - cut / 100))[counts].groupby(rows["customer_id"][counts]).sum()
    return pd.DataFrame(table).reindex(business.customers["customer_id"]).fillna(0)


def churn_age(business):
    """Age of the first month end at 0 (inf: never, so far) and the age reached at the last month end."""
    paying = monthly_mrr(business).to_numpy() > 0
    first, last = paying.argmax(axis=1), paying.shape[1] - 1
    gone = ~paying & (np.arange(last + 1) > first[:, None])
    age = np.where(gone.any(axis=1), gone.argmax(axis=1) - first, np.inf)
    arms = business.customers.set_index("customer_id")
    found = arms.assign(age=age, reached=last - first, annual=yearly(business))
    return found[paying.any(axis=1)]


def yearly(business):
    intervals = business.subscriptions.groupby("customer_id")["interval"].last()
    return intervals.eq("year").reindex(business.customers["customer_id"]).to_numpy()


def lines(business):
    """Paying rows with the start of the unbroken contract that each belongs to."""
    rows = business.subscriptions.query("status != 'trialing'").copy()
    rows["add_on"] = rows["plan"].str.contains("add-on")
    rows = rows.sort_values(["customer_id", "add_on", "start"], ignore_index=True)
    opens = rows["start"] != rows.groupby(["customer_id", "add_on"])["end"].shift()
    return rows.assign(opened=rows["start"].groupby(opens.cumsum()).transform("first"))


def is_anniversary(date, opened, step):
    """`date` is a multiple of `step` months after `opened`, on its day or the last of a shorter month."""
    months = (date.dt.year - opened.dt.year) * 12 + date.dt.month - opened.dt.month
    return (months % step == 0) & (date.dt.day == np.minimum(opened.dt.day, date.dt.days_in_month))


@pytest.fixture(scope="module")
def business():
    return make_business()


@pytest.fixture(scope="module")
def large():
    return make_business(40_000, seed=1)


# The tables


def test_the_same_seed_gives_the_same_tables():
    one, two, other = make_business(300, seed=3), make_business(300, seed=3), make_business(300, seed=4)
    assert_frame_equal(one.customers, two.customers)
    assert_frame_equal(one.subscriptions, two.subscriptions)
    assert one.truth == two.truth
    assert not one.customers["signup"].equals(other.customers["signup"])


def test_the_effect_changes_contracts_and_not_who_the_customers_are():
    none, strong = make_business(300, demo_effect=0.0), make_business(300, demo_effect=0.1)
    assert_frame_equal(none.customers, strong.customers)
    assert not none.subscriptions.equals(strong.subscriptions)


def test_columns_and_types(business):
    rows, people = business.subscriptions, business.customers
    assert list(rows.columns) == COLUMNS.split()
    assert " ".join(people.columns) == "customer_id name segment plan country csm signup personalised_demo"
    dates = [rows["start"], rows["end"], rows["discount_until"], people["signup"]]
    assert {str(column.dtype) for column in dates} == {"datetime64[s]"}
    assert people["personalised_demo"].dtype == bool
    assert set(rows["interval"]) == {"month", "year"}
    assert set(rows["currency"]) == {"EUR"}
    assert set(rows["status"]) == {"active", "trialing", "cancelled"}
    assert business.as_of == dt.date(2025, 12, 31)


def test_numbers_are_unique_and_every_row_has_its_customer(business):
    rows, people = business.subscriptions, business.customers
    assert rows["subscription_id"].is_unique
    assert people["customer_id"].is_unique
    assert people["name"].is_unique
    assert set(rows["customer_id"]) == set(people["customer_id"])
    # a customer signs up on the first day of the first row, the trial included
    first = rows.groupby("customer_id")["start"].min().reindex(people["customer_id"])
    assert (first.to_numpy() == people["signup"].to_numpy()).all()


def test_amounts_are_positive_whole_cents(business):
    amount = business.subscriptions["amount"]
    assert (amount > 0).all()
    assert (amount == amount.round(2)).all()


@pytest.mark.parametrize("as_of", ["2025-12-31", dt.date(2024, 2, 29), "2025-06-15"])
def test_nothing_begins_after_as_of_and_only_announced_ends_lie_beyond(as_of):
    business = make_business(1_000, as_of=as_of)
    rows, day = business.subscriptions, pd.Timestamp(as_of)
    assert (rows["start"] <= day).all()
    assert (rows["start"] < rows["end"])[rows["end"].notna()].all()
    beyond = rows[rows["end"] > day]
    assert (beyond["end"] <= day + pd.Timedelta(days=HABITS.notice_days)).all()
    assert set(beyond["status"]) <= {"active"}
    assert rows["start"].max() > day - pd.Timedelta(days=15)


def test_ends_look_neither_like_month_ends_nor_like_the_export(large):
    ends = large.subscriptions["end"].dropna()
    # starts are spread over the days, so about 1 end in 30 falls on the last day of a month
    assert ends.dt.is_month_end.mean() == approx(1 / 30, abs=0.02)
    assert (ends == AS_OF).mean() < 0.005


# The planted truth


@pytest.mark.parametrize("effect", [-0.10, 0.0, 0.08, 0.15])
def test_truth_states_the_effect(effect):
    truth = make_business(500, demo_effect=effect).truth
    assert truth.retention_12_with_demo - truth.retention_12_without_demo == approx(effect, abs=1e-12)
    assert np.sign(1 - truth.hazard_ratio) == np.sign(effect)
    assert (truth.demo_effect, truth.seed, truth.customers) == (effect, 7, 500)


def test_no_effect_is_a_ratio_of_exactly_one():
    truth = make_business(500, demo_effect=0).truth
    assert truth.hazard_ratio == 1.0
    assert truth.retention_12_with_demo == truth.retention_12_without_demo


@pytest.mark.parametrize("effect", [0.08, 0.0, -0.06])
def test_the_planted_effect_is_recovered(effect):
    business = make_business(30_000, seed=11, demo_effect=effect)
    seen = churn_age(business).query("reached >= 12")
    arm = (seen["age"] > 12).groupby(seen["personalised_demo"]).agg(["mean", "var", "size"])
    truth, error = business.truth, np.sqrt(arm["var"] / arm["size"])
    # about 10,000 customers an arm, retention 0.67 or more: error of an arm sqrt(0.67 * 0.33 / 10,000) = 0.0047,
    # of the difference sqrt(2) * 0.0047 = 0.0067; three errors are 0.02, far from the 0.08 and 0.06 planted
    assert np.hypot(*error) < 0.007
    assert arm["mean"][True] - arm["mean"][False] == approx(effect, abs=3 * np.hypot(*error))
    assert arm["mean"][True] == approx(truth.retention_12_with_demo, abs=3 * error[True])
    assert arm["mean"][False] == approx(truth.retention_12_without_demo, abs=3 * error[False])


def test_the_truth_lies_in_the_middle_of_many_businesses():
    gaps = []
    for seed in range(20):
        seen = churn_age(make_business(1_000, seed=seed)).query("reached >= 12")
        share = (seen["age"] > 12).groupby(seen["personalised_demo"]).mean()
        gaps.append(share[True] - share[False] - 0.08)
    # one business: about 320 customers an arm, error sqrt(2 * 0.16 / 320) = 0.032; mean of twenty: 0.007
    assert np.std(gaps, ddof=1) == approx(0.032, abs=0.014)
    assert np.mean(gaps) == approx(0, abs=3 * 0.007)


def test_the_ratio_holds_for_monthly_and_yearly_contracts_alike(large):
    seen = churn_age(large).query("reached >= 12 and segment == 'SMB'")
    kept = np.log((seen["age"] > 12).groupby([seen["annual"], seen["personalised_demo"]]).mean())
    ratio = kept.xs(True, level=1) / kept.xs(False, level=1)
    # survival with the demo = survival without ** ratio; error of log(-log S) is
    # sqrt((1 - S) / (n S)) / -log S: at least 2,500 in each of four cells and S 0.62 to 0.82, so at most 0.05
    # each; for the ratio (0.66 * sqrt(2) * 0.05 = 0.047)
    assert ratio.to_numpy() == approx([large.truth.hazard_ratio] * 2, abs=0.13)


def test_the_demo_is_a_fair_coin(large):
    people = large.customers
    # 40,000 coins: error 0.5 / 200 = 0.0025
    assert people["personalised_demo"].mean() == approx(0.5, abs=0.01)
    share = people.groupby("segment")["personalised_demo"].agg(["mean", "size"])
    assert (abs(share["mean"] - 0.5) < 3.5 * 0.5 / np.sqrt(share["size"])).all()


@pytest.mark.parametrize("effect", [0.5, -0.9])
def test_an_effect_out_of_reach_is_refused_with_the_range(effect):
    # retention without the demo is about 0.73: it can gain 0.27 or lose 0.73
    with pytest.raises(ValueError, match=r"−0\.7\d\d to 0\.2\d\d"):
        make_business(500, demo_effect=effect)


@pytest.mark.parametrize("wrong", [{"customers": 0}, {"months": 0}])
def test_an_empty_business_is_refused(wrong):
    with pytest.raises(ValueError, match="at least 1"):
        make_business(**wrong)


@pytest.mark.parametrize(("customers", "months"), [(1, 48), (20, 1), (60, 3), (60, 120)])
def test_small_new_and_old_businesses(customers, months):
    business = make_business(customers, months=months)
    assert len(business.customers) == customers
    oldest = AS_OF - pd.DateOffset(months=months) - pd.Timedelta(days=HABITS.trial_days)
    assert business.subscriptions["start"].min() > oldest


# Contracts


def test_contracts_change_and_end_only_at_their_anniversaries(large):
    rows = lines(large)
    # an add-on keeps the anniversaries of the contract that it was added to
    anchor = rows["opened"].where(~rows["add_on"], rows.groupby("customer_id")["opened"].transform("first"))
    for interval, step in [("year", 12), ("month", 1)]:
        some = rows.assign(anchor=anchor)[rows["interval"] == interval]
        assert is_anniversary(some["start"], some["anchor"], step).all()
        ended = some[some["end"].notna()]
        off = ended[~is_anniversary(ended["end"], ended["anchor"], step)]
        # only those who left in their first month, all of them monthly, end on another day
        assert (off["end"].dt.to_period("M") == off["start"].dt.to_period("M")).all()
        assert len(off) == 0 or interval == "month"


def test_yearly_contracts_churn_at_ages_12_24_36(large):
    seen = churn_age(large)
    ages = seen.loc[seen["annual"] & np.isfinite(seen["age"]), "age"]
    assert set(ages) == {12, 24, 36}


def test_monthly_contracts_churn_most_in_their_first_months(large):
    seen = churn_age(large).query("not annual and reached >= 12")
    at = seen["age"].value_counts()
    hazard = {age: at[age] / (seen["age"] >= age).sum() for age in range(1, 13)}
    # the extra hazard is 1.5 at age 1 and gone by age 12: (1 + 1.5) / 1 = 2.5
    assert hazard[1] / np.mean([hazard[age] for age in range(8, 13)]) == approx(2.5, abs=0.35)


def test_rows_of_one_contract_differ_from_one_another(large):
    rows = lines(large)
    follows = rows["opened"] != rows["start"]
    same = (rows[["amount", "plan"]] == rows[["amount", "plan"]].shift()).all(axis=1)
    assert follows.sum() > 10_000
    assert not (same & follows).any()


def test_believable_features_occur(business):
    rows, found = business.subscriptions, lines(business)
    paid = found[found["end"].isna() | (found["end"].dt.to_period("M") > found["start"].dt.to_period("M"))]
    main = paid[~paid["add_on"]]
    upgraded = main["plan"].ne(main.groupby("customer_id")["plan"].shift()) & main["opened"].ne(main["start"])
    counts = {
        "return": main.groupby("customer_id")["opened"].nunique().gt(1).sum(),
        "introductory discount": rows["discount_until"].notna().sum(),
        "permanent discount": (rows["discount_until"].isna() & (rows["discount_percent"] > 0)).sum(),
        "add-on": paid[paid["add_on"]]["customer_id"].nunique(),
        "trial": (rows["status"] == "trialing").sum(),
        "announced": (rows["end"] > AS_OF).sum(),
        "between two month ends": len(found) - len(paid),
        "upgrade": upgraded.sum(),
    }
    assert {name: count for name, count in counts.items() if count < 5} == {}
    assert counts["announced"] < 0.03 * rows["end"].isna().sum()
    assert counts["between two month ends"] < 20


def test_returners_stay_away_two_to_eight_months(large):
    main = lines(large).query("not add_on")
    opens = main.loc[main["start"] == main["opened"], ["customer_id", "start"]]
    left = main.groupby("customer_id")["end"].shift()[opens.index]
    away = (opens["start"].dt.to_period("M").astype("int64") - left.dt.to_period("M").astype("int64"))[left.notna()]
    assert set(away) == set(range(2, 9))


def test_an_add_on_runs_beside_the_contract_and_ends_with_it(business):
    rows = lines(business)
    extra = rows[rows["add_on"]].merge(rows[~rows["add_on"]], on="customer_id", suffixes=("", "_main"))
    beside = extra[extra["start"] >= extra["opened_main"]].groupby("subscription_id")
    assert beside.ngroups == rows["add_on"].sum()
    together = (extra["end"] == extra["end_main"]) | (extra["end"].isna() & extra["end_main"].isna())
    assert extra[together]["subscription_id"].nunique() == rows["add_on"].sum()


def test_discounts_end_three_months_after_the_start_or_never(business):
    rows = lines(business)
    intro = rows[rows["discount_until"].notna()]
    assert set(intro["discount_percent"]) == {20.0, 30.0, 50.0}
    assert (intro["interval"] == "month").all()
    assert (intro["start"] < intro["discount_until"]).all()
    months = intro["discount_until"].dt.to_period("M").astype("int64") - intro["opened"].dt.to_period("M").astype(
        "int64"
    )
    assert set(months) == {3}
    lasting = rows[rows["discount_until"].isna() & (rows["discount_percent"] > 0)]
    assert set(lasting["interval"]) == {"year"}
    assert set(lasting["discount_percent"]) == {5.0, 10.0, 15.0}


def test_trials_lead_straight_into_the_paid_contract(business):
    rows = business.subscriptions
    trial = rows[rows["status"] == "trialing"]
    starts = rows[rows["status"] != "trialing"].groupby("customer_id")["start"].min()
    assert (trial["end"].to_numpy() == starts[trial["customer_id"]].to_numpy()).all()
    assert ((trial["end"] - trial["start"]).dt.days == HABITS.trial_days).all()


# The business as a whole


def test_each_portfolio_leans_to_one_segment_and_holds_both_arms(business):
    people = business.customers
    assert set(people["csm"].value_counts()) == {50}
    arms = pd.crosstab(people["csm"], people["personalised_demo"])
    assert arms.to_numpy().min() >= 10
    largest = pd.crosstab(people["csm"], people["segment"], normalize="index").max(axis=1)
    # without leaning the largest share would be that of SMB, 0.55
    assert largest.mean() > 0.65


def test_signups_grow_and_rest_in_august(large):
    months = large.customers["signup"].dt.to_period("M").value_counts()
    year = months.groupby(months.index.year).sum()
    # 2 % a month: exp(0.02 * 12) = 1.27 from one year to the next
    assert year[2025] / year[2024] == approx(1.27, abs=0.06)
    assert months["2025-08"] < 0.7 * months["2025-09"]


def test_revenue_is_heavy_tailed_and_enterprises_pay_by_the_year(large):
    now = monthly_mrr(large, months=1).iloc[:, 0]
    now = now[now > 0].sort_values(ascending=False)
    assert now.head(len(now) // 10).sum() / now.sum() > 0.45
    people = large.customers.assign(annual=yearly(large))
    share = people.groupby("segment")["annual"].mean()
    assert share["Enterprise"] > share["Mid-market"] > share["SMB"] > 0.25


def twelve_months(business):
    mrr = monthly_mrr(business, months=13)
    before, now = mrr.iloc[:, 0], mrr.iloc[:, -1]
    before, now = before[before > 0], now[before > 0]
    kept = np.minimum(before, now).sum() / before.sum()
    return now.sum() / before.sum(), kept, (now > 0).mean()


@pytest.mark.parametrize("effect", [0.0, 0.08])
def test_twelve_months_of_a_large_business_are_believable(effect):
    nrr, grr, logo = twelve_months(make_business(20_000, seed=2, demo_effect=effect))
    assert 0.95 <= nrr <= 1.05
    assert 0.80 <= grr <= 0.90
    assert 0.75 <= logo <= 0.85


def test_twelve_months_of_the_default_business_are_believable(business):
    nrr, grr, logo = twelve_months(business)
    assert 0.95 <= nrr <= 1.05
    assert 0.80 <= grr <= 0.90
    assert 0.75 <= logo <= 0.85


# Events


@pytest.fixture(scope="module")
def told():
    """A business whose events warn of churn in six cases of ten."""
    return make_business(6_000, seed=5, warning=0.6)


@pytest.fixture(scope="module")
def untold():
    """The same business, whose events say nothing about churn."""
    return make_business(6_000, seed=5, warning=0.0)


def counts(business, kind, months=48, of="size"):
    """Events of a kind (or the sum of their values) by customer and calendar month, in the shape of `monthly_mrr`."""
    some = business.events.query("kind == @kind")
    who = pd.Index(business.customers["customer_id"]).get_indexer(some["customer_id"])
    month = (some["at"].dt.year * 12 + some["at"].dt.month).to_numpy() - (2025 * 12 + 12) + months - 1
    inside, shape = month >= 0, (len(business.customers), months)
    place = np.ravel_multi_index((who[inside], month[inside]), shape)
    weights = some["value"].to_numpy()[inside] if of == "value" else None
    return np.bincount(place, weights=weights, minlength=shape[0] * shape[1]).reshape(shape)


def working_days(months=48):
    ends = pd.date_range(end=AS_OF, periods=months, freq="ME")
    return np.array([len(pd.bdate_range(end.replace(day=1), end)) for end in ends])


def watched(business):
    """Month ends, in the shape of `monthly_mrr`, at which a customer paid and had paid a month before and whose next
    three are known; and whether one of these three is not paid."""
    paying = monthly_mrr(business).to_numpy() > 0
    leaves = np.zeros_like(paying)
    for ahead in (1, 2, 3):
        leaves[:, :-ahead] |= paying[:, :-ahead] & ~paying[:, ahead:]
    seen = paying.copy()
    seen[:, 1:] &= paying[:, :-1]
    seen[:, [0, -3, -2, -1]] = False
    return seen, leaves


def drifting(business):
    """Whether an account was used on less than half of a month's working days, by customer and month.

    As usual 97 % of the days from a few seats on; in a drift 30 % of them at most: of 21 days 6.1, error 2.1.
    """
    return counts(business, "login") < 0.5 * working_days()


def rates(business, shows):
    """Share of month ends at which something shows: of those who leave within 3 months, of the others; with errors.

    Larger accounts only: one with a seat or two is used on 58 or 82 % of the days. A customer's month ends of one kind
    are one draw, so the error counts customers for the leavers, and month ends by three for the others.
    """
    seen, leaves = watched(business)
    seen &= business.customers["segment"].ne("SMB").to_numpy()[:, None]
    hit, false = shows[seen & leaves].mean(), shows[seen & ~leaves].mean()
    leavers, others = (seen & leaves).any(axis=1).sum(), (seen & ~leaves).sum() / 3
    return hit, false, np.sqrt(hit * (1 - hit) / leavers), np.sqrt(false * (1 - false) / others)


@pytest.mark.parametrize(
    ("made_with", "digest"),
    [
        ({}, "993fe1f8374e2c427adf0ded790519b8233128204170ab64900c298f42a3fd5f"),
        ({"customers": 300, "seed": 3}, "ae5fbcc5d74251c23f3df0ded12df7b0be3dedeeb764ea20ff576ee2cd4b0c03"),
        (
            {"customers": 500, "seed": 11, "demo_effect": -0.06, "as_of": "2025-06-15", "months": 30},
            "6fbd496a4c4632d6ff4411cc508d9bc3eb9ddea76b4876971cd04143a7a45547",
        ),
    ],
)
def test_contracts_and_customers_are_those_of_before_there_were_events(made_with, digest):
    """Digests of the two tables as the version before wrote them."""
    business = make_business(**made_with)
    text = business.customers.to_csv(index=False) + business.subscriptions.to_csv(index=False)
    assert hashlib.sha256(text.encode()).hexdigest() == digest


def test_the_same_seed_gives_the_same_events_and_what_is_planted_changes_nothing_else():
    one, two, other = make_business(200, seed=3), make_business(200, seed=3), make_business(200, seed=4)
    assert_frame_equal(one.events, two.events)
    assert not one.events.equals(other.events)
    # of the same customers, another seed draws other events
    planted, day = {"warning": 0.6, "upsell": 0.5}, np.datetime64(one.as_of)
    drawn = [
        draw_events(one._lives, one.customers["customer_id"].array, seed=seed, closing=day, **planted)
        for seed in (3, 4)
    ]
    assert_frame_equal(drawn[0], one.events)
    assert not drawn[0].equals(drawn[1])
    silent = make_business(200, seed=3, warning=0, upsell=0)
    assert_frame_equal(one.customers, silent.customers)
    assert_frame_equal(one.subscriptions, silent.subscriptions)
    assert not one.events.equals(silent.events)


def test_events_have_the_columns_types_and_values_of_their_kinds(business):
    events = business.events
    assert list(events.columns) == ["customer_id", "at", "kind", "value"]
    assert events["at"].dtype == "datetime64[s]"
    assert set(events["kind"]) == set(EVENT_KINDS)
    assert events["at"].is_monotonic_increasing
    value = {kind: some["value"] for kind, some in events.groupby("kind")}
    assert all(value[kind].isna().all() for kind in ("ticket", "complaint", "email_sent", "email_opened"))
    bounds = {"login": (1, 2_000), "feature_use": (1, 12), "nps": (0, 10)}
    bounds |= {"payment_late": EVENTS.days_late, "limit_reached": EVENTS.near_limit}
    for kind, (low, high) in bounds.items():
        assert value[kind].between(low, high).all()


@pytest.mark.parametrize("as_of", ["2025-12-31", "2024-02-29", "2025-06-15"])
def test_events_lie_within_the_life_of_their_customer_and_never_after_as_of(as_of):
    business = make_business(400, as_of=as_of)
    rows, events = business.subscriptions, business.events
    assert events["at"].max() <= pd.Timestamp(as_of)
    assert events["at"].max() > pd.Timestamp(as_of) - pd.Timedelta(days=5)
    main = rows[["customer_id", "start", "end"]].assign(end=rows["end"].fillna(pd.Timestamp.max.floor("s")))
    days = events[["customer_id", "at"]].drop_duplicates().reset_index()
    held = days.merge(main, on="customer_id").query("start <= at < end")
    assert set(held["index"]) == set(days["index"])
    assert {"trialing"} == set(rows["status"]) - {"active", "cancelled"}


def test_a_warning_changes_only_the_last_months_of_those_who_leave():
    never, always = make_business(400, seed=9, warning=0), make_business(400, seed=9, warning=1)
    ends = always.subscriptions.groupby("customer_id")["end"].max()
    some = always.subscriptions.groupby("customer_id")["end"].apply(lambda column: column.notna().all())
    gone = ends[some & ~ends.index.isin(lines(always).query("opened != start")["customer_id"])]
    one_life = gone[lines(always).groupby("customer_id").size().reindex(gone.index) == 1].dt.to_period("M")
    before = []
    for business in (never, always):
        events = business.events[business.events["customer_id"].isin(one_life.index)]
        month = events["at"].dt.to_period("M").astype("int64")
        before.append(events[month < events["customer_id"].map(one_life).astype("int64") - 3].reset_index(drop=True))
    assert len(before[0]) > 1_000
    assert_frame_equal(*before)
    later = [
        business.events.query("kind == 'complaint'")["customer_id"].isin(one_life.index).sum()
        for business in (never, always)
    ]
    assert later[1] > 3 * later[0]


def test_the_drift_is_as_frequent_as_truth_says(told):
    hit, false, error, false_error = rates(told, drifting(told))
    truth = told.truth
    # b = 1 - 0.98 ** 3 = 0.0588; hit 0.6 + 0.4 b = 0.6235
    assert (truth.false_alarm_rate, truth.hit_rate) == approx((0.058808, 0.623523), abs=1e-6)
    # a drift is missed or a usual month taken for one in about 1 % of the months at its first depth
    assert hit == approx(truth.hit_rate, abs=3 * error + 0.01)
    assert false == approx(truth.false_alarm_rate, abs=3 * false_error + 0.002)
    assert error < 0.025
    assert false_error < 0.004


def test_lift_follows_from_the_two_rates_by_bayes_rule(told):
    """Base rate counted month end by month end; the lift of those who drift among the larger accounts likewise."""
    truth, shows = told.truth, drifting(told)
    seen, leaves = watched(told)
    seen &= told.customers["segment"].ne("SMB").to_numpy()[:, None]
    base = leaves[seen].mean()
    expected = truth.hit_rate / (truth.hit_rate * base + truth.false_alarm_rate * (1 - base))
    lift = leaves[seen & shows].mean() / base
    # about 500 leavers in 1,200 drifts: error of the share 0.02 of 0.3, so 7 % of the lift
    assert lift == approx(expected, rel=0.2)
    assert lift > 4
    paying = monthly_mrr(told).to_numpy() > 0
    # base_rate knows the churn after the closing day: months without it differ by chance alone
    assert truth.base_rate == approx(leaves[:, :-3].sum() / paying[:, :-3].sum(), abs=0.004)
    assert truth.lift == approx(0.623523 / (0.623523 * truth.base_rate + 0.058808 * (1 - truth.base_rate)), rel=1e-4)


def test_without_a_warning_events_say_nothing_about_churn(untold):
    truth = untold.truth
    assert truth.hit_rate == truth.false_alarm_rate
    assert truth.lift == approx(1)
    unopened = (counts(untold, "email_sent") > 0) & (counts(untold, "email_opened") == 0)
    for shows in (drifting(untold), counts(untold, "complaint") > 0, unopened, counts(untold, "payment_late") > 0):
        hit, false, error, false_error = rates(untold, shows)
        assert hit == approx(false, abs=3 * np.hypot(error, false_error))


def test_use_does_not_fall_merely_because_the_life_ends(untold):
    """Share of working days with a login in the last month seen before the churn, against the month before."""
    paying = monthly_mrr(untold).to_numpy() > 0
    use = counts(untold, "login") / working_days()
    who, month = np.nonzero(paying[:, 2:-1] & paying[:, 1:-2] & paying[:, :-3] & ~paying[:, 3:])
    last, before = use[who, month + 2], use[who, month + 1]
    # one in ten begins, deepens or ends a drift between the two, by 0.8 at most: error sqrt(0.1) * 0.6 / sqrt(1,400)
    assert len(who) > 1_200
    assert last.mean() - before.mean() == approx(0, abs=3 * 0.005)
    # the month of the end itself is cut short, for no signal to see: about half of it is left
    assert use[who, month + 3].mean() == approx(0.5 * before.mean(), abs=0.1)


def test_what_a_drift_looks_like():
    """All who leave drift: their last whole month against that of four months before."""
    business = make_business(3_000, seed=6, warning=1)
    seen, leaves = watched(business)
    paying = monthly_mrr(business).to_numpy() > 0
    who, month = np.nonzero(seen[:, 5:-1] & leaves[:, 5:-1] & ~paying[:, 6:] & paying[:, :-6])
    month += 5
    per_day = counts(business, "login") / working_days()
    # from 0.97 of the days to 0.08 of that
    assert np.median(per_day[who, month]) < 0.15 < 0.8 < np.median(per_day[who, month - 4])
    now = {kind: counts(business, kind)[who, month].mean() for kind in EVENT_KINDS}
    then = {kind: counts(business, kind)[who, month - 4].mean() for kind in EVENT_KINDS}
    assert now["feature_use"] < 0.2 * then["feature_use"]
    assert now["email_sent"] == then["email_sent"] == 1
    assert (now["email_opened"], then["email_opened"]) == approx((0.03, 0.66), abs=0.06)
    assert (now["complaint"], then["complaint"]) == approx((0.35, 0.03), abs=0.06)
    assert now["payment_late"] > 2.5 * then["payment_late"]
    answer = counts(business, "nps", of="value")[who, month].sum() / counts(business, "nps")[who, month].sum()
    assert answer == approx(3.6, abs=0.5)


def test_limits_are_reached_before_growth_as_often_as_truth_says():
    business = make_business(4_000, seed=8, upsell=0.5)
    main = lines(business).query("not add_on and opened != start")
    shift = lines(business).query("not add_on").groupby("customer_id")["amount"].shift()
    main = main[main["amount"] > shift.reindex(main.index)]
    main = main[main["start"] <= AS_OF]
    grows = np.zeros((len(business.customers), 48), bool)
    who = pd.Index(business.customers["customer_id"]).get_indexer(main["customer_id"])
    month = (main["start"].dt.year * 12 + main["start"].dt.month).to_numpy() - (2025 * 12 + 12) + 47
    grows[who, month] = True
    soon = np.zeros_like(grows)
    for ahead in (1, 2, 3):
        soon[:, :-ahead] |= grows[:, ahead:]
    seen, leaves = watched(business)
    limits = counts(business, "limit_reached") > 0
    # 0.5 + 0.5 b = 0.5294; about 1,500 customers grow: error 0.013
    assert business.truth.upsell_hit_rate == approx(0.529404, abs=1e-6)
    assert limits[seen & soon].mean() == approx(business.truth.upsell_hit_rate, abs=0.045)
    # of yearly contracts some would have grown at the renewal that they left at, and show it: a month end with
    # churn ahead is left out
    assert limits[seen & ~soon & ~leaves].mean() == approx(business.truth.false_alarm_rate, abs=0.012)


def test_events_are_those_of_a_real_business(business):
    events, seats = business.events, business.customers["segment"]
    at = {kind: some["at"] for kind, some in events.groupby("kind")}
    assert (at["login"].dt.day_of_week < 5).all()
    assert not events.query("kind == 'login'").duplicated(["customer_id", "at"]).any()
    assert (
        not events.query("kind == 'email_sent'")
        .assign(m=at["email_sent"].dt.to_period("M"))
        .duplicated(["customer_id", "m"])
        .any()
    )
    people = events.query("kind == 'login'").groupby("customer_id")["value"].median()
    by_segment = people.groupby(seats.set_axis(business.customers["customer_id"])).median()
    # 45, 16 and 6 seats at the median, 60 % of them logged in
    assert by_segment["Enterprise"] > 2 * by_segment["Mid-market"] > 4 * by_segment["SMB"]
    features = events.query("kind == 'feature_use'").groupby("customer_id")["value"].max()
    plan = business.customers.set_index("customer_id")["plan"]
    assert features[plan.eq("Starter")].median() == 6
    assert features[plan.eq("Premium")].median() == 12
    rate = at["email_opened"].size / at["email_sent"].size
    # 70 %, 3 % of those who drift, about one in twelve
    assert rate == approx(0.64, abs=0.03)
    answers = events.query("kind == 'nps'").groupby(["customer_id", at["nps"].dt.year]).size()
    assert answers.max() == 2
    # an account in twelve is asked twice a year and answers half of the time: 1/12 an account and month
    assert at["nps"].size / at["email_sent"].size == approx(1 / 12, abs=0.01)


@pytest.mark.parametrize(("customers", "months"), [(1, 48), (20, 1), (60, 120)])
def test_small_new_and_old_businesses_have_events(customers, months):
    business = make_business(customers, months=months)
    assert set(business.events["customer_id"]) <= set(business.customers["customer_id"])


def test_a_business_without_a_month_end_has_no_base_rate():
    assert np.isnan(make_business(20, months=1, as_of="2025-12-15").truth.lift)


@pytest.mark.parametrize("option", [{"warning": 1.2}, {"upsell": -0.1}, {"warning": float("nan")}])
def test_a_planted_share_that_is_none_is_refused(option):
    with pytest.raises(OptionError, match="between 0 and 1"):
        make_business(20, **option)
