"""What a notebook cell shows besides results: headings, paragraphs, pictures, and the parts of a page about an answer.

Public names: `heading`, `headline`, `paragraph`, `notes`, `picture`, `section`, and what begins with `show_`.
"""

from retention_kit.pages.cohorts import age_to_tell, cohorts_in_words, show_cohorts, show_drops, show_matrix
from retention_kit.pages.elements import Prose, Remarks, heading, notes, paragraph
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
from retention_kit.pages.pictures import Picture, picture
from retention_kit.pages.portfolios import (
    show_calls,
    show_plan,
    show_portfolio,
    show_renewals,
    show_upsell,
    show_week,
)
from retention_kit.pages.quality import show_faults, show_oddities
from retention_kit.pages.retention import change_of_mrr, show_benchmarks, show_changes, show_movers, show_trend
from retention_kit.pages.sections import Section, section
from retention_kit.pages.segments import segments_in_words, show_mix, show_ranges, show_segments
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
    "age_to_tell",
    "change_of_mrr",
    "cohorts_in_words",
    "heading",
    "headline",
    "notes",
    "paragraph",
    "picture",
    "section",
    "segments_in_words",
    "show_aloud",
    "show_answer",
    "show_balance",
    "show_benchmarks",
    "show_calls",
    "show_changes",
    "show_cohorts",
    "show_drops",
    "show_evidence",
    "show_faults",
    "show_forest",
    "show_hypotheses",
    "show_left_out",
    "show_limits",
    "show_matrix",
    "show_mix",
    "show_movers",
    "show_oddities",
    "show_plan",
    "show_portfolio",
    "show_power",
    "show_protocol",
    "show_question",
    "show_ranges",
    "show_renewals",
    "show_segments",
    "show_title",
    "show_trend",
    "show_upsell",
    "show_verdicts",
    "show_week",
]
