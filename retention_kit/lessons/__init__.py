"""Teaching with the kit: exercises that say what went wrong, copies for learners, a summary for the instructor.

Public names: `check`, `example`, `Feedback`, `write_lessons`, `summarise`, `lesson_names`, `useless_feature`,
`false_alarms`.
"""

from importlib import import_module
from typing import Any

# Learners import one module; copies and summaries, which read notebooks, are the instructor's.
_HOMES = {
    "check": "checking",
    "example": "examples",
    "Feedback": "feedback",
    "write_lessons": "copies",
    "summarise": "summaries",
    "lesson_names": "library",
    "useless_feature": "useless",
    "false_alarms": "useless",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
