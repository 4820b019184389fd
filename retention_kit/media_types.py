"""What an output of a notebook carries, beside what it shows, for other programs: the names JSON goes by there."""

SHEET = "application/vnd.retention-kit.sheet+json"
"""The numbers behind a table or a picture."""
HEADLINE = "application/vnd.retention-kit.headline+json"
"""The key figures and answers of a page."""
FEEDBACK = "application/vnd.retention-kit.feedback+json"
"""Which exercise was answered, and how it went."""
