"""The Telco customers through the same machinery: three-valued services, contracts, one month of churn."""
# ruff: noqa: E501  (a page's paragraphs are lines of text)

from pathlib import Path
from typing import Any

import pandas as pd

import retention_kit as rk

AS_OF, WATCHED_FROM, FIRST_START = "2019-12-31", "2019-12", "2013-12"
TERM = {"Month-to-month": 1, "One year": 12, "Two year": 24}
ALIKE_IN = ("Contract", "PaymentMethod", "SeniorCitizen", "Partner", "Dependents")


def read(folder: Path) -> pd.DataFrame:
    """Return the file as it stands."""
    return pd.read_csv(folder / "Telco-Customer-Churn.csv")


def subscriptions(raw: pd.DataFrame) -> pd.DataFrame:
    """Return one subscription a customer: begun `tenure` months before the last month, ended in it by those who left.

    The file has no dates; the last month is called December 2019.
    """
    last = pd.Period(WATCHED_FROM, "M")
    return pd.DataFrame(
        {
            "subscription_id": raw["customerID"],
            "customer_id": raw["customerID"],
            "start": [(last - int(tenure)).start_time for tenure in raw["tenure"]],
            "end": pd.to_datetime(raw["Churn"].map({"Yes": f"{WATCHED_FROM}-01", "No": None})),
            "amount": raw["MonthlyCharges"],
            "interval": "month",
        }
    )


def ledgers(raw: pd.DataFrame) -> dict[str, Any]:
    """Return the book: watched in December only; as it is read when nobody says since when; and two others.

    The others are watched as if from every start, which is wrong and must be said to be had, and with the contracts'
    lengths.
    """
    table, customers = subscriptions(raw), raw.rename(columns={"customerID": "customer_id"})
    term = raw["Contract"].map(TERM)
    long = table.assign(amount=table["amount"] * term, interval_count=term)

    def built(rows: pd.DataFrame, **how: Any) -> Any:
        return rk.build_ledger(rows, as_of=AS_OF, customers=customers, **how)

    return {
        "watched": built(table, history_from=WATCHED_FROM),
        "unsaid": built(table),
        "from_start": built(table, history_from=FIRST_START),
        "contracts": built(long, history_from=WATCHED_FROM),
    }


def findings(raw: pd.DataFrame, books: dict[str, Any]) -> dict[str, Any]:
    """Return the answers of the page."""

    def asked(book: str, factor: str, **how: Any) -> Any:
        return rk.compare(books[book], factor, **({"adjust": ()} | how))

    return {
        "retention": asked("watched", "TechSupport"),
        "rmst": asked("watched", "TechSupport", outcome="rmst"),
        "refused": asked("unsaid", "TechSupport"),
        "wrong": asked("from_start", "TechSupport"),
        "adjusted": asked("watched", "TechSupport", adjust=ALIKE_IN),
        "arithmetic": asked("from_start", "TechSupport", adjust=ALIKE_IN),
        "contract": asked("contracts", "Contract", reference="Month-to-month"),
        "nrr": asked("watched", "TechSupport", outcome="nrr"),
        "nrr_wrong": asked("from_start", "TechSupport", outcome="nrr"),
        "naive": raw["Churn"].eq("Yes").groupby(raw["TechSupport"]).agg(["size", "sum", "mean"]),
    }


def figures(found: dict[str, Any]) -> dict[str, Any]:
    """Return the pictures of the page by file name."""
    shown = found["retention"]
    return {"evidence_telco.png": rk.picture(rk.plot_survival(shown, lang="en"), alt=shown.describe("en"))}


