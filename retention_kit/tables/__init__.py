"""Tables to read: the only place where 1.08 becomes "108 %".

A `Table` holds texts in one language and is no longer for computing; results keep the numbers (`to_frame`).
"""

from retention_kit.results import (
    Balance,
    Bridge,
    CohortMatrix,
    Judgement,
    Movers,
    Plan,
    Ranking,
    Reconciliation,
    Renewals,
    SegmentDifferences,
    Trend,
)
from retention_kit.results.markup import show_as
from retention_kit.tables.answers import table_diagnosis
from retention_kit.tables.behind import sheet_of
from retention_kit.tables.books import table_bridge, table_cohort_matrix, table_reconciliation
from retention_kit.tables.cohorts import table_cohort_averages, table_cohort_drop
from retention_kit.tables.hypotheses import table_arms, table_balance, table_finding
from retention_kit.tables.measures import table_benchmark, table_estimates, table_retention_over_time
from retention_kit.tables.movers import table_movers
from retention_kit.tables.quality import table_faults, table_oddities
from retention_kit.tables.renewals import table_portfolio, table_renewals
from retention_kit.tables.segments import table_segment_bridge, table_segment_differences, table_segments
from retention_kit.tables.signals import table_judgement, table_plan, table_ranking
from retention_kit.tables.studies import table_beside, table_power, table_protocol, table_verdicts
from retention_kit.tables.windows import table_windows
from retention_kit.tables.writing import Table

__all__ = [
    "Table",
    "sheet_of",
    "table_arms",
    "table_balance",
    "table_benchmark",
    "table_beside",
    "table_bridge",
    "table_cohort_averages",
    "table_cohort_drop",
    "table_cohort_matrix",
    "table_diagnosis",
    "table_estimates",
    "table_faults",
    "table_finding",
    "table_judgement",
    "table_movers",
    "table_oddities",
    "table_plan",
    "table_portfolio",
    "table_power",
    "table_protocol",
    "table_ranking",
    "table_reconciliation",
    "table_renewals",
    "table_retention_over_time",
    "table_segment_bridge",
    "table_segment_differences",
    "table_segments",
    "table_verdicts",
    "table_windows",
]

for _kind, _table in {
    Balance: table_balance,
    Bridge: table_bridge,
    CohortMatrix: table_cohort_matrix,
    Judgement: table_judgement,
    Movers: table_movers,
    Plan: table_plan,
    Ranking: table_ranking,
    Reconciliation: table_reconciliation,
    Renewals: table_renewals,
    SegmentDifferences: table_segment_differences,
    Trend: table_retention_over_time,
}.items():
    show_as(_kind, _table)
