"""Signals by hand, and that nothing after the day is looked at."""

import datetime as dt

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from cases import books, ledger_of, ledger_of_paths
from hypothesis import given

from retention_kit import judge_ranking, rank_signals, signal_thresholds, signals_of
from retention_kit.errors import (
    EmptyTableError,
    FileNotReadableError,
    InvalidRowsError,
    MissingColumnError,
    MonthError,
    OpenMonthError,
    OptionError,
)
from retention_kit.ledger import Ledger
from retention_kit.signals import measuring
from retention_kit.signals.log import log_of
from retention_kit.signals.measuring import SIGNALS
from retention_kit.wording import LANGUAGES, use_language

JUNE = dt.date(2025, 6, 30)
IDS = pd.Index(["Ada", "Bo"])


def events(*rows):
    """A table of events from (customer, day, kind[, value])."""
    cells = [(*row, np.nan) if len(row) == 3 else row for row in rows]
    return pd.DataFrame(cells, columns=["customer_id", "at", "kind", "value"])


def daily(who, kind, first, days, value=np.nan):
    return [(who, day, kind, value) for day in pd.date_range(first, periods=days)]


def value_of(name, *rows, months=1, day=JUNE):
    return getattr(measuring, name)(log_of(events(*rows), IDS), day, months)[0]


# ---- each signal ----


def test_usage_falls_against_the_average_of_the_three_windows_before():
    # 20, 10 and 30 uses in March, April and May: 20 on average; 5 in June: 1 − 5/20
    rows = daily("Ada", "login", "2025-03-05", 20) + daily("Ada", "feature_use", "2025-04-05", 10, 1)
    rows += daily("Ada", "login", "2025-05-01", 30) + daily("Ada", "login", "2025-06-26", 5)
    assert value_of("usage_falling", *rows) == pytest.approx(0.75)


def test_a_young_customer_is_compared_with_the_months_they_had():
    rows = daily("Ada", "login", "2025-05-01", 20) + daily("Ada", "login", "2025-06-01", 5)
    assert value_of("usage_falling", *rows) == pytest.approx(0.75)


@pytest.mark.parametrize(("uses", "told"), [(5, False), (6, True)])
def test_a_fall_from_few_uses_is_not_told(uses, told):
    assert np.isnan(value_of("usage_falling", *daily("Ada", "login", "2025-05-01", uses))) != told


def test_a_feature_counts_as_dropped_after_regular_use():
    # feature 1 twice in May and never in June; feature 2 in both; feature 3 once in May only
    rows = daily("Ada", "feature_use", "2025-05-01", 2, 1) + daily("Ada", "feature_use", "2025-05-01", 2, 2)
    rows += daily("Ada", "feature_use", "2025-06-01", 1, 2) + daily("Ada", "feature_use", "2025-05-09", 1, 3)
    assert value_of("feature_dropped", *rows) == 1
    assert np.isnan(value_of("feature_dropped", ("Ada", JUNE, "login")))


def test_complaints_are_counted_and_unknown_where_nobody_ever_complained():
    rows = [("Ada", "2025-06-01", "complaint"), ("Ada", "2025-06-30", "complaint"), ("Ada", "2025-05-31", "complaint")]
    assert value_of("complaints", *rows) == 2
    assert value_of("complaints", ("Bo", "2024-01-01", "complaint")) == 0
    assert np.isnan(value_of("complaints", ("Ada", JUNE, "login")))


def test_mails_unopened_is_a_share_of_those_sent():
    rows = daily("Ada", "email_sent", "2025-06-01", 4) + daily("Ada", "email_opened", "2025-06-02", 1)
    assert value_of("mails_unopened", *rows) == 0.75
    assert np.isnan(value_of("mails_unopened", *daily("Ada", "email_sent", "2025-06-01", 2)))
    # opened more often than sent: a mail opened twice
    assert value_of("mails_unopened", *rows[:4], *daily("Ada", "email_opened", "2025-06-02", 9)) == 0


def test_the_last_nps_answer_counts_and_of_one_day_the_lower():
    rows = [("Ada", "2025-06-02", "nps", 3), ("Ada", "2025-06-20", "nps", 9), ("Ada", "2025-06-20", "nps", 7)]
    assert value_of("nps_low", *rows) == 7


