"""The course: exercises that know their mistakes, two languages that agree, copies that give nothing away."""

import importlib.util
import json
import re
from collections import Counter
from pathlib import Path

import nbformat
import pandas as pd
import pytest

import retention_kit as rk
from retention_kit.cli import main
from retention_kit.cli.lessons import parser as lessons_parser
from retention_kit.errors import FileNotReadableError, OptionError
from retention_kit.lessons import lesson_names, summarise, write_lessons
from retention_kit.lessons.answers import Choice, Line, Number
from retention_kit.lessons.checking import all_exercises, check
from retention_kit.lessons.exercise import KINDS
from retention_kit.lessons.library import guide_path, lesson_paths
from retention_kit.lessons.sheet import numbers_in
from retention_kit.media_types import FEEDBACK
from retention_kit.wording import LANGUAGES, render, use_language

ROOT = Path(__file__).parents[1]
EXERCISES = all_exercises()
LESSONS = {lang: lesson_paths(lang) for lang in LANGUAGES}
PAIRS = list(zip(LESSONS["fr"], LESSONS["en"], strict=True))
EVERY = [path for lang in LANGUAGES for path in LESSONS[lang]]


def builder():
    spec = importlib.util.spec_from_file_location("lesson_builder", ROOT / "docs" / "lessons" / "write.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(path):
    return nbformat.read(path, as_version=4)


def code(path):
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def tags(cell):
    return cell.metadata.get("tags", [])


def feedback(cell):
    return [out.data[FEEDBACK] for out in cell.outputs if FEEDBACK in out.get("data", {})]


def name(path):
    return f"{path.parent.name}-{path.stem}" if isinstance(path, Path) else str(path)


# --- exercises


@pytest.mark.parametrize("number", EXERCISES)
class TestExercise:
    def test_the_right_answer_is_accepted(self, number):
        assert check(number, EXERCISES[number].right()).status == "right"

    def test_each_mistake_is_recognised_as_itself(self, number):
        exercise = EXERCISES[number]
        assert len(exercise.mistakes) >= 3
        assert {key: check(number, wrong()).mistake for key, wrong in exercise.mistakes.items()} == {
            key: key for key in exercise.mistakes
        }

    @pytest.mark.parametrize("lang", LANGUAGES)
    def test_what_is_said_of_a_mistake_is_its_own_and_never_the_solution(self, number, lang):
        exercise, said = EXERCISES[number], set()
        right = str(exercise.right()) if isinstance(exercise.right(), str) else f"{float_or_none(exercise.right())}"
        with use_language(lang):
            for wrong in exercise.mistakes.values():
                told = check(number, wrong())
                said.add(str(told))
                assert not re.search(rf"(?<![\w.,’]){re.escape(right)}(?![\w.,’])", hint_of(told)) or right == "None"
        assert len(said) == len(exercise.mistakes)

    def test_a_blank_is_no_mistake(self, number):
        assert check(number).status == check(number, None).status == "blank"

    def test_its_kind_is_one_of_four(self, number):
        assert EXERCISES[number].kind in KINDS


def float_or_none(value):
    return float(value) if hasattr(value, "__float__") else None


def hint_of(told):
    """What is said beyond the heading with the exercise's own number."""
    return " ".join(render(message) for message in told.messages[1:])


def test_lessons_have_six_exercises_of_several_kinds():
    lessons = {lesson: [e for n, e in EXERCISES.items() if n.startswith(f"{lesson}.")] for lesson in range(1, 9)}
    assert all(len(exercises) >= 6 for exercises in lessons.values())
    assert all(len({exercise.kind for exercise in exercises}) >= 3 for exercises in lessons.values())
    assert {exercise.kind for exercise in EXERCISES.values()} == set(KINDS)


def test_a_number_is_right_within_its_rounding_and_a_text_is_none():
    assert Number(0.0005).same(0.8995, 0.9)
    assert not Number(0.0005).same(0.8994, 0.9)
    assert not Number().same(True, 1.0)
    assert not Number().same("0.9", 0.9)
    assert check("1.1", "113 %").mistake == "text"


def test_a_decimal_comma_and_a_rounded_percentage_are_recognised():
    assert check("1.1", (1, 13)).mistake == "decimal_comma"
    assert check("1.6", 88.5).mistake == "percent"  # 0.97⁴ is 0.8853
    assert check("1.6", 88.4).mistake is None


def test_feedback_does_not_depend_on_a_record_that_cannot_be_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "progress.csv").write_text("exercise;status;mistake;attempts\n")

    def full(*_):
        raise OSError(28, "no space left")

    monkeypatch.setattr("retention_kit.lessons.progress.write_progress", full)
    assert check("1.1", 1.13).status == "right"


