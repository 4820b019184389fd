"""Write docs/forecasts.md anew, on whether the intervals of forecast_mrr and project_cohort hold what comes.

Invented businesses are cut a year before their last month, forecast from what was known then, and set against what
came. `python docs/forecasts/write.py`: 200 businesses, about five minutes; another number as its argument. With
`cohorts` as its argument only the section on project_cohort, under a minute.
"""

import math
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

import retention_kit as rk
from retention_kit.errors import InputError
from retention_kit.forecasts import realised

PAGE = Path(__file__).parent.parent / "forecasts.md"
MONTHS, CUT, HORIZONS, LEVEL = 12, "2024-12", (3, 6, 12), 0.9
CUSTOMERS = (400, 800)
COHORTS, SEEN, AHEAD = 600, 7, 5
MODELS = [(0.668, 3.806), (0.704, 1.182)]  # Fader and Hardie 2007
BORN = (500, 100)
FIRST, DRAWS = 1_000, 400  # the methods were developed on other seeds
TARGET = (0.87, 0.93)


def businesses(number: int) -> pd.DataFrame:
    """Return what was forecast and what came, one row a business and month; NaN where the forecast was refused."""
    parts = []
    for seed in range(FIRST, FIRST + number):
        customers = CUSTOMERS[0] + seed * 37 % (CUSTOMERS[1] - CUSTOMERS[0] + 1)
        business = rk.synthetic.make_business(customers=customers, seed=seed)
        ledger = rk.build_ledger(business.subscriptions, as_of=business.as_of)
        then = ledger.until(CUT)
        try:
            forecast = rk.forecast_mrr(then, MONTHS, level=LEVEL, seed=seed, draws=DRAWS)
        except InputError:
            parts.append(pd.DataFrame({"seed": [seed], "horizon": [0]}))
            continue
        frame = forecast.to_frame().assign(seed=seed, horizon=np.arange(1, MONTHS + 1))
        parts.append(frame.assign(realised=realised(ledger, then.frame, frame["month"])))
    return pd.concat(parts, ignore_index=True)


def row(frame: pd.DataFrame, horizon: int) -> dict[str, str]:
    """Return the numbers of one horizon, written."""
    some = frame[frame["horizon"] == horizon]
    held = some["realised"].between(some["low"], some["high"])
    off = some["realised"] / some["expected"] - 1
    return {
        "Months ahead": str(horizon),
        "Businesses": str(len(some)),
        "Held": share(held.mean(), len(some)),
        "Came below": f"{(some['realised'] < some['low']).mean():.1%}",
        "Came above": f"{(some['realised'] > some['high']).mean():.1%}",
        "Bias": f"{off.mean():+.2%} ± {off.std() / math.sqrt(len(off)):.2%}",
        "Mean width": f"{((some['high'] - some['low']) / some['expected']).mean():.1%}",
        "": mark(held.mean()),
    }


def share(value: float, n: int) -> str:
    """Write a share with its Monte Carlo error."""
    return f"{value:.1%} ± {math.sqrt(value * (1 - value) / n):.1%}"


def mark(value: float) -> str:
    """Say whether a coverage lies within the target."""
    return "✓" if TARGET[0] <= value <= TARGET[1] else "**✗**"


def cohorts(alpha: float, beta: float, born: int) -> dict[str, str]:
    """Return how often the interval of a cohort drawn from the model held its survivors, five periods on."""
    came, low, high = np.zeros((3, COHORTS))
    for place, seed in enumerate(range(FIRST, FIRST + COHORTS)):
        rng = np.random.default_rng(seed)
        life = rng.geometric(np.maximum(rng.beta(alpha, beta, born), 1e-12))
        survivors = [int((life > age).sum()) for age in range(SEEN + AHEAD + 1)]
        last = rk.project_cohort(survivors[: SEEN + 1], SEEN + AHEAD, level=LEVEL, seed=seed).frame.iloc[-1]
        came[place], low[place], high[place] = survivors[-1] / born, last["low"], last["high"]
    held = float(((low <= came) & (came <= high)).mean())
    return {
        "α": str(alpha),
        "β": str(beta),
        "Customers": str(born),
        "Cohorts": str(COHORTS),
        "Held": share(held, COHORTS),
        "Came below": f"{(came < low).mean():.1%}",
        "Came above": f"{(came > high).mean():.1%}",
        "Mean width, in points": f"{100 * (high - low).mean():.1f}",
        "": mark(held),
    }


