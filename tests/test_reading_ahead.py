"""Files read ahead for forks: the same as read at once, each handed out once, and never a stale one."""

from pathlib import Path

import pytest
from cases import subscriptions
from pandas.testing import assert_frame_equal

from retention_kit.errors import InputError
from retention_kit.ledger import opening
from retention_kit.ledger.opening import open_ahead
from retention_kit.reports.batch import sharing
from retention_kit.reports.batch.jobs import Job
from retention_kit.sources import ahead, files, read_customers, read_events, read_subscriptions


@pytest.fixture(autouse=True)
def nothing_waits():
    yield
    ahead._waiting.clear()


@pytest.fixture
def written(tmp_path):
    """A file of subscriptions, one of customers, one of events."""
    named = {name: tmp_path / f"{name}.csv" for name in ("subscriptions", "customers", "events")}
    subscriptions(("a", "2025-01-01", None, 50), ("b", "2025-02-01", None, 70)).to_csv(
        named["subscriptions"], index=False
    )
    named["customers"].write_text("customer_id,segment\na,SMB\nb,Mid\n")
    named["events"].write_text("customer_id,at,kind\na,2025-03-01,login\n")
    return {name: str(path) for name, path in named.items()}


@pytest.fixture
def opened(monkeypatch):
    """The names of the files that are opened from now on."""
    names = []

    def noting(table, **options):
        names.append(str(table).rpartition("/")[2])
        return open_table(table, **options)

    open_table = files.open_table
    monkeypatch.setattr(files, "open_table", noting)
    monkeypatch.setattr("retention_kit.sources.events.open_table", noting)
    return names


def test_what_was_read_ahead_is_the_same_as_read_at_once_and_needs_no_file_opened(written, opened):
    read, known = opening.open_tables(written["subscriptions"], written["customers"], opening.Asked())
    told = read_events(written["events"])
    open_ahead(written)
    opened.clear()
    read_, known_ = opening.open_tables(written["subscriptions"], written["customers"], opening.Asked())
    told_ = read_events(written["events"], day_first=None)
    assert opened == []
    assert_frame_equal(read_.frame, read.frame)
    assert (read_.digest, read_.columns, read_.source) == (read.digest, read.columns, read.source)
    assert_frame_equal(known_, known)
    assert_frame_equal(told_.frame, told.frame)


def test_it_is_handed_out_once_so_that_nobody_shares_it(written, opened):
    open_ahead(written)
    opened.clear()
    first = read_customers(written["customers"], day_first=None, decimal=None)
    assert opened == []
    second = read_customers(written["customers"], day_first=None, decimal=None)
    assert opened == ["customers.csv"]
    assert first is not second


def test_a_file_that_has_changed_since_is_read_anew(written):
    open_ahead(written)
    customers = Path(written["customers"])
    customers.write_text(f"{customers.read_text()}c,SMB\n")
    assert len(read_customers(written["customers"], day_first=None, decimal=None)) == 3


@pytest.mark.parametrize("other", [{"bad_rows": "reject"}, {"currency": "EUR"}, {"columns": {"amount": "amount"}}])
def test_other_options_read_anew(written, opened, other):
    open_ahead(written)
    opened.clear()
    asked = opening.Asked(**other)
    read_subscriptions(written["subscriptions"], bad_rows=asked.bad_rows, **asked.options)
    assert opened == ["subscriptions.csv"]


def test_a_file_that_is_gone_is_refused_as_ever(written, tmp_path):
    open_ahead(written)
    (tmp_path / "customers.csv").unlink()
    with pytest.raises(InputError, match="customers"):
        read_customers(written["customers"], day_first=None, decimal=None)


def jobs(parameters, n=2):
    return [Job(f"x/{number}", None, parameters | {"seed": number}, ("html",)) for number in range(n)]


def test_a_batch_reads_ahead_what_two_reports_read_alike(written, opened):
    sharing.read_shared(jobs(written))
    assert sorted(opened) == ["customers.csv", "events.csv", "subscriptions.csv"]


def test_a_batch_reads_nothing_ahead_for_one_report_alone_or_reports_that_read_otherwise(written, opened):
    sharing.read_shared([*jobs(written, 1), *jobs(written | {"bad_rows": "reject"}, 1), *jobs({}, 2)])
    assert opened == []


def test_a_batch_keeps_no_more_than_it_may(written, opened, monkeypatch):
    monkeypatch.setattr(sharing, "_MOST", 100)
    sharing.read_shared(jobs(written))
    assert opened == []


def test_a_file_that_cannot_be_read_is_left_to_its_reports(written):
    Path(written["subscriptions"]).write_text("no,header,of,ours\n1,2,3,4\n")
    sharing.read_shared(jobs(written))
    with pytest.raises(InputError):
        read_subscriptions(written["subscriptions"])