@pytest.mark.parametrize("given", ["b", "B", " b ", "b.", "b)"])
def test_a_letter_is_read_kindly(given):
    assert Choice().same(given, "b")


def test_a_table_is_compared_by_its_values():
    table = pd.DataFrame({"x": [1, 2], "y": [3.0, 4.0]}, index=["a", "b"])
    assert Line().same(table.loc[["b", "a"], ["y", "x"]].astype(float), table)
    assert not Line(ordered=True).same(table.loc[["b", "a"]], table)
    assert not Line().same(table.assign(x=[1, 3]), table)
    assert not Line().same(table["x"], table)
    assert Line().same(pd.Series([1, 2], index=["a", "b"], name="other"), table["x"])
    assert Line().same(table["x"].sum(), 3)


def test_an_unknown_exercise_is_refused_with_those_that_exist():
    with pytest.raises(OptionError, match=r"9\.9"):
        check("9.9", 1)


# --- notebooks


@pytest.mark.parametrize("path", EVERY, ids=name)
def test_a_lesson_is_kept_run_and_in_order(path):
    counts = [cell.execution_count for cell in code(path)]
    assert counts == list(range(1, len(counts) + 1))
    assert not [out for cell in code(path) for out in cell.outputs if out.output_type == "error"]


@pytest.mark.parametrize("path", EVERY, ids=name)
def test_every_exercise_has_its_blank_then_its_solution_which_is_right(path):
    lesson = str(int(path.stem[:2]))
    blanks = [cell for cell in code(path) if re.search(r"^\w+ = \.\.\.$", cell.source, re.MULTILINE)]
    solutions = [cell for cell in code(path) if "solution" in tags(cell)]
    expected = [number for number in EXERCISES if number.startswith(f"{lesson}.")]
    assert [number for cell in blanks for number in numbers_in(cell)] == expected
    assert [number for cell in solutions for number in numbers_in(cell)] == expected
    assert [told["status"] for cell in blanks for told in feedback(cell)] == ["blank"] * len(expected)
    assert [told["status"] for cell in solutions for told in feedback(cell)] == ["right"] * len(expected)


@pytest.mark.parametrize("path", EVERY, ids=name)
def test_cells_are_short_and_say_nothing_in_one_language(path):
    for cell in code(path):
        assert len(cell.source.splitlines()) <= 12
        assert not re.search(r"^\s*(def|for|while|try|class)\b", cell.source, re.MULTILINE)
        assert "#" not in re.sub(r"""(["']).*?\1""", "", cell.source), "a comment has one language"


@pytest.mark.parametrize("path", LESSONS["fr"], ids=name)
def test_french_prose_has_french_typography(path):
    prose = "\n".join(
        re.sub(r"```.*?```|`[^`]*`|<[^>]*>|\]\([^)]*\)", "", c.source, flags=re.DOTALL) for c in markdown(path)
    )
    assert re.findall(r".{0,12}[^\s|:-] [:;?!»%€].{0,5}", prose) == []
    assert re.findall(r".{0,8}\w'\w.{0,5}", prose) == []
    assert re.findall(r"\d \d{3}\b", prose) == []


def markdown(path):
    return [cell for cell in read(path).cells if cell.cell_type == "markdown"]


