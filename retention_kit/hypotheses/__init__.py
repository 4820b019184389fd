"""A factor, an outcome, a horizon: groups of customers compared, and an answer that can be defended."""

from retention_kit.hypotheses.comparing import compare

__all__ = ["compare"]
