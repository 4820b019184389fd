"""A seeded subscription business with a known truth.

Public names: `make_business`, `Business`, `Truth`, `HABITS`, `EVENTS`.
"""

from retention_kit.synthetic.business import Business, make_business
from retention_kit.synthetic.habits import EVENTS, HABITS
from retention_kit.synthetic.truth import Truth

__all__ = ["EVENTS", "HABITS", "Business", "Truth", "make_business"]
