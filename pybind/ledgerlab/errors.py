"""What can go wrong: one class for each kind of error, with the parts of its message."""
from __future__ import annotations

from typing import Any, NamedTuple, Optional


class Problem(NamedTuple):
    """One thing wrong with a scenario."""

    file: str
    line: int
    column: int
    key: str
    message: str
    suggestion: str
    text: str


class LedgerlabError(Exception):
    """Everything ledgerlab raises of its own."""


class ScenarioError(LedgerlabError):
    """A scenario that cannot be run. `errors` holds all that was found; the attributes `file`,
    `line` (0: it came from `set`), `column`, `key`, `message` and `suggestion` are those of the
    first."""

    def __init__(self, errors: list[tuple[Any, ...]]) -> None:
        self.errors = [Problem(*e) for e in errors]
        first = self.errors[0]
        self.file = first.file
        self.line = first.line
        self.column = first.column
        self.key = first.key
        self.message = first.message
        self.suggestion = first.suggestion
        super().__init__("\n".join(e.text for e in self.errors))

    def __reduce__(self) -> Any:
        return (type(self), ([tuple(e) for e in self.errors],))


class MissingFile(ScenarioError, FileNotFoundError):
    """A scenario, or a file it names, is not there."""


class DataNotFound(LedgerlabError, FileNotFoundError):
    """A data file that a scenario names is not there."""


class EngineUnavailable(LedgerlabError):
    """An engine, or a kind of protocol, that this build does not have."""


class EngineRefuses(LedgerlabError):
    """The scenario asks for what its engine cannot do, names a file that the engine cannot use, or
    has come to the engine's limit."""


class InternalFault(LedgerlabError):
    """The books do not balance, or one computation gave two answers: a fault of ledgerlab."""


class ResultsError(LedgerlabError, OSError):
    """Results cannot be written or read."""


class ProtocolError(LedgerlabError):
    """A hook of a protocol written in Python raised; `__cause__` is what it raised. `hook`, `node`
    and `local_ns` (the node's clock) say where; `reproduce` is the line that does it again."""

    def __init__(self, text: str, hook: str = "", node: int = 0, local_ns: int = 0,
                 system: str = "", seed: Optional[int] = None, reproduce: str = "") -> None:
        self.text = text
        self.hook = hook
        self.node = node
        self.local_ns = local_ns
        self.system = system
        self.seed = seed
        self.reproduce = reproduce
        super().__init__(text, hook, node, local_ns, system, seed, reproduce)

    def __str__(self) -> str:
        where = f"{self.hook} of node {self.node} at {self.local_ns / 1e9:.6f} s"
        if self.system:
            where += f", {self.system}, seed {self.seed}"
        again = f"\nagain: {self.reproduce}" if self.reproduce else ""
        return f"{where}: {self.text}{again}"


class Interrupted(KeyboardInterrupt):
    """Ctrl-C. `result` is the Run or Comparison with what was finished, and with the figures so far
    of the run that was stopped (its `interrupted` is true)."""

    def __init__(self, result: Any) -> None:
        self.result = result
        super().__init__("stopped; what there is so far is in the exception's `result`")
