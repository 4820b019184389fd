"""Results: frozen values that know their number, its doubt, its n and its rule.

They store keys and numbers; words are rendered in the language of the moment. A result prints as text, shows
itself as HTML in a notebook and becomes a DataFrame of plain numbers with `to_frame`.
"""

from retention_kit.results.balances import Balance, EValue
from retention_kit.results.bridges import MOVEMENTS, Bridge
from retention_kit.results.diagnoses import Clue, Diagnosis
from retention_kit.results.estimates import Difference, Estimate, Estimates, compare_estimates
from retention_kit.results.findings import Arm, Finding, Findings, Line, Verdict
from retention_kit.results.matrices import CohortCell, CohortMatrix
from retention_kit.results.mixes import MixEffect
from retention_kit.results.positions import Benchmark, Comparison, Position
from retention_kit.results.reconciliations import Reconciliation
from retention_kit.results.trends import Trend

__all__ = [
    "MOVEMENTS",
    "Arm",
    "Balance",
    "Benchmark",
    "Bridge",
    "Clue",
    "CohortCell",
    "CohortMatrix",
    "Comparison",
    "Diagnosis",
    "Difference",
    "EValue",
    "Estimate",
    "Estimates",
    "Finding",
    "Findings",
    "Line",
    "MixEffect",
    "Position",
    "Reconciliation",
    "Trend",
    "Verdict",
    "compare_estimates",
]
