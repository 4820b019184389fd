"""Time to churn: curves by age in months with numbers at risk, months of life, early churn, tests of groups."""

from retention_kit.survival.curves import Mean, kaplan_meier, rmst, rmst_of_counts
from retention_kit.survival.early import EarlyChurn, early_churn
from retention_kit.survival.hazards import Hazard, Test, cox, cox_time_varying, expanded, log_rank
from retention_kit.survival.pseudo import pseudo_values

__all__ = [
    "EarlyChurn",
    "Hazard",
    "Mean",
    "Test",
    "cox",
    "cox_time_varying",
    "early_churn",
    "expanded",
    "kaplan_meier",
    "log_rank",
    "pseudo_values",
    "rmst",
    "rmst_of_counts",
]
