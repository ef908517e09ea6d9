"""`check`: the contract suites for one protocol written in Python: the same seed gives the same
hash however it is run, and under seeded random faults within the declared fault model no promise is
broken and decisions go on after the last fault healed."""
from __future__ import annotations

import dataclasses
import html
from typing import Any, Iterable, Mapping, Optional, Sequence, Type

from . import _core
from .errors import LedgerlabError
from .protocol import Protocol, model_of, seconds


@dataclasses.dataclass(frozen=True)
class Finding:
    """One broken promise. `ledgerlab.run(finding.scenario, seed=finding.seed)` shows it again."""

    seed: int
    kind: str
    text: str
    scenario: str = dataclasses.field(repr=False)


class Check:
    """What `check` found; true if nothing."""

    def __init__(self, protocol: str, seeds: int, blocks: int, faults: int,
                 findings: Sequence[Finding]) -> None:
        self.protocol = protocol
        self.seeds = seeds
        self.blocks = blocks
        self.faults = faults
        self.findings = list(findings)

    @property
    def ok(self) -> bool:
        return not self.findings

    def __bool__(self) -> bool:
        return self.ok

    def _title(self) -> str:
        verdict = "nothing found" if self.ok else f"{len(self.findings)} findings"
        return (f"{self.protocol}: {verdict} in {self.seeds} seeds with {self.faults} faults, "
                f"{self.blocks} final blocks")

    def __repr__(self) -> str:
        return "\n  ".join([self._title(), *(f"seed {f.seed}: {f.kind}: {f.text}"
                                             for f in self.findings[:10])])

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><td>{f.seed}</td><td>{html.escape(f.kind)}</td>"
                       f"<td style='text-align:left'>{html.escape(f.text)}</td></tr>"
                       for f in self.findings[:10])
        table = f"<table><tr><th>seed</th><th>what</th><th></th></tr>{rows}</table>" if rows else ""
        return f"<p><b>{html.escape(self._title())}</b></p>{table}"


def _toml(value: Any) -> str:
    from .running import _toml as written

    return written(value)


def _scenario(cls: Type[Protocol], seed: int, replicas: int, params: Mapping[str, Any],
              run_ns: int, bound_ns: int, faults: Sequence[str]) -> str:
    settled = 2 * run_ns
    disk = ("50 ms", "1 ms", "0 s")[seed % 3]
    kinds = f"kinds = {_toml(list(faults))}\n" if faults else ""
    return f"""name = "check of {cls.__qualname__}"
seed = {seed}
duration = "{settled + bound_ns + seconds(1)} ns"
drain = "2 s"
[network]
nodes = {replicas}
latency = "15 ms"
[hardware]
disk_sync = "{disk}"
[clients]
count = 2
[workload]
rate = "15 tx/s"
[genesis]
accounts = 40
[[systems]]
consensus = {_toml(cls.scenario_name())}
params = {_toml(dict(params))}
[swarm]
{kinds}until = "{settled} ns"
every = "{settled // 12} ns"
lasting = "{settled // 10} ns"
loss = "20 %"
delay = "300 ms"
slow = 20
clock_offset = "2 s"
drift = "1000 ppm"
disk_sync = "80 ms"
"""


class _Checking:
    def __init__(self, cls: Type[Protocol], model: _core.Model) -> None:
        self.cls = cls
        self.model = model
        self.findings: list[Finding] = []
        self.blocks = 0
        self.faults = 0

    def _run(self, text: str, share: bool = True, eager: bool = True) -> _core.Result:
        scenario = _core.Scenario(text, "<check>", [], None, [self.model])
        return scenario.run(0, _core.Stop(), None, share, eager)

    def swarm(self, seed: int, text: str) -> None:
        import json

        try:
            result = self._run(text)
        except LedgerlabError as error:
            self.findings.append(Finding(seed, type(error).__name__, str(error), text))
            return
        run = json.loads(_core.results_json("check", [result], ""))["runs"][0]
        final = sum(1 for block in result.blocks() if block[5] is not None)
        self.blocks += final
        self.faults += len(run["faults"])
        found = [(f"violation of {f['checker']}", f["text"]) for f in run["violations"]]
        found += [(f"outcome of {f['checker']}", f["text"]) for f in run["outcomes"]]
        if run["inconclusive"]:
            found.append(("inconclusive", "the run ended before liveness could be judged"))
        if final == 0:
            found.append(("no decision", "not one block became final"))
        self.findings += [Finding(seed, kind, what, text) for kind, what in found]

    def determinism(self, seed: int, text: str) -> None:
        try:
            hashes = {name: self._run(text, share, eager).trace_hash
                      for name, share, eager in (("first run", True, True),
                                                 ("second run", True, True),
                                                 ("sharing off", False, True),
                                                 ("running ahead off", True, False))}
        except LedgerlabError:
            return  # the swarm tells it
        if len(set(hashes.values())) > 1:
            told = ", ".join(f"{name} {value}" for name, value in hashes.items())
            self.findings.append(Finding(seed, "determinism", told, text))


def check(protocol: Type[Protocol], seeds: int = 20, *, first_seed: int = 1,
          replicas: Optional[Iterable[int]] = None, params: Mapping[str, Any] = {},
          faults: Sequence[str] = (), run_ns: int = seconds(6)) -> Check:
    """Runs a protocol under `seeds` seeded swarms of faults, never more at once than its fault
    model bears, on 3 to 7 replicas (or on those numbers in turn), and the first two of them four
    times to compare hashes.

    `params` are parameters of the protocol, `faults` the kinds to draw (all by default); faults
    stop after twice `run_ns`, then a decision must come within the declared bound."""
    numbers = list(replicas) if replicas is not None else [3, 4, 5, 6, 7]
    model = model_of(protocol)
    checking = _Checking(protocol, model)
    bound = protocol.fault_model.liveness_bound
    for seed in range(first_seed, first_seed + seeds):
        n = numbers[seed % len(numbers)]
        values = _param_values(protocol, model, seed, n, params, run_ns, faults)
        bound_ns = bound(values, 15_000_000, n) if bound is not None else run_ns
        text = _scenario(protocol, seed, n, params, run_ns, bound_ns, faults)
        if seed < first_seed + 2:
            checking.determinism(seed, text)
        checking.swarm(seed, text)
    return Check(protocol.__qualname__, seeds, checking.blocks, checking.faults, checking.findings)


def _param_values(cls: Type[Protocol], model: _core.Model, seed: int, n: int,
                  params: Mapping[str, Any], run_ns: int, faults: Sequence[str]) -> dict[str, Any]:
    """The parameters as the scenario resolves them: defaults, units, ranges."""
    text = _scenario(cls, seed, n, params, run_ns, 0, faults)
    return dict(_core.Scenario(text, "<check>", [], None, [model]).params(0))
