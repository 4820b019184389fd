"""The one table in the middle: who paid what at the end of each month, and under which rules.

Public names: `Ledger`, `build_ledger`, `open_ledger`.
"""

from retention_kit.ledger.building import build_ledger
from retention_kit.ledger.opening import open_ledger
from retention_kit.ledger.value import Ledger

__all__ = ["Ledger", "build_ledger", "open_ledger"]