def page(raw: pd.DataFrame, books: dict[str, Any], found: dict[str, Any], pictures: dict[str, Any]) -> str:
    """Return the page."""
    counts = books["watched"].reconciliation.counts
    blank, new = int(raw["TotalCharges"].str.strip().eq("").sum()), int(raw["tenure"].eq(0).sum())
    [alt] = [each.alt for each in pictures.values()]
    return f"""# Telco: 7,043 customers, one month of churn

**This page is arithmetic and shape of data, not evidence.** In this file (IBM, Apache-2.0, a fictional telecom) "churn" means *left within the last month*. Whoever left earlier
is not in it. Every curve below is therefore made of one month of churn, read across customers of all ages; nobody was followed. It shows what the kit does with such a file.

Written by `make evidence`; every number is computed there through `rk.build_ledger` and `rk.compare`.

## From rows to a ledger

One subscription a row: begun `tenure` months before the last month (called December 2019, as the file has no dates), paid at `MonthlyCharges`, ended in that month where
`Churn` is Yes. {counts["used"]:,} rows of {len(raw):,} used, {counts["rejected"]} rejected, {counts["outside"]} outside; {new} have a tenure of 0: they began in the last month, nothing was billed yet
(the {blank} blank `TotalCharges` are theirs), and they stay in as customers of age 0. The kit notices by itself what is odd about this file:

{quoted(*books["watched"].warnings)}

## Tech support: three values

| TechSupport | customers | left in the last month | naive: share of churners | retained at 12 months, as if watched from the start | retained at 12 months, at last month's churn |
|---|---:|---:|---:|---:|---:|
{shares(found)}

- *Naive*: a share of churners has no horizon. Here it is 1 month, in customers of 0 to 72 months of age.
- *As if watched from the start* is the trap: whoever left before December is missing, so only survivors are counted at every age, and almost everybody seems to stay.
- *At last month's churn*: `history_from="{WATCHED_FROM}"` says that nothing before was watched; each customer enters at the age they had. The shares are what a year of such
  months would leave, and no more than that: customers of age 1 and of age 12 are other people.

![{alt}](../images/evidence_telco.png)

The trap has to be asked for. Where nobody says since when the export is complete, the kit sees from the starts and losses themselves that the earlier leavers are missing, and answers
nothing that is counted from a customer's start ([decision 17](../decisions/0017-snapshots-of-survivors.md)):

{quoted(found["refused"].items[1].sentence("en"))}

What is shown on this page "as if watched from the start" therefore says `history_from="{FIRST_START}"`, the first start: that asserts that the history is whole. It is not.

What the kit says of December (global test, then each group against "No", p-values after Holm):

{quoted(found["retention"].sentence("en"))}

| group | months stayed of the first 12, more than "No" | 95 % interval | p, after Holm |
|---|---:|---|---:|
{months(found["rmst"])}

"No internet service" is no level of support: it is another product. That both groups "fare better" than No says nothing about support; and nothing was adjusted for, so the
verdict is *inconclusive* although p is tiny.

## Made alike

Adjusting needs everybody from their start, which this file does not have. Asked properly, the kit declines:

{quoted(found["adjusted"].items[1].sentence("en"))}

The same with everybody taken as watched from the start (wrong, see above; for the arithmetic only), made alike in {", ".join(f"`{name}`" for name in ALIKE_IN)}:

| group | as it is | made alike | within each `Contract` (Mantel–Haenszel) | equal customers left |
|---|---:|---:|---:|---:|
{alike(found["arithmetic"])}

The last two columns should worry anybody: within each contract next to nothing is left. Mantel and Haenszel's line takes only those who began 12 months ago or more, of whom this
file has hardly any that left within 12 months; where the lines of one forest plot disagree like this, the data are not what the question assumes.

## Contract as a factor

Months to months customers leave most. That is no answer: the contract decides when one *may* leave. Told the contracts' lengths (`interval_count` 12 and 24), the kit says:

{quoted(*(each.sentence("en") for each in found["contract"].items))}

{quoted(*dict.fromkeys(str(warning) for each in found["contract"].items for warning in each.warnings))}

Whoever chose two years had also decided to stay: no adjustment for what stands in this file undoes that.

## NRR

The file has one charge a customer and no history of it. With December alone watched, nobody's starting MRR was seen:

{quoted(found["nrr"].items[1].sentence("en"))}

As if watched from the start, today's charge stands for the starting MRR as well and the early leavers are missing: {found["nrr_wrong"].items[1].arms[0].value:.1%} against {found["nrr_wrong"].items[1].arms[1].value:.1%} come out, numbers
that no telecom has. The kit cannot know that a charge was carried back; whoever builds the subscriptions does.
"""


def shares(found: dict[str, Any]) -> str:
    """Return a row a value: naive share, and retention both ways."""
    rows = []
    for value in ("No", "Yes", "No internet service"):
        size, left, share = found["naive"].loc[value]
        both = [f"{retained(found[kind], value):.1%}" for kind in ("wrong", "retention")]
        rows.append(f"| {value} | {size:,.0f} | {left:,.0f} | {share:.1%} | {' | '.join(both)} |")
    return "\n".join(rows)


def retained(found: Any, value: str) -> float:
    """Return the share retained of the customers with one value of the factor."""
    arms = {str(arm.label): arm.value for each in found for arm in each.arms}
    return arms[f"customers with TechSupport = {value}"]


def months(found: Any) -> str:
    """Return a row a group: months more than the reference."""
    return "\n".join(
        f"| {each.arms[0].label} | {each.estimate:+.1f} | {each.low:+.1f} to {each.high:+.1f} | {p_value(each.p_adjusted)} |"
        for each in found
    )


def alike(found: Any) -> str:
    """Return a row a group: the estimates of the forest plot, in points."""
    rows = []
    for each in found:
        made, plain, within = (f"{100 * line.estimate:+.1f}".replace("-", "−") for line in each.lines)
        rows.append(
            f"| {each.arms[0].label} | {plain} | {made} | {within} | {each.lines[0].n_eff:,.0f} of {each.lines[0].n:,} |"
        )
    return "\n".join(rows)


def p_value(p: float) -> str:
    """Return a p-value, never as 0."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def quoted(*texts: Any) -> str:
    """Return texts as a quotation, a paragraph each."""
    return "\n>\n".join(f"> {text}" for text in texts)
