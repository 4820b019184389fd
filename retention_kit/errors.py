"""Named errors: each carries a key of the message catalogue and the fields that fill it.

The words are rendered when somebody reads them, in the language of that moment; `wording` hands its
renderer to this module, which stands before it.
"""

from collections.abc import Callable, Mapping
from typing import Any

Renderer = Callable[[str, Mapping[str, Any]], str]


def _plain(key: str, fields: Mapping[str, Any]) -> str:
    return f"{key} {dict(fields)}"


_renderer: Renderer = _plain


def render_with(renderer: Renderer) -> None:
    """Let `renderer(key, fields)` put errors into words."""
    global _renderer
    _renderer = renderer


class RetentionKitError(Exception):
    """Whatever this package refuses; `key` names the message, `fields` hold its values.

    Parameters
    ----------
    key : str
        Key of the message catalogue, such as ``"error.open_month"``.
    **fields
        The value, the legal values and what the next step needs.
    """

    def __init__(self, key: str, **fields: Any) -> None:
        super().__init__(key, fields)
        self.key = key
        self.fields = fields

    def __str__(self) -> str:
        return _renderer(self.key, self.fields)

    def __reduce__(self):
        return _rebuild, (type(self), self.key, self.fields)


def _rebuild(kind: type[RetentionKitError], key: str, fields: dict[str, Any]) -> RetentionKitError:
    return kind(key, **fields)


class InputError(RetentionKitError, ValueError):
    """The data handed in cannot be used as they are."""


class MissingColumnError(InputError):
    """A table lacks a column that it must have."""


class EmptyTableError(InputError):
    """A table or file without a single row."""


class InvalidRowsError(InputError):
    """Rows that cannot be read or contradict themselves; `fields["faults"]` lists them by reason."""


class InclusiveEndsError(InputError):
    """Most ends fall on the last day of a month: whether that day is paid must be said."""


class CurrencyError(InputError):
    """Several currencies, or one that contradicts what was said."""


class UnmatchedCustomersError(InputError):
    """No customer of the subscriptions is in the customers table."""


class FileNotReadableError(InputError):
    """A file that is not there or not in a form that can be read."""


class OptionError(RetentionKitError, ValueError):
    """An argument whose value is not one of the legal ones."""


class UnknownColumnError(OptionError):
    """An attribute that the customers table does not have."""


class RuleMismatchError(OptionError):
    """Two numbers measured under different rules, which cannot be compared."""


class MonthError(OptionError):
    """A text that is no month, or a window that runs backwards or begins before the data."""


class OpenMonthError(MonthError):
    """A month that has not ended at `as_of`."""


class WindowMismatchError(OptionError):
    """A number set against published ones that were measured over another length of time."""


class FactorError(OptionError):
    """A factor that does not split the customers into two groups."""


class ImmortalTimeError(FactorError):
    """A date as factor, compared ever against never."""


class CovariateTimingError(OptionError):
    """Something to adjust for that was known only after the comparison began."""


class OutcomeAsCovariateError(OptionError):
    """Something to adjust for that says who has left."""


class UnknownParameterError(OptionError):
    """A report has no parameter of that name."""


class ParameterTypeError(OptionError):
    """A report's parameter cannot take that value."""


class ProtocolChangedError(OptionError):
    """A study whose protocol is not the one that was locked, or a look at older data than the last."""


class ReportError(RetentionKitError):
    """A report broke while it ran; the partly run notebook stays beside the error."""
