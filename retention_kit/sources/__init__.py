"""Where subscriptions and customers come from: one module an origin, one table for all.

Public names: `read_subscriptions`, `read_customers`.
"""

from retention_kit.sources.files import read_customers, read_subscriptions

__all__ = ["read_customers", "read_subscriptions"]
