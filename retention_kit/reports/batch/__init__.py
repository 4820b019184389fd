"""Many reports from one plan: run aside, resumed, corrected for their number, and listed on one page.

Public names: `read_plan`, `Plan`, `Job`, `planned`, `run_batch`, `BatchResult`, `Progress`.
"""

from retention_kit.reports.batch.jobs import Job
from retention_kit.reports.batch.plan import Plan, read_plan
from retention_kit.reports.batch.running import BatchResult, Progress, planned, run_batch

__all__ = ["BatchResult", "Job", "Plan", "Progress", "planned", "read_plan", "run_batch"]
