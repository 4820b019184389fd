"""Pictures of results: Axes in, the same Axes out.

Every function draws one result on `ax`, or on a new figure in the house's style; it shows and saves nothing.
Words and numbers are written in `lang`, by default the language of the moment. matplotlib and seaborn are
loaded when the first picture is drawn.
"""

from retention_kit.plots.ageing import plot_cohort_curves
from retention_kit.plots.curves import plot_survival
from retention_kit.plots.drawing import house_style
from retention_kit.plots.flows import GAINS, LOSSES, plot_bridge, plot_waterfall
from retention_kit.plots.forecasts import plot_forecast, plot_projection
from retention_kit.plots.hypotheses import plot_balance, plot_finding, plot_forest
from retention_kit.plots.lines import plot_retention_over_time
from retention_kit.plots.matrices import plot_cohort_matrix
from retention_kit.plots.segments import plot_estimates, plot_mix_effect
from retention_kit.plots.signals import plot_lift, plot_regression_to_mean

__all__ = [
    "GAINS",
    "LOSSES",
    "house_style",
    "plot_balance",
    "plot_bridge",
    "plot_cohort_curves",
    "plot_cohort_matrix",
    "plot_estimates",
    "plot_finding",
    "plot_forecast",
    "plot_forest",
    "plot_lift",
    "plot_mix_effect",
    "plot_projection",
    "plot_regression_to_mean",
    "plot_retention_over_time",
    "plot_survival",
    "plot_waterfall",
]
