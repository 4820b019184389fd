"""The one table in the middle: who paid what at the end of each month, and under which rules.

Public names: `Ledger`, `build_ledger`, `open_ledger`, `open_events`, `only_customers`, `largest_group`; what reports
look at by default: `window_length`, `window_lengths`, `window_before`, `starts_observed`, `annual_revenue`; whether an
export holds survivors only: `snapshot_seen`.
"""

from retention_kit.ledger.building import build_ledger
from retention_kit.ledger.choosing import largest_group, only_customers
from retention_kit.ledger.looking import annual_revenue, starts_observed, window_before, window_length, window_lengths
from retention_kit.ledger.opening import open_events, open_ledger
from retention_kit.ledger.snapshots import snapshot_seen
from retention_kit.ledger.value import Ledger

__all__ = [
    "Ledger",
    "annual_revenue",
    "build_ledger",
    "largest_group",
    "only_customers",
    "open_events",
    "open_ledger",
    "snapshot_seen",
    "starts_observed",
    "window_before",
    "window_length",
    "window_lengths",
]
