"""Runs and comparisons: figures as data frames, tables for people, directories to keep them in."""
from __future__ import annotations

import html
import json
import os
from typing import TYPE_CHECKING, Any, Iterator, Optional, Union

from . import _core

if TYPE_CHECKING:
    import pandas

    from .plot import Plots

FRAMES = ("metrics", "blocks", "series", "latency", "faults")

_BLOCK_COLUMNS = ("height", "id", "parent", "producer", "made_s", "final_s", "transactions",
                  "bytes", "stale")


def _seconds(nanoseconds: Optional[int]) -> Optional[float]:
    return None if nanoseconds is None else nanoseconds / 1e9


def _block_row(block: Any) -> tuple[Any, ...]:
    height, id_, parent, producer, made, final, transactions, size, stale = block
    return (height, id_, parent, producer, _seconds(made), _seconds(final), transactions, size,
            bool(stale))


class Handles:
    """The C++ side of results that were computed here; pickling leaves it behind."""

    def __init__(self) -> None:
        self.scenarios: list[_core.Scenario] = []
        self.systems: list[int] = []
        self.results: list[_core.Result] = []

    def add(self, scenario: _core.Scenario, system: int, result: _core.Result) -> None:
        self.scenarios.append(scenario)
        self.systems.append(system)
        self.results.append(result)


