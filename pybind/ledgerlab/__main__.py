"""`python3 -m ledgerlab run FILE`: as the program `ledgerlab run`, for scenarios that name protocols
written in Python."""
from __future__ import annotations

import argparse
import json
import sys
import traceback
from typing import Any, Optional, Sequence

from .errors import (DataNotFound, EngineUnavailable, Interrupted, InternalFault, LedgerlabError,
                     MissingFile, ProtocolError, ResultsError, ScenarioError)
from .results import Comparison, Results, Run
from .running import _execute, _Job


class _Setting(argparse.Action):
    def __call__(self, parser: Any, namespace: Any, values: Any, option: Any = None) -> None:
        if "=" not in values:
            parser.error(f"--set {values}: expected key=value")
        getattr(namespace, self.dest).append(values)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        self.print_usage(sys.stderr)
        self.exit(64, f"ledgerlab: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python3 -m ledgerlab", description=__doc__)
    parser.add_argument("verb", choices=("run", "compare"))
    parser.add_argument("scenario", help="scenario file (TOML)")
    parser.add_argument("--seed", type=int)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--system")
    parser.add_argument("--set", action=_Setting, default=[], dest="settings", metavar="KEY=VALUE")
    parser.add_argument("--out", help="keep the results in this directory")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quiet", action="store_true")
    return parser


def _show(results: Results, arguments: argparse.Namespace) -> None:
    if arguments.out:
        results.save(arguments.out)
    if arguments.json:
        runs = [{k: v for k, v in run.items() if k != "blocks"} for run in results.runs]
        print(json.dumps({"scenario": results.name, "runs": runs, "reproduce": results.reproduce},
                         indent=2))
    elif not arguments.quiet:
        print(f"{results}\nreproduce: {results.reproduce}")


def _run(arguments: argparse.Namespace) -> int:
    kind = Comparison if arguments.verb == "compare" else Run
    job = _Job(arguments.scenario, arguments.seed, {}, arguments.settings)
    progress = sys.stderr.isatty() and not arguments.quiet
    results = _execute(job, arguments.seeds, arguments.system, arguments.verb, kind, progress)
    _show(results, arguments)
    return {"pass": 0, "fail": 1, "inconclusive": 2}[results.verdict]


def main(argv: Optional[Sequence[str]] = None) -> int:
    arguments = _parser().parse_args(argv)
    if "" not in sys.path:
        sys.path.insert(0, "")
    codes = ((MissingFile, 66), (ScenarioError, 65), (DataNotFound, 66), (EngineUnavailable, 69),
             (InternalFault, 70), (ResultsError, 74), (ProtocolError, 1), (ValueError, 64))
    try:
        return _run(arguments)
    except Interrupted as stop:
        _show(stop.result, arguments)
        return 130
    except (LedgerlabError, ValueError) as error:
        if isinstance(error, ProtocolError) and error.__cause__ is not None:
            traceback.print_exception(error.__cause__)
        print(f"ledgerlab: {error}", file=sys.stderr)
        return next((code for kind, code in codes if isinstance(error, kind)), 70)


if __name__ == "__main__":
    sys.exit(main())
