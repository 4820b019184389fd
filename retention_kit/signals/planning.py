"""From signals to a plan: one action an account, by a playbook that the team can edit."""

import datetime as dt
import os
from collections.abc import Iterable

import pandas as pd

from retention_kit.errors import InvalidRowsError, OptionError
from retention_kit.results import Holdout, Plan, Ranked, Ranking, Step
from retention_kit.signals.thresholds import checked_thresholds, numbers, opened, shipped
from retention_kit.wording import Message

_COLUMNS = ("action", "priority", "within_days")
_RENEWAL, _WIN_BACK = "contract_end_ahead", "win_back_call"
_WORDS = (_WIN_BACK, "renewal_call", "proactive_call", "onboard_again", "check_in", "upsell_offer")
_LONGEST = 3650


def playbook() -> pd.DataFrame:
    """Return the playbook that is shipped, one row an action: a table to edit and to hand back.

    Returns
    -------
    DataFrame
        action; priority, the lowest first where several signals fired; within_days; text, what to do in your own words
        (empty: the kit's, in French and English).

    Examples
    --------
    >>> playbook()["action"].tolist()
    ['win_back_call', 'renewal_call', 'proactive_call', 'onboard_again', 'check_in', 'upsell_offer']
    """
    return shipped("playbook.csv")


def action_plan(
    listed: Ranking | Holdout,
    playbook: pd.DataFrame | str | os.PathLike | None = None,
    *,
    thresholds: pd.DataFrame | str | os.PathLike | None = None,
) -> Plan:
    """Return one action for every account of a ranking, or for those of a holdout that are called.

    Parameters
    ----------
    listed : Ranking or Holdout
        Names that are masked stay masked. Of a holdout only the accounts that are called have an action; those held
        out follow in `Plan.held`, and in the files with ``called`` = no.
    playbook : DataFrame or path, optional
        Your own actions, with the columns of `playbook`; text may be left out for the kit's own actions.
    thresholds : DataFrame or path, optional
        Your own table, whose column ``action`` says what is done about each signal. Default: the table by which
        the ranking was made.

    Returns
    -------
    Plan
        `Plan.to_csv` and `Plan.to_xlsx` write it for a CRM.

    Raises
    ------
    MissingColumnError, InvalidRowsError, FileNotReadableError
        If a table cannot be used.
    OptionError
        If a signal's action is not in the playbook, or one stands there twice.

    Notes
    -----
    Of the actions of the signals that fired, the one with the lowest priority; an account at risk whose contract ends
    soon is called before the renewal. An account that a model put there without a sign has the one with the highest. An
    account that has announced to leave has no renewal: its action is
    ``win_back_call`` if the playbook has it, else that of its other signals. No action is due after the end of the
    contract, nor in the month for which an account has announced to pay nothing.

    Examples
    --------
    >>> from retention_kit.ledger import Ledger
    >>> from retention_kit.signals.ranking import rank_signals
    >>> book = Ledger.from_frame(pd.DataFrame({"2025-06": [80.0]}, index=["Bo"]), as_of="2025-06-30")
    >>> told = pd.DataFrame({"customer_id": ["Bo"], "at": ["2025-06-12"], "kind": ["complaint"]})
    >>> print(action_plan(rank_signals(book, told)).steps[0].sentence())
    Bo: call them to understand what is wrong, by 5 July 2025 (1 complaint in 2 months).
    """
    ranking = listed.ranking if isinstance(listed, Holdout) else listed
    accounts, held = _split(listed) if isinstance(listed, Holdout) else ((*listed.rows, *listed.upsell), None)
    actions = _checked(playbook)
    table = ranking.thresholds if thresholds is None else checked_thresholds(thresholds)
    chosen = table["action"]
    unknown = chosen[~chosen.isin(actions.index)]
    if len(unknown):
        raise OptionError("error.plan_action", value=str(unknown.iloc[0]), legal=list(actions.index))
    steps = tuple(_step(account, table, actions, ranking.as_of) for account in accounts)
    said = "rule.plan" if held is None else "rule.plan.held"
    return Plan(ranking, steps, Message(said, {"as_of": ranking.as_of, "held": len(held or ())}), held)


def _split(holdout: Holdout) -> tuple[tuple[Ranked, ...], tuple[Ranked, ...]]:
    """Return the accounts that are called and those held out."""
    pairs = list(zip(holdout.accounts, holdout.called, strict=True))
    return tuple(account for account, called in pairs if called), tuple(
        account for account, called in pairs if not called
    )


def _step(account: Ranked, table: pd.DataFrame, actions: pd.DataFrame, as_of: dt.date) -> Step:
    action = _action(account, table, actions)
    text = actions["text"][action]
    what = Message(f"action.{action}") if text == "" else text
    by = as_of + dt.timedelta(days=int(actions["within_days"][action]))
    last = [day for day in (account.ends_on, account.leaves and account.leaves.replace(day=1)) if day]
    return Step(account, action, what, max(as_of, min([by, *last])))


def _action(account: Ranked, table: pd.DataFrame, actions: pd.DataFrame) -> str:
    if account.leaves and _WIN_BACK in actions.index:
        return _WIN_BACK
    renews = account.ending and account.kind == "risk" and not (account.leaves and account.signals)
    signals = [*account.signals, *([_RENEWAL] if renews else [])]
    found = [table["action"][name] for name in signals if name in table.index]
    if not found:  # put there by a model, without a sign of its own: what is least urgent
        return max(table["action"][table["kind"] == account.kind], key=lambda name: actions["priority"][name])
    return min(found, key=lambda name: actions["priority"][name])


def _checked(given: pd.DataFrame | str | os.PathLike | None) -> pd.DataFrame:
    """Return a playbook by action, or say what is wrong with it."""
    table = shipped("playbook.csv") if given is None else opened(given, "playbook", _COLUMNS)
    table = table.assign(text=_texts(table), action=table["action"].astype(str))
    if twice := _first(table["action"][table["action"].duplicated()]):
        raise OptionError("error.plan_twice", value=twice)
    if silent := _first(table["action"][(table["text"] == "") & ~table["action"].isin(_WORDS)]):
        raise InvalidRowsError("error.plan_text", value=silent, legal=list(_WORDS))
    typed = {name: numbers(table, name, 0, _LONGEST, "playbook") for name in ("priority", "within_days")}
    return table.assign(**typed).set_index("action")


def _texts(table: pd.DataFrame) -> pd.Series:
    text = table["text"] if "text" in table else pd.Series(None, table.index, dtype=object)
    return text.astype(object).where(text.notna(), "").astype(str)


def _first(found: Iterable[str]) -> str | None:
    return next(iter(found), None)
