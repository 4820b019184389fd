"""How alike two groups are, and what is left of a difference once they are made alike."""

from retention_kit.balance.alikeness import balance_of, effective_size
from retention_kit.balance.covariates import Column, Covariates, covariates
from retention_kit.balance.overlap import Adjusted, overlap_difference, propensity
from retention_kit.balance.sensitivity import (
    MeasuredBenchmark,
    e_value,
    e_value_of_hazard,
    e_value_of_mean,
    e_value_of_shares,
    measured_benchmark,
)
from retention_kit.balance.strata import Stratified, mantel_haenszel

__all__ = [
    "Adjusted",
    "Column",
    "Covariates",
    "MeasuredBenchmark",
    "Stratified",
    "balance_of",
    "covariates",
    "e_value",
    "e_value_of_hazard",
    "e_value_of_mean",
    "e_value_of_shares",
    "effective_size",
    "mantel_haenszel",
    "measured_benchmark",
    "overlap_difference",
    "propensity",
]
