"""The course as a learner meets it: a real JupyterLab runs every lesson, and an answer is typed, wrong, then right."""

import datetime as dt
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import nbformat
import pytest

from retention_kit.lessons import lesson_names, write_lessons
from retention_kit.lessons.checking import all_exercises
from retention_kit.lessons.progress import Record, progress_name, read_progress
from retention_kit.wording import LANGUAGES, render

LONGEST_CELL = 60  # seconds
LESSONS = [(lang, name) for lang in LANGUAGES for name in lesson_names(lang)]
# One exercise of each lesson, and a mistake in it; where the answer is a line of pandas, the line that is wrong.
MISTAKES = {
    "1": ("1.1", "percent", None),
    "2": ("2.2", "counted_new", None),
    "3": ("3.5", "counted_customers", 'table.groupby("month")["mrr"].count()'),
    "4": ("4.6", "new_only", None),
    "5": ("5.6", "took_nrr", None),
    "6": ("6.4", "counted_unobserved", None),
    "7": ("7.5", "across_zero", None),
    "8": ("8.3", "points_as_chance", None),
}
SETTINGS = {
    # every cell is in the page, whether it is in sight or not, and says when it ran
    "notebook-extension/tracker": {"windowingMode": "none", "recordTiming": True},
    # nothing asks whether it may fetch news
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
RUN = "[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].every(each => /\\[\\d+\\]/.test(each.innerText))"
FEEDBACKS = ".jp-OutputArea-output div[lang][style*='border-left']"


@pytest.fixture(scope="module")
def courses(tmp_path_factory):
    """The folder of the courses, as `retention-kit lessons` writes them: one a language."""
    folder = tmp_path_factory.mktemp("courses")
    for lang in LANGUAGES:
        write_lessons(lang, folder / lang)
    return folder


@pytest.fixture(scope="module")
def served(courses, tmp_path_factory):
    pytest.importorskip("jupyterlab")
    with jupyterlab(courses, tmp_path_factory.mktemp("own")) as address:
        yield address


@contextmanager
def jupyterlab(folder, own):
    """A server of this environment on a folder, whose settings and records stay in another; yields its address."""
    for name, settings in SETTINGS.items():
        kept = own / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(settings), encoding="utf-8")
    port, token = free_port(), secrets.token_hex(8)
    options = [
        *("--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"),
        *(f"--ServerApp.root_dir={folder}", f"--IdentityProvider.token={token}", "--LabApp.news_url="),
        *("--LabApp.extension_manager=readonly", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"),
        *(f"--LabApp.user_settings_dir={own / 'settings'}", f"--LabApp.workspaces_dir={own / 'workspaces'}"),
    ]
    places = {f"JUPYTER_{name}_DIR": str(own / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    environment = os.environ | places | {"IPYTHONDIR": str(own / "ipython"), "JUPYTER_PREFER_ENV_PATH": "1"}
    with (own / "server.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options], stdout=log, stderr=log, env=environment
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/api/status?token={token}", server, own / "server.log")
            yield f"http://127.0.0.1:{port}", token
        finally:
            server.terminate()
            server.wait(timeout=30)


def free_port():
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return asked.getsockname()[1]


def wait_for(address, server, log):
    for _ in range(240):
        assert server.poll() is None, log.read_text()[-2000:]
        try:
            return urllib.request.urlopen(address, timeout=5).close()
        except urllib.error.URLError:
            time.sleep(0.25)
    raise TimeoutError(log.read_text()[-2000:])


class Lesson:
    """A learner's copy, open in JupyterLab and run from top to bottom."""

    def __init__(self, context, served, folder, lang, name):
        self.lang, self.name, self.number = lang, name, str(int(name[:2]))
        self.learners = folder / lang / render("lesson.file.learners", lang)
        self.instructor = folder / lang / render("lesson.file.instructor", lang)
        self.path = self.learners / f"{name}.ipynb"
        address, token = served
        self.asked = []
        context.on("request", lambda request: self.asked.append(request.url))
        self.page = context.new_page()
        inside = self.path.relative_to(folder).as_posix()
        self.page.goto(f"{address}/lab/workspaces/{lang}-{self.number}/tree/{inside}?token={token}")
        # the indicator of the notebook says idle before there is a kernel, and Lab would ask which one to take
        self.page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for(timeout=90_000)
        started = time.perf_counter()
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.locator('li[data-command="runmenu:run-all"]').click()
        self.page.wait_for_function(RUN, timeout=240_000)
        self.seconds = time.perf_counter() - started

    def saved(self):
        """Save the notebook as a learner does, and read it."""
        self.page.keyboard.press("Control+s")
        self.page.locator(".jp-mod-dirty").wait_for(state="detached")
        return nbformat.read(self.path, as_version=4)

    def answer(self, exercise, value):
        """Type an answer in the place of the dots, or of the last answer, and run the cell; give what is said."""
        cell = self.page.locator(".jp-CodeCell", has_text=f'rk.lessons.check("{exercise}"')
        (blank,) = [each for each in cells(self.instructor / self.path.name) if is_blank(each, exercise)]
        prompt = cell.locator(".jp-InputPrompt").inner_text()
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(blank.source.replace("...", value))
        self.page.keyboard.press("Control+Enter")
        for _ in range(200):
            if re.search(r"\d", now := cell.locator(".jp-InputPrompt").inner_text()) and now != prompt:
                break
            self.page.wait_for_timeout(100)
        return cell.locator(FEEDBACKS).inner_text()


def cells(path):
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def is_blank(cell, exercise):
    return "= ...\n" in cell.source and f'check("{exercise}"' in cell.source


def solution(path, exercise):
    """What stands in the place of the dots in the instructor's copy."""
    (cell,) = [
        each for each in cells(path) if "solution" in each.metadata.get("tags", []) and f'"{exercise}"' in each.source
    ]
    (value,) = re.findall(r"^\w+ = (.*)\nrk\.lessons\.check", cell.source, re.DOTALL | re.MULTILINE)
    return value


def plain(text):
    """Return a text with plain spaces."""
    return " ".join(text.split())


def seconds(cell):
    times = cell.metadata["execution"]
    begun, ended = (dt.datetime.fromisoformat(times[key]) for key in ("iopub.execute_input", "shell.execute_reply"))
    return (ended - begun).total_seconds()


@pytest.fixture(scope="module", params=LESSONS, ids=lambda lesson: "-".join(lesson))
def lesson(request, browser, served, courses):
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    lesson = Lesson(context, served, courses, *request.param)
    yield lesson
    context.close()
    end_kernels(*served)


def end_kernels(address, token):
    """End the kernels of a server: each holds 200 MB, and a learner works with one."""
    with urllib.request.urlopen(f"{address}/api/kernels?token={token}", timeout=30) as told:
        kernels = json.load(told)
    for kernel in kernels:
        asked = urllib.request.Request(f"{address}/api/kernels/{kernel['id']}?token={token}", method="DELETE")
        urllib.request.urlopen(asked, timeout=30).close()


def test_it_runs_from_top_to_bottom_without_an_error(lesson, served, record_property):
    record_property("seconds", round(lesson.seconds, 1))
    run = [cell for cell in lesson.saved().cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in run] == list(range(1, len(run) + 1))
    assert {output.output_type for cell in run for output in cell.outputs} <= {"display_data", "execute_result"}
    assert max(seconds(cell) for cell in run) < LONGEST_CELL
    outside = [url for url in lesson.asked if not url.startswith((served[0], "data:", "blob:"))]
    assert outside == []


def test_every_exercise_says_in_its_language_that_it_waits(lesson):
    boxes = lesson.page.locator(FEEDBACKS)
    numbers = [number for number in all_exercises() if number.startswith(f"{lesson.number}.")]
    waits = [render("lesson.blank", lesson.lang, number=number) for number in numbers]
    assert boxes.count() == len(numbers)
    assert all(plain(told).startswith(plain(wait)) for told, wait in zip(boxes.all_inner_texts(), waits, strict=True))
    assert {boxes.nth(place).get_attribute("lang") for place in range(len(numbers))} == {lesson.lang}


def test_every_picture_is_shown(lesson):
    expected = sum(cell.source.count("rk.picture(") for cell in cells(lesson.path))
    widths = lesson.page.evaluate("[...document.querySelectorAll('.jp-OutputArea img')].map(each => each.naturalWidth)")
    assert len(widths) == expected
    assert all(width > 300 for width in widths)


def test_a_wrong_answer_is_understood_and_the_right_one_is_praised(lesson):
    number, mistake, line = MISTAKES[lesson.number]
    exercise = all_exercises()[number]
    progress = lesson.learners / progress_name(lesson.lang)
    wrong = exercise.mistakes[mistake]()
    told = lesson.answer(number, line or (repr(wrong) if isinstance(wrong, str) else f"{float(wrong):.9f}"))
    assert plain(render(exercise.mistake(mistake), lesson.lang)) in plain(told)
    assert read_progress(progress)[number] == Record(number, "mistake", mistake, 1)
    told = lesson.answer(number, solution(lesson.instructor / lesson.path.name, number))
    assert plain(told).startswith(plain(render("lesson.right", lesson.lang, number=number)))
    assert read_progress(progress)[number] == Record(number, "right", "", 2)
