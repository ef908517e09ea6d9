"""`run` and `compare`: from a scenario to results, with progress and a clean stop on Ctrl-C."""
from __future__ import annotations

import json
import operator
import os
import shlex
import signal
import sys
import threading
from types import TracebackType
from typing import Any, Callable, Mapping, NamedTuple, Optional, Sequence, Type, Union

from . import _core, _worker
from .errors import Interrupted, ProtocolError
from .protocol import models_of
from .results import Comparison, Handles, Results, Run, data_of

Source = Union[str, "os.PathLike[str]"]
Settings = Mapping[str, Any]
_MOST = 2**64 - 1  # the largest seed


class Progress(NamedTuple):
    """How far a run is."""

    system: str
    seed: int
    now_s: float
    end_s: float
    events: int


ProgressLike = Union[None, bool, Callable[[Progress], None]]


def scenario_folder() -> str:
    """Where the scenarios that come with ledgerlab are: starter/, compare/, faults/."""
    here = os.path.dirname(os.path.abspath(__file__))
    real = os.path.dirname(os.path.realpath(__file__))
    for folder in (os.path.join(here, "share", "ledgerlab", "scenarios"),
                   os.path.join(real, "..", "..", "scenarios"),
                   "/usr/share/ledgerlab/scenarios"):
        if os.path.isdir(folder):
            return os.path.normpath(folder)
    return "scenarios"


def _find(source: Source) -> tuple[Optional[str], str]:
    """(text, file): a text has a line break or an equals sign, everything else is a path. A path
    that is not there may name a scenario that comes with ledgerlab."""
    if isinstance(source, str) and ("\n" in source or "=" in source):
        return source, "<text>"
    path = os.fspath(source)
    if not os.path.exists(path) and not os.path.isabs(path):
        name = path[len("scenarios/"):] if path.startswith("scenarios/") else path
        shipped = os.path.join(scenario_folder(), name)
        if os.path.exists(shipped):
            return None, shipped
    return None, path


def _toml(value: Any) -> str:
    if isinstance(value, type) and hasattr(value, "scenario_name"):
        value = value.scenario_name()
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(k)} = {_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, (bool, str)):
        return json.dumps(value)
    if isinstance(value, (int, float)):
        return repr(value)
    raise TypeError(f"a setting is a text, number, bool, list, dict or protocol class, not {value!r}")


def _whole(name: str, value: Any, low: int, high: int) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} is a whole number, not {value!r}")
    number = operator.index(value)
    if not low <= number <= high:
        raise ValueError(f"{name} is from {low} to {high}, not {number}")
    return number


def _shown(value: Any) -> str:
    """As it is written in Python: a protocol class by its name."""
    if isinstance(value, type):
        return value.__qualname__
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k!r}: {_shown(v)}" for k, v in value.items()) + "}"
    return repr(value)


class _Job:
    """A scenario as asked for, and the line that asks for it again."""

    def __init__(self, source: Source, seed: Optional[int], settings: Settings,
                 written: Sequence[str] = ()) -> None:
        if not isinstance(settings, Mapping):
            raise TypeError("set is a dict of dotted keys and values, such as "
                            f'{{"duration": "2 min"}}, not {settings!r}')
        if seed is not None:
            seed = _whole("seed", seed, 0, _MOST)
        self.text, self.file = _find(source)
        self.settings = [*(f"{key}={_toml(value)}" for key, value in settings.items()), *written]
        names = _core.consensus_names(self.text, self.file, self.settings)
        self.names, self.given = names, dict(settings)
        self.models = models_of(names)
        self.first = _core.Scenario(self.text, self.file, self.settings, seed, self.models)

    def execute(self, scenario: _core.Scenario, index: int, stop: _core.Stop,
                progress: Optional[Callable[..., None]], sharing: bool, ahead: bool) -> _core.Result:
        """Here, or in a process of its own where the engine is global to its process. A protocol
        of a script or a notebook's cells cannot be had there: it runs here."""
        if scenario.engine == "native" or any(":__main__:" in name for name in self.names):
            return scenario.run(index, stop, progress, sharing, ahead)
        return _worker.run({"text": self.text, "file": self.file, "settings": self.settings,
                            "seed": scenario.seed, "system": index, "sharing": sharing,
                            "ahead": ahead}, progress, stop)

    def systems(self, system: Optional[str]) -> list[int]:
        names = self.first.systems
        if system is None:
            return list(range(len(names)))
        if system not in names:
            raise ValueError(f"the scenario has no system {system!r}; there are {', '.join(names)}")
        return [names.index(system)]

    def reproduce(self, verb: str, seed: int, seeds: int, system: Optional[str]) -> str:
        file = "scenario.toml" if self.text is not None else self.file
        shipped = scenario_folder() + os.sep
        if file.startswith(shipped) and not os.path.exists(file[len(shipped):]):
            file = "scenarios/" + file[len(shipped):]  # as it is named in the source tree
        if any(":__main__:" in model for model in self.names):
            # No other process can import a script or the cells of a notebook: said in Python.
            more: dict[str, Any] = {"seed": seed}
            if seeds > 1:
                more["seeds"] = seeds
            if system is not None and verb == "run":
                more["system"] = system
            if self.given:
                more["set"] = self.given
            source = "TEXT" if self.text is not None else repr(file)
            return f"ledgerlab.{verb}({source}, " + ", ".join(
                f"{k}={_shown(v)}" for k, v in more.items()) + ")"
        program = "python3 -m ledgerlab" if self.models else "ledgerlab"
        line = f"{program} {verb} {shlex.quote(file)} --seed {seed}"
        if seeds > 1:
            line += f" --seeds {seeds}"
        if system is not None:
            line += f" --system {shlex.quote(system)}"
        return line + "".join(f" --set {shlex.quote(s)}" for s in self.settings)


