"""Replications of every cell, over two processes, kept in files so that a run that was stopped goes on."""

import hashlib
import json
import sys
import time
import warnings
import zlib
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import retention_kit
from retention_kit.errors import OptionError, RetentionKitError, UnknownColumnError

from .cells import SCENES, Reading
from .naive import NAIVE
from .worlds import ledger_of

REPLICATIONS = {40: 600, 200: 500, 2000: 120}
BLOCK = {40: 60, 200: 50, 2000: 10}
CACHE = Path(__file__).parents[2] / "build" / "calibration"
PACKAGE = Path(retention_kit.__file__).parent
REFUSED, FAULT = "refused", "fault"


@dataclass(frozen=True)
class Cell:
    """A world of one size."""

    scene: int
    n: int

    @property
    def world(self):
        return SCENES[self.scene]

    @property
    def name(self):
        return f"{self.world.section} {self.world.title} {self.n}"

    @property
    def file(self):
        return CACHE / f"{zlib.crc32(self.name.encode()):08x}.json"


def generator(cell, replication):
    """The same world for the same name, size and number, whatever else is run."""
    seed = [zlib.crc32(cell.world.title.encode()), cell.n, replication]
    return np.random.Generator(np.random.PCG64(seed))


def answered(ask, drawn, ledger):
    """What one call says; a refusal is an answer without numbers, anything else that fails is a fault of ours."""
    nothing = (np.nan,) * 4
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return ask.answer(drawn, ledger, ask.call)
    except (OptionError, UnknownColumnError) as problem:
        return Reading(*nothing, f"{FAULT}: {type(problem).__name__}: {problem}")
    except RetentionKitError as problem:
        return Reading(*nothing, f"{REFUSED}: {type(problem).__name__}: {problem}")
    except Exception as problem:
        return Reading(*nothing, f"{FAULT}: {type(problem).__name__}: {problem}")


def replicate(cell, replication, asks=None):
    """One business: the readings of every question, or of some, and of every naive analysis."""
    drawn = cell.world.draw(generator(cell, replication), cell.n)
    ledger = ledger_of(drawn)
    asked = [
        [*map(float, reading[:4]), reading[4]] for reading in (answered(a, drawn, ledger) for a in cell.world.asks)
    ]
    naive = [list(map(float, NAIVE[name][0](drawn))) for name in cell.world.naive]
    return {"asks": asked, "naive": naive}


def block(cell, replications):
    return {replication: replicate(cell, replication) for replication in replications}


# ---- many of them ----


def fingerprint():
    """The code that is calibrated; numbers of another one are not mixed in."""
    digest = hashlib.sha256()
    for path in sorted([*PACKAGE.rglob("*.py"), *Path(__file__).parent.glob("*.py")]):
        if path.name not in {"page.py", "summary.py", "__main__.py", "run.py"}:
            digest.update(path.read_bytes())
    return digest.hexdigest()


def kept(cell, code):
    """Replications that an earlier run left."""
    if not cell.file.exists():
        return {}
    content = json.loads(cell.file.read_text(encoding="utf-8"))
    return {int(number): rows for number, rows in content["rows"].items()} if content["code"] == code else {}


def keep(cell, code, rows):
    CACHE.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"name": cell.name, "code": code, "rows": rows})
    beside = cell.file.with_suffix(".part")
    beside.write_text(text, encoding="utf-8")
    beside.replace(cell.file)


def cells(only=""):
    """All cells whose name holds `only`."""
    every = (Cell(number, n) for number, scene in enumerate(SCENES) for n in scene.sizes)
    return [cell for cell in every if only.lower() in cell.name.lower()]


def wanted(cell, share, rows):
    """Blocks of replications not yet there."""
    missing = [number for number in range(max(2, round(REPLICATIONS[cell.n] * share))) if number not in rows]
    return [missing[low : low + BLOCK[cell.n]] for low in range(0, len(missing), BLOCK[cell.n])]


def run(some, *, share=1.0, jobs=2, code=None):
    """Return the replications of every cell; progress goes to stderr."""
    code = code or fingerprint()
    rows = {cell: kept(cell, code) for cell in some}
    began, spent = time.monotonic(), dict.fromkeys(some, 0.0)
    with ProcessPoolExecutor(jobs) as pool:
        tasks = {pool.submit(timed, cell, part): cell for cell in some for part in wanted(cell, share, rows[cell])}
        for done, task in enumerate(as_completed(tasks), 1):
            cell = tasks.pop(task)
            found, seconds = task.result()
            rows[cell] |= found
            spent[cell] += seconds
            keep(cell, code, rows[cell])
            if cell not in tasks.values():
                tell(f"{time.monotonic() - began:6.0f} s  {done:4} blocks  {spent[cell]:6.1f} s in  {cell.name}")
    size = {cell: max(2, round(REPLICATIONS[cell.n] * share)) for cell in some}
    return {cell: [rows[cell][number] for number in sorted(rows[cell])[: size[cell]]] for cell in some}


def timed(cell, replications):
    began = time.process_time()
    return block(cell, replications), time.process_time() - began


def tell(line):
    print(line, file=sys.stderr, flush=True)