def test_payments_and_limits_take_the_largest():
    rows = [("Ada", "2025-06-02", "payment_late", 4), ("Ada", "2025-06-20", "payment_late", 12)]
    assert value_of("payment_late", *rows) == 12
    assert np.isnan(value_of("payment_late", ("Ada", "2025-05-02", "payment_late", 4)))
    limits = [("Ada", "2025-06-02", "limit_reached", 0.93), ("Ada", "2025-06-03", "limit_reached", 0.91)]
    assert value_of("limit_reached", *limits) == 0.93


def test_a_table_is_checked_and_read_like_a_file(book):
    """A percentage is a share, French kinds are understood, and features may have names."""
    given = events(
        ("Ada", "2025-06-02", "Limite atteinte", "95 %"),
        ("Bo", "2025-06-03", "Réclamation", ""),
        ("Cy", "2025-05-01", "feature_use", "export"),
        ("Cy", "2025-05-02", "feature_use", "export"),
        ("Bo", "2025-06-05", "feature_use", "chat"),
    )
    found = signals_of(book, given, as_of=JUNE).values
    assert found.loc["Ada", "limit_reached"] == 0.95
    assert found.loc["Bo", "complaints"] == 1
    whole = signal_thresholds().query("signal == 'feature_dropped'").assign(window_months=1)
    assert signals_of(book, given, as_of=JUNE, thresholds=whole).values.loc["Cy", "feature_dropped"] == 1


@pytest.mark.parametrize("ask", [signals_of, rank_signals, judge_ranking])
@pytest.mark.parametrize(
    ("kind", "value"), [("limit_reached", 95.0), ("limit_reached", np.nan), ("payment_late", np.nan), ("nps", 90.0)]
)
def test_a_value_that_cannot_be_is_refused_wherever_events_are_given(book, ask, kind, value):
    with pytest.raises(InvalidRowsError, match="1 event cannot be used"):
        ask(book, events(("Ada", "2025-06-02", "complaint"), ("Ada", "2025-06-02", kind, value)))


def test_windows_are_whole_months_that_end_with_the_day():
    rows = [("Ada", day, "complaint") for day in ("2025-04-30", "2025-05-01", "2025-06-30", "2025-07-01")]
    assert value_of("complaints", *rows, months=2) == 2
    # the end of February: one month begins on the first
    assert value_of("complaints", ("Ada", "2025-02-01", "complaint"), day=dt.date(2025, 2, 28)) == 1


def test_which_side_of_the_threshold_fires():
    sides = {name: measuring.fires(name, np.array([4.0, 5.0, 6.0, np.nan]), 5).tolist() for name in SIGNALS}
    low = [True, True, False, False]
    assert {name for name, found in sides.items() if found == low} == {"nps_low", "contract_end_ahead"}
    assert all(found in (low, [False, True, True, False]) for found in sides.values())


# ---- the end of a contract ----


def yearly(who, start, end=None):
    return who, dt.date.fromisoformat(start), end, 1200.0, {"interval": "year"}


def test_the_next_anniversary_of_a_yearly_contract():
    # began in August 2023: its next end is that of August 2025, 62 days after June
    book = ledger_of(yearly("Ada", "2023-08-10"), ("Bo", dt.date(2023, 8, 10), None, 50.0), as_of=JUNE)
    found = signals_of(book, events()).values["contract_end_ahead"]
    assert found["Ada"] == 62
    assert np.isnan(found["Bo"])


def test_in_the_month_of_an_anniversary_the_contract_has_been_renewed():
    book = ledger_of(yearly("Ada", "2023-06-10"), as_of=JUNE)
    assert signals_of(book, events()).values.loc["Ada", "contract_end_ahead"] == 365


def test_a_date_of_the_table_goes_before_the_anniversary_today_and_is_not_known_in_the_past():
    table = pd.DataFrame({"customer_id": ["Ada"], "contract_end": pd.to_datetime(["2025-08-03"])})
    book = ledger_of(yearly("Ada", "2023-08-10"), as_of=JUNE, customers=table)
    said = [("Ada", day, "complaint") for day in ("2025-04-12", "2025-06-12")]
    assert "contract ends in 34 days" in rank_signals(book, events(*said)).first.sentence()
    # at the end of April the next anniversary is 123 days off: no date said otherwise then
    past = signals_of(book, events(*said), as_of="2025-04-30")
    assert past.values.loc["Ada", "contract_end_ahead"] == 123


# ---- nothing after the day is looked at ----

