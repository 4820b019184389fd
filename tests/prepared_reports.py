"""Many reports for tests that read them: run once for all workers, by one prepared process that forks."""

import fcntl
import json
import subprocess
import sys
from functools import partial

DONE = "done"


def run_once(asked, folder):
    """Run each report that is asked for, unless another worker has: key → (name, parameters, formats).

    The files are `folder / key` with their endings.
    """
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / DONE).exists():
            subprocess.run([sys.executable, __file__, folder], input=json.dumps(asked), text=True, check=True)
            (folder / DONE).touch()
    return folder


def main():
    """Run what stands on the standard input; stop at the first report that fails."""
    from retention_kit.reports import forking, run_report

    forking.prepare()
    tasks = (
        (key, partial(run_report, name, parameters, output_dir=sys.argv[1], stem=key, formats=formats))
        for key, (name, parameters, formats) in json.load(sys.stdin).items()
    )
    for _, outcome in forking.forked(tasks, jobs=1):
        if outcome.error:
            raise outcome.error


if __name__ == "__main__":
    main()
