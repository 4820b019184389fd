"""Where subscriptions, customers and events come from: one module an origin, one table for all.

Public names: `read_subscriptions`, `read_customers`, `read_events`, `events_of` (events given in any form), `ORIGINS`
(what `source` may be besides ``"table"``).
"""

from retention_kit.sources.events import events_of, read_events
from retention_kit.sources.files import read_customers, read_subscriptions
from retention_kit.sources.origins import ORIGINS

__all__ = ["ORIGINS", "events_of", "read_customers", "read_events", "read_subscriptions"]
