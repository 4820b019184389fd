"""What a notebook cell shows besides results: headings, paragraphs, pictures, and the parts of a page about an answer.

Public names: `heading`, `headline`, `paragraph`, `notes`, `picture`, `section`, and what begins with `show_`.
"""

from retention_kit.pages.elements import Picture, Prose, Remarks, heading, notes, paragraph, picture
from retention_kit.pages.findings import (
    show_answer,
    show_balance,
    show_evidence,
    show_forest,
    show_left_out,
    show_limits,
    show_question,
)
from retention_kit.pages.headlines import Headline, headline
from retention_kit.pages.sections import Section, section
from retention_kit.pages.studies import (
    show_aloud,
    show_hypotheses,
    show_power,
    show_protocol,
    show_title,
    show_verdicts,
)

__all__ = [
    "Headline",
    "Picture",
    "Prose",
    "Remarks",
    "Section",
    "heading",
    "headline",
    "notes",
    "paragraph",
    "picture",
    "section",
    "show_aloud",
    "show_answer",
    "show_balance",
    "show_evidence",
    "show_forest",
    "show_hypotheses",
    "show_left_out",
    "show_limits",
    "show_power",
    "show_protocol",
    "show_question",
    "show_title",
    "show_verdicts",
]
