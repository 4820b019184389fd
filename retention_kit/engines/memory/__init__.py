"""The embedded engine: a book of business as a matrix, months down and customers across, cents inside.

Kept as one row a customer and month, sorted; opened block by block of customers into small dense matrices. Opening is
the row above, each movement an elementwise expression on two rows, a cohort a group of columns.
"""

from retention_kit.engines.memory.book import Book, Foreign, build
from retention_kit.engines.memory.cohort_cells import Cohorts, cohorts
from retention_kit.engines.memory.flows import Flows, bridge, movements
from retention_kit.engines.memory.lifetimes import Lives, lives
from retention_kit.engines.memory.windows import Trailing, opening_base, trailing

__all__ = [
    "Book",
    "Cohorts",
    "Flows",
    "Foreign",
    "Lives",
    "Trailing",
    "bridge",
    "build",
    "cohorts",
    "lives",
    "movements",
    "opening_base",
    "trailing",
]
