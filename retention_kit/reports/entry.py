"""What papermill finds under the name ``retention-kit`` of its entry points."""

from typing import Any


class _Engine:
    """Stands for the engine, which needs papermill, while papermill is still being imported itself."""

    def __getattr__(self, name: str) -> Any:
        from retention_kit.reports.engine import AsideEngine

        return getattr(AsideEngine, name)


engine = _Engine()
