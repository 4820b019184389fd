"""A headless Chromium, and every report delivered once in each language: of the bundled business and of a hostile one.

The Chromium of the PATH is used, or the one that the environment variable CHROMIUM names. Without one, or
without playwright, all tests here are skipped.
"""

from functools import cache
from pathlib import Path

import pytest

from retention_kit.reports import run_report
from retention_kit.reports.pdf import chromium
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
def delivered(tmp_path_factory):
    """`delivered(name, lang)`: the files of a report on the bundled business, made when first asked for."""

    @cache
    def deliver(name, lang):
        folder = tmp_path_factory.mktemp(name)
        return run_report(name, {"lang": lang, **BUNDLED.get(name, {})}, output_dir=folder)

    return deliver


@pytest.fixture(scope="session")
def delivered_hostile(tmp_path_factory):
    """`delivered_hostile(name, lang)`: the same on a business whose every name attacks the page."""
    folder = tmp_path_factory.mktemp("hostile")
    files = hostile_business(folder)

    @cache
    def deliver(name, lang):
        parameters = {"lang": lang, **hostile_parameters(name, folder, files)}
        return run_report(name, parameters, output_dir=folder / f"{name} {lang}", stem="it's <b>%s {0}")

    return deliver
