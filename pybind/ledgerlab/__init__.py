"""ledgerlab: a simulation and conformance testbed for distributed ledgers.

    import ledgerlab as ll
    run = ll.run("scenarios/starter/raft.toml", seed=7)
    run.frame("blocks")
    run.plot.latency()

docs/python.md has the rest.
"""
from . import errors
from ._core import Block, Payload, Record, __version__
from .check import Check, check
from .errors import (DataNotFound, EngineRefuses, EngineUnavailable, InternalFault, Interrupted,
                     LedgerlabError, MissingFile, ProtocolError, ResultsError, ScenarioError)
from .protocol import (Bool, Bytes, FaultModel, Hash, Protocol, message, ms, param, seconds,
                       u32, u64, us)
from .results import Comparison, Results, Run, load
from .running import Progress, compare, models, plan, run, scenario_folder

__all__ = [
    "Block", "Bool", "Bytes", "Check", "Comparison", "DataNotFound", "EngineRefuses",
    "EngineUnavailable", "FaultModel", "Hash", "InternalFault", "Interrupted", "LedgerlabError", "MissingFile",
    "Payload", "Progress", "Protocol", "ProtocolError", "Record", "Results", "ResultsError",
    "Run", "ScenarioError", "__version__", "check", "compare", "errors", "load",
    "message", "models", "ms", "param", "plan", "run", "scenario_folder", "seconds", "u32", "u64",
    "us",
]
