"""The job-training trial (NSW) and an observational control group (CPS): what adjusting repairs, and what not."""
# ruff: noqa: E501  (a page's paragraphs are lines of text)

from pathlib import Path
from typing import Any

import pandas as pd

import retention_kit as rk

MARGIN = 500.0
KNOWN_BEFORE = ("age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75")
PEOPLE_ONLY = KNOWN_BEFORE[:6]
WITHOUT_WORK = ("no_work_74", "no_work_75")
YES_NO = ("black", "hisp", "marr", "nodegree")


def people(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the trial, and its trained men beside the observational controls."""
    trial, outside = (pd.read_csv(folder / name) for name in ("nsw_mixtape.csv", "cps_mixtape.csv"))
    return trial, pd.concat([trial[trial["treat"] == 1], outside], ignore_index=True)


def ledger_of(people: pd.DataFrame) -> Any:
    """Return the people as customers who each pay 1 in one month: nothing of the ledger enters a measured number."""
    told = people.drop(columns=["data_id", "treat"]).assign(
        customer_id=[f"P{number:05d}" for number in range(len(people))],
        training=people["treat"].astype(bool).to_numpy(),
        no_work_74=(people["re74"] == 0).to_numpy(),
        no_work_75=(people["re75"] == 0).to_numpy(),
        **{name: people[name].astype(bool).to_numpy() for name in YES_NO},
    )
    paid = told[["customer_id"]].assign(month="1978-12", mrr=1.0)
    return rk.Ledger.from_frame(paid, as_of="1978-12-31", complete=True, customers=told)


def findings(folder: Path) -> dict[str, Any]:
    """Return the trial's answer, the naive one, ours, and two runs beside ours."""
    trial, observed = (ledger_of(some) for some in people(folder))

    def asked(ledger: Any, **how: Any) -> Any:
        return rk.compare(ledger, "training", outcome="re78", margin=MARGIN, **how)

    return {
        "trial": asked(trial, randomised=True),
        "naive": asked(observed, adjust=()),
        "ours": asked(observed, adjust=KNOWN_BEFORE),
        "people": asked(observed, adjust=PEOPLE_ONLY),
        "work": asked(observed, adjust=(*KNOWN_BEFORE, *WITHOUT_WORK)),
    }


def figures(found: dict[str, Any]) -> dict[str, Any]:
    """Return the pictures of the page by file name."""
    ours = found["ours"]
    return {
        "evidence_nsw_forest.png": rk.picture(rk.plot_forest(ours, lang="en"), alt=ours.describe_lines("en")),
        "evidence_nsw_balance.png": rk.picture(
            rk.plot_balance(ours.balance, lang="en"), alt=ours.balance.describe("en")
        ),
    }


def page(found: dict[str, Any], pictures: dict[str, Any]) -> str:
    """Return the page."""
    trial, naive, ours = found["trial"], found["naive"], found["ours"]
    undone = (ours.estimate - naive.estimate) / (trial.estimate - naive.estimate)
    trained, untrained = ours.arms
    shown = {name: f"![{each.alt}](../images/{name})" for name, each in pictures.items()}
    return f"""# A trial's answer, and what is left of it without the trial

The National Supported Work programme drew by lot which of 445 men out of work were trained (1976–77), so that we know what training did to their earnings in 1978. Take the drawn
controls away, put {untrained.n:,} men of a population survey (CPS) in their place, and the question becomes one like most in a business: who got it differs from who did not.
Data: `causal_nsw` (causaldata 0.1.5, MIT; LaLonde 1986, Dehejia and Wahba 1999).

Written by `make evidence`; every number is computed there through `rk.compare`.

## How it was asked

Each man is a customer with one paying month, only so that there is a ledger: a measured number takes nothing from it. With one month, the kit cannot check that what is
adjusted for was known before; the source says so (earnings of 1974 and 1975, the rest at enrolment). Fixed before the numbers were computed: outcome `re78`, the smallest difference that
matters {MARGIN:,.0f} dollars a year, adjusted for {", ".join(f"`{name}`" for name in KNOWN_BEFORE)}.

```python
ledger = rk.Ledger.from_frame(one_month_each, as_of="1978-12-31", complete=True, customers=people)
rk.compare(ledger, "training", outcome="re78", margin=500, adjust=known_before)
```

## What came out

| | trained − untrained, dollars | 95 % interval | verdict |
|---|---:|---|---|
{row("the trial (445 men, drawn by lot)", trial)}
{row("naive: trained men against the survey", naive)}
{row("**ours: the two made alike in all eight**", ours)}
{row("beside, deciding nothing: without past earnings", found["people"])}
{row("beside, deciding nothing: and who had no earnings in 1974, 1975", found["work"])}

{shown["evidence_nsw_forest.png"]}

What the kit says of the naive comparison:

> {naive.sentence("en")}

And of ours:

> {ours.sentence("en")}
>
> {ours.population.text("en")}

## How to read it

- **The interval holds the trial's {signed(trial.estimate)}, and 0 as well.** It is no confirmation: the data do not tell the trial's gain from nothing, and the verdict says so.
  The point estimate lies {signed(ours.estimate - trial.estimate)} from the trial's; adjusting undid {undone:.0%} of the naive error of {signed(naive.estimate - trial.estimate)}.
- **About whom?** The trial is about the men of the trial. Ours is about men who could have been in either group. Among the trained these are nearly all (their weighted mean,
  {trained.adjusted:,.0f}, is that of all trained, {trained.value:,.0f}). Of the {untrained.n:,} in the survey hardly any: they are worth {ours.balance.ess[1]:,.0f} of equal weight.
- **What is left of the error.** The counterparts from the survey, so weighted, earned {untrained.adjusted:,.0f}; the trial's own controls earned {trial.arms[1].value:,.0f}. Chance (the
  trial's own interval is wide), or something that neither file records: why a man of the survey had work. No table of balance can show it.
- **What was not measured can be large.** Leave past earnings out, as one would if nobody had recorded them, and the same method with the same perfect balance gives
  {signed(found["people"].estimate)} ({interval(found["people"])}): *{found["people"].verdict.text("en").lower()}*. The trial says that this is wrong; nothing within the comparison does.

## What the balance table says about trusting it

{shown["evidence_nsw_balance.png"]}

> {ours.balance.describe("en")}

| covariate | before | after |
|---|---:|---:|
{balance_rows(ours)}

Standardised mean differences. *After* is 0 by construction: overlap weights on a logistic model balance exactly what stands in the model. So it is no evidence that the answer
is right. What can be read from it is the column *before*: differences of 1 to 2.4 standard deviations are groups out of two different worlds, and what was not measured will
hardly be alike where all that was measured was not. And the price: {ours.lines[0].n:,} men worth {ours.lines[0].n_eff:,.0f}.

> {ours.e_value.describe("en")}
"""


def row(name: str, finding: Any) -> str:
    """Return one estimate as a row of the table."""
    return f"| {name} | {signed(finding.estimate)} | {interval(finding)} | {finding.verdict.text('en').lower()} |"


def balance_rows(finding: Any) -> str:
    """Return the balance table's rows."""
    frame = finding.balance.frame
    rows = zip(finding.balance.labels, frame["raw"], frame["weighted"], strict=True)
    return "\n".join(f"| {label} | {signed(raw, 2)} | {abs(weighted):.2f} |" for label, raw, weighted in rows)


def interval(finding: Any) -> str:
    """Return the interval's two limits."""
    return f"{signed(finding.low)} to {signed(finding.high)}"


def signed(number: float, digits: int = 0) -> str:
    """Return a number with its sign."""
    return f"{number:+,.{digits}f}".replace("-", "−")
