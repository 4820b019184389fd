"""The steps of a study that come before its numbers, as the command line takes them."""

from pathlib import Path

from retention_kit.errors import OptionError
from retention_kit.studies.study import Study
from retention_kit.wording import render

STEPS = ("power", "lock")


def taken(step: str | None, path: str | Path | None) -> str:
    """Take one step with a study file, and return what there is to say.

    Parameters
    ----------
    step : {"power", "lock"}, optional
        What could be found; or the protocol locked, in ``study.lock.json`` beside ``study.yml``.
    path : str or Path, optional

    Raises
    ------
    OptionError
        If either is missing, it is no such step, or the file says something that is not legal.
    FileNotReadableError
        If the file is not there or no YAML.
    ProtocolChangedError
        If the lock there holds another protocol, or one of later data.
    """
    if step not in (None, *STEPS):
        raise OptionError("error.option", name="retention-kit study", value=step, legal=list(STEPS))
    if path is None:
        raise OptionError("error.cli_no_study", command="retention-kit study")
    study = Study.from_yaml(path)
    if step == "power":
        return str(study.power())
    lock = study.lock(write=True)
    return f"{lock}\n{render('cli.study_lock', path=Path(path).with_suffix('.lock.json'))}"
