"""Workbooks are read back with openpyxl: what stands in their cells is compared with the results they came from."""

import datetime as dt
import json
import math
import sys
import zipfile

import nbformat
import openpyxl
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import retention_kit as rk
from retention_kit.errors import OptionError
from retention_kit.media_types import SHEET
from retention_kit.pages import heading, notes
from retention_kit.reports.spreadsheet import check_available, number_code, sheet_names, to_xlsx
from retention_kit.tables.columns import column, dates, figures, p_values, periods, points, ranges
from retention_kit.tables.writing import Table, worded
from retention_kit.wording import Message, use_language

HOSTILE = [
    '=HYPERLINK("http://x","y")',
    "+1+1",
    "-2",
    "@SUM(A1)",
    "http://example.com",
    "\u202egro",
    "👩‍🚀" * 100,
    "a\x01b",
]


def shown(*results, **data):
    """An output of a notebook as a kernel writes it: through JSON, which knows no NaN."""
    outputs = []
    for result in results:
        bundle = result._repr_mimebundle_() if hasattr(result, "_repr_mimebundle_") else None
        bundle = bundle or {"text/html": result._repr_html_()}
        bundle = bundle[0] if isinstance(bundle, tuple) else bundle
        outputs.append(new_output("display_data", data=json.loads(json.dumps(bundle, allow_nan=False))))
    return new_code_cell(outputs=outputs)


def saved(tmp_path, *cells, **metadata):
    metadata = {"language": "en"} | metadata
    path = tmp_path / "page.ipynb"
    nbformat.write(new_notebook(cells=list(cells), metadata=metadata), path)
    return path


def book_of(tmp_path, *cells, **metadata):
    path = saved(tmp_path, *cells, **metadata)
    return openpyxl.load_workbook(to_xlsx(path, tmp_path / "page.xlsx"))


def values(sheet):
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def table_of(**columns):
    return worded("Everything", {}, columns, ["a rule"])


@pytest.fixture(scope="module")
def ledger():
    return rk.open_ledger(as_of="2025-12-31")


def test_numbers_arrive_as_they_are_with_a_format_a_column(tmp_path):
    table = table_of(
        Who=column(["Ada", "Bo"]),
        Share=figures("percent", [0.125, math.nan], "en"),
        Gap=points([0.061, -0.02], "en"),
        p=p_values([0.0004, 0.5], "en"),
        n=figures("count", [1234, 2], "en"),
        Month=periods([pd.Timestamp("2025-12-01"), pd.Timestamp("2026-01-01")], "M", "en"),
        Day=dates([dt.date(2025, 12, 31), dt.date(2026, 1, 2)], "en"),
        Equal=figures("number1", [1.26, 2], "en"),
    )
    sheet = book_of(tmp_path, shown(table))["Everything"]
    assert values(sheet)[:3] == [
        ["Who", "Share", "Gap", "p", "n", "Month", "Day", "Equal"],
        ["Ada", 0.125, 6.1, 0.0004, 1234, dt.datetime(2025, 12, 1), dt.datetime(2025, 12, 31), 1.26],
        ["Bo", None, -2, 0.5, 2, dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 2), 2],
    ]
    assert [cell.number_format for cell in sheet[2]] == [
        "General",
        "0.0%",
        '+0.0" pts";-0.0" pts";0.0" pts"',
        "[<0.001]0.0E+00;0.000",
        "#,##0",
        "mmm yyyy",
        "dd/mm/yyyy",
        "#,##0.0",
    ]


def test_the_first_sheet_says_that_a_page_is_one_of_several_questions(tmp_path):
    told = "The comparison here is one of 12: p = 0.031, corrected 0.372."
    batch = {"batch": {"notice": told, "comparisons": 12, "answers": []}}
    [*_, noticed], [*_, plain] = (
        values(book_of(tmp_path, shown(table_of(n=figures("count", [1], "en"))), retention_kit=each)["Rules"])[:3]
        for each in (batch, {})
    )
    assert noticed == ["One of several questions", told]
    assert plain == [None, None]


def test_an_interval_has_a_column_an_end(tmp_path):
    table = table_of(NRR=ranges("percent", [1.08, 0.9], [0.97, math.nan], [1.2, math.nan], "en"))
    assert table.frame["NRR"].tolist() == ["108.0% (97.0% to 120.0%)", "90.0%"]
    assert values(book_of(tmp_path, shown(table))["Everything"])[:3] == [
        ["NRR", "NRR – lower limit", "NRR – upper limit"],
        [1.08, 0.97, 1.2],
        [0.9, None, None],
    ]