PEOPLE = ["Ada", "Bo", "Cy"]
KINDS = ["login", "feature_use", "complaint", "email_sent", "email_opened", "nps", "payment_late", "limit_reached"]
NEEDED = {"nps": 10, "payment_late": 40, "limit_reached": 2}  # kinds that are none without a value, and its largest
ROWS = st.sampled_from(KINDS).flatmap(
    lambda kind: st.tuples(
        st.sampled_from(PEOPLE),
        st.dates(dt.date(2024, 12, 1), dt.date(2025, 12, 31)),
        st.just(kind),
        st.integers(0, NEEDED.get(kind, 10)).map(float) | (st.nothing() if kind in NEEDED else st.just(np.nan)),
    )
)
LATER = st.tuples(st.sampled_from(PEOPLE), st.dates(dt.date(2025, 7, 1), dt.date(2025, 12, 31)))


@pytest.fixture(scope="module")
def book():
    return ledger_of_paths({who: [100] * 10 + [0, 50] for who in PEOPLE})


def same(one, other):
    pd.testing.assert_frame_equal(one.values, other.values)
    pd.testing.assert_frame_equal(one.fired, other.fired)


@given(st.lists(ROWS, max_size=60), st.lists(ROWS, max_size=20), st.randoms(use_true_random=False))
def test_moving_adding_or_deleting_events_after_the_day_changes_no_signal(book, rows, more, random):
    before = [row for row in rows if row[1] <= JUNE]
    after = [row for row in (*rows, *more) if row[1] > JUNE]
    moved = [(who, dt.date(2025, 7, 1) + dt.timedelta(days=random.randrange(180)), *rest) for who, _, *rest in after]
    kept = [row for row in moved if random.random() < 0.5]
    found = signals_of(book, events(*rows), as_of=JUNE)
    same(found, signals_of(book, events(*before), as_of=JUNE))
    mixed = [*before, *kept, *more[:0], *[row for row in more if row[1] > JUNE]]
    random.shuffle(mixed)
    same(found, signals_of(book, events(*mixed), as_of=JUNE))
    ranked = [rank_signals(book, events(*each), as_of=JUNE).to_frame() for each in (rows, mixed)]
    pd.testing.assert_frame_equal(*ranked)


@given(st.lists(ROWS, max_size=60))
def test_the_ledger_after_the_day_changes_no_signal(book, rows):
    # churn and return after June are not known in June
    told = events(*rows)
    same(signals_of(book, told, as_of=JUNE), signals_of(book.until("2025-06"), told))


def test_an_event_of_the_day_itself_counts(book):
    # the test above would pass if nothing were ever looked at
    assert signals_of(book, events(("Ada", JUNE, "complaint")), as_of=JUNE).fired.loc["Ada", "complaints"]
    late = events(("Ada", dt.date(2025, 7, 1), "complaint"))
    assert not signals_of(book, late, as_of=JUNE).fired.to_numpy().any()


def test_a_kind_that_occurs_only_later_is_not_known_yet(book):
    late = events(("Ada", dt.date(2025, 7, 1), "complaint"))
    assert signals_of(book, late, as_of=JUNE).values["complaints"].isna().all()
    assert signals_of(book, late, as_of="2025-07-31").values["complaints"].tolist() == [1, 0, 0]


def test_events_can_be_a_file(book, tmp_path):
    told = events(("Ada", JUNE, "complaint"))
    told.to_csv(tmp_path / "events.csv", index=False)
    same(signals_of(book, tmp_path / "events.csv", as_of=JUNE), signals_of(book, told, as_of=JUNE))


def test_only_customers_who_pay_have_signals(book):
    told = events(("Ada", JUNE, "complaint"))
    assert len(signals_of(book, told, as_of="2025-11-30").mrr) == 0
    assert signals_of(book, told).mrr.tolist() == [50, 50, 50]


def test_events_of_strangers_are_said(book):
    found = signals_of(book, events(("Zoe", JUNE, "complaint")), as_of=JUNE)
    assert str(found.warnings[0]).startswith("1 event belongs to customers that the ledger does not have")


def test_a_day_after_the_ledgers_is_refused(book):
    with pytest.raises(OpenMonthError):
        signals_of(book, events(), as_of="2026-01-31")


def test_a_table_of_signals_is_long(book):
    frame = signals_of(book, events(("Ada", JUNE, "complaint")), as_of=JUNE).to_frame()
    assert len(frame) == 3 * len(SIGNALS)
    row = frame.set_index(["customer_id", "signal"]).loc[("Ada", "complaints")]
    assert (row["value"], row["threshold"], row["fired"], row["kind"]) == (1, 1, True, "risk")


