"""The command line: what it runs, what it prints in which language, and its exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from retention_kit.cli import main
from retention_kit.errors import FileNotReadableError, OptionError
from retention_kit.reports import ReportFiles, library
from retention_kit.reports.given import given_parameters
from retention_kit.reports.listing import listed_parameters

DECLARED = """\
subscriptions: str = ""
customers: str = ""
as_of: str = ""
columns: dict = {}
interval: str = ""
factor: str = "segment"
mine: int = 3  # a comment of my own
lang: str = "en"
"""


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """One report, `hypothesis`, in a library of its own; the working directory holds two files."""
    cells = [
        new_code_cell(DECLARED, metadata={"tags": ["parameters"]}),
        new_code_cell("import retention_kit.errors as e"),
        new_code_cell("if factor == 'bad': raise e.FactorError('error.option', name='factor', value='bad', legal=[])"),
        new_code_cell("1 / (factor != 'worse')"),
    ]
    (tmp_path / "shelf").mkdir()
    nbformat.write(new_notebook(cells=cells), tmp_path / "shelf" / "hypothesis.ipynb")
    monkeypatch.setattr(library, "reports_folder", lambda: tmp_path / "shelf")
    monkeypatch.chdir(tmp_path)
    for name in ("s.csv", "c.csv"):
        (tmp_path / name).write_text("a\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def calls(shelf, monkeypatch):
    """The calls of `run_report`, which is not run."""
    seen = []

    def run_report(name, parameters, **where):
        seen.append((name, parameters, where))
        return ReportFiles(Path("x.ipynb"), Path(f"{where['stem']}.html"))

    monkeypatch.setattr("retention_kit.reports.run_report", run_report, raising=False)
    return seen


@pytest.fixture(autouse=True)
def english(monkeypatch):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


GIVEN = ["report", "hypothesis", "--subscriptions", "s.csv", "--as-of", "2025-12-31"]


def test_demo_runs_both_languages_and_names_each_page_last_in_its_language(calls, capsys):
    assert main(["demo"]) == 0
    assert [(name, parameters) for name, parameters, _ in calls] == [
        ("hypothesis", {"lang": "en", "randomised": True}),
        ("hypothesis", {"lang": "fr", "randomised": True}),
    ]
    assert [where["output_dir"] for _, _, where in calls] == ["reports/demo"] * 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == ["Report: hypothesis_en.html", "Rapport\u00a0: hypothesis_fr.html"]


def test_demo_in_one_language(calls):
    assert main(["demo", "--lang", "fr", "--output-dir", "there"]) == 0
    assert calls == [
        ("hypothesis", {"lang": "fr", "randomised": True}, {"output_dir": "there", "stem": "hypothesis_fr"})
    ]


def test_only_what_is_given_becomes_a_parameter_and_files_become_absolute(calls, shelf):
    assert main([*GIVEN, "--column", "amount=Prix", "--column", "start = Début", "-p", "factor", "007"]) == 0
    ((name, parameters, where),) = calls
    assert name == "hypothesis"
    assert parameters == {
        "subscriptions": str(shelf / "s.csv"),
        "as_of": "2025-12-31",
        "columns": {"amount": "Prix", "start": "Début"},
        "factor": "007",
    }
    assert where == {"output_dir": "reports", "stem": None, "formats": ["html"]}


def test_the_options_reach_the_report(calls, shelf):
    words = ["--customers", "c.csv", "--interval", "month", "--lang", "fr", "--to", "html, ipynb", "--name", "x"]
    assert main([*GIVEN, *words]) == 0
    ((_, parameters, where),) = calls
    assert parameters["customers"] == str(shelf / "c.csv")
    assert (parameters["interval"], parameters["lang"]) == ("month", "fr")
    assert where == {"output_dir": "reports", "stem": "x", "formats": ["html", "ipynb"]}


def test_an_engine_reaches_the_report_and_each_file_is_named_the_page_last(shelf, monkeypatch, capsys):
    files = ReportFiles(*(Path(f"x.{ending}") for ending in ("ipynb", "html", "pdf", "xlsx")))
    seen = []
    monkeypatch.setattr("retention_kit.reports.run_report", lambda *_, **where: seen.append(where) or files)
    assert main([*GIVEN, "--engine", "papermill", "--to", "html,pdf,xlsx"]) == 0
    assert (seen[0]["engine"], seen[0]["formats"]) == ("papermill", ["html", "pdf", "xlsx"])
    assert capsys.readouterr().out.splitlines()[1:] == ["Spreadsheet: x.xlsx", "PDF: x.pdf", "Report: x.html"]


def test_a_language_before_the_command_is_the_commands(calls):
    assert main(["--lang", "fr", "demo"]) == 0
    assert [parameters for _, parameters, _ in calls] == [{"lang": "fr", "randomised": True}]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["nonsense"], "demo, check, report, batch, study"),
        (["report", "nonsense"], "hypothesis"),
        (["report", "hypothesis"], "--subscriptions, --as-of"),
        ([*GIVEN, "--customers", "no.csv"], "no.csv"),
        ([*GIVEN, "-p", "facteur", "x"], "factor"),
        ([*GIVEN, "-p", "as_of", "2024-12-31"], "as_of"),
        ([*GIVEN, "-p", "factor"], "-p"),
        ([*GIVEN, "--column", "amount"], "--column amount=Prix"),
        ([*GIVEN, "--lang", "de"], "en, fr"),
        ([*GIVEN, "--nonsense"], "--nonsense"),
        (["demo", "--lang", "de"], "en, fr"),
        (["--lang"], "--lang"),
    ],
)
def test_wrong_usage_is_one_message_on_standard_error_and_exit_code_2(calls, capsys, words, told):
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert told in err
    assert err.count("\n") == 1
    assert out == ""
    assert calls == []


def test_the_environment_chooses_the_language_unless_told(calls, capsys, monkeypatch):
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    assert main(["nonsense"]) == 2
    assert "Il n’y a pas de commande" in capsys.readouterr().err
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert main(["nonsense"]) == 2
    assert "There is no command" in capsys.readouterr().err
    assert main(["--lang=fr", "nonsense"]) == 2
    assert "Il n’y a pas de commande" in capsys.readouterr().err


def test_help_speaks_the_readers_language(capsys):
    assert main(["report", "--help", "--lang", "fr"]) == 0
    told = capsys.readouterr().out
    assert "utilisation" in told
    assert "fichier des abonnements" in told
    assert not any(english in told for english in ("usage:", "show this help", "default"))
    assert main([]) == 0
    assert "report" in capsys.readouterr().out


def test_reports_and_parameters_are_listed(shelf, capsys):
    assert main(["report"]) == main(["report", "--list"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "  hypothesis"
    assert main(["report", "hypothesis", "--help-parameters"]) == 0
    told = capsys.readouterr().out
    assert "  mine (a whole number; default: 3): a comment of my own" in told
    assert "  factor (a text; default: 'segment'): attribute of the customers" in told


def test_the_version_is_shown(capsys):
    from importlib.metadata import version

    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"retention-kit {version('retention-kit')}\n"


def test_help_loads_nothing_heavy_and_the_command_skips_a_second_of_grammars():
    code = (
        "import sys; from retention_kit.cli import main; main(['--help'])\n"
        "loaded = {'pandas', 'numpy', 'papermill', 'nbformat', 'jinja2'} & set(sys.modules)\n"
        "sys.exit(str(loaded) if loaded or sys.modules['rfc3987_syntax'] else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_old_terminal_shows_what_it_can():
    code = "import sys; from retention_kit.cli import main; sys.exit(main(['nonsense', '--lang', 'fr']))"
    command = [sys.executable, "-X", "utf8=0", "-c", code]
    environment = {"PYTHONIOENCODING": "ascii", "PATH": ""}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 2
    assert "pas de commande" in done.stderr


@pytest.mark.notebook
@pytest.mark.parametrize(("factor", "code", "left"), [("segment", 0, 2), ("bad", 2, 0), ("worse", 1, 1)])
def test_the_exit_code_tells_a_broken_report_from_wrong_input(shelf, capfd, factor, code, left):
    assert main([*GIVEN, "-p", "factor", factor, "--output-dir", "out"]) == code
    out, err = capfd.readouterr()
    assert len(list((shelf / "out").iterdir())) == left
    assert bool(err) == bool(code)
    assert "Traceback" not in err
    assert out.splitlines()[0] == "Running the report hypothesis. This takes some seconds."
    if code == 0:
        assert out.splitlines()[-1] == f"Report: {shelf / 'out' / 'hypothesis.html'}"


# --- check


def test_check_says_what_a_file_holds_and_exits_by_whether_it_can_be_used(shelf, capsys):
    (shelf / "s.csv").write_text("client;début;mrr\nAda;15/01/2025;1,5 €\n", encoding="utf-8")
    assert main(["check", "s.csv", "--as-of", "2025-01-31", "--lang", "fr"]) == 0
    said = capsys.readouterr().out
    assert "customer_id ← « client »" in said.replace("\u00a0", " ")
    assert said.strip().endswith("retention-kit report hypothesis --subscriptions s.csv --as-of 2025-01-31")
    (shelf / "s.csv").write_text("client;début;mrr\n" + "Ada;bientôt;1,5 €\n" * 21, encoding="utf-8")
    assert main(["check", "s.csv"]) == 2
    assert "and 1 more" in capsys.readouterr().out
    assert main(["check", "s.csv", "--all"]) == 2
    assert "row 22 (start “bientôt”)" in capsys.readouterr().out


def test_check_takes_what_the_reading_needs(shelf, capsys):
    (shelf / "s.csv").write_text("who;from;price\nAda;01/02/2025;1,234\n", encoding="utf-8")
    said = ["--column", "customer_id=who", "--interval", "month", "--currency", "EUR"]
    assert main(["check", "s.csv", *said]) == 2  # is it January or February? 1234 or 1.234?
    assert "day_first=True" in capsys.readouterr().err
    assert main(["check", "s.csv", *said, "--day-first", "no", "--decimal", ".", "--source", "table"]) == 0
    assert "from 2 January 2025 to 2 January 2025" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["check"], "Say which file to check"),
        (["check", "nowhere.csv"], "There is no file nowhere.csv"),
        (["check", "s.csv", "--day-first", "perhaps"], "--day-first cannot be “perhaps”"),
        (["check", "s.csv", "--source", "abacus"], "source cannot be “abacus”"),
        (["check", "s.csv", "--lang", "de"], "--lang cannot be “de”"),
        (["check", "s.csv", "--column", "amount"], "amount"),
    ],
)
def test_check_refuses_in_one_message_with_exit_code_2(shelf, capsys, words, told):
    (shelf / "s.csv").write_text("client;début;mrr\nAda;2025-01-15;1\n", encoding="utf-8")
    assert main(words) == 2
    assert told in capsys.readouterr().err


def test_how_a_file_is_read_reaches_a_report_that_declares_it_and_no_other(calls, shelf, capsys):
    needed = ["report", "hypothesis", "--subscriptions", "s.csv", "--as-of", "2025-12-31"]
    assert main([*needed, "--source", "stripe"]) == 2
    assert "source" in capsys.readouterr().err
    notebook = nbformat.read(shelf / "shelf" / "hypothesis.ipynb", as_version=4)
    notebook.cells[0].source += 'source: str = ""\nday_first: str = ""\ndecimal: str = ""\nsheet: str = ""\n'
    nbformat.write(notebook, shelf / "shelf" / "hypothesis.ipynb")
    assert main([*needed, "--source", "stripe", "--day-first", "yes", "--decimal", ",", "--sheet", "A"]) == 0
    given = calls[-1][1]
    assert {name: given[name] for name in ("source", "day_first", "decimal", "sheet")} == {
        "source": "stripe",
        "day_first": "yes",
        "decimal": ",",
        "sheet": "A",
    }


def test_a_study_names_its_data_itself_and_its_path_becomes_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study.yml").write_text("title: x\n", encoding="utf-8")
    assert given_parameters("study", {"lang": "fr"}, pairs=[("study", "study.yml")]) == {
        "study": str(tmp_path / "study.yml"),
        "lang": "fr",
    }
    with pytest.raises(FileNotReadableError, match=r"no\.lock\.json"):
        given_parameters("study", {}, pairs=[("study", "study.yml"), ("lock", "no.lock.json")])


def test_without_its_file_a_study_report_is_refused_rather_than_shown_on_the_bundled_business():
    with pytest.raises(OptionError, match=r"-p study"):
        given_parameters("study", {})


def test_lists_and_pairs_reach_a_comparison_as_json(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.csv").write_text("a\n", encoding="utf-8")
    pairs = [("outcome", "nrr"), ("adjust", '["segment"]'), ("measured_at", '{"nps": "nps_on"}'), ("landmark", "6")]
    given = given_parameters("hypothesis", {"subscriptions": "s.csv", "as_of": "2025-12-31"}, pairs=pairs)
    assert (given["outcome"], given["adjust"], given["landmark"]) == ("nrr", ["segment"], 6)
    assert given["measured_at"] == {"nps": "nps_on"}


def test_a_parameter_is_explained_as_the_report_means_it():
    (early,) = (line for line in listed_parameters("hypothesis") if line.lstrip().startswith("window"))
    (back,) = (line for line in listed_parameters("monthly_retention") if line.lstrip().startswith("window"))
    assert "early churn" in early
    assert "looks back" in back


# --- study


STUDY = """\
data:
  as_of: 2025-12-31
