"""Delivering reports: parameters checked, notebooks run by papermill, pages that stand on their own.

Public names: `report_names`, `report_path`, `study_file`, `lock_file`, `Parameter`, `declared_parameters`,
`check_parameters`, `ENGINES`, `FORMATS`, `ReportFiles`, `run_report`, `to_html`.
"""

from importlib import import_module
from typing import Any

from retention_kit.reports.library import lock_file, report_names, report_path, study_file
from retention_kit.reports.parameters import Parameter, check_parameters, declared_parameters

__all__ = [
    "ENGINES",
    "FORMATS",
    "Parameter",
    "ReportFiles",
    "check_parameters",
    "declared_parameters",
    "lock_file",
    "report_names",
    "report_path",
    "run_report",
    "study_file",
    "to_html",
]

# papermill and nbconvert take a second to import; listing reports or their parameters needs neither.
_LATER = {"ENGINES": "run", "FORMATS": "run", "ReportFiles": "run", "run_report": "run", "to_html": "export"}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
