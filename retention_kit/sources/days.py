"""Days as people and programs write them: ISO, with slashes, dots or hyphens, Excel's serial numbers, Unix seconds."""

import pandas as pd

_TIME = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?"
_CLOCK = r"[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?"
_FORMS = {
    "iso": rf"\d{{4}}-\d{{2}}-\d{{2}}(?:{_CLOCK})?",
    "zoned": rf"\d{{4}}-\d{{2}}-\d{{2}}{_CLOCK} ?(?:Z|UTC|[+-]\d{{2}}:?\d{{2}})",
    "year_first": rf"\d{{4}}/\d{{1,2}}/\d{{1,2}}{_TIME}",
    "year_last": rf"\d{{1,2}}([/.-])\d{{1,2}}\1\d{{4}}{_TIME}",
    "excel": r"[2-7]\d{4}(?:\.\d+)?",
    "unix": r"\d{10}(?:\.0+)?",
}
_PARTS = r"^(\d+)[/.-](\d+)[/.-](\d+)"
_EXCEL_DAY_0 = pd.Timestamp("1899-12-30")  # right from 1 March 1900 on: Excel counts a 29 February 1900


def forms(text: pd.Series) -> pd.Series:
    """Return how each cell is written (a key of the forms above), missing where it is no day."""
    found = pd.Series(None, index=text.index, dtype=object)
    for form, pattern in _FORMS.items():
        found = found.mask(found.isna() & text.str.fullmatch(pattern).astype(bool), form)
    return found


def pairs(text: pd.Series) -> pd.DataFrame:
    """Return the first two numbers of the cells that end in their year, as columns 0 and 1."""
    written = text[text.str.fullmatch(_FORMS["year_last"]).astype(bool)]
    return written.str.extract(_PARTS)[[0, 1]].astype(int)


def parse(text: pd.Series, day_first: pd.Series, time_zone: str) -> pd.Series:
    """Return the days of cells, missing where a cell is none; `day_first` says by cell which number comes first."""
    form = forms(text)
    days = pd.Series(pd.NaT, index=text.index, dtype="datetime64[s]")
    for name in form.dropna().unique():
        some = text[form == name]
        days[form == name] = _parsed(name, some, day_first[some.index], time_zone).dt.floor("D").astype("datetime64[s]")
    return days


def _parsed(form: str, text: pd.Series, day_first: pd.Series, time_zone: str) -> pd.Series:
    if form == "iso":
        return pd.to_datetime(text, format="ISO8601", errors="coerce")
    if form == "zoned":
        clean = text.str.replace(r" ?UTC$", "Z", regex=True)
        return _in_zone(pd.to_datetime(clean, format="ISO8601", utc=True, errors="coerce"), time_zone)
    if form == "excel":
        return _EXCEL_DAY_0 + pd.to_timedelta(text.astype(float).astype(int), unit="D")
    if form == "unix":
        return _in_zone(pd.to_datetime(text.astype(float).astype("int64"), unit="s", utc=True), time_zone)
    first, second, third = (text.str.extract(_PARTS)[place].astype(int) for place in range(3))
    if form == "year_first":
        return _assembled(first, second, third)
    return _assembled(third, second.where(day_first, first), first.where(day_first, second))


def _in_zone(moments: pd.Series, time_zone: str) -> pd.Series:
    return moments.dt.tz_convert(time_zone).dt.tz_localize(None)


def _assembled(year: pd.Series, month: pd.Series, day: pd.Series) -> pd.Series:
    return pd.to_datetime(pd.DataFrame({"year": year, "month": month, "day": day}), errors="coerce")
