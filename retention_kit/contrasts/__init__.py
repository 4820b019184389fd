"""Two groups or more compared: the difference, its interval, and the p-value that belongs to it."""

from retention_kit.contrasts.clusters import leave_one_cluster_out
from retention_kit.contrasts.comparisons import Comparison, Contrast, Permuted, StudentT
from retention_kit.contrasts.equality import equal_ratios
from retention_kit.contrasts.months_gained import rmst_difference
from retention_kit.contrasts.mover import Mover, Share, retention_difference
from retention_kit.contrasts.multiplicity import false_discovery, holm
from retention_kit.contrasts.permutations import permutation_p
from retention_kit.contrasts.ratio_contrasts import RatioDifference, ratio_difference

__all__ = [
    "Comparison",
    "Contrast",
    "Mover",
    "Permuted",
    "RatioDifference",
    "Share",
    "StudentT",
    "equal_ratios",
    "false_discovery",
    "holm",
    "leave_one_cluster_out",
    "permutation_p",
    "ratio_difference",
    "retention_difference",
    "rmst_difference",
]
