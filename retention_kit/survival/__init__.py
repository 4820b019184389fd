"""Time to churn: curves by age in months with numbers at risk, months of life, early churn, tests of groups."""

from retention_kit.survival.curves import kaplan_meier

__all__ = ["kaplan_meier"]