hypotheses:
  demo: {factor: personalised_demo, randomised: true}
"""


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study.yml").write_text(STUDY, encoding="utf-8")
    return tmp_path


def test_study_power_says_what_could_be_found_and_writes_nothing(study, capsys):
    assert main(["study", "power", "study.yml"]) == 0
    assert "4 times out of 5" in capsys.readouterr().out
    assert main(["study", "power", "study.yml", "--lang", "fr"]) == 0
    assert "4 fois sur 5" in capsys.readouterr().out
    assert [each.name for each in study.iterdir()] == ["study.yml"]


def test_study_lock_prints_the_hash_and_where_the_lock_is(study, capsys):
    assert main(["study", "lock", "study.yml"]) == 0
    said = capsys.readouterr().out
    kept = json.loads((study / "study.lock.json").read_text(encoding="utf-8"))
    assert kept["hash"] in said
    assert said.splitlines()[-1] == "Lock: study.lock.json"
    (study / "study.yml").write_text(STUDY.replace("randomised", "horizon: 6, randomised"), encoding="utf-8")
    assert main(["study", "lock", "study.yml"]) == 2
    assert "demo.horizon: 12 → 6" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["study"], "retention-kit study power STUDY.yml"),
        (["study", "lock"], "retention-kit study lock STUDY.yml"),
        (["study", "run", "study.yml"], "Choose one of: power, lock"),
        (["study", "power", "nothing.yml"], "nothing.yml"),
        (["study", "power", "study.yml", "--lang", "de"], "en, fr"),
        (["study", "power", "study.yml", "--to", "html"], "--to"),
    ],
)
def test_study_refuses_in_one_message_with_exit_code_2(study, capsys, words, told):
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert told in err
    assert err.count("\n") == 1
    assert out == ""


@pytest.mark.notebook
def test_early_churn_needs_no_empty_factor_on_the_command_line(study, capsys):
    table = "customer_id,subscription_id,start,end,amount\n" + "".join(
        f"c{place},s{place},2023-{1 + place % 12:02}-01,{'' if place % 3 else '2024-06-01'},10\n" for place in range(60)
    )
    (study / "s.csv").write_text(table, encoding="utf-8")
    words = ["--interval", "month", "--currency", "EUR", "-p", "outcome", "early_churn"]
    assert main([*GIVEN, *words, "--output-dir", "out"]) == 0, capsys.readouterr().err
    assert main([*GIVEN, *words, "-p", "factor", "segment"]) == 2  # said, it is refused
    assert "takes no factor" in capsys.readouterr().err
