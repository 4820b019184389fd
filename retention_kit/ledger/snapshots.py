"""A snapshot of survivors, with those lost lately, handed in as if it were a whole history: seen from the book itself.

Who left earlier is not in such an export, and whoever is counted from their start could not have been lost before it.
"""

import numpy as np

from retention_kit.engines import memory
from retention_kit.errors import InputError
from retention_kit.ledger.value import Ledger
from retention_kit.months import month_start
from retention_kit.wording import Message

LOSS_FREE = 24
"""Months from the first starts on without anybody lost for good, at least: younger businesses are never called so."""
STRETCH = 5
"""How many times the months of loss go into those since the first starts, at least."""
CHANCE = 1e-6
"""Most that so few earlier losses may be likely, were losses of earlier years like those of now."""
_BEGUN = 10  # customers with whom counting begins: one start typed as 1900 makes no century without a loss
_A_YEAR = 12
_KEY = "warning.snapshot"


def snapshot_seen(ledger: Ledger) -> Message | None:
    """Return the warning that a ledger holds survivors only, with those lost lately; None where nothing says so.

    Its fields `reason` and `remedy` are why nothing may be counted from a customer's start, and what to do about it.
    """
    return next((told for told in ledger.warnings if told.key == _KEY), None)


def refuse_snapshot(ledger: Ledger) -> None:
    """Raise an `InputError` where a ledger holds survivors only: nothing can be learned of how customers leave."""
    if seen := snapshot_seen(ledger):
        raise InputError(seen.key, **seen.fields)


def snapshot_warning(book: memory.Book, terms: np.ndarray, grace: int) -> list[Message]:
    """Return the warning, if it is called for, of a book just built from an export without `history_from`.

    Three things together, or nothing is said:

    - nobody was lost for good in the first 24 months and more of the business;
    - all losses lie in its last fifth, or less;
    - were the losses of earlier years like those of now, at most one history in a million would show so few of them.
    """
    ended = book.month[book.bounds[1:] - 1] + 1
    gone = book.last - ended + 1 > grace
    if not book.complete or not gone.any() or book.customers < _BEGUN:
        return []
    since, begun = int(ended[gone].min()), int(np.partition(book.start, _BEGUN - 1)[_BEGUN - 1])
    if since - begun < LOSS_FREE or STRETCH * (book.last - since + 1) > book.last - begun + 1:
        return []
    expected, seen = _before(memory.lives(book, grace), terms, begun, since)
    if _chance(seen, expected) > CHANCE:
        return []
    months = {"since": month_start(since), "first": month_start(book.first)}
    texts = {f"{name}_text": f"{month:%Y-%m}" for name, month in months.items()}
    fields = {"n": int(gone.sum()), "expected": int(expected), "seen": seen, **months, **texts}
    reason, remedy = Message("reason.untestable.snapshot", fields), Message("remedy.untestable.snapshot", fields)
    return [Message(_KEY, {"reason": reason, "remedy": remedy})]


def _before(lives: memory.Lives, terms: np.ndarray, begun: int, since: int) -> tuple[float, int]:
    """Return how many losses were to be expected before a month, and how many there were.

    Compared is like with like: customers of one age, one contract length and one month of the year, in earlier years
    and from that month on. Each loss among them would as soon have come earlier as there were customers earlier. Who
    began since that month tells nothing of earlier years.
    """
    old = (lives.start >= begun) & (lives.start < since)
    start, (_, term) = lives.start[old] - begun, np.unique(terms[old], return_inverse=True)
    lost = lives.churned[old] >= 0
    age = np.where(lost, lives.churned[old], lives.watched[old])
    shape = (int(term.max()) + 1, -(-(since - begun) // _A_YEAR) * _A_YEAR, int(age.max()) + 1)
    cell = np.ravel_multi_index((term, start, age), shape)
    left = np.bincount(cell, minlength=np.prod(shape)).reshape(shape)
    losses = np.bincount(cell[lost], minlength=np.prod(shape)).reshape(shape)
    at_risk = left[..., ::-1].cumsum(axis=-1)[..., ::-1]
    early = np.arange(shape[1])[:, None] + np.arange(shape[2]) < since - begun
    # starts a year apart meet at one age in one month of the year
    alike = (shape[0], -1, _A_YEAR, shape[2])
    earlier, everybody, losses_alike = (
        part.reshape(alike).sum(axis=1) for part in (np.where(early, at_risk, 0), at_risk, losses)
    )
    return float((losses_alike * earlier / np.maximum(everybody, 1)).sum()), int(losses[:, early].sum())


def _chance(seen: int, expected: float) -> float:
    """Return the most that so few losses can be likely: Poisson's, above that of unlike yes and no (Hoeffding 1956)."""
    from scipy.special import pdtr

    return float(pdtr(seen, expected)) if seen <= expected - 1 else 1.0