class _Interrupts:
    """While it lasts the first Ctrl-C asks the runs to stop, the second raises at once. Only in the
    main thread, and only where Python's own handler is in place."""

    def __init__(self, stop: _core.Stop) -> None:
        self._stop = stop
        self._old: Any = None

    def __enter__(self) -> None:
        if (threading.current_thread() is threading.main_thread()
                and signal.getsignal(signal.SIGINT) is signal.default_int_handler):
            self._old = signal.signal(signal.SIGINT, self._on_signal)

    def _on_signal(self, *_: Any) -> None:
        if self._stop.is_set():
            raise KeyboardInterrupt
        self._stop.set()

    def __exit__(self, kind: Optional[Type[BaseException]], error: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:
        if self._old is not None:
            signal.signal(signal.SIGINT, self._old)


def _teller(progress: ProgressLike, system: str, seed: int) -> Optional[Callable[..., None]]:
    if progress is None or progress is False:
        return None
    if callable(progress):
        told = progress
        return lambda now, end, events: told(Progress(system, seed, now / 1e9, end / 1e9, events))

    def line(now: int, end: int, events: int) -> None:
        share = 100 * now / max(1, end)
        sys.stderr.write(f"\r{system}, seed {seed}: {share:3.0f} %, {events / 1e6:.1f} M events ")
        if now >= end:
            sys.stderr.write("\r" + " " * 70 + "\r")
        sys.stderr.flush()
    return line


def _execute(job: _Job, seeds: int, system: Optional[str], verb: str, kind: Type[Results],
             progress: ProgressLike, sharing: bool = True, ahead: bool = True) -> Any:
    stop = _core.Stop()
    handles = Handles()
    chosen = job.systems(system)
    reproduce = job.reproduce(verb, job.first.seed, seeds, system)
    verdicts = []
    with _Interrupts(stop):
        for offset in range(seeds):
            scenario = job.first if offset == 0 else job.first.with_seed(job.first.seed + offset)
            for index in chosen:
                if stop.is_set():
                    break
                name = scenario.systems[index]
                try:
                    result = job.execute(scenario, index, stop,
                                         _teller(progress, name, scenario.seed), sharing, ahead)
                except _worker.Stopped:
                    break
                except ProtocolError as error:
                    again = job.reproduce("run", scenario.seed, 1, name)
                    raise ProtocolError(error.text, error.hook, error.node, error.local_ns, name,
                                        scenario.seed, again) from error.__cause__
                handles.add(scenario, index, result)
                verdicts.append(scenario.verdict(index, result))
    data = data_of(job.first.name, handles.results, reproduce)
    for run_data, verdict in zip(data["runs"], verdicts):
        run_data["verdict"] = verdict
    results = kind(data, job.first.source, handles)
    if stop.is_set():
        raise Interrupted(results)
    return results


def run(source: Source, seed: Optional[int] = None, set: Settings = {},
        system: Optional[str] = None, progress: ProgressLike = None) -> Run:
    """Runs a scenario for one seed: the system that is named, or all of them.

    `source` is a path or the text of a scenario. `set` changes keys by their dotted names, as
    `--set` does: `{"workload.rate": "50 tx/s", "systems.raft.params.batch_delay": "5 ms"}`. `progress` is
    True (a line on standard error) or a function that takes a Progress.

    Raises ScenarioError, ProtocolError, InternalFault; Interrupted on Ctrl-C."""
    result: Run = _execute(_Job(source, seed, set), 1, system, "run", Run, progress)
    return result


def compare(source: Source, seeds: int = 1, set: Settings = {}, seed: Optional[int] = None,
            progress: ProgressLike = None) -> Comparison:
    """Runs every system of a scenario, for `seeds` seeds one after another from the scenario's (or
    from `seed`), on the same network, load and faults. Arguments and errors as for `run`."""
    seeds = _whole("seeds", seeds, 1, _MOST)
    result: Comparison = _execute(_Job(source, seed, set), seeds, None, "compare", Comparison,
                                  progress)
    return result


def plan(source: Source, seed: Optional[int] = None, set: Settings = {}) -> dict[str, Any]:
    """Checks a scenario without running it: the resolved plan, as `ledgerlab plan --json`."""
    data: dict[str, Any] = json.loads(_Job(source, seed, set).first.plan_json())
    return data


def models() -> list[dict[str, Any]]:
    """Every model that comes with ledgerlab, with its parameters."""
    data: list[dict[str, Any]] = json.loads(_core.models_json())
    return data


