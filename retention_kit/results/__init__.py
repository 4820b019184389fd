"""Results: frozen values that know their number, its doubt, its n and its rule.

They store keys and numbers; words are rendered in the language of the moment. A result prints as text, shows
itself as HTML in a notebook and becomes a DataFrame of plain numbers with `to_frame`.
"""

from retention_kit.results.bridges import MOVEMENTS, Bridge
from retention_kit.results.estimates import Estimate, Estimates
from retention_kit.results.findings import Arm, Finding, Verdict
from retention_kit.results.matrices import CohortMatrix
from retention_kit.results.reconciliations import Reconciliation
from retention_kit.results.trends import Trend

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
