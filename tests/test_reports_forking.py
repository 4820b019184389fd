"""Work in processes of its own: what comes back, what is left behind, and what does not get out."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from retention_kit import reports
from retention_kit.reports import forking
from retention_kit.reports.answers import DiedError, ElsewhereError
from retention_kit.reports.forking import aside, available, forked
from retention_kit.reports.fresh import in_fresh_processes

linux = pytest.mark.skipif(not available(), reason="this system cannot fork and watch")
WAYS = pytest.mark.parametrize("run", [pytest.param(forked, marks=linux), in_fresh_processes])
MEGABYTE = 2**20


def outcomes(run, *tasks, jobs=1):
    return [outcome for _, outcome in sorted(run(iter(list(enumerate(tasks))), jobs))]


def children():
    """Numbers of this process's children, zombies included."""
    found = set()
    for task in Path(f"/proc/{os.getpid()}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread of the test's runner that has just ended
            found |= {int(child) for child in (task / "children").read_text().split()}
    return found


@pytest.fixture(autouse=True)
def no_child_is_left():
    before = children() if available() else set()
    yield
    if available():
        assert children() <= before


@pytest.fixture(autouse=True)
def fresh_processes_find_this_module(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent), prepend=os.pathsep)


def grow():
    block = bytearray(150 * MEGABYTE)
    block[::4096] = b"x" * len(block[::4096])
    return len(block) // MEGABYTE


