"""Draw the README's picture anew from the bundled business: `make images`."""

from pathlib import Path

import retention_kit as rk

ledger = rk.open_ledger(as_of="2025-12-31")
matrix = rk.cohort_matrix(ledger, measure="logo", cohort="Q")
picture = rk.picture(rk.plot_cohort_matrix(matrix), alt=matrix.describe())
Path(__file__).with_name("cohorts.png").write_bytes(picture.png)
