"""A factor, an outcome, a horizon: groups of customers compared, and an answer that can be defended."""

from retention_kit.hypotheses.comparing import compare, judged_again

__all__ = ["compare", "judged_again"]