def spin(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def stamps(seconds):
    began = time.monotonic()
    time.sleep(seconds)
    return began, time.monotonic()


@WAYS
def test_each_task_comes_back_with_its_key(run):
    came = dict(run(iter([("a", partial(int, "7")), ("b", partial(divmod, 7, 2))]), 2))
    assert {key: outcome.value for key, outcome in came.items()} == {"a": 7, "b": (3, 1)}
    assert {outcome.error for outcome in came.values()} == {None}


@WAYS
def test_what_a_task_raises_is_its_outcome(run):
    raised, left, fine = outcomes(run, partial(int, "x"), partial(sys.exit, 4), os.getpid)
    assert isinstance(raised.error, ValueError)
    assert "invalid literal" in str(raised.error)
    assert isinstance(raised.error.__cause__, ElsewhereError)
    assert "Traceback" in str(raised.error.__cause__)
    assert isinstance(left.error, SystemExit)
    assert left.error.code == 4
    assert fine.value not in (None, os.getpid())


def be_ended():
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(60)


@WAYS
@pytest.mark.parametrize(
    ("task", "how"),
    [(partial(os._exit, 0), "exit code 0"), (partial(os._exit, 3), "exit code 3"), (be_ended, "SIGTERM")],
)
def test_a_process_that_dies_is_an_outcome(run, task, how):
    died, fine = outcomes(run, task, partial(int, "7"))
    assert isinstance(died.error, DiedError)
    assert how in str(died.error)
    assert fine.value == 7


def die_talking():
    print("the first words\nthe last words", file=sys.stderr, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)


@WAYS
def test_a_killed_process_leaves_its_last_words(run):
    (died,) = outcomes(run, die_talking)
    assert "SIGKILL" in str(died.error)
    assert died.error.__notes__[-1] == "the last words"


def talk():
    print("from Python")
    print("from Python", file=sys.stderr)
    os.write(1, b"from below\n")
    subprocess.run([sys.executable, "-c", "print('from a subprocess')"], check=True)
    return sys.stdin.read()


@WAYS
def test_what_a_task_prints_stays_off_the_terminal(run, capfd):
    (said,) = outcomes(run, talk)
    assert (said.value, said.error) == ("", None)
    assert capfd.readouterr() == ("", "")


class StubbornError(Exception):
    def __init__(self, one, two):
        super().__init__("cannot be made anew")


def stubborn():
    raise StubbornError(1, 2)


@WAYS
def test_an_error_that_cannot_travel_is_told(run):
    raised, value = outcomes(run, stubborn, threading.Lock)
    assert "StubbornError: cannot be made anew" in str(raised.error)
    assert "pickle" in str(value.error)


@WAYS
def test_time_and_memory_are_measured(run):
    below = partial(subprocess.run, [sys.executable, "-S", "-c", "import time\nwhile time.process_time() < 0.3: pass"])
    grown, spun, slept, spun_below = outcomes(run, grow, partial(spin, 0.3), partial(time.sleep, 0.3), below)
    assert grown.peak_memory > 150 * MEGABYTE
    assert spun.cpu_seconds >= 0.3
    assert slept.seconds >= 0.3
    assert spun_below.cpu_seconds >= 0.3  # what a report's own subprocesses take is the report's
    # a fresh Python starts in less than that
    assert slept.cpu_seconds < spun.cpu_seconds


@WAYS
def test_jobs_overlap_and_are_never_more_than_asked_for(run):
    # the first ends long before the second: what takes its place is one task
    spans = [
        outcome.value for outcome in outcomes(run, *(partial(stamps, long) for long in (0.05, 0.9, 0.1, 0.1)), jobs=2)
    ]
    ends = [(began, 1) for began, _ in spans] + [(ended, -1) for _, ended in spans]
    running = [0]
    for _, step in sorted(ends):
        running.append(running[-1] + step)
    assert max(running) == 2


@WAYS
def test_tasks_are_taken_one_by_one(run):
    taken = []

    def tasks():
        for number in range(3):
            taken.append(number)
            yield number, partial(int, number)

    iterator = run(tasks(), 1)
    next(iterator)
    assert taken == [0]
    list(iterator)
    assert taken == [0, 1, 2]


def files_open():
    return len(list(Path("/proc/self/fd").iterdir()))


@linux
@WAYS
def test_no_file_stays_open(run):
    outcomes(run, partial(int, 1))  # whatever the first use of anything opens
    before = files_open()
    outcomes(run, *[partial(int, 1)] * 3)
    assert files_open() == before


@WAYS
def test_a_closed_iterator_kills_what_runs(run):
    began = time.monotonic()
    iterator = run(iter([(0, partial(int, 1)), (1, partial(time.sleep, 60))]), 2)
    assert next(iterator)[0] == 0
    iterator.close()
    assert time.monotonic() - began < 30


SAY = "import os, sys, time; open({!r}, 'w').write(str(os.getpid())); time.sleep(60)"


@linux
@pytest.mark.parametrize(
    ("run", "numbers"),
    [
        ("forking.forked", (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)),
        ("fresh.in_fresh_processes", (signal.SIGKILL,)),
    ],
)
def test_an_interrupted_parent_takes_its_children_along(run, numbers):
    code = f"""\
import sys
from functools import partial
from retention_kit.reports import forking, fresh
list({run}(iter([(0, partial(exec, {SAY!r}.format(sys.argv[1])))]), 1))
"""
    for number in numbers:
        assert _child_ends_with(code, number)


def _child_ends_with(code, number, patience=20):
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        note = Path(folder) / "child"
        with subprocess.Popen([sys.executable, "-c", code, str(note)], stderr=subprocess.DEVNULL) as parent:
            end = time.monotonic() + patience
            while not (note.exists() and note.read_text()) and time.monotonic() < end:
                time.sleep(0.02)
            child = Path("/proc") / note.read_text()
            parent.send_signal(number)
        while child.exists() and "zombie" not in (child / "status").read_text() and time.monotonic() < end:
            time.sleep(0.02)
        return time.monotonic() < end


def be_interrupted():
    os.kill(os.getpid(), signal.SIGINT)
    return "went on"


@linux
def test_what_ctrl_c_means_is_the_parent_s_to_say():
    assert [outcome.value for outcome in outcomes(forked, be_interrupted)] == ["went on"]


@linux
def test_from_a_process_with_threads_nothing_is_forked_and_nothing_hangs(monkeypatch):
    # a fork would find the lock held by a thread that it does not have
    lock, stop = threading.Lock(), threading.Event()

    def hold():
        with lock:
            stop.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        monkeypatch.setattr(reports, "only_here", True, raising=False)
        came = outcomes(forked, os.getpid, partial(_has, "only_here"))
    finally:
        stop.set()
        thread.join()
    assert [outcome.error for outcome in came] == [None, None]
    assert came[1].value is False
    (unpicklable,) = outcomes(in_fresh_processes, lambda: 1)
    assert "pickle" in str(unpicklable.error).lower()


def test_a_file_named_like_a_module_does_not_shadow_it(tmp_path, monkeypatch):
    (tmp_path / "pickle.py").write_text("raise SystemError('a stray module')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert [outcome.value for outcome in outcomes(in_fresh_processes, partial(int, "7"))] == [7]


@linux
def test_a_fork_changes_nothing_here_nor_in_another():
    state = {"here": 1}

    def change():
        state["here"] += 1
        return state["here"]

    assert [outcome.value for outcome in outcomes(forked, change, change, jobs=2)] == [2, 2]
    assert state == {"here": 1}


@linux
def test_only_a_prepared_process_is_forked_for_reports(monkeypatch):
    monkeypatch.setitem(os.environ, "OMP_NUM_THREADS", "1")
    code = "import retention_kit.reports.forking as f; f.prepare(warm=False); print(f.aside(f.os.getppid).value)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 1
    monkeypatch.setattr(reports, "only_here", True, raising=False)
    asked = partial(hasattr, reports, "only_here")
    assert aside(partial(_has, "only_here")).value is False
    monkeypatch.setattr(forking, "_prepared", True)
    assert aside(asked).value is True


def _has(name):
    return hasattr(reports, name)


def test_where_nothing_can_be_forked_a_fresh_python_answers(monkeypatch):
    monkeypatch.setattr(forking, "available", lambda: False)
    assert [outcome.value for outcome in outcomes(forked, partial(int, "7"))] == [7]
