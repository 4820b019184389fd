"""A batch of reports that are quick: notebooks are written, not run."""

import json
import os
import time
from pathlib import Path
from types import SimpleNamespace

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output

from retention_kit.errors import ReportError
from retention_kit.media_types import HEADLINE
from retention_kit.reports.forking import Outcome

DECLARED = """\
subscriptions: str = ""
as_of: str = ""
where: dict = {}
question: str = ""
p: float = -1.0
breaks: bool = False
seed: int = 0
lang: str = "en"
"""


def shelf(folder):
    """A library of one report, `quick`."""
    cell = new_code_cell(DECLARED, metadata={"tags": ["parameters"]})
    nbformat.write(new_notebook(cells=[cell]), Path(folder) / "quick.ipynb")


def answer(question, p, kind="supports"):
    """One answer as `pages.headlines` writes it."""
    told = {"question": question, "group": "with", "verdict": kind, "sentence": f"{question}: yes", "level": 0.95}
    return told | {"kind": kind, "p_value": p}


def run_report(source, parameters, *, output_dir, stem, formats, **_):
    """Write what `run_report` would, piece by piece, and move it into place; a title shows the customers' filter."""
    folder = Path(output_dir)
    folder.mkdir(parents=True, exist_ok=True)
    if parameters.get("breaks"):
        (folder / f"{stem}.failed.ipynb").write_text("{}", encoding="utf-8")
        raise ReportError("error.report_input", report="quick", message="<b>no</b>")
    text = nbformat.writes(notebook(parameters))
    partial = folder / f".{stem}.{os.getpid()}.partial.ipynb"
    with partial.open("w", encoding="utf-8") as file:
        for start in range(0, len(text), 200):
            file.write(text[start : start + 200])
            file.flush()
            time.sleep(float(os.environ.get("BATCH_PAUSE", 0)))
    return SimpleNamespace(notebook=partial.replace(folder / f"{stem}.ipynb"))


def notebook(parameters):
    figure = {"label": "NRR", "value": "98.7%", "interval": "(95% interval 92% to 105%)", "rule": "NRR counts <all>."}
    told = {"figures": [figure], "texts": [], "answers": []}
    if parameters.get("p", -1) >= 0:
        told["answers"] = [answer(parameters["question"], parameters["p"])]
    shown = new_output("display_data", {"text/html": "<p>Shown.</p>", HEADLINE: told})
    whom = " ".join(map(str, parameters.get("where", {}).values()))
    metadata = {"title": f"Report {whom}".strip(), "language": parameters["lang"], "retention_kit": {"lang": "en"}}
    return new_notebook(cells=[new_code_cell("", outputs=[shown], id="shown")], metadata=metadata)


def at_once(tasks, jobs):
    """`forked`, here and one after the other."""
    for key, task in tasks:
        try:
            yield key, Outcome(task(), None, 0.5, 0.5, 0)
        except Exception as error:
            yield key, Outcome(None, error, 0.5, 0.5, 0)


def records(folder):
    lines = (Path(folder) / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    return {record["key"]: record for record in map(json.loads, lines)}
