"""The page of the documentation: every number of it comes from the run."""

from importlib.metadata import version
from itertools import groupby

import numpy as np

from .naive import NAIVE
from .summary import BEYOND, LEAST_ANSWERED, LEAST_COVERED, MOST_FALSE, ONE_SIDED

HEAD = """# Calibration

Can the answers be trusted? `make calibration` invents businesses whose truth is known because it was put in, asks the
public `compare` and `Study` about them as an analyst would, many times over, and counts how often the answer was
wrong. Every number on this page is written by that command, which ends with an error when a target is missed beyond
Monte Carlo error, but for a limit that is known: few large accounts with much churn against many alike with little, 20
customers each, where NRR is called different too often ([methods](methods.md)).

- **False positives**: where nothing is true, how often the p-value is 5 % or less, among the answers that have one.
  Target: at most {most_false}.
- **Coverage**: how often the 95 % interval that is shown holds the truth. Target: at least {least_covered}.
- **Supports**: where nothing is true, how often the verdict is *supports*, which needs the right direction as well. The
  design meant it to be at most {one_sided}. That does not hold everywhere; since a run showed it, it is counted below
  instead of marked: where one group is small its error is skewed, and most of the 5 % may lie on one side.
- **Power**: where something is true, how often the p-value is 5 % or less. No target: it says what so many customers
  can show.

“±” is the Monte Carlo error (one standard error); a target counts as missed (**✗**) by more than {beyond:g} of them.
“Answered” is the share of replications with a p-value: the rest are *not testable*, such as 8 customers in a group of
40 at 20:80. A share of fewer than {least_answered} answers is not shown. True values are differences as the outcome is
measured: fractions of customers or of starting MRR, months for RMST, money for spend; ratios for early churn.

Replications: {replications}. Made with {versions}; the seed of a replication is its world, size and number.
"""
WORLDS = """
## The worlds

- Churn of 3 % a month, customers watched for 4 to 30 months, the demo given by coin to half or a fifth of them; hazard
  ratio 0.6 where it works.
- Money: 15 % leave within a year, a quarter grow by an exponential quarter, 8 % shrink; starting MRR lognormal
  (standard deviation of logs 1 or 1.5) or Pareto 1.5, whose variance is infinite.
- Confounding: the demo goes to 15 / 45 / 80 % of small, middle and large accounts, which churn at 3.5 / 1.8 / 0.7 % a
  month, and more often to the larger within them; or (curved) to the smallest and largest, which churn least. Adjusted
  as `compare` does by default. The truth is that of the customers for whom the decision was open.
- A feature activated by 6 % of the customers a month, compared from a landmark at 3 months. The truth is "activated by
  then" against "not yet", who may activate later.
- Portfolios (8, 10 or 40) whose churn differs (intraclass correlation about .07); half of them give the demo to all
  their customers.
- Annual contracts, a quarter of which end at each renewal.

The designs behind them, and why these methods and no others: [methods](methods.md).
"""
NAIVE_HEAD = """
## What is usually done instead, in the same worlds

The analyses that dashboards and tutorials use, by a few lines of their own. No targets: they are shown failing.
Where the truth is 0 (a ratio: 1), "p ≤ 5 %" is false alarms.

| World | Analysis | N | True | Mean estimate | p ≤ 5 % | Coverage |
|---|---|--:|--:|--:|--:|--:|
"""
COLUMNS = (
    "| World | Outcome | N | True | Mean estimate | Answered | {share} | Coverage "
    "| Supports | Does not support | Contradicts | Inconclusive | |"
)
RULE = "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|"


def percent(share):
    return f"{100 * share:.1f} %".replace("100.0", "100")


def with_error(share):
    if not share.said:
        return "–"
    return f"{100 * share.value:.1f} ± {100 * share.error:.1f} %"


def number(value):
    return "–" if np.isnan(value) else f"{value:.3g}" if abs(value) >= 0.0005 else "0"


def line(row):
    kinds = [f"{100 * row.kinds[kind].value:.0f} %" for kind in ("does_not_support", "contradicts", "inconclusive")]
    cells = [row.world, row.outcome, f"{row.n:,}", number(row.true), number(row.mean), percent(row.answered.value)]
    cells += [with_error(row.rejected), with_error(row.covered), percent(row.kinds["supports"].value), *kinds]
    return "| " + " | ".join([*cells, mark(row)]) + " |"


def mark(row):
    """Whether the targets are met, as far as that can be said."""
    if row.misses:
        return "**✗ " + ", ".join([*row.misses, *(["known limit"] if row.known else [])]) + "**"
    return "✓" if row.judged else "–"


