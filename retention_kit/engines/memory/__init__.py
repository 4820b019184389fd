"""The embedded engine: a book of business as a matrix, months down and customers across, cents inside.

Kept as one row a customer and month, sorted; opened block by block of customers into small dense matrices. Opening is
the row above, each movement an elementwise expression on two rows, a cohort a group of columns.
"""

from retention_kit.engines.memory.book import Book, Foreign, build, only, with_cents
from retention_kit.engines.memory.cohort_cells import Cohorts, at_age, cohorts
from retention_kit.engines.memory.flows import Flows, bridge, movements
from retention_kit.engines.memory.lifetimes import Lives, lives
from retention_kit.engines.memory.windows import Choice, Window, kept, kept_monthly, opening_base

__all__ = [
    "Book",
    "Choice",
    "Cohorts",
    "Flows",
    "Foreign",
    "Lives",
    "Window",
    "at_age",
    "bridge",
    "build",
    "cohorts",
    "kept",
    "kept_monthly",
    "lives",
    "movements",
    "only",
    "opening_base",
    "with_cents",
]
