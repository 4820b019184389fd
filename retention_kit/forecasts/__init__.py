"""What today's base will pay: expected MRR with intervals, and cohorts projected beyond what was seen."""

from retention_kit.forecasts.back_testing import back_test, realised
from retention_kit.forecasts.forecasting import forecast_mrr
from retention_kit.forecasts.projecting import project_cohort

__all__ = ["back_test", "forecast_mrr", "project_cohort", "realised"]
