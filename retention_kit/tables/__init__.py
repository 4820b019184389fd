"""Tables to read: the only place where 1.08 becomes "108 %".

A `Table` holds texts in one language and is no longer for computing; results keep the numbers (`to_frame`).
"""

from retention_kit.results import Bridge, CohortMatrix, Reconciliation, Trend
from retention_kit.results.markup import show_as
from retention_kit.tables.answers import table_arms, table_diagnosis
from retention_kit.tables.books import table_bridge, table_cohort_matrix, table_reconciliation
from retention_kit.tables.measures import table_benchmark, table_estimates, table_retention_over_time
from retention_kit.tables.writing import Table

__all__ = [
    "Table",
    "table_arms",
    "table_benchmark",
    "table_bridge",
    "table_cohort_matrix",
    "table_diagnosis",
    "table_estimates",
    "table_reconciliation",
    "table_retention_over_time",
]

for _kind, _table in {
    Bridge: table_bridge,
    CohortMatrix: table_cohort_matrix,
    Reconciliation: table_reconciliation,
    Trend: table_retention_over_time,
}.items():
    show_as(_kind, _table)
