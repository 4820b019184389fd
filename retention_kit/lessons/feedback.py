"""What a learner is told about an answer."""

import html
from dataclasses import dataclass
from typing import Any

from retention_kit.media_types import FEEDBACK
from retention_kit.wording import Message, language, render

BLANK, RIGHT, MISTAKE, UNKNOWN = "blank", "right", "mistake", "unknown"
# JupyterLab knows no style sheet of ours; the words say it all, the colour only helps the eye.
_COLOURS = {BLANK: "#8c8c8c", RIGHT: "#00805e", MISTAKE: "#c05000", UNKNOWN: "#c05000"}


@dataclass(frozen=True)
class Feedback:
    """What is said of an answer: right, or which mistake it looks like, and a hint; never the solution.

    Attributes
    ----------
    exercise : str
        Such as ``"3.2"``.
    status : {"blank", "right", "mistake", "unknown"}
        A blank was not filled in; a mistake is one that the exercise knows.
    mistake : str or None
        The name of the mistake.
    messages : tuple of Message
    """

    exercise: str
    status: str
    mistake: str | None
    messages: tuple[Message, ...]

    def __str__(self) -> str:
        return " ".join(map(render, self.messages))

    __repr__ = __str__

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        known = {"exercise": self.exercise, "status": self.status, "mistake": self.mistake}
        return {"text/html": self._repr_html_(), "text/plain": str(self), FEEDBACK: known}

    def _repr_html_(self) -> str:
        first, *rest = (html.escape(render(message)) for message in self.messages)
        said = " ".join([f"<strong>{first}</strong>", *rest])
        style = f"border-left: 4px solid {_COLOURS[self.status]}; padding: 0.2em 0.8em"
        return f'<div lang="{language()}" style="{style}"><p>{said}</p></div>'
