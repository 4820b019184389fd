"""Write the pages of definitions anew: `make docs`.

Every sentence is the `rule` of a result that the call beside it returns, every number of the last table is computed:
the pages cannot say anything else than the package does.
"""

from pathlib import Path
from typing import Any

import pandas as pd

import retention_kit as rk
from retention_kit.wording import LANGUAGES, Message, render

HERE = Path(__file__).parent
START, END = "2024-12", "2025-12"
LEDGERS = (
    "rk.build_ledger(subscriptions, as_of=as_of)",
    "rk.build_ledger(subscriptions, as_of=as_of, end_inclusive=True)",
    'rk.build_ledger(subscriptions, as_of=as_of, discounts="permanent")',
    'rk.build_ledger(subscriptions, as_of=as_of, discounts="gross")',
    'rk.build_ledger(subscriptions, as_of=as_of, paused="keep")',
    "rk.build_ledger(subscriptions, as_of=as_of, grace_months=2)",
    'rk.build_ledger(subscriptions, as_of=as_of, churn_date="requested")',
    'rk.build_ledger(subscriptions, as_of=as_of, refunds=refunds, refund_rule="issue")',
    'rk.build_ledger(subscriptions, as_of=as_of, refunds=refunds, refund_rule="retroactive")',
    'rk.build_ledger(subscriptions, as_of=as_of, merge={"Bo": "Ada"})',
    'rk.build_ledger(subscriptions, as_of=as_of, history_from="2025-01")',
    'rk.build_ledger(subscriptions, as_of=as_of, grain="subscription_id")',
    'rk.build_ledger(abroad, as_of=as_of, currency="EUR", rates=rates)',
    'rk.build_ledger(abroad, as_of=as_of, currency="EUR", rates=rates, constant_rate=True)',
)
SECTIONS: dict[str, tuple[str, ...]] = {
    "docs.movements": (
        "rk.mrr_bridge(ledger)",
        'rk.mrr_bridge(ledger, freq="Q", netting="none")',
        "rk.quick_ratio(ledger, start, end)",
        'rk.quick_ratio(ledger, start, end, netting="none")',
    ),
    "measure.nrr": (
        "rk.nrr(ledger, start, end)",
        'rk.nrr(ledger, start, end, returners="lost")',
        'rk.nrr(ledger, start, end, returners="all")',
        'rk.nrr(ledger, start, end, method="movements")',
        'rk.nrr(ledger, start, end, method="compounded")',
        "rk.nrr_from_movements(100_000, expansion=10_000, churn=15_000, contraction=5_000, months=3)",
    ),
    "measure.grr": (
        "rk.grr(ledger, start, end)",
        'rk.grr(ledger, start, end, method="running_min")',
        'rk.grr(ledger, start, end, method="movements")',
        'rk.grr(ledger, start, end, method="compounded")',
        "rk.grr_from_movements(100_000, churn=15_000, contraction=5_000, months=3)",
    ),
    "measure.logo_retention": (
        "rk.logo_retention(ledger, start, end)",
        'rk.logo_retention(ledger, start, end, method="compounded")',
    ),
    "docs.over_time": (
        "rk.retention_over_time(ledger, window=12)",
        'rk.mix_effect(ledger, ("2023-12", "2024-12"), (start, end), by="segment")',
        "rk.gross_renewal_rate(ledger, start, end)",
    ),
    "docs.cohorts": (
        'rk.cohort_matrix(ledger, measure="nrr")',
        'rk.cohort_matrix(ledger, measure="grr", cohort="Q")',
        'rk.cohort_matrix(ledger, measure="logo", cohort="segment")',
        'rk.cohort_matrix(ledger, measure="logo", relative_to="previous")',
        'rk.cohort_matrix(ledger, measure="logo", fill_gaps=True)',
        'rk.cohort_matrix(ledger, measure="nrr", baseline=1)',
        'rk.cohort_matrix(ledger, measure="mrr", cumulative=True)',
        'rk.cohort_matrix(ledger, measure="arpa")',
    ),
    "docs.hypotheses": ('rk.compare(ledger, "personalised_demo", randomised=True)',),
}
PATHS = ((100, 60, 100), (100, 150, 100), (100, 150, 80), (100, 0, 0, 80), (500, 1379, 0))
COLUMNS = {
    "docs.path.grr": "rk.grr(ledger, start, end)",
    "docs.path.running_min": 'rk.grr(ledger, start, end, method="running_min")',
    "docs.path.movements": 'rk.grr(ledger, start, end, method="movements")',
    "docs.path.nrr": "rk.nrr(ledger, start, end)",
}