def table(rows: list[dict[str, str]]) -> str:
    """Return rows as a table of Markdown."""
    head = list(rows[0])
    lines = [head, ["---:"] * len(head), *(list(each.values()) for each in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def forecasts(number: int) -> str:
    """Return the page down to the section on cohorts."""
    frame = businesses(number)
    refused = int((frame["horizon"] == 0).sum())
    return FORECASTS.format(
        number=number,
        refused=refused,
        first=FIRST,
        draws=DRAWS,
        low=CUSTOMERS[0],
        high=CUSTOMERS[1],
        businesses=table([row(frame, horizon) for horizon in HORIZONS]),
        versions=versions(),
    )


def projections() -> str:
    """Return the section on cohorts, below its title."""
    rows = [cohorts(alpha, beta, born) for born in BORN for alpha, beta in MODELS]
    return PROJECTIONS.format(cohorts=table(rows), first=FIRST, seen=SEEN, last=SEEN + AHEAD, versions=versions())


def versions() -> str:
    """Return what the numbers were made with."""
    return ", ".join(f"{name} {version(name)}" for name in ("retention-kit", "numpy", "scipy"))


def main(words: list[str]) -> None:
    """Write the page, or only its section on cohorts."""
    if words == ["cohorts"]:
        above = PAGE.read_text(encoding="utf-8").partition(TITLE)[0]
    else:
        above = forecasts(int(words[0]) if words else 200)
    PAGE.write_text(above + TITLE + projections(), encoding="utf-8")


FORECASTS = """# Do the forecasts hold?

Written by `python docs/forecasts/write.py`; no number on this page is typed. “±” is the Monte Carlo error (one standard
error). Made with {versions}.

## `forecast_mrr`

{number} invented businesses (`make_business`, seeds from {first}, {low} to {high} customers who ever signed up, half
of them on yearly contracts) are cut a year before their last month with `ledger.until`, forecast from what was known
then, and set against the MRR that the same customers came to pay. The method was developed on other seeds, below 100;
nothing in it knows segments, rates or laws of these businesses. {draws} futures each. Refused: {refused}. Target: a
90 % interval holds in 87 to 93 % of them.

{businesses}

Bias is MRR realised over MRR expected, less 1. Positive means that forecasts are cautious: within a third of MRR the
largest accounts here leave less than the others, which the thirds cannot see. More came than the upper limit more often
than less than the lower one, for the same reason. Where these businesses are gentler than yours: customers churn
independently of one another and of the calendar, and rates do not change over the years. Your own history says more:
`rk.back_test(ledger)`.

**Announced ends.** MRR whose end date lies ahead, and was known on the day, is taken out in the month of that date, and
its customer leaves then, neither before nor later; a warning says how much it is. Where the table of subscriptions has
customers who began after the day, it was drawn up later, and only ends whose `cancel_requested_at` is not later than
the day count. Where most rows of a billing interval have an end and most that ended were continued, the table gives
every term a row of its own and these ends announce nothing. If your dates are such terms all the same, leave them
empty. The test above and `back_test` forecast from `ledger.until`, which knows of no announcement, since nobody says
what had been announced by then: they show the forecast at its worst.

"""

TITLE = "## `project_cohort`\n"

PROJECTIONS = """
Cohorts drawn from the model itself, seen for {seen} periods and projected to {last}: how often the 90 % interval held
the survivors. The parameters are those published for the two cohorts of Fader and Hardie (2007), the seeds from
{first}, on none of which the method was developed. Target: 87 to 93 %.
Made with {versions}.

{cohorts}

It says how the interval does where the model is right; no table can say that yours is such a cohort. Where more came
than the upper limit more often than less than the lower one: few customers hardly tell risks that differ from risks
that are alike, and the prior leans towards the latter.

`rk.project_cohort(ledger, cohort="2023-01")` counts the survivors itself (a month, a quarter or a year, with `term=12`
for yearly contracts), and `seen=12` shows the model twelve periods only: those that came later stand in
`frame["later"]`, in the sentence, and as open dots in `rk.plot_projection`.
"""

if __name__ == "__main__":
    main(sys.argv[1:])
