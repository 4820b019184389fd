"""A seeded subscription business with a known truth.

Public names: `make_business`, `Business`, `Truth`, `HABITS`.
"""

from retention_kit.synthetic.business import Business, Truth, make_business
from retention_kit.synthetic.habits import HABITS

__all__ = ["HABITS", "Business", "Truth", "make_business"]
