"""The command ``retention-kit``: reports from the command line, in English or French.

Public name: `main`. One module a command: each has `parser`, whose defaults hold the function that runs it.
"""

import sys

# jsonschema compiles the grammars of this optional module at import: a second in every process (it copes
# without it, see python-jsonschema/jsonschema#1428). A command line may decide that; a library may not.
sys.modules.setdefault("rfc3987_syntax", None)

from retention_kit.cli.entry import main  # noqa: E402 the line above must come first

__all__ = ["main"]