@pytest.mark.parametrize("path", EVERY, ids=name)
def test_every_figure_has_its_words(path):
    pictures = [out for cell in code(path) for out in cell.outputs if "image/png" in out.get("data", {})]
    assert all(out.metadata["image/png"]["alt"].strip() for out in pictures)


# --- two languages


def test_there_are_eight_lessons_in_each_language():
    assert [len(lesson_names(lang)) for lang in LANGUAGES] == [8, 8]
    assert [path.stem[:2] for path in LESSONS["fr"]] == [path.stem[:2] for path in LESSONS["en"]]


def test_no_translation_is_missing_or_stale_and_none_is_left_over():
    lessons = builder()
    known = {message.context: message for message in lessons.read_catalogue() if message.id}
    assert {context: message.id for context, message in known.items()} == lessons.wanted()
    assert lessons.unfinished(lessons.read_catalogue()) == []


def test_the_english_lessons_are_what_the_catalogue_makes_of_the_french_ones():
    lessons = builder()
    for name, lesson in lessons.built(lessons.read_catalogue()).items():
        kept = read(ROOT / "notebooks" / "lessons" / "en" / f"{name}.ipynb")
        assert [(c.cell_type, c.id, c.source, tags(c)) for c in kept.cells] == [
            (c.cell_type, c.id, c.source, tags(c)) for c in lesson.cells
        ]


def figures_of(text):
    """The figures of a text whatever separates thousands and decimals."""
    joined = re.sub(r"(?<=\d)[.,\u202f\u00a0](?=\d)", "", text)
    return Counter(re.findall(r"\d+", joined))


@pytest.mark.parametrize(("french", "english"), PAIRS, ids=name)
def test_both_languages_show_the_same_numbers_and_figures(french, english):
    for one, other in zip(code(french), code(english), strict=True):
        kinds = [[sorted(out.get("data", {"stream": ""})) for out in cell.outputs] for cell in (one, other)]
        assert kinds[0] == kinds[1]
        shown = [[out.get("text") or out.data.get("text/plain", "") for out in cell.outputs] for cell in (one, other)]
        assert figures_of(" ".join(shown[0])) == figures_of(" ".join(shown[1])), one.source
        assert feedback(one) == feedback(other)


# --- copies


