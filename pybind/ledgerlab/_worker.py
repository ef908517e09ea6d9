"""A run in a process of its own, for simulators that live once a process (SimGrid, ns-3): `run` is
the parent's side, `main` the worker's. The worker gets the job on its standard input, tells progress
on its standard output, and leaves its result, or what it raised, in a directory of the parent's."""
from __future__ import annotations

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import tempfile
from typing import Any, Callable, Optional

from . import _core

_START = ("import sys, json; job = json.load(sys.stdin); sys.path[:] = job['path']; "
          "from ledgerlab._worker import main; main(job)")
_RESULT, _RAISED = "result", "raised"


class Stopped(Exception):
    """Ctrl-C reached the worker before it had anything to show."""


def run(job: dict[str, Any], progress: Optional[Callable[[int, int, int], None]],
        stop: _core.Stop) -> _core.Result:
    """`job`: text, file, settings, seed, system (its number), sharing, ahead."""
    with tempfile.TemporaryDirectory(prefix="ledgerlab-worker-") as folder:
        job = {**job, "path": [os.path.abspath(p) if p else os.getcwd() for p in sys.path],
               "out": folder}
        with subprocess.Popen([sys.executable, "-c", _START], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True) as worker:
            assert worker.stdin is not None and worker.stdout is not None
            worker.stdin.write(json.dumps(job))
            worker.stdin.close()
            asked = False
            for line in worker.stdout:
                if stop.is_set() and not asked:
                    worker.send_signal(signal.SIGINT)  # a second one, where the terminal sent it
                    asked = True
                if progress is not None:
                    now, end, events = map(int, line.split())
                    progress(now, end, events)
        raised = os.path.join(folder, _RAISED)
        if os.path.exists(raised):
            with open(raised, "rb") as file:
                error, cause = pickle.load(file)
            raise error from cause
        results = os.path.join(folder, _RESULT)
        if stop.is_set() and not os.path.isdir(results):
            raise Stopped
        if worker.returncode != 0 or not os.path.isdir(results):
            raise RuntimeError(f"the worker process of {job['file']} on another engine ended with "
                               f"status {worker.returncode}")
        return _core.load(results)[0]


def main(job: dict[str, Any]) -> None:
    stop = _core.Stop()
    alone = False  # the parent is gone
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    # What the user's own protocol prints is no progress: it goes where errors go.
    progress = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    from .protocol import models_of

    def tell(now: int, end: int, events: int) -> None:
        nonlocal alone
        try:
            print(now, end, events, file=progress, flush=True)
        except BrokenPipeError:
            alone = True
            stop.set()

    try:
        names = _core.consensus_names(job["text"], job["file"], job["settings"])
        scenario = _core.Scenario(job["text"], job["file"], job["settings"], job["seed"],
                                  models_of(names))
        result = scenario.run(job["system"], stop, tell, job["sharing"], job["ahead"])
        if alone:
            shutil.rmtree(job["out"], ignore_errors=True)
            os._exit(130)  # what was to be told cannot be flushed
        _core.save(os.path.join(job["out"], _RESULT), [scenario], [job["system"]], [result])
    except Exception as error:  # pylint: disable=broad-except  # the parent raises it
        with open(os.path.join(job["out"], _RAISED), "wb") as file:
            pickle.dump((_portable(error), _portable(error.__cause__)), file)  # it loses its cause


def _portable(error: Optional[BaseException]) -> Optional[BaseException]:
    try:
        pickle.loads(pickle.dumps(error))
        return error
    except Exception:  # pylint: disable=broad-except
        return RuntimeError(f"{type(error).__name__}: {error}")
