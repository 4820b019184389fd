"""Results: frozen values that know their number, its doubt, its n and its rule.

They store keys and numbers; words are rendered in the language of the moment. A result prints as text, shows
itself as HTML in a notebook and becomes a DataFrame of plain numbers with `to_frame`.
"""

from retention_kit.results.books import MOVEMENTS, Bridge, CohortMatrix, Reconciliation, Trend
from retention_kit.results.estimates import Estimate, Estimates
from retention_kit.results.findings import Arm, Finding, Verdict

__all__ = [
    "MOVEMENTS",
    "Arm",
    "Bridge",
    "CohortMatrix",
    "Estimate",
    "Estimates",
    "Finding",
    "Reconciliation",
    "Trend",
    "Verdict",
]
