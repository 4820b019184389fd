"""The origins that have a module of their own; a module is loaded when its origin is asked for."""

from collections.abc import Callable
from importlib import import_module

from retention_kit.errors import OptionError
from retention_kit.schema import Converted

TABLE = "table"
_NAMES = (
    *("stripe", "stripe_invoices", "chartmogul_movements", "chartmogul_events", "recurly", "chargebee"),
    *("wide", "transactions"),
)
ORIGINS = {name: f"retention_kit.sources.{name}" for name in _NAMES}
"""Name of an origin → its module, which has `COLUMNS` and ``to_subscriptions(raw, *, source, cells)``."""


def converter(origin: str) -> Callable[..., Converted]:
    """Return the function that says an origin's export in subscriptions.

    Raises
    ------
    OptionError
        If there is no such origin.
    """
    if origin not in ORIGINS:
        raise OptionError("error.option", name="source", value=str(origin), legal=[TABLE, *ORIGINS])
    return import_module(ORIGINS[origin]).to_subscriptions
