"""The wheel carries the notebooks; an editable install reads them where they are."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class NotebooksHook(BuildHookInterface):
    """Put `notebooks` into the wheel as ``retention_kit/_notebooks``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Leave the editable wheel as it is: a second copy there would go stale."""
        if version == "standard":
            build_data["force_include"]["notebooks"] = "retention_kit/_notebooks"
