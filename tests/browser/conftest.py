"""A headless Chromium, and every report delivered once in each language: of the bundled business and of a hostile one.

The Chromium of the PATH is used, or the one that the environment variable CHROMIUM names. Without one, or
without playwright, all tests here are skipped.
"""

from pathlib import Path

import pytest

from retention_kit.reports import ReportFiles
from retention_kit.reports.pdf import chromium
from tests.prepared_reports import run_once
from tests.report_cases import BUNDLED, hostile_business, hostile_parameters


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is in the dependency group `browser`")
    if chromium() is None:
        pytest.skip("no Chromium on the PATH; the environment variable CHROMIUM may name one")
    with playwright.sync_playwright() as running:
        # no sandbox: containers run as root, where Chromium refuses to start with one
        yield running.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])


@pytest.fixture(scope="session")
def axe():
    package = pytest.importorskip("axe_playwright_python", reason="it is in the dependency group `browser`")
    return (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def delivered(request, tmp_path_factory):
    """`delivered(name, lang)`: the files of a report on the bundled business."""
    return _deliver(request, tmp_path_factory.mktemp("delivered"), "", lambda name: BUNDLED.get(name, {}))


@pytest.fixture(scope="session")
def delivered_hostile(request, tmp_path_factory):
    """`delivered_hostile(name, lang)`: the same on a business whose every name attacks the page."""
    folder = tmp_path_factory.mktemp("hostile")
    files = hostile_business(folder)
    return _deliver(request, folder / "made", " it's <b>%s {0}", lambda name: hostile_parameters(name, folder, files))


def _deliver(request, folder, ending, parameters):
    """Run what the chosen tests will ask for, all at once: a prepared process that forks saves minutes."""
    chosen = [item.callspec.params for item in request.session.items if request.fixturename in item.fixturenames]
    asked = {(each["name"], each.get("lang", "fr")) for each in chosen}
    keys = {(name, lang): f"{name} {lang}{ending}" for name, lang in sorted(asked)}
    run_once({key: (name, {"lang": lang, **parameters(name)}, ["html"]) for (name, lang), key in keys.items()}, folder)
    made = {pair: ReportFiles(folder / f"{key}.ipynb", folder / f"{key}.html") for pair, key in keys.items()}
    return lambda name, lang: made[name, lang]