# ---- events that stop ----


def used(until="2025-06-30", **ends):
    """Ada, Bo and Cy log in, use a feature, get and open mails every third day, from January on, until an end."""
    days = {kind: pd.date_range("2025-01-01", ends.get(kind, until), freq="3D") for kind in _REGULAR}
    return events(*[(who, day, kind, 1.0) for kind, all_days in days.items() for day in all_days for who in PEOPLE])


_REGULAR = ("login", "feature_use", "email_sent", "email_opened")


def test_events_that_reach_the_day_are_believed(book):
    found = signals_of(book, used(), as_of=JUNE)
    assert found.warnings == ()
    assert found.values["usage_falling"].notna().all()
    assert not found.fired.drop(columns="contract_end_ahead").to_numpy().any()


@pytest.mark.parametrize("until", ["2025-03-31", "2025-05-31", "2025-06-15"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_export_that_stops_raises_no_alarm(book, until, lang):
    told = used(until)
    found = signals_of(book, told, as_of=JUNE)
    assert not found.fired[["usage_falling", "feature_dropped", "mails_unopened"]].to_numpy().any()
    assert found.values["usage_falling"].isna().all()
    (warning,) = found.warnings
    assert warning.key == "signal.warning.events_end"
    assert warning.fields["last"] == told["at"].max().date()
    with use_language(lang):
        assert {"en": "fall of usage", "fr": "baisse d’usage"}[lang] in str(warning)
    assert found.warnings == rank_signals(book, told, as_of=JUNE).warnings


@pytest.mark.parametrize(
    ("kind", "lost"),
    [
        ("email_opened", {"mails_unopened"}),
        ("email_sent", {"mails_unopened"}),
        ("feature_use", {"usage_falling", "feature_dropped"}),
        ("login", {"usage_falling"}),
    ],
)
def test_a_kind_that_stops_makes_its_signals_missing(book, kind, lost):
    told = used(**{kind: "2025-05-30"})
    found = signals_of(book, told, as_of=JUNE)
    assert not found.fired.drop(columns="contract_end_ahead").to_numpy().any()
    whole = signals_of(book, used(), as_of=JUNE).values.notna().all()
    assert {name for name in whole.index[whole] if found.values[name].isna().all()} == lost
    (warning,) = found.warnings
    assert warning.fields["kind"] == kind
    assert warning.fields["last"] == told["at"][told["kind"] == kind].max().date()


def test_a_kind_given_up_long_ago_is_not_missed(book):
    # features are no longer written down since January; logins go on
    found = signals_of(book, used(feature_use="2025-01-31"), as_of=JUNE)
    assert found.values["usage_falling"].notna().all()


def test_one_customer_who_stops_is_still_an_alarm(book):
    told = used()
    told = told[(told["customer_id"] != "Ada") | (told["at"] < "2025-06-01")]
    found = signals_of(book, told, as_of=JUNE)
    assert found.fired["usage_falling"].tolist() == [True, False, False]
    assert found.warnings == ()


def test_no_day_after_the_events_is_judged(book):
    ledger = ledger_of_paths({who: [100] * 24 for who in PEOPLE})
    told = events(*daily("Ada", "login", "2025-01-01", 365), ("Ada", "2025-05-01", "complaint"))
    found = judge_ranking(ledger, told, horizon=1, model=False)
    assert found.days[-1] == dt.date(2025, 12, 31)
    # 20 days of daily logins are missing at the end of December
    stopped = told[told["at"].astype("datetime64[us]") <= "2025-12-11"]
    assert judge_ranking(ledger, stopped, horizon=1, model=False).days[-1] == dt.date(2025, 11, 30)
    with pytest.raises(OptionError, match="31 December 2025 cannot be judged: the events end on 11 December 2025"):
        judge_ranking(ledger, stopped, horizon=1, months=["2025-12"], model=False)
    # complaints are known for nobody before May, and in 2 months none came from July on
    assert "complaints (6)" in " ".join(map(str, found.notes))


# ---- events that cannot be used ----


def test_events_without_a_column_are_refused(book):
    with pytest.raises(MissingColumnError, match="lacks kind"):
        signals_of(book, events(("Ada", "2025-06-01", "nps", 4)).drop(columns="kind"))


@pytest.mark.parametrize(("column", "cell"), [("at", "soon"), ("value", "much")])
def test_events_that_cannot_be_read_are_named(book, column, cell):
    table = events(("Ada", "2025-06-01", "nps", 4)).astype({column: object})
    table.loc[0, column] = cell
    with pytest.raises(InvalidRowsError, match=f"row 0 .*{column} “{cell}”"):
        signals_of(book, table)


# ---- thresholds ----


def changed(**cells):
    table = signal_thresholds().astype(object)
    table.loc[2, list(cells)] = list(cells.values())
    return table


@pytest.mark.parametrize(
    ("table", "error", "said"),
    [
        (changed(signal="mood"), OptionError, "mood"),
        (changed(kind="joy"), OptionError, "joy"),
        (changed(threshold="often"), InvalidRowsError, "often"),
        (changed(points=-1), InvalidRowsError, "-1"),
        (changed(window_months=0), InvalidRowsError, "window_months"),
        (changed(window_months=1.5), OptionError, "window_months"),
        (changed(threshold=1.2, signal="limit_reached").iloc[:3], InvalidRowsError, "1.2"),
        (changed(threshold=50, signal="usage_falling").iloc[1:3], InvalidRowsError, "50"),
        (changed(threshold=90, signal="mails_unopened").iloc[:3], InvalidRowsError, "90"),
        (signal_thresholds().iloc[:0], EmptyTableError, "signal_thresholds()"),
        (changed(signal="nps_low"), OptionError, "nps_low"),
        (signal_thresholds().drop(columns="points"), MissingColumnError, "points"),
        ("nowhere.csv", FileNotReadableError, "nowhere.csv"),
    ],
)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_thresholds_that_cannot_be_used_say_why(book, table, error, said, lang):
    with use_language(lang), pytest.raises(error) as caught:
        signals_of(book, events(), thresholds=table)
    with use_language(lang):
        assert said in str(caught.value)


def test_thresholds_of_a_team_decide(book, tmp_path):
    told = events(("Ada", JUNE, "complaint"))
    path = tmp_path / "ours.csv"
    changed(threshold=2).to_csv(path, index=False)
    assert not signals_of(book, told, as_of=JUNE, thresholds=path).fired["complaints"].any()
    one = signal_thresholds().query("signal == 'complaints'")
    assert signals_of(book, told, as_of=JUNE, thresholds=one).values.columns.tolist() == ["complaints"]


def test_every_shipped_signal_has_a_threshold_and_the_table_is_a_fresh_one():
    table = signal_thresholds()
    assert set(table["signal"]) == set(SIGNALS)
    table["points"] = 0
    assert signal_thresholds()["points"].max() > 0


# ---- the ledger as it was ----


@given(books(), st.integers(0, 30))
def test_until_keeps_what_was_known(pair, back):
    ledger, _ = pair
    month = max(ledger.book.first, ledger.book.last - back)
    day = pd.Timestamp(month // 12, month % 12 + 1, 1)
    cut, frame = ledger.until(day), ledger.frame
    expected = frame[frame["month"] <= day].reset_index(drop=True)
    pd.testing.assert_frame_equal(cut.frame, expected)
    assert set(cut.ids) == set(expected["customer_id"])
    assert cut.last_month == day
    terms = pd.Series(ledger.terms, ledger.ids)
    assert (pd.Series(cut.terms, cut.ids) == terms[cut.ids]).all()


def test_until_forgets_dates_to_come_and_changes_nothing_else():
    days = pd.to_datetime(["2025-02-03", "2025-04-03"])
    table = pd.DataFrame({"customer_id": ["Ada", "Bo"], "feature_at": days, "segment": ["a", "b"]})
    paid = pd.DataFrame({month: [9, 9] for month in ("2025-03", "2025-04")}, index=["Ada", "Bo"])
    book = Ledger.from_frame(paid, as_of="2025-04-30", customers=table)
    cut = book.until("2025-03")
    assert cut.customers["feature_at"].isna().tolist() == [False, True]
    assert cut.customers["segment"].tolist() == ["a", "b"]
    assert cut.as_of == dt.date(2025, 3, 31)
    assert str(cut.rules[-1]) == "As it was known on 31 March 2025."
    assert book.customers["feature_at"].notna().all()


def test_until_the_last_day_is_the_ledger_itself(book):
    assert book.until("2025-12") is book


@pytest.mark.parametrize(("month", "error"), [("2026-01", OpenMonthError), ("2024-12", MonthError)])
def test_until_refuses_months_outside(book, month, error):
    with pytest.raises(error):
        book.until(month)
