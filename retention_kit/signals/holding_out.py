"""A randomised holdout of a list: the only way to know later whether the calls helped."""

import math

import numpy as np
import pandas as pd
from numpy.random import PCG64, Generator

from retention_kit.errors import OptionError
from retention_kit.months import month_end, month_number
from retention_kit.results import Holdout, Judgement, Plan, Ranked, Ranking
from retention_kit.wording import Message

_POWER, _ALPHA = 0.8, 0.05
_EVEN = 0.5  # the share that varies most: nothing smaller would be found under another
_LEAST = 10  # customers a group, below which no comparison is judged


def draw_holdout(
    listed: Plan | Ranking,
    share: float = 0.3,
    seed: int = 0,
    *,
    horizon: int = 3,
    retained: float | Judgement | None = None,
) -> Holdout:
    """Draw at random who of a list is not called, so that it can be told later whether the calls helped.

    Parameters
    ----------
    listed : Plan or Ranking
        Of a ranking, the accounts at risk; of a plan, the same.
    share : float
        Of the list, to hold out.
    seed : int
        Of the draw: the same list and seed give the same groups.
    horizon : int
        Months after which the groups will be compared. An account whose contract cannot end within them cannot show an
        effect: the power counts the others.
    retained : float or Judgement, optional
        Share expected to stay among those held out whose contract can end; a judgement says what stayed of
        those flagged in the past. Default: one half, at which the comparison finds least.

    Returns
    -------
    Holdout
        `Holdout.mark` writes the columns for ``compare(later, "called", clock="listed_at", randomised=True)``.

    Raises
    ------
    OptionError
        If `share`, `horizon`, `retained` or `seed` is not legal, or the list is too short to leave anybody in a group.

    Notes
    -----
    Accounts ranked high get better on average by themselves (`regression_to_mean`), and those called are not those not
    called: only a draw makes the two groups alike. The power is that of two shares, two-sided at 5 %, by
    ``statsmodels.stats.proportion.power_proportions_2indep``.

    Examples
    --------
    >>> from retention_kit.ledger import Ledger
    >>> from retention_kit.signals.ranking import rank_signals
    >>> names = [f"c{number:03}" for number in range(200)]
    >>> book = Ledger.from_frame(pd.DataFrame({"2025-06": [80.0] * 200}, index=names), as_of="2025-06-30")
    >>> told = pd.DataFrame({"customer_id": names, "at": "2025-06-12", "kind": "complaint"})
    >>> int(draw_holdout(rank_signals(book, told)).called.sum())
    140
    """
    _check(share, seed, horizon)
    accounts, ranking = _accounts(listed), listed if isinstance(listed, Ranking) else listed.ranking
    held = round(share * len(accounts))
    if not 0 < held < len(accounts):
        raise OptionError("error.holdout_short", n=len(accounts), share=str(share))
    called = np.ones(len(accounts), bool)
    called[Generator(PCG64(seed)).permutation(len(accounts))[:held]] = False
    ids = [ranking.key.get(account.customer_id, account.customer_id) for account in accounts]
    stays, can_end = _retained(retained), _can_end(accounts, ranking, horizon)
    groups = int((called & can_end).sum()), int((~called & can_end).sum())
    few = min(held, len(accounts) - held) < _LEAST
    shown = [str(account.who) if listed.masked else account.customer_id for account in accounts]
    said = "assumed" if retained is None else "told"
    told = {"horizon": horizon, "can_end": int(can_end.sum()), "n": len(accounts)}
    return Holdout(
        ranking=ranking,
        accounts=tuple(accounts),
        called=pd.Series(called, pd.Index(ids, name="customer_id"), name="called"),
        shown=pd.Series(shown, pd.Index(ids, name="customer_id"), name="shown"),
        share=share,
        seed=seed,
        horizon=horizon,
        retained=stays,
        detectable=detectable(stays, *groups) if min(groups) else math.nan,
        rule=Message(f"rule.holdout.{said}", {"seed": str(seed), "retained": stays, "power": _POWER} | told),
        warnings=(Message("holdout.warning.few", {"least": _LEAST}),) if few else (),
    )


def detectable(retained: float, called: int, held: int) -> float:
    """Return the smallest rise of retention found with 80 % power; NaN where even full retention would not be.

    Examples
    --------
    As many a group as `customers_for_retention` asks for 90 against 95 %, 435:

    >>> round(detectable(0.90, 435, 435), 3)
    0.05
    """
    from scipy.optimize import brentq
    from statsmodels.stats.proportion import power_proportions_2indep

    def lacking(rise: float) -> float:
        found = power_proportions_2indep(rise, retained, held, ratio=called / held, alpha=_ALPHA, return_results=False)
        return float(found) - _POWER

    most = 1 - retained - 1e-6
    if most <= 1e-6 or lacking(most) < 0:
        return math.nan
    return float(brentq(lacking, 1e-6, most))


def _accounts(listed: Plan | Ranking) -> list[Ranked]:
    rows = listed.rows if isinstance(listed, Ranking) else [step.account for step in listed.steps]
    return [account for account in rows if account.kind == "risk"]


def _can_end(accounts: list[Ranked], ranking: Ranking, horizon: int) -> np.ndarray:
    """Return whose contract can end by the month end so many months after the list."""
    last = month_end(month_number(ranking.as_of) + horizon)
    return np.array([account.ends_on is None or account.ends_on <= last for account in accounts], bool)


def _retained(given: float | Judgement | None) -> float:
    stays = 1 - given["flagged"].share if isinstance(given, Judgement) else _EVEN if given is None else given
    if isinstance(stays, bool) or not isinstance(stays, int | float) or not 0 < stays < 1:
        raise OptionError("error.holdout_share", name="retained", value=str(stays))
    return float(stays)


def _check(share: float, seed: int, horizon: int) -> None:
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share < 1:
        raise OptionError("error.holdout_share", name="share", value=str(share))
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise OptionError("error.study.seed", name="seed", value=str(seed))
    if isinstance(horizon, bool) or not isinstance(horizon, int) or horizon < 1:
        raise OptionError("error.ranking_count", name="horizon", value=str(horizon))
