"""The parts of a page about a file: which rows cannot be used, which look odd."""

from retention_kit.pages.elements import notes
from retention_kit.pages.sections import Section, together
from retention_kit.results import DataQuality
from retention_kit.tables.quality import table_faults, table_oddities


def show_faults(quality: DataQuality) -> Section:
    """Return the rows that cannot be used, by reason.

    Parameters
    ----------
    quality : DataQuality

    Returns
    -------
    Section
        Empty where there are none.

    Examples
    --------
    >>> import retention_kit as rk
    >>> len(show_faults(rk.data_quality(as_of="2025-12-31")))
    0
    """
    return together([table_faults(quality) if len(quality.faults) else None])


def show_oddities(quality: DataQuality) -> Section:
    """Return the rows that are used and look odd, by kind.

    Parameters
    ----------
    quality : DataQuality

    Returns
    -------
    Section
        Where there are none, what was looked for.

    Examples
    --------
    >>> import retention_kit as rk
    >>> len(show_oddities(rk.data_quality(as_of="2025-12-31")))
    1
    """
    return together([table_oddities(quality) if len(quality.oddities) else notes(quality.rule)])
