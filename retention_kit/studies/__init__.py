"""A protocol of hypotheses: what could be found, what is locked, what came out."""

from retention_kit.studies.hypothesis import Hypothesis
from retention_kit.studies.sample_sizes import churns_for_hazard_ratio, customers_for_mean, customers_for_retention
from retention_kit.studies.study import Study

__all__ = ["Hypothesis", "Study", "churns_for_hazard_ratio", "customers_for_mean", "customers_for_retention"]
