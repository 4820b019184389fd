"""Weak signals: who drifts away or is ready for more, what a ranking by them was worth, and what to do about it.

Public names: `signals_of`, `rank_signals`, `judge_ranking`, `action_plan`, `draw_holdout`, `regression_to_mean`,
`signal_thresholds`, `playbook`.
"""

from retention_kit.signals.asking import signals_of
from retention_kit.signals.holding_out import draw_holdout
from retention_kit.signals.judging import judge_ranking
from retention_kit.signals.planning import action_plan, playbook
from retention_kit.signals.ranking import rank_signals
from retention_kit.signals.regressing import regression_to_mean
from retention_kit.signals.thresholds import signal_thresholds

__all__ = [
    "action_plan",
    "draw_holdout",
    "judge_ranking",
    "playbook",
    "rank_signals",
    "regression_to_mean",
    "signal_thresholds",
    "signals_of",
]