def small() -> dict[str, Any]:
    """Return the tables the calls of the first section need."""
    dates = ["2024-03-15", "2025-02-01"]
    table = {"subscription_id": ["s1", "s2"], "customer_id": ["Ada", "Bo"], "start": dates, "end": ["2025-02-10", None]}
    more = {"amount": [100.0, 80.0], "interval": "month", "cancel_requested_at": ["2025-01-20", None]}
    subscriptions = pd.DataFrame(table | more)
    refunds = pd.DataFrame({"customer_id": ["Ada"], "at": ["2024-06-05"], "amount": [20.0], "for_month": ["2024-05"]})
    rates = pd.DataFrame({"currency": ["USD", "USD"], "from": ["2024-01-01", "2025-01-01"], "rate": [0.92, 0.95]})
    abroad = subscriptions.assign(currency=["EUR", "USD"])
    return {
        "rk": rk,
        "subscriptions": subscriptions,
        "refunds": refunds,
        "rates": rates,
        "abroad": abroad,
        "as_of": "2025-12-31",
    }


def business() -> dict[str, Any]:
    """Return the bundled business, with contract ends a year after each signup's anniversary."""
    made = rk.synthetic.make_business()
    customers = made.customers.assign(contract_end=made.customers["signup"] + pd.DateOffset(years=1))
    ledger = rk.build_ledger(made.subscriptions, as_of="2025-12-31", customers=customers)
    return {"rk": rk, "ledger": ledger, "start": START, "end": END}


def of_path(path: tuple[int, ...]) -> dict[str, Any]:
    """Return the ledger of one customer whose MRR takes these values at month ends."""
    months = pd.date_range("2025-01-01", periods=len(path) + 1, freq="MS")
    ends = months[1:].where(months[1:] < months[-1])
    table = pd.DataFrame({"start": months[:-1], "end": ends, "amount": path, "interval": "month", "customer_id": "Ada"})
    paid = table[table["amount"] > 0].assign(subscription_id=range(sum(value > 0 for value in path)))
    ledger = rk.build_ledger(paid, as_of=months[-1] - pd.Timedelta(days=1), end_inclusive=False)
    return {"rk": rk, "ledger": ledger, "start": months[0], "end": months[-2]}


def entry(call: str, rule: str) -> str:
    """Return a call with its rule."""
    return f"```python\n{call}\n```\n\n{rule}\n"


def ledgers(lang: str) -> list[str]:
    """Return how subscriptions become MRR: the default, then what each option changes."""
    tables = small()
    usual = eval(LEDGERS[0], tables).rules
    entries = [entry(LEDGERS[0], "\n\n".join(rule.text(lang) for rule in usual))]
    for call in LEDGERS[1:]:
        rules = eval(call, tables).rules
        entries.append(entry(call, "\n\n".join(rule.text(lang) for rule in rules if rule not in usual)))
    return entries


def paths(lang: str) -> str:
    """Return the table of one customer's paths under four rules."""
    heads = [render("docs.path", lang), *(render(key, lang) for key in COLUMNS)]
    rows = [heads, ["---"] * len(heads)]
    for path in PATHS:
        book = of_path(path)
        values = [eval(call, book) for call in COLUMNS.values()]
        told = [render("table.percent", lang, value=float(value)) for value in values]
        rows.append([" → ".join(render("docs.amount", lang, n=value) for value in path), *told])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows) + "\n"


def page(lang: str) -> str:
    """Return the whole page."""
    asked, parts = business(), [f"# {render('docs.title', lang)}\n", render("docs.intro", lang) + "\n"]
    parts += [f"## {render('docs.ledger', lang)}\n", *ledgers(lang)]
    for heading, calls in SECTIONS.items():
        parts.append(f"## {render(Message('docs.heading', {'text': Message(heading)}), lang)}\n")
        parts += [entry(call, eval(call, asked).rule.text(lang)) for call in calls]
    parts += [f"## {render('docs.paths', lang)}\n", paths(lang)]
    return "\n".join(parts)


def main() -> None:
    """Write both pages."""
    for lang in LANGUAGES:
        (HERE / f"{lang}.md").write_text(page(lang), encoding="utf-8")


if __name__ == "__main__":
    main()
