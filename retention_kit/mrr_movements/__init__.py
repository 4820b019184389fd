"""The five movements of MRR, the bridge they make, the customers behind it and the quick ratio."""

from retention_kit.mrr_movements.behind import movers
from retention_kit.mrr_movements.flows import movements, mrr_bridge
from retention_kit.mrr_movements.quick import quick_ratio
from retention_kit.mrr_movements.top import top_movers

__all__ = ["movements", "movers", "mrr_bridge", "quick_ratio", "top_movers"]
