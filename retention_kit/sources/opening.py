"""Opening tables: text with any separator and encoding, Excel, Parquet; cells as they stand, rows by their line."""

import csv
import hashlib
import io
import sys
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pandas as pd

from retention_kit.errors import EmptyTableError, FileNotReadableError, OptionError
from retention_kit.schema import CUSTOMER_ID

Table = str | Path | pd.DataFrame
_FIRST_LINE = 2  # a spreadsheet shows the first row of data on line 2
_PARQUET, _EXCEL, _OPENPYXL = {".parquet", ".pq"}, {".xls", ".xlsb", ".ods"}, {".xlsx", ".xlsm"}
_SEPARATORS = ",;\t|"
_SAMPLE = 20
_OWN_ERRORS = (
    ("openpyxl.utils.exceptions", "InvalidFileException"),
    ("pyarrow", "ArrowException"),
    ("xlrd", "XLRDError"),
)


@dataclass(frozen=True, eq=False)
class Opened:
    """A table as it came: its cells (text, or typed where the file types them), its name and the file's SHA-256."""

    raw: pd.DataFrame
    name: str
    digest: str = ""


def open_table(table: Table, *, sheet: str | None = None, encoding: str | None = None) -> Opened:
    """Return the cells of a file or DataFrame.

    Parameters
    ----------
    table : str, Path or DataFrame
        Text separated by commas, semicolons, tabs or bars; ``.xlsx`` and its kin; ``.parquet``.
    sheet : str, optional
        Sheet of an Excel file. Default: the first.
    encoding : str, optional
        Of a text. Default: UTF-8 or UTF-16 where the bytes say so, else Windows' Latin-1.

    Raises
    ------
    FileNotReadableError, EmptyTableError, OptionError
        If the file is not there, is none of these, has no line or no such sheet.
    """
    if isinstance(table, pd.DataFrame):
        raw = table.reset_index() if table.index.name == CUSTOMER_ID else table
        # a label that stands twice, as after concat, names no row
        return Opened(raw if raw.index.is_unique else raw.reset_index(drop=True), "DataFrame")
    path = Path(table)
    if not path.is_file():
        raise FileNotReadableError("error.file_missing", path=str(path))
    kind = path.suffix.lower()
    if sheet is not None and kind not in _EXCEL | _OPENPYXL:
        raise OptionError("error.sheet_of_no_excel", value=sheet, path=path.name)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if kind in _PARQUET:
        with _readable(path, "pyarrow"):
            return Opened(pd.read_parquet(path), path.name, digest)
    rows = _sheet(path, sheet) if kind in _EXCEL | _OPENPYXL else _text(path, encoding)
    return Opened(rows, path.name, digest)


@contextmanager
def _readable(path: Path, package: str) -> Iterator[None]:
    try:
        yield
    except ImportError:
        raise FileNotReadableError("error.file_package", path=path.name, package=package) from None
    except _faults() as error:
        raise FileNotReadableError("error.file_of_other_kind", path=path.name, detail=str(error)) from error


def _faults() -> tuple[type[Exception], ...]:
    """Return what reading raises when a file is damaged or no such file: each package has an error of its own."""
    own = [getattr(sys.modules[module], name) for module, name in _OWN_ERRORS if module in sys.modules]
    return (OSError, ValueError, KeyError, SyntaxError, EOFError, zipfile.BadZipFile, zlib.error, *own)


# --- Excel


def _sheet(path: Path, sheet: str | None) -> pd.DataFrame:
    package = "openpyxl" if path.suffix.lower() in _OPENPYXL else "xlrd"
    with _readable(path, package):
        book = pd.ExcelFile(path)
    with book:
        names = [str(name) for name in book.sheet_names]
        if sheet is not None and sheet not in names:
            raise OptionError("error.option", name="sheet", value=sheet, legal=names)
        with _readable(path, package):
            cells = pd.read_excel(
                book, sheet_name=sheet or 0, header=None, dtype=object, keep_default_na=False, na_values=[""]
            )
    if cells.empty:
        raise EmptyTableError("error.empty", source=path.name)
    headers = _headers(cells.iloc[0])
    body = cells.iloc[1:].set_axis(headers, axis=1).astype(object)
    return _numbered(body.where(body.notna(), "").loc[:, [not _idle(name, body[name]) for name in headers]])


def _headers(row: pd.Series) -> list[str]:
    """Return headers as text, told apart where two are the same."""
    names = ["" if pd.isna(cell) else str(cell).strip() for cell in row]
    names = [name or f"Unnamed: {place}" for place, name in enumerate(names)]
    return [
        f"{name}.{names[:place].count(name)}" if name in names[:place] else name for place, name in enumerate(names)
    ]


def _idle(header: str, column: pd.Series) -> bool:
    return header.startswith("Unnamed: ") and bool(column.isna().all())


# --- text


def _text(path: Path, encoding: str | None) -> pd.DataFrame:
    text = _decoded(path, encoding)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # more cells than headers: which is which?
            options = {"dtype": str, "keep_default_na": False, "skip_blank_lines": False, "index_col": False}
            return _numbered(pd.read_csv(io.StringIO(text), sep=_separator(text), **options))
    except pd.errors.EmptyDataError:
        raise EmptyTableError("error.empty", source=path.name) from None
    except pd.errors.ParserWarning:
        raise FileNotReadableError("error.more_cells_than_headers", path=str(path)) from None
    except pd.errors.ParserError as error:
        raise FileNotReadableError("error.file_unreadable", path=str(path), detail=str(error)) from error


def _decoded(path: Path, encoding: str | None) -> str:
    bytes_ = path.read_bytes()
    if encoding is None and bytes_[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    for name in (encoding,) if encoding else ("utf-8-sig", "cp1252", "latin-1"):
        try:
            text = bytes_.decode(name)
        except LookupError:
            raise OptionError("error.option", name="encoding", value=name, legal=["utf-8", "cp1252", "…"]) from None
        except UnicodeDecodeError as error:
            detail = str(error)
            continue
        if "\0" not in text:
            return text.removeprefix("\ufeff")
        detail = "NUL"
    raise FileNotReadableError("error.file_unreadable", path=str(path), detail=detail)


def _separator(text: str) -> str:
    """Return what separates the cells: the sign that splits header and first lines most evenly."""
    scores = {}
    for sign in _SEPARATORS:
        lines = [len(cells) for cells in islice(_cells_by(text, sign), _SAMPLE) if cells]
        if lines and lines[0] > 1:
            scores[sign] = (lines.count(lines[0]) / len(lines), lines[0])
    return max(scores, key=scores.__getitem__, default=_SEPARATORS[0])


def _cells_by(text: str, sign: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO(text), delimiter=sign)
    except csv.Error:  # a cell longer than the module takes
        return


def _numbered(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows indexed by line as a spreadsheet counts; a line that holds nothing is no row."""
    numbered = rows.set_axis(pd.RangeIndex(_FIRST_LINE, len(rows) + _FIRST_LINE))
    return numbered[(rows != "").any(axis=1).to_numpy()]