@pytest.fixture(scope="module", params=LANGUAGES)
def course(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("course") / request.param
    return request.param, write_lessons(request.param, folder)


def desk(course, who):
    lang, folder = course
    return folder / render(f"lesson.file.{who}", lang)


def test_a_learner_s_copy_has_no_solution_and_no_output(course):
    lang, _ = course
    for path in LESSONS[lang]:
        copy, source = read(desk(course, "learners") / path.name), read(path)
        assert not [cell for cell in copy.cells if "solution" in tags(cell)]
        assert [c.source for c in copy.cells] == [c.source for c in source.cells if "solution" not in tags(c)]
        assert not [cell for cell in copy.cells if cell.get("outputs") or cell.get("execution_count")]
        nbformat.validate(copy)


def test_the_instructor_s_copy_has_all(course):
    lang, _ = course
    assert [path.read_bytes() for path in sorted(desk(course, "instructor").glob("*.ipynb"))] == [
        path.read_bytes() for path in LESSONS[lang]
    ]


def test_the_answer_sheet_has_every_exercise_with_its_mistakes(course):
    lang, _ = course
    page = (desk(course, "instructor") / f"{render('lesson.file.sheet', lang)}.html").read_text(encoding="utf-8")
    assert f'lang="{lang}"' in page
    headings = [render("lesson.sheet.exercise", lang, number=number) for number in EXERCISES]
    assert all(re.search(rf"<h3[^>]*>{re.escape(heading)}\b", page) for heading in headings)


def test_a_folder_with_work_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine.ipynb").write_text("precious")
    with pytest.raises(OptionError, match="nothing was written"):
        write_lessons("en", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.ipynb"]


# --- the instructor's guide

GUIDES = {lang: guide_path(lang).read_text(encoding="utf-8") for lang in LANGUAGES}
_FENCED = re.compile(r"^```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def sections(text):
    """The sections of a guide by the number of their lesson."""
    parts = re.split(r"^## ", text, flags=re.MULTILINE)
    titled = (re.match(r"(?:Leçon|Lesson) (\d) ", part) for part in parts)
    return {found[1]: part for found, part in zip(titled, parts, strict=True) if found}


def commands(text):
    """Everything a reader is told to type: lines of code blocks, and code within the prose."""
    lines = [line for block in _FENCED.findall(text) for line in block.splitlines()]
    return lines + re.findall(r"`([^`\n]+)`", _FENCED.sub("", text))


def headings(lang):
    return [line.partition(" ")[0] for line in _FENCED.sub("", GUIDES[lang]).splitlines() if line.startswith("#")]


def test_both_guides_are_built_alike():
    assert headings("en") == headings("fr")
    assert len(_FENCED.findall(GUIDES["en"])) == len(_FENCED.findall(GUIDES["fr"])) > 0


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_guide_has_a_section_for_each_lesson_and_a_time_for_each_exercise(lang):
    told = sections(GUIDES[lang])
    assert list(told) == [str(n) for n in range(1, 9)]
    timed = {n: " ".join(re.findall(r"^- \*\*\d+–\d+\*\* (.*)", text, re.MULTILINE)) for n, text in told.items()}
    for lesson, plan in timed.items():
        assert re.findall(rf"\b{lesson}\.\d\b", plan) == [n for n in EXERCISES if n.startswith(f"{lesson}.")]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_what_a_guide_says_goes_wrong_is_what_the_exercises_recognise(lang):
    rows = {
        lesson: re.findall(r"^\| (\d\.\d) \| `(\w+)` \|", text, re.MULTILINE)
        for lesson, text in sections(GUIDES[lang]).items()
    }
    assert all(len(named) >= 5 for named in rows.values())
    unknown = [(n, name) for named in rows.values() for n, name in named if name not in EXERCISES[n].mistakes]
    assert unknown == []
    assert all(number[0] == lesson for lesson, named in rows.items() for number, _ in named)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_minutes_of_a_lesson_run_on_and_are_forty_to_sixty(lang):
    for text in sections(GUIDES[lang]).values():
        blocks = [(int(a), int(b)) for a, b in re.findall(r"^- \*\*(\d+)–(\d+)\*\*", text, re.MULTILINE)]
        assert blocks[0][0] == 0
        assert [end for _, end in blocks[:-1]] == [start for start, _ in blocks[1:]]
        assert 40 <= blocks[-1][1] <= 60
        assert f"({blocks[-1][1]} min" in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_commands_of_a_guide_exist(lang):
    ours = [re.split(r"^retention-kit |^python -m retention_kit\.cli ", line) for line in commands(GUIDES[lang])]
    words = [parts[1].split() for parts in ours if len(parts) == 2]
    given = [lessons_parser().parse_args(rest) for command, *rest in words if command == "lessons"]
    assert len(given) == len(words) >= 5
    assert {each.lessons for each in given} == {lang, "summary"}
    assert all(each.folder and bool(each.table) == (each.lessons == "summary") for each in given)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_files_that_a_guide_installs_from_are_there(lang):
    named = set(re.findall(r"[\w.]+\.(?:lock|yml)\b", GUIDES[lang]))
    assert named == {"requirements.lock", "environment.yml"}
    assert all((ROOT / name).is_file() for name in named)


def test_what_the_guide_says_is_written_is_written(course):
    lang, folder = course
    written = [path.name for path in folder.iterdir()]
    written += [path.name for path in folder.rglob("*") if path.suffix in {".html", ".csv"}]
    assert len(written) == 5
    assert [name for name in written if f"`{name}`" not in GUIDES[lang]] == []


def test_the_guide_is_a_page_beside_the_answer_sheet(course):
    lang, _ = course
    page = (desk(course, "instructor") / f"{render('lesson.file.guide', lang)}.html").read_text(encoding="utf-8")
    assert f'lang="{lang}"' in page
    assert [len(re.findall(rf"<h{n}\b", page)) for n in (1, 2, 3)] == [headings(lang).count("#" * n) for n in (1, 2, 3)]
    assert not re.search(r"<(script|iframe)|src=.http", page)


def test_the_french_guide_has_french_typography():
    prose = re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)", "", GUIDES["fr"], flags=re.DOTALL)
    assert re.findall(r".{0,12}[^\s|:-] [:;?!»%€].{0,5}", prose) == []
    assert re.findall(r".{0,8}\w'\w.{0,5}", prose) == []
    assert re.findall(r"\d \d{3}\b", prose) == []


# --- progress and summary


def test_progress_is_kept_only_where_its_file_lies(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check("1.1", 113)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "progression.csv").write_text("exercise;status;mistake;attempts\n")
    for answer in (113, 1.13, 2):
        check("1.1", answer)
    check("1.2", ...)
    kept = (tmp_path / "progression.csv").read_text(encoding="utf-8-sig").split()
    assert kept == ["exercise;status;mistake;attempts", "1.1;right;;2"]


def saved(folder, number, status, mistake=None):
    """A notebook as a learner saves it, with one feedback shown."""
    told = {"exercise": number, "status": status, "mistake": mistake}
    cell = nbformat.v4.new_code_cell("", outputs=[nbformat.v4.new_output("display_data", {FEEDBACK: told})])
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), folder / "01.ipynb")


