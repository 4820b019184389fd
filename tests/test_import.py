"""Importing the package is light, silent and without consequences; nothing ever speaks to the network."""

import subprocess
import sys

import pytest

HEAVY = {
    *("matplotlib", "seaborn", "statsmodels", "scipy", "babel"),
    *("papermill", "nbconvert", "nbclient", "nbformat", "IPython", "ipykernel"),
}
EXPORT = """subscription_id,customer_id,start,end,amount,interval
s1,Ada,2024-01-15,,100,month
s2,Bo,2024-01-15,2024-09-15,50,month
"""
# 100 of 150 is left
STUDY = """
import retention_kit as rk
ledger = rk.build_ledger(rk.read_subscriptions({path!r}), as_of="2025-01-31")
assert round(float(rk.nrr(ledger, "2024-01", "2025-01")), 6) == 0.666667
"""
NO_NETWORK = """
import socket
class Forbidden:
    def __new__(cls, *args, **options):
        raise RuntimeError("the network was asked for")
socket.socket = socket.SocketType = socket.create_connection = socket.getaddrinfo = socket.gethostbyname = Forbidden
"""


def run(code):
    """Run code in a fresh interpreter in which warnings are errors; return what it printed."""
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


def loaded_after(code):
    """Top-level modules that are there after some code and were not before."""
    out, _ = run(f"import sys\nbefore = set(sys.modules)\n{code}\nprint(*{{n.split('.')[0] for n in sys.modules}})")
    return set(out.split())


@pytest.fixture
def export(tmp_path):
    path = tmp_path / "export.csv"
    path.write_text(EXPORT, encoding="utf-8")
    return str(path)


def test_importing_prints_nothing():
    assert run("import retention_kit") == ("", "")


def test_importing_loads_nothing_heavy():
    loaded = loaded_after("import retention_kit")
    assert "retention_kit" in loaded
    assert {name for name in loaded if name in {*HEAVY, "pandas", "numpy"} or name.startswith("jupyter")} == set()


def test_listing_the_names_loads_nothing_heavy():
    loaded = loaded_after("import retention_kit\ndir(retention_kit)")
    assert loaded.isdisjoint(HEAVY)


def test_what_the_names_are_asked_for_is_loaded():
    # the test above could not fail if `loaded_after` saw nothing
    assert {"pandas", "numpy"} <= loaded_after("import retention_kit\nretention_kit.build_ledger")


@pytest.mark.parametrize("modules", ["retention_kit", "retention_kit.plots, retention_kit.tables, retention_kit.pages"])
def test_importing_changes_no_setting_of_matplotlib(modules):
    run(
        "import matplotlib\nbefore, backend = dict(matplotlib.rcParams), matplotlib.rcParams._get_backend_or_none()\n"
        f"import {modules}\n"
        "assert dict(matplotlib.rcParams) == before\n"
        "assert matplotlib.rcParams._get_backend_or_none() == backend"
    )


def test_importing_changes_no_setting_of_pandas_or_numpy_or_warnings():
    run(
        "import warnings, locale, os, numpy, pandas\n"
        "def state(): return (pandas.describe_option(_print_desc=False), numpy.get_printoptions(), numpy.geterr(),\n"
        "    list(warnings.filters), locale.setlocale(locale.LC_ALL), dict(os.environ), numpy.random.get_state()[2])\n"
        "before = state()\n"
        "import retention_kit.hypotheses, retention_kit.plots, retention_kit.tables, retention_kit.synthetic\n"
        "assert state() == before"
    )


def test_a_number_from_a_file_needs_no_pictures_and_no_notebooks(export):
    loaded = loaded_after(STUDY.format(path=export))
    assert "pandas" in loaded
    assert loaded.isdisjoint({"matplotlib", "seaborn", "statsmodels", "papermill", "nbconvert", "IPython"})


def test_a_study_prints_nothing(export):
    assert run(STUDY.format(path=export)) == ("", "")


def test_nothing_asks_for_the_network(export):
    more = "rk.compare(rk.open_ledger(as_of='2025-12-31'), 'personalised_demo', randomised=True).sentence('fr')"
    run(NO_NETWORK + STUDY.format(path=export) + more)


def test_a_forbidden_network_would_be_noticed():
    with pytest.raises(AssertionError, match="the network was asked for"):
        run(NO_NETWORK + "import urllib.request\nurllib.request.urlopen('http://localhost:9')")