def test_a_bridge_arrives_to_the_cent_and_adds_up(tmp_path, ledger):
    bridge = rk.mrr_bridge(ledger, freq="Q")
    sheet = book_of(tmp_path, shown(rk.table_bridge(bridge, lang="en")))["MRR, from opening to closing"]
    rows = [row[1:] for row in values(sheet)[1 : len(bridge.frame) + 1]]
    for row, (_, period) in zip(rows, bridge.frame.iterrows(), strict=True):
        assert row[0] == pytest.approx(period["opening"], abs=0.005)
        assert row[-1] == pytest.approx(period["closing"], abs=0.005)
        assert row[5] == pytest.approx(-period["churn"], abs=0.005)  # flows have the sign with which they enter
        assert sum(row[:-1]) == pytest.approx(row[-1], abs=0.005)
    assert sheet["B2"].number_format == "[$€]#,##0.00"


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_number_of_the_estimates_is_the_result_s(tmp_path, ledger, lang):
    found = rk.nrr(ledger, "2024-12", "2025-12", by="segment")
    sheet = book_of(tmp_path, shown(rk.table_estimates(found, lang=lang)), language=lang).worksheets[1]
    for row, item in zip(values(sheet)[1:4], found, strict=True):
        numbers = [item.value, item.low, item.high, item.n, item.n_eff, item.largest_share, item.base.amount]
        assert row[2:] == pytest.approx(numbers, rel=1e-12)


def test_notes_stand_under_the_table_and_its_head_stays_in_sight(tmp_path):
    sheet = book_of(tmp_path, shown(table_of(a=["x"], b=["y"])))["Everything"]
    assert [row[0] for row in values(sheet)] == ["a", "x", None, "Everything", "a rule"]
    assert sheet.freeze_panes == "A2"
    assert all(cell.font.bold for cell in sheet[1])
    assert "A4:B4" in map(str, sheet.merged_cells.ranges)


def test_excel_marks_no_name_that_looks_like_a_number(tmp_path):
    book_of(tmp_path, shown(table_of(Year=column(["2024"]))))
    with zipfile.ZipFile(tmp_path / "page.xlsx") as parts:
        assert b'sqref="A1:XFD1048576" numberStoredAsText="1"' in parts.read("xl/worksheets/sheet2.xml")


def test_yes_and_no_of_one_s_own_sheet_are_no_numbers(tmp_path):
    columns = [{"name": "Paid", "format": "text", "currency": None, "values": [True, None, False]}]
    data = {SHEET: {"title": "Own", "columns": columns, "notes": []}}
    sheet = book_of(tmp_path, new_code_cell(outputs=[new_output("display_data", data=data)]))["Own"]
    assert [cell.data_type for cell in sheet["A"][1:4]] == ["b", "n", "b"]
    assert [cell.value for cell in sheet["A"][1:4]] == [True, None, False]


def test_what_is_longer_than_excel_takes_is_cut_and_the_rest_of_the_book_stays(tmp_path, monkeypatch):
    monkeypatch.setattr("retention_kit.reports.spreadsheet._MOST_ROWS", 3)
    table = table_of(Who=column(["x" * 40_000, *"abcd"]), n=figures("count", range(5), "en"))
    book = book_of(tmp_path, new_markdown_cell(f"# {'T' * 300}"), shown(table))
    rows = values(book["Everything"])
    assert rows[1:5] == [["x" * 32_767, 0], ["a", 1], ["b", 2], [None, None]]
    assert rows[-1][0] == "Only the first 3 of 5 rows: a sheet holds no more."
    assert book["Everything"].row_dimensions[2].height == pytest.approx(409, abs=1)  # points, Excel's highest
    assert book.properties.title == "T" * 255


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_stays_a_text(tmp_path, text):
    path = saved(tmp_path, shown(Table(pd.DataFrame({text: [text]}), text, notes=(text,))))
    book = openpyxl.load_workbook(to_xlsx(path, tmp_path / "page.xlsx"))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert book.worksheets[1]["A2"].value.replace("_x0001_", "\x01") == text
    assert book.worksheets[1]["A2"].hyperlink is None
    with zipfile.ZipFile(tmp_path / "page.xlsx") as parts:
        assert not any(
            b"<f>" in parts.read(name) or b'TargetMode="External"' in parts.read(name) for name in parts.namelist()
        )


