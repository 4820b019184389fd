"""The parts of a page that sets segments side by side."""

from retention_kit.pages.elements import notes, paragraph
from retention_kit.pages.pictures import picture
from retention_kit.pages.sections import Section, together
from retention_kit.pages.telling import listed
from retention_kit.plots import plot_estimates, plot_mix_effect
from retention_kit.results import Estimates, MixEffect, SegmentDifferences
from retention_kit.wording import Message


def segments_in_words(estimates: Estimates) -> Message:
    """Return which segment retains most and which least.

    Parameters
    ----------
    estimates : Estimates

    Returns
    -------
    Message

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> print(rk.segments_in_words(rk.logo_retention(ledger, "2024-12", "2025-12", by="segment")))
    Logo retention by “segment”: from 79.2% (SMB, 530 customers) to 91.1% (Enterprise, 168 customers).
    """
    measure = Message(f"measure.{estimates.items[0].measure}")
    known = [each for each in estimates if each.n]
    if len(known) < 2:
        return Message("report.segments.one", {"by": estimates.by, "n": len(known)})
    worst, best = (choose(known, key=float) for choose in (min, max))
    ends = {"worst": worst.group, "worst_value": worst.value, "worst_n": worst.n}
    ends |= {"best": best.group, "best_value": best.value, "best_n": best.n}
    return Message("report.segments.range", {"measure": measure, "by": estimates.by, **ends})


def show_ranges(*estimates: Estimates) -> Section:
    """Return the range of several measures over the segments, each text once.

    Parameters
    ----------
    *estimates : Estimates

    Returns
    -------
    Section

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger = rk.open_ledger(as_of="2025-12-31")
    >>> len(rk.show_ranges(rk.grr(ledger, "2024-12", "2025-12", by="segment")))
    1
    """
    return together([listed(segments_in_words(each) for each in estimates)])


def show_segments(estimates: Estimates, differences: SegmentDifferences) -> Section:
    """Return what can be said of segments: which stand apart, that nobody was drawn, and a picture.

    Parameters
    ----------
    estimates : Estimates
    differences : SegmentDifferences
        Of the same measure.

    Returns
    -------
    Section

    Examples
    --------
    >>> import retention_kit as rk
    >>> ledger, window = rk.open_ledger(as_of="2025-12-31"), ("2024-12", "2025-12")
    >>> found = rk.compare_segments(ledger, *window, by="segment")
    >>> len(rk.show_segments(rk.nrr(ledger, *window, by="segment"), found))
    2
    """
    told = notes(*differences.sentences(), "warning.segments_not_drawn")
    return together([told, picture(plot_estimates(estimates), of=estimates, alt=_alt(estimates))])


def _alt(estimates: Estimates) -> str:
    return " ".join(f"{item.group}: {item.sentence()}" for item in estimates)


def show_mix(mix: MixEffect | None, months: int) -> Section:
    """Return why the ratio moved between two windows; where there is no window before, that.

    Parameters
    ----------
    mix : MixEffect or None
    months : int
        Length of the windows.

    Returns
    -------
    Section

    Examples
    --------
    >>> import retention_kit as rk
    >>> print(rk.show_mix(None, 12))
    There are not two windows of 12 months in what was observed: nothing to split.
    """
    if mix is None:
        return together([paragraph("report.segments.no_window_before", months=months)])
    told = paragraph("text", text=mix.describe())
    return together([told, picture(plot_mix_effect(mix), of=mix), notes(mix.rule, *mix.warnings)])
