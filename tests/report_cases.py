"""What each report needs to run: on the bundled business, and on one whose names attack the page.

A new report gets a line in both tables; one without a line runs on its defaults.
"""

import json
from pathlib import Path

from retention_kit.reports import declared_parameters, report_names, report_path
from retention_kit.synthetic import make_business

# Parameters beside `lang`; they should make the report show everything it can show.
BUNDLED = {
    "monthly_retention": {"by": "segment"},
    "cohort_study": {"cohort": "Q"},
    "segment_comparison": {"by": "segment"},
    "portfolio": {"k": 5},
    "data_quality": {},
}
NAMES = sorted(report_names())
LANGUAGES = ("en", "fr")

SCRIPT = '<script>document.title="owned"</script>'
IMAGE = "<img src=x onerror=\"document.title='owned'\">"
LONG = "Wolkenkratzer" * 23 + "!"  # 300 characters without a space
TURNED = "Acme \u202egpj.exe"
HOSTILE_NAMES = (
    *(SCRIPT, IMAGE, LONG, TURNED, "</table></main></body>", '=HYPERLINK("http://x.invalid","y")'),
    *("שלום 3 \u200fעולם", "\u2067مرحبا", "🦄 Unicorn 👩‍💻", "$x^2$ and $", "{{7*7}} {x} {0}", "%s %(x)s %d"),
    *(
        "<style>*{display:none}</style>",
        "<!--",
        "&lt;b&gt;",
        "\"' onmouseover=alert(1) x='",
        "a\\nb\\",
        "javascript:x()",
    ),
)
SEGMENTS = (SCRIPT, LONG, TURNED)
CSMS = (IMAGE, "</table></main></body>", LONG, "{{7*7}} %s $x^2$ 🦄")
# Parameters on `hostile_business`, beside its files, how they are read, and `lang`.
HOSTILE = {
    "cohort_study": {"cohort": "segment", "where": {"csm": list(CSMS[:2])}},
    "monthly_retention": {"by": "segment", "cohort": "segment"},
    "hypothesis": {"factor": "segment", "adjust": ["plan"], "cluster": "csm"},
    "portfolio": {"csm": IMAGE},
    "segment_comparison": {"by": "segment"},
}
READ = {"as_of": "2025-12-31", "bad_rows": "reject"}
HOSTILE_STUDY = {
    "title": f"{SCRIPT} {TURNED}",
    "hypotheses": {
        IMAGE: {"factor": "segment", "outcome": "retention", "adjust": ["plan"], "secondary": ["nrr"]},
        LONG: {"factor": "personalised_demo", "outcome": "grr", "adjust": []},
    },
}


def hostile_business(folder: Path) -> dict[str, str]:
    """Write an invented business whose customers, segments, CSMs and files have hostile names; give the files."""
    business = make_business(customers=400, months=36)
    customers = business.customers.copy()
    number = range(len(customers))
    customers["customer_id"] = [f"{HOSTILE_NAMES[n % len(HOSTILE_NAMES)]} {n}" for n in number]
    customers["name"] = [f"{HOSTILE_NAMES[-n % len(HOSTILE_NAMES)]} {n}" for n in number]
    customers["segment"] = customers.segment.map(_renamed(customers.segment, SEGMENTS))
    customers["csm"] = customers.csm.map(_renamed(customers.csm, CSMS))
    ids = dict(zip(business.customers.customer_id, customers.customer_id, strict=True))
    subscriptions = business.subscriptions.assign(customer_id=business.subscriptions.customer_id.map(ids))
    # a few rows to be rejected, with their customers' names
    subscriptions.loc[subscriptions.index[:20], "end"] = "2001-01-01"
    files = {
        "subscriptions": folder / '<img src=x onerror="document.title=1">.csv',
        "customers": folder / f"{LONG[:100]} \u202e 🦄 %s {{0}}.csv",
    }
    subscriptions.to_csv(files["subscriptions"], index=False)
    customers.to_csv(files["customers"], index=False)
    return {name: str(path) for name, path in files.items()}


def _renamed(values, names):
    return {value: names[place % len(names)] for place, value in enumerate(sorted(values.unique()))}


def hostile_parameters(name: str, folder: Path, files: dict[str, str]) -> dict[str, object]:
    """Parameters of a report on the hostile business, beside `lang`."""
    if name != "study":
        known = declared_parameters(report_path(name))
        given = {**files, **READ, **HOSTILE.get(name, {})}
        return {key: value for key, value in given.items() if key in known}
    study = folder / "<b onclick=x()> study.yml"
    # JSON is YAML, whatever stands in the names
    study.write_text(json.dumps({**HOSTILE_STUDY, "data": {**files, **READ}}, ensure_ascii=False), encoding="utf-8")
    return {"study": str(study)}
