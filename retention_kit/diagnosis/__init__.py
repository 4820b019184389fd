"""The questions behind a low NRR, each answered with the numbers that bear on it; which comes first is arithmetic."""

from retention_kit.diagnosis.questions import diagnose

__all__ = ["diagnose"]