def test_the_first_sheet_says_what_the_page_says(tmp_path):
    title = Message("text", {"text": "What now?"})
    result = rk.Message("word.months", {"n": 3})
    cells = [
        new_code_cell(
            "as_of: str = '2024-01-31'\nlang: str = 'en'\ncolumns: dict = {}", metadata={"tags": ["parameters"]}
        ),
        new_markdown_cell("Notes of the source", metadata={"tags": ["source"]}),
        shown(rk.heading("text", 1, text="What now?"), heading("page.answer"), notes(result, title)),
        shown(table_of(a=["x"])),
    ]
    more = {"papermill": {"parameters": {"as_of": "2025-12-31"}, "version": "2.7"}}
    sheet = book_of(tmp_path, *cells, **more)["Rules"]
    rows = [tuple(row) for row in values(sheet)]
    bold = {cell.value for cell in sheet["A"] if cell.value and cell.font.bold}
    assert bold == {"What now?", "Sheets", "What the page says", "Answer", "Parameters", "Versions"}
    assert rows[:4] == [("What now?", None), ("Data as of", "2025-12-31"), (None, None), ("Sheets", None)]
    assert rows[4] == ("Everything", "Everything")
    said = rows[rows.index(("What the page says", None)) + 1 : rows.index(("Parameters", None)) - 1]
    assert said == [("Answer", None), (None, "3 months"), (None, "What now?"), (None, "a rule")]
    assert rows[rows.index(("Parameters", None)) + 1 :] == [
        ("as_of", "2025-12-31"),
        ("lang", "en"),
        ("columns", "{}"),
        (None, None),
        ("Versions", None),
        ("papermill", "2.7"),
    ]


def test_what_stands_within_something_said_is_said_once(tmp_path):
    page = "<ul><li>Zero <p>One</p></li></ul><table><tr><td><p>in a table</p></td></tr></table>"
    rows = values(book_of(tmp_path, new_code_cell(outputs=[new_output("display_data", {"text/html": page})]))["Rules"])
    said = [row[1] for row in rows]
    assert "Zero One" in said
    assert not {"One", "in a table"} & set(said)