class Results:
    """What one or more runs gave. Plain data: it can be pickled and sent to other processes."""

    def __init__(self, data: dict[str, Any], scenario: str = "",
                 handles: Optional[Handles] = None) -> None:
        self._data = data
        self._scenario = scenario
        self._handles = handles

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_handles": None}

    # --- what was run -----------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Name of the scenario."""
        return str(self._data["scenario"])

    @property
    def runs(self) -> list[dict[str, Any]]:
        """One entry a run (system and seed), shaped like the runs of `ledgerlab run --json`."""
        return list(self._data["runs"])

    @property
    def systems(self) -> list[str]:
        """Names of the systems, the first is the baseline."""
        return list(dict.fromkeys(run["system"] for run in self.runs))

    @property
    def seeds(self) -> list[int]:
        return list(dict.fromkeys(run["seed"] for run in self.runs))

    @property
    def reproduce(self) -> str:
        """The line that runs it again."""
        return str(self._data["reproduce"])

    @property
    def scenario(self) -> str:
        """The scenario's text."""
        return self._scenario

    def _only(self, key: str) -> str:
        if len(self.runs) == 1:
            return str(self.runs[0][key])
        raise ValueError(f"there are {len(self.runs)} runs, each with a {key} of its own: see "
                         f"`.runs`, or take one system with `result[\"{self.systems[0]}\"]`")

    @property
    def trace_hash(self) -> str:
        """XXH3-128 of all that happened: equal plan digests have equal trace hashes."""
        return self._only("trace_hash")

    @property
    def plan_digest(self) -> str:
        """SHA-256 of everything that could change what happens."""
        return self._only("plan_digest")

    @property
    def violations(self) -> list[dict[str, Any]]:
        """Broken promises inside the declared fault models; must be empty."""
        return self._findings("violations")

    @property
    def outcomes(self) -> list[dict[str, Any]]:
        """Findings outside the declared fault models."""
        return self._findings("outcomes")

    def _findings(self, kind: str) -> list[dict[str, Any]]:
        return [{"system": run["system"], "seed": run["seed"], **finding}
                for run in self.runs for finding in run[kind]]

    @property
    def verdict(self) -> str:
        """The worst of the runs' verdicts: "pass", "inconclusive" or "fail"."""
        verdicts = {self._verdict(run) for run in self.runs}
        return next((v for v in ("fail", "inconclusive") if v in verdicts), "pass")

    @staticmethod
    def _verdict(run: dict[str, Any]) -> str:
        if "verdict" in run:  # judged with the scenario's [expect]
            return str(run["verdict"])
        return "fail" if run["violations"] else "inconclusive" if run["inconclusive"] else "pass"

    @property
    def interrupted(self) -> bool:
        """Stopped by Ctrl-C: the figures cover the part that ran."""
        return any(run["interrupted"] for run in self.runs)

    def __getitem__(self, system: str) -> "Run":
        """The runs of one system."""
        runs = [run for run in self.runs if run["system"] == system]
        if not runs:
            raise KeyError(f"no system {system!r}; there are {', '.join(self.systems)}")
        return Run({**self._data, "runs": runs}, self._scenario, self._handles_of(system))

    def _handles_of(self, system: str) -> Optional[Handles]:
        if self._handles is None:
            return None
        part = Handles()
        for row in zip(self._handles.scenarios, self._handles.systems, self._handles.results):
            if row[2].system == system:
                part.add(*row)
        return part

    def __iter__(self) -> Iterator[str]:
        return iter(self.systems)

    def __len__(self) -> int:
        return len(self.systems)

    # --- figures ----------------------------------------------------------------------------------

    def metric(self, name: str, system: Optional[str] = None) -> float:
        """One figure; the median over the seeds if there are several."""
        runs = [r for r in self.runs if system is None or r["system"] == system]
        if len({r["system"] for r in runs}) != 1:
            raise ValueError(f"name one system of {', '.join(self.systems)}")
        values = sorted(r["metrics"][name]["value"] for r in runs if name in r["metrics"])
        if not values:
            known = ", ".join(sorted({m for r in runs for m in r["metrics"]}))
            raise KeyError(f"no metric {name!r} here; there are {known}")
        middle = len(values) // 2
        return float(values[middle] if len(values) % 2 else
                     (values[middle - 1] + values[middle]) / 2)

    def frame(self, what: str = "metrics") -> "pandas.DataFrame":
        """A pandas DataFrame with one row a

        - "metrics": figure (system, protocol, seed, metric, value, unit),
        - "blocks": block that was made (height, id, parent, producer, made_s, final_s,
          transactions, bytes, stale),
        - "series": point in time (name, time_s, value),
        - "latency": point of a latency curve (region, share, latency_ms): that share of what
          was offered there was acknowledged within that latency; region is None for all clients,
        - "faults": fault as it happened (kind, from_s, until_s, text).

        Every frame begins with the columns system and seed."""
        import pandas

        makers = {"metrics": self._metric_rows, "blocks": self._block_rows,
                  "series": self._series_rows, "latency": self._latency_rows,
                  "faults": self._fault_rows}
        if what not in makers:
            raise ValueError(f"there is no frame {what!r}; there are {', '.join(FRAMES)}")
        columns, rows = makers[what]()
        return pandas.DataFrame(rows, columns=["system", "seed", *columns])

    def _metric_rows(self) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        return ("protocol", "metric", "value", "unit"), [
            (r["system"], r["seed"], r["protocol"], name, m["value"], m["unit"])
            for r in self.runs for name, m in r["metrics"].items()]

    def _block_rows(self) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        if any("blocks" not in r for r in self.runs):
            raise ValueError("blocks are kept in results.sqlite of a run directory: load that")
        return _BLOCK_COLUMNS, [(r["system"], r["seed"], *_block_row(b))
                                for r in self.runs for b in r["blocks"]]

    def _series_rows(self) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        return ("name", "time_s", "value"), [
            (r["system"], r["seed"], name, at / 1e9, value)
            for r in self.runs for name, points in (r["series"] or {}).items()
            for at, value in zip(points["at_ns"], points["value"])]

    def _latency_rows(self) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        return ("region", "share", "latency_ms"), [
            (r["system"], r["seed"], curve["region"], share, latency)
            for r in self.runs for curve in r["latency"]
            for share, latency in zip(curve["share"], curve["ms"])]

    def _fault_rows(self) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        return ("kind", "from_s", "until_s", "text"), [
            (r["system"], r["seed"], f["kind"], f["at_ns"] / 1e9, _seconds(f.get("until_ns")),
             f["text"]) for r in self.runs for f in r["faults"]]

    def table(self) -> "pandas.DataFrame":
        """One row a metric, one column a system: medians over the seeds."""
        frame = self.frame("metrics")
        order = list(dict.fromkeys(zip(frame["metric"], frame["unit"])))
        wide = frame.pivot_table(index=["metric", "unit"], columns="system", values="value",
                                 aggfunc="median")
        return wide.reindex(index=order, columns=self.systems)

    @property
    def plot(self) -> "Plots":
        """Figures: `.plot.latency()`, `.plot.throughput()`, `.plot.regions()`,
        `.plot.comparison()`, `.plot.blocks()`. Each returns a matplotlib Figure."""
        from .plot import Plots

        return Plots(self)

    # --- for people -------------------------------------------------------------------------------

    def _title(self) -> str:
        seeds = self.seeds
        several = f"{len(seeds)} seeds from {seeds[0]}" if len(seeds) > 1 else f"seed {seeds[0]}"
        return f"{self.name}: {', '.join(self.systems)}; {several}; {self.verdict}"

    def __repr__(self) -> str:
        if not self.runs:
            return f"<{type(self).__name__} {self.name}: nothing finished>"
        hashes = f" {self.runs[0]['trace_hash']}" if len(self.runs) == 1 else ""
        return f"<{type(self).__name__} {self._title()}{hashes}>"

    def __str__(self) -> str:
        """The terminal's table."""
        if self._handles is None or not self._handles.results:
            return repr(self)
        return self._handles.scenarios[0].table(self._handles.results, len(self.systems) > 1)

    def _repr_html_(self) -> str:
        """A table for notebooks: one column a system, the chief figures, verdicts below."""
        if not self.runs:
            return html.escape(repr(self))
        wide = self.table()
        head = "".join(f"<th>{html.escape(s)}</th>" for s in self.systems)
        rows = []
        for (metric, unit), values in zip(wide.index, wide.values):
            cells = "".join(f"<td>{_number(v)}</td>" for v in values)
            label = html.escape(metric.replace("_", " "))
            rows.append(f"<tr><th>{label}</th><td>{html.escape(unit)}</td>{cells}</tr>")
        notes = "".join(
            f"<li><b>{kind}</b> {html.escape(f['system'])}, seed {f['seed']}: "
            f"{html.escape(f['checker'])}: {html.escape(f['text'])}</li>"
            for kind, list_ in (("violation", self.violations), ("outcome", self.outcomes))
            for f in list_)
        return (f"<table><caption>{html.escape(self._title())}</caption>"
                f"<thead><tr><th>metric</th><th>unit</th>{head}</tr></thead>"
                f"<tbody>{''.join(rows)}</tbody></table>"
                f"{'<ul>' + notes + '</ul>' if notes else ''}"
                f"<p><code>{html.escape(self.reproduce)}</code></p>")

    # --- keeping ----------------------------------------------------------------------------------

    def save(self, directory: Union[str, "os.PathLike[str]"]) -> str:
        """Keeps everything in a run directory (results.sqlite, results.json, scenario.toml,
        reproduce.txt) that `ledgerlab.load` and the command line read. Returns its path."""
        path = os.fspath(directory)
        os.makedirs(path, exist_ok=True)
        if self._handles is not None:
            _core.save(path, self._handles.scenarios, self._handles.systems, self._handles.results)
        for name, text in (("results.json", json.dumps(self._data, indent=1) + "\n"),
                           ("scenario.toml", self._scenario),
                           ("reproduce.txt", self.reproduce + "\n")):
            with open(os.path.join(path, name), "w", encoding="utf-8") as file:
                file.write(text)
        return path


