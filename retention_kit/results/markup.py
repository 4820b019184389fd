"""What the results share to show themselves."""

import html

from retention_kit.wording import Message, render


def paragraphs(*texts: str) -> str:
    """Return texts as HTML paragraphs, whatever stands in them."""
    return "".join(f"<p>{html.escape(text)}</p>" for text in texts if text)


def lines(messages: tuple[Message, ...]) -> list[str]:
    """Return messages in words."""
    return [render(message) for message in messages]
