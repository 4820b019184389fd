"""Two groups or more compared: the difference, its interval, and the p-value that belongs to it."""

from retention_kit.contrasts.mover import Contrast, Share, retention_difference

__all__ = ["Contrast", "Share", "retention_difference"]
