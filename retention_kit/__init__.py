"""Cohort studies of subscription customers: NRR, GRR, MRR movements and honest tests of hypotheses.

The public names, in reading order; each loads its module at first use, so that importing the package is light.
"""

from importlib import import_module
from importlib.metadata import version
from typing import Any

_HOMES = {
    "read_subscriptions": "sources",
    "read_customers": "sources",
    "check_file": "checking",
    "build_ledger": "ledger",
    "open_ledger": "ledger",
    "Ledger": "ledger",
    "movements": "mrr_movements",
    "mrr_bridge": "mrr_movements",
    "movers": "mrr_movements",
    "quick_ratio": "mrr_movements",
    "nrr": "retention",
    "grr": "retention",
    "logo_retention": "retention",
    "nrr_from_movements": "totals",
    "grr_from_movements": "totals",
    "retention_over_time": "retention",
    "mix_effect": "mixes",
    "gross_renewal_rate": "renewals",
    "cohort_matrix": "cohorts",
    "cohort_customers": "cohorts",
    "benchmark": "benchmarks",
    "published_benchmarks": "benchmarks",
    "diagnose": "diagnosis",
    "compare": "hypotheses",
    "compare_estimates": "results",
    "Estimate": "results",
    "Estimates": "results",
    "Difference": "results",
    "MixEffect": "results",
    "Bridge": "results",
    "CohortMatrix": "results",
    "Trend": "results",
    "Reconciliation": "results",
    "Position": "results",
    "Diagnosis": "results",
    "Finding": "results",
    "Verdict": "results",
    "plot_cohort_matrix": "plots",
    "plot_bridge": "plots",
    "plot_waterfall": "plots",
    "plot_retention_over_time": "plots",
    "plot_survival": "plots",
    "plot_finding": "plots",
    "house_style": "plots",
    "table_bridge": "tables",
    "table_cohort_matrix": "tables",
    "table_estimates": "tables",
    "table_retention_over_time": "tables",
    "table_arms": "tables",
    "table_reconciliation": "tables",
    "table_benchmark": "tables",
    "table_diagnosis": "tables",
    "heading": "pages",
    "paragraph": "pages",
    "notes": "pages",
    "picture": "pages",
    "Message": "wording",
    "use_language": "wording",
    "RetentionKitError": "errors",
}
_MODULES = ("synthetic", "reports")
__version__ = version("retention-kit")
__all__ = ["__version__", *_HOMES, *_MODULES]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        import_module(f"{__name__}.tables")  # so that every result can show itself in words
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