def naive_line(row):
    cells = [row.world, NAIVE[row.outcome][1], f"{row.n:,}", number(row.true), number(row.mean)]
    return "| " + " | ".join([*cells, with_error(row.rejected), with_error(row.covered)]) + " |"


def tables(rows):
    """One table a section, worlds without an effect first."""
    ours = [row for row in rows if not row.naive]
    parts = []
    for section, some in groupby(ours, lambda row: row.section):
        some = list(some)
        parts.append(f"\n## {section}\n")
        for null, title in ((True, "False positives"), (False, "Power")):
            chosen = [row for row in some if row.null == null]
            if chosen:
                parts += [COLUMNS.format(share=title), RULE, *map(line, chosen), ""]
    return "\n".join(parts)


def one_sided(rows):
    """How many cells in which nothing is true say *supports* more often than one side of the 5 % allows."""
    null = [row.kinds["supports"] for row in rows if row.null]
    above = [share for share in null if share.above(ONE_SIDED)]
    if not above:
        return ""
    most = percent(max(share.value for share in above))
    where = f"{len(above)} of {len(null)} cells without an effect ({most} at most)"
    return f" *Supports* lies above {percent(ONE_SIDED)} in {where}."


def faults(rows):
    """What failed instead of answering, once each."""
    found = sorted({fault for row in rows for fault in row.faults})
    return "".join(f"\n- ✗ {fault}" for fault in found)


def page(rows, replications):
    """The whole page."""
    libraries = ("retention-kit", "numpy", "pandas", "scipy", "statsmodels")
    head = HEAD.format(
        most_false=percent(MOST_FALSE),
        least_covered=percent(LEAST_COVERED),
        one_sided=percent(ONE_SIDED),
        beyond=BEYOND,
        least_answered=LEAST_ANSWERED,
        replications=", ".join(f"{times:,} of {n:,} customers" for n, times in replications.items()),
        versions=", ".join(f"{name} {version(name)}" for name in libraries),
    )
    naive = NAIVE_HEAD + "\n".join(naive_line(row) for row in rows if row.naive)
    missed = [row for row in rows if row.misses]
    asked = [row for row in rows if not row.naive]
    judged = sum(row.judged for row in asked)
    told = f"\n**{judged - len(missed)} of {judged} cells meet their targets.**"
    if judged < len(asked):
        told += f" {len(asked) - judged} more have too few answers to say (–)."
    told += one_sided(asked) + faults(rows)
    return f"{head}{told}\n{tables(rows)}{naive}\n{WORLDS}"


README_MARKS = ("<!-- calibration -->", "<!-- end of calibration -->")
README_HEAD = """
| Nothing is true, and yet … | as usual | N = 40 | N = 200 | N = 2,000 | `compare` | N = 40 | N = 200 | N = 2,000 |
|---|---|--:|--:|--:|---|--:|--:|--:|
"""
PAIRS = (
    ("“customers who activated it stay longer”", "the feature does nothing", "ever_never", "retention"),
    (
        "“demo customers are still active”",
        "no effect, demo customers more recent",
        "active_today",
        "retention",
    ),
    (
        "“demo customers stay”, when larger accounts get it",
        "no effect, confounding linear in the logarithm of size",
        "retention_z",
        "retention, adjusted",
    ),
    ("“my portfolio's method works”", "no effect, portfolios differ", "retention_z", "retention"),
    ("“they pay more”, heavy-tailed MRR", "no effect, lognormal 1.5, 20:80", "nrr_delta_z", "nrr"),
    ("“most churners leave early”", "churn as likely in every month", "share_of_churners", "early_churn"),
)
"""False alarms shown side by side in the README: claim, world, the usual analysis, ours."""


def side_by_side(rows):
    """The README's table: false alarms of usual analyses and of ours in the same worlds."""
    shares = {(row.world, row.outcome, row.n): row.rejected for row in rows}
    lines = []
    for claim, world, usual, ours in PAIRS:
        cells = [claim, NAIVE[usual][1].partition(":")[0]]
        for outcome in (usual, ours):
            found = [shares.get((world, outcome, n)) for n in (40, 200, 2000)]
            cells += [f"{100 * share.value:.0f} %" if share and share.said else "–" for share in found]
            cells += [ours] if outcome == usual else []
        lines.append("| " + " | ".join(cells) + " |")
    return README_HEAD + "\n".join(lines) + "\n\n"


def into_readme(text, rows):
    """The README with its table written anew between the marks."""
    before, _, rest = text.partition(README_MARKS[0])
    after = rest.partition(README_MARKS[1])[2]
    return f"{before}{README_MARKS[0]}\n{side_by_side(rows)}{README_MARKS[1]}{after}"
