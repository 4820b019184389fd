"""Where subscriptions, customers and events come from: one module an origin, one table for all.

Public names: `read_subscriptions`, `read_customers`, `read_events`, `ORIGINS` (what `source` may be besides
``"table"``).
"""

from retention_kit.sources.events import read_events
from retention_kit.sources.files import read_customers, read_subscriptions
from retention_kit.sources.origins import ORIGINS

__all__ = ["ORIGINS", "read_customers", "read_events", "read_subscriptions"]
