"""`python -m tests.calibration`: run all cells, write docs/calibration.md, fail if a target is missed."""

import os

for threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")  # two processes on two cores: no threads below them

import argparse  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

from .page import into_readme, line, naive_line, page  # noqa: E402
from .run import REPLICATIONS, cells, run, tell  # noqa: E402
from .summary import summary  # noqa: E402

ROOT = Path(__file__).parents[2]
PAGE, README = ROOT / "docs" / "calibration.md", ROOT / "README.md"


def options():
    parser = argparse.ArgumentParser(prog="python -m tests.calibration", description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of the replications (default: all of them)")
    parser.add_argument("--only", default="", help="cells whose name holds this text; the page is then left as it is")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--keep", metavar="CODE", help="reuse kept replications of any code, under this name for it")
    return parser.parse_args()


def main():
    given = options()
    some = cells(given.only)
    found = run(some, share=given.share, jobs=given.jobs, code=given.keep)
    rows = [row for cell in some for row in summary(cell, found[cell])]
    for row in rows:
        print((naive_line if row.naive else line)(row))
    if not given.only:
        replications = {n: max(2, round(times * given.share)) for n, times in REPLICATIONS.items()}
        PAGE.write_text(page(rows, replications), encoding="utf-8")
        README.write_text(into_readme(README.read_text(encoding="utf-8"), rows), encoding="utf-8")
    missed = [row for row in rows if row.misses and not row.known]
    for row in missed:
        tell(f"✗ {row.world}, {row.outcome}, N = {row.n}: {', '.join(row.misses)} {' | '.join(row.faults)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
