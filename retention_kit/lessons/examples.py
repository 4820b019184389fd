"""The small tables that lessons work with."""

from importlib.resources import files

import pandas as pd

from retention_kit.errors import OptionError


def example(name: str) -> pd.DataFrame:
    """Return a small table of a lesson, invented for it.

    Parameters
    ----------
    name : str
        Such as ``"five_customers"``.

    Returns
    -------
    DataFrame
        A new one at each call; dates are texts, as in an export.

    Raises
    ------
    OptionError
        If there is no table of that name.

    Examples
    --------
    >>> example("five_customers").shape
    (8, 6)
    """
    folder = files("retention_kit") / "lessons" / "data"
    known = sorted(path.name.removesuffix(".csv") for path in folder.iterdir() if path.name.endswith(".csv"))
    if name not in known:
        raise OptionError("error.option", name="name", value=str(name), legal=known)
    with (folder / f"{name}.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)