class Run(Results):
    """What `ledgerlab.run` gave: one seed, one system or all of a scenario."""


class Comparison(Results):
    """What `ledgerlab.compare` gave: systems side by side on one network, load and faults, over one
    or more seeds. The first system is the baseline."""

    @property
    def baseline(self) -> str:
        return self.systems[0]

    def summary(self) -> "pandas.DataFrame":
        """Medians over the seeds with their interval (`low`, `high`: from six seeds on it covers at
        least 95 %, with fewer it is the range), and the ratio to the baseline."""
        import pandas

        rows = []
        medians = {}
        for entry in self._summaries():
            for name, m in entry["metrics"].items():
                medians[entry["system"], name] = m["value"]
                base = medians.get((self.baseline, name))
                ratio = m["value"] / base if base else None
                rows.append((entry["system"], name, m["value"], m["lo"], m["hi"], m["unit"],
                             m["seeds"], ratio))
        return pandas.DataFrame(rows, columns=["system", "metric", "median", "low", "high", "unit",
                                               "seeds", "ratio"])

    def _summaries(self) -> list[dict[str, Any]]:
        if "summary" in self._data:
            return list(self._data["summary"])
        return [{"system": r["system"], "metrics": {
            name: {**m, "lo": m["value"], "hi": m["value"], "seeds": 1}
            for name, m in r["metrics"].items()}} for r in self.runs]


def _number(value: float) -> str:
    if value != value:
        return "–"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.4g}"


def data_of(name: str, results: list[_core.Result], reproduce: str) -> dict[str, Any]:
    """Results as the data of `ledgerlab run --json`, with the blocks beside."""
    data: dict[str, Any] = json.loads(_core.results_json(name, results, reproduce))
    # The JSON groups nothing: its runs stand in the order they were given.
    for run, result in zip(data["runs"], results):
        run["blocks"] = result.blocks()
    return data


def load(path: Union[str, "os.PathLike[str]"]) -> Results:
    """A run directory of the command line or of `save`, or its results.json alone."""
    where = os.fspath(path)
    folder = where if os.path.isdir(where) else os.path.dirname(where)

    def text(name: str, fallback: str = "") -> str:
        file = os.path.join(folder, name)
        if not os.path.exists(file):
            return fallback
        with open(file, encoding="utf-8", errors="replace") as stream:
            return stream.read()

    if os.path.isdir(where) and os.path.exists(os.path.join(where, "results.sqlite")):
        kept = json.loads(text("results.json", "{}"))
        data = data_of(kept.get("scenario", os.path.basename(os.path.abspath(where))),
                       _core.load(where), text("reproduce.txt").strip())
        verdicts = {(r["system"], r["seed"], r["plan_digest"]): r["verdict"]
                    for r in kept.get("runs", []) if "verdict" in r}
        for run in data["runs"]:
            key = (run["system"], run["seed"], run["plan_digest"])
            if key in verdicts:
                run["verdict"] = verdicts[key]
    else:
        file = os.path.join(where, "results.json") if os.path.isdir(where) else where
        with open(file, encoding="utf-8") as stream:
            data = json.load(stream)
        if not isinstance(data, dict) or "runs" not in data:
            raise ValueError(f"{file} holds no results of ledgerlab")
    several = len({r["system"] for r in data["runs"]}) > 1 or "summary" in data
    return (Comparison if several else Run)(data, text("scenario.toml"))
