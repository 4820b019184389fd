"""Results: frozen values that know their number, its doubt, its n and its rule.

They store keys and numbers; words are rendered in the language of the moment. A result prints as text, shows
itself as HTML in a notebook and becomes a DataFrame of plain numbers with `to_frame`.
"""

from retention_kit.results.balances import Balance, EValue
from retention_kit.results.bridges import MOVEMENTS, Bridge
from retention_kit.results.diagnoses import Clue, Diagnosis
from retention_kit.results.drops import CohortDrop, cohort_drops
from retention_kit.results.estimates import Difference, Estimate, Estimates, compare_estimates
from retention_kit.results.findings import Arm, Finding, Findings, Line, Verdict
from retention_kit.results.forecasts import BackTest, Forecast, Projection
from retention_kit.results.judgements import ChurnModel, Judgement, Lift
from retention_kit.results.matrices import CohortCell, CohortMatrix
from retention_kit.results.mean_regressions import MeanRegression
from retention_kit.results.mixes import MixEffect
from retention_kit.results.movers import GAINED, LOST, Movers
from retention_kit.results.plans import Holdout, Plan, Step
from retention_kit.results.portfolios import Account, Portfolio, Renewal, Renewals
from retention_kit.results.positions import Benchmark, Comparison, Position
from retention_kit.results.powers import Power, PowerTable
from retention_kit.results.qualities import DataQuality
from retention_kit.results.rankings import Ranked, Ranking, Signals
from retention_kit.results.reconciliations import Reconciliation
from retention_kit.results.segments import SegmentDifferences
from retention_kit.results.studies import Beside, Lock, StudyResult
from retention_kit.results.trends import Trend

__all__ = [
    "GAINED",
    "LOST",
    "MOVEMENTS",
    "Account",
    "Arm",
    "BackTest",
    "Balance",
    "Benchmark",
    "Beside",
    "Bridge",
    "ChurnModel",
    "Clue",
    "CohortCell",
    "CohortDrop",
    "CohortMatrix",
    "Comparison",
    "DataQuality",
    "Diagnosis",
    "Difference",
    "EValue",
    "Estimate",
    "Estimates",
    "Finding",
    "Findings",
    "Forecast",
    "Holdout",
    "Judgement",
    "Lift",
    "Line",
    "Lock",
    "MeanRegression",
    "MixEffect",
    "Movers",
    "Plan",
    "Portfolio",
    "Position",
    "Power",
    "PowerTable",
    "Projection",
    "Ranked",
    "Ranking",
    "Reconciliation",
    "Renewal",
    "Renewals",
    "SegmentDifferences",
    "Signals",
    "Step",
    "StudyResult",
    "Trend",
    "Verdict",
    "cohort_drops",
    "compare_estimates",
]
