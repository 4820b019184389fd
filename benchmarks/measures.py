"""Speed and memory of the measures on the memory engine: `make bench`.

CPU seconds of this process, medians of repeated runs; read ratios rather than seconds on a shared machine. The aims are
those of the project: calls on 2,000 customers × 36 months under 15 ms each, the whole pipeline on 100,000 customers ×
60 months under 2.5 s.
"""

import resource
import statistics
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

import retention_kit as rk

AS_OF = "2025-12-31"


def invented(customers: int, months: int, *, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return subscriptions (about three stretches a customer, some with gaps) and customers with a segment."""
    draw = np.random.default_rng(seed)
    origin = np.datetime64(AS_OF[:7], "M") - (months - 1)
    begin = draw.integers(0, months, customers)
    parts = []
    for _ in range(3):
        until = begin + draw.integers(2, months, customers)
        amount = np.round(draw.lognormal(4, 1, customers), 2)
        parts.append(
            pd.DataFrame({"customer_id": np.arange(customers), "begin": begin, "until": until, "amount": amount})
        )
        begin = until + (draw.random(customers) < 0.1) * draw.integers(1, 6, customers)
    table = pd.concat(parts, ignore_index=True)
    table = table[table["begin"] < months]
    start, end = ((origin + table[name].to_numpy()).astype("datetime64[D]") for name in ("begin", "until"))
    running = (table["until"] >= months).to_numpy()
    subscriptions = pd.DataFrame(
        {
            "subscription_id": np.arange(len(table)),
            "customer_id": table["customer_id"].to_numpy(),
            "start": pd.Series(start),
            "end": pd.Series(end).mask(running),
            "amount": table["amount"].to_numpy(),
            "interval": "month",
        }
    )
    segments = draw.choice(["SMB", "Mid-market", "Enterprise"], customers)
    return subscriptions, pd.DataFrame({"customer_id": np.arange(customers), "segment": segments})


def calls(ledger: rk.Ledger) -> dict[str, Callable[[], object]]:
    """Return the calls that are timed one by one."""
    start, end = ledger.last_window(12)
    return {
        "nrr": lambda: rk.nrr(ledger, start, end),
        "grr by segment": lambda: rk.grr(ledger, start, end, by="segment"),
        "logo_retention": lambda: rk.logo_retention(ledger, start, end),
        "mrr_bridge": lambda: rk.mrr_bridge(ledger),
        "mrr_bridge by segment": lambda: rk.mrr_bridge(ledger, by="segment"),
        "movements": lambda: rk.movements(ledger),
        "retention_over_time": lambda: rk.retention_over_time(ledger, window=12),
        "retention_over_time, compounded": lambda: rk.retention_over_time(ledger, window=12, method="compounded"),
        "cohort_matrix": lambda: rk.cohort_matrix(ledger, measure="nrr"),
    }


def cpu(call: Callable[[], object], repeats: int) -> float:
    """Return the median CPU seconds of a call, after one that warms up."""
    call()
    spent = []
    for _ in range(repeats):
        began = time.process_time()
        call()
        spent.append(time.process_time() - began)
    return statistics.median(spent)


def pipeline(subscriptions: pd.DataFrame, customers: pd.DataFrame) -> None:
    """Subscriptions → ledger → bridge, also by segment → trailing twelve months → cohorts."""
    ledger = rk.build_ledger(subscriptions, as_of=AS_OF, customers=customers, end_inclusive=False)
    rk.mrr_bridge(ledger)
    rk.mrr_bridge(ledger, by="segment")
    rk.retention_over_time(ledger, window=12)
    rk.cohort_matrix(ledger, measure="nrr")


def main() -> None:
    """Print both tables."""
    subscriptions, customers = invented(2_000, 36)
    ledger = rk.build_ledger(subscriptions, as_of=AS_OF, customers=customers, end_inclusive=False)
    timed = {name: 1000 * cpu(call, 9) for name, call in calls(ledger).items()}
    print("2,000 customers × 36 months, CPU ms a call (aim: under 15)")
    print(pd.Series(timed).round(1).to_string())
    large = invented(100_000, 60)
    seconds = cpu(lambda: pipeline(*large), 3)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(
        f"\n100,000 customers × 60 months, whole pipeline: {seconds:.2f} s of CPU (aim: under 2.5), peak {peak:.2f} GB"
    )


if __name__ == "__main__":
    main()