def test_the_sheets_are_a_click_away(tmp_path):
    sheet = book_of(tmp_path, shown(Table(pd.DataFrame({"a": ["x"]}), "L'été d'Ada")))["Rules"]
    links = [cell.hyperlink.location for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    assert links == ["'L''été d''Ada'!A1"]


def test_what_the_run_wrote_of_itself_comes_first(tmp_path):
    cell = new_code_cell("as_of: str = '2024-01-31'", metadata={"tags": ["parameters"]})
    known = {"retention_kit": {"version": "9.9", "parameters": {"as_of": "2025-06-30"}}}
    rows = values(book_of(tmp_path, cell, **known)["Rules"])
    assert ["Data as of", "2025-06-30"] in rows
    assert ["retention-kit", "9.9"] in rows


def test_equal_numbers_have_one_sheet_whatever_stands_around_them(tmp_path):
    one, other = (worded(title, {"a": ["x"]}, {"n": figures("count", [1], "en")}) for title in ("Table", "Picture"))
    different = worded("Table", {"a": ["x"]}, {"n": figures("count", [2], "en")})
    assert book_of(tmp_path, shown(one, other, different)).sheetnames == ["Rules", "Table", "Table (2)"]


def test_a_page_in_french_has_a_workbook_in_french(tmp_path):
    with use_language("fr"):
        table = worded("Écarts", {}, {"MRR": rk.tables.columns.amounts([1.5], "EUR", "fr")})
    book = book_of(tmp_path, shown(table), language="fr")
    assert book.sheetnames == ["Règles", "Écarts"]
    assert book["Écarts"]["A2"].number_format == "#,##0.00\u00a0[$€]"


def test_a_table_without_numbers_is_shown_as_it_stands_and_says_so(tmp_path):
    frame = pd.DataFrame({"who": ["Ada & Bo", "=1+1"], "n": [1, 2]})
    sheet = book_of(tmp_path, shown(frame)).worksheets[1]
    assert [row[1:] for row in values(sheet)[:3]] == [["who", "n"], ["Ada & Bo", "1"], ["=1+1", "2"]]
    assert "carries no numbers" in values(sheet)[-1][0]


def test_rows_of_a_table_without_numbers_may_be_short(tmp_path):
    page = "<table><tr><th>a</th><th>b</th></tr><tr><td>x</td></tr></table>"
    cell = new_code_cell(outputs=[new_output("display_data", {"text/html": page})])
    assert values(book_of(tmp_path, cell).worksheets[1])[:2] == [["a", "b"], ["x", None]]


def test_a_result_that_shows_itself_is_shown_as_it_stands(tmp_path, ledger):
    book = book_of(tmp_path, shown(rk.mrr_bridge(ledger, freq="Y")))
    assert values(book.worksheets[1])[0][:2] == ["Period", "Opening"]


def test_a_notebook_of_one_s_own_may_hold_nothing(tmp_path):
    nothing = [new_markdown_cell("# Hello"), new_code_cell("1", outputs=[new_output("stream", text="hi")])]
    assert values(book_of(tmp_path, *nothing)["Rules"])[0][0] == "Hello"
    assert book_of(tmp_path, language="de").sheetnames == ["Rules"]


def test_the_same_notebook_gives_the_same_bytes(tmp_path, ledger):
    path = saved(tmp_path, shown(rk.table_bridge(rk.mrr_bridge(ledger, freq="Y"))))
    one, other = (to_xlsx(path, tmp_path / f"{name}.xlsx").read_bytes() for name in "ab")
    assert one == other
    told = openpyxl.load_workbook(tmp_path / "a.xlsx").properties
    assert (told.created, told.modified) == (dt.datetime(2000, 1, 1),) * 2  # no clock is read


def test_nothing_half_written_stays(tmp_path, monkeypatch):
    path = saved(tmp_path, shown(table_of(a=["x"])))
    (tmp_path / "page.xlsx").write_text("older")
    monkeypatch.setattr("retention_kit.reports.spreadsheet._write_sheet", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        to_xlsx(path, tmp_path / "page.xlsx")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["page.ipynb", "page.xlsx"]
    assert (tmp_path / "page.xlsx").read_text() == "older"


def test_without_its_package_the_next_step_is_said(monkeypatch):
    check_available()
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    monkeypatch.setattr("retention_kit.reports.spreadsheet.find_spec", lambda name: None)
    with pytest.raises(OptionError, match="pip install"):
        check_available()


def test_names_of_sheets_are_legal_and_each_another():
    long = "Ce qu’est devenue chaque ligne lue\u00a0: export.csv"
    names = sheet_names(
        ["Rules", "a/b:c*d?[e]\\f", "'quoted'", "", "History", long, long.upper(), "👩" * 40, "x" * 40], "en"
    )
    assert names[:5] == ["Rules", "a b c d e f", "quoted", "Sheet", "Sheet (2)"]
    assert names[5] == "Ce qu’est devenue chaque ligne"
    assert len({name.lower() for name in names}) == len(names)
    assert all(0 < len(name.encode("utf-16-le")) // 2 <= 31 for name in names)


def test_what_tells_sheets_apart_stands_in_their_names():
    titles = [f"Cohortes par mois depuis l’arrivée\u00a0: {name}" for name in ("rétention clients", "MRR", "MRR")]
    assert sheet_names(["Règles", *titles], "fr") == ["Règles", "Rétention clients", "MRR", "MRR (2)"]
    assert sheet_names(titles[:1], "fr") == ["Cohortes par mois depuis"]


@pytest.mark.parametrize(
    ("unit", "numbers", "currency", "lang", "code"),
    [
        ("money", [1.5, None], "EUR", "en", "[$€]#,##0.00"),
        ("money", [1000.0], "EUR", "fr", "#,##0\u00a0[$€]"),
        ("money", [0.1 + 0.2 - 0.3], "EUR", "en", "[$€]#,##0"),  # float noise is no cent
        ("money", [1.5], "USD", "fr", "#,##0.00\u00a0[$$US]"),
        ("money", [1.5], "JPY", "en", "[$JP¥]#,##0"),
        ("money", [1.5], None, "fr", "#,##0.00"),
        ("number", [1, 2], None, "en", "#,##0"),
        ("number", [1, 2.25], None, "en", "#,##0.00"),
        ("text", ["x"], None, "en", "General"),
    ],
)
def test_codes_of_numbers(unit, numbers, currency, lang, code):
    assert number_code(unit, numbers, currency, lang) == code