def test_a_class_is_summed_up_from_notebooks_and_progress_files(tmp_path):
    saved(tmp_path / "=Ada", "1.1", "mistake", "percent")
    saved(tmp_path / "Bo", "1.2", "right")
    (tmp_path / "Bo" / "progress.csv").write_text("exercise;status;mistake;attempts\n1.1;right;;3\n")
    (tmp_path / "Cy").mkdir()
    (tmp_path / "Cy" / "broken.ipynb").write_text("{")
    table = summarise(tmp_path)
    tried = table[~table["status"].isin(["blank"])].fillna({"attempts": -1})
    assert tried.drop(columns="lesson").to_numpy().tolist() == [
        ["'=Ada", "1.1", "mistake", "percent", -1, "notebook"],
        ["Bo", "1.1", "right", "", 3, "progress"],
        ["Bo", "1.2", "right", "", -1, "notebook"],
        ["Cy", "", "unreadable", "", -1, "notebook"],
    ]
    assert table.groupby("learner").size().to_dict() == {
        "'=Ada": len(EXERCISES),
        "Bo": len(EXERCISES),
        "Cy": len(EXERCISES) + 1,
    }


def test_a_folder_without_notebooks_is_refused(tmp_path):
    with pytest.raises(FileNotReadableError):
        summarise(tmp_path)


def test_the_feedback_s_data_are_json():
    told = rk.lessons.check("1.1", 113)._repr_mimebundle_()[FEEDBACK]
    assert json.loads(json.dumps(told)) == {"exercise": "1.1", "status": "mistake", "mistake": "percent"}


# --- the command


def test_the_command_writes_a_course_and_sums_up_a_class(tmp_path, capsys):
    assert main(["lessons", "fr", str(tmp_path / "cours")]) == 0
    assert (tmp_path / "cours" / "formateur" / "corrige.html").is_file()
    assert main(["lessons", "summary", str(tmp_path / "cours" / "apprenants"), str(tmp_path / "bilan.csv")]) == 0
    table = pd.read_csv(tmp_path / "bilan.csv")
    assert set(table["status"]) == {"blank"}
    assert len(table) == len(EXERCISES)


@pytest.mark.parametrize("words", [["lessons"], ["lessons", "de", "x"], ["lessons", "fr"], ["lessons", "summary", "x"]])
def test_the_command_says_what_it_lacks(words, capsys):
    assert main(words) == 2
    assert "lessons" in capsys.readouterr().err
