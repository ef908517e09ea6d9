"""A consensus protocol of one's own, as a class (docs/python.md has one from beginning to end).

Hooks are called as the class `LogProtocol` of the C++ side calls them; a protocol has no clock, no
I/O and no randomness but what it inherits, so that a run can be repeated to the bit."""
from __future__ import annotations

import dataclasses
import hashlib
import importlib
import inspect
import linecache
import sys
import types
import typing
from typing import (Annotated, Any, Callable, ClassVar, Iterable, Mapping, Optional, Sequence, Type,
                    TypeVar, Union)

from . import _core
from ._core import Block, Payload, Record

PREFIX = "python:"


@dataclasses.dataclass(frozen=True)
class _Field:
    kind: str


# What fields of messages are made of, besides lists of these.
u32 = Annotated[int, _Field("u32")]
u64 = Annotated[int, _Field("u64")]
Bool = Annotated[bool, _Field("bool")]
Bytes = Annotated[bytes, _Field("bytes")]
Hash = Annotated[bytes, _Field("hash")]

_PLAIN: Mapping[Any, str] = {bool: "bool", bytes: "bytes", Block: "block",
                             Payload: "payload"}
_ROLES = ("proposal", "vote", "certificate", "view_change", "heartbeat", "sync")


def us(number: float) -> int:
    """Microseconds as nanoseconds: what every time of a protocol is in."""
    return round(number * 1_000)


def ms(number: float) -> int:
    """Milliseconds as nanoseconds."""
    return round(number * 1_000_000)


def seconds(number: float) -> int:
    """Seconds as nanoseconds."""
    return round(number * 1_000_000_000)


# --- messages ----------------------------------------------------------------------------------------

T = TypeVar("T")


def _field_of(hint: Any, where: str) -> Any:
    if typing.get_origin(hint) is Annotated:
        for mark in typing.get_args(hint)[1:]:
            if isinstance(mark, _Field):
                return mark.kind
    if typing.get_origin(hint) is list:
        return [_field_of(typing.get_args(hint)[0], where)]
    if hint in _PLAIN:
        return _PLAIN[hint]
    raise TypeError(f"{where}: a field of a message is ll.u64, ll.u32, ll.Bool, ll.Bytes, ll.Hash, "
                    f"ll.Block, ll.Payload or a list of these, not {hint!r}"
                    + ("; write ll.u64" if hint is int else ""))


def message(role: str, *, if_empty: Optional[str] = None,
            signed: bool = False) -> Callable[[Type[T]], Type[T]]:
    """Makes a dataclass a message. `role` is what behaviours, faults and metrics select by:
    proposal, vote, certificate, view_change, heartbeat or sync; `if_empty` takes its place when
    every list in a message is empty. Messages carry a 16-byte tag, or a signature if `signed`."""
    for name in (role, if_empty or role):
        if name not in _ROLES:
            raise ValueError(f"{name!r} is no role of a message: {', '.join(_ROLES)}")

    def decorate(cls: Type[T]) -> Type[T]:
        declared = "__dataclass_fields__" in cls.__dict__
        made: Any = cls if declared else dataclasses.dataclass(cls)
        made._ledgerlab_message = {"role": role, "role_if_empty": if_empty or role,
                                   "auth": "signature" if signed else "mac"}
        return typing.cast(Type[T], made)
    return decorate


def _describe_message(cls: Any) -> dict[str, Any]:
    if not isinstance(cls, type) or "_ledgerlab_message" not in cls.__dict__:
        raise TypeError(f"{cls!r} is no message: decorate it with @ll.message(role)")
    hints = typing.get_type_hints(cls, include_extras=True)
    fields = [(f.name, _field_of(hints[f.name], f"{cls.__name__}.{f.name}"))
              for f in dataclasses.fields(typing.cast(Any, cls))]
    declared: dict[str, Any] = cls.__dict__["_ledgerlab_message"]
    return {"class": cls, "name": cls.__name__, "fields": fields, **declared}


# --- parameters and promises ----------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class _Param:
    kind: str
    default: str
    text: str
    low: Optional[str]
    high: Optional[str]
    choices: tuple[str, ...]


def _written(value: Any) -> str:
    return "true" if value is True else "false" if value is False else str(value)


def param(default: Union[bool, int, str], text: str, *, kind: Optional[str] = None,
          low: Union[None, int, str] = None, high: Union[None, int, str] = None,
          choices: Sequence[str] = ()) -> Any:
    """A parameter of a protocol, settable in a scenario and read as an attribute of the instance.

    The kind follows from the default: True is a flag, 3 an integer, "200 ms" a duration
    (nanoseconds when read), one of `choices` a choice; `kind` names another: size, rate, ratio,
    text."""
    if kind is None:
        kind = ("flag" if isinstance(default, bool) else "integer" if isinstance(default, int)
                else "choice" if choices else "duration")
    return _Param(kind, _written(default), text, None if low is None else _written(low),
                  None if high is None else _written(high), tuple(choices))


@dataclasses.dataclass(frozen=True)
class FaultModel:
    """What a protocol promises. `max_crashed` (a number, or a function of n) replicas may be down
    at once and it still decides; after the last fault healed a decision comes within
    `liveness_bound(params, delay_ns, n)` nanoseconds. None promises no bound."""

    text: str
    max_crashed: Union[int, Callable[[int], int]] = 0
    liveness_bound: Optional[Callable[[Mapping[str, Any], int, int], int]] = None


class Protocol(_core.ProtocolBase):
    """One replica of a log protocol. Subclass it, list its messages, write the hooks; name it in a
    scenario as `consensus = "python:package.module:Class"`.

    Inherited: `id`, `n`, `local_time`, `wall_time`, `genesis`, `last_decided`, `height` (of the next
    block), `applied`, `pending`, `history`; `send`, `broadcast`, `set_timer`, `cancel_timer`, `persist`, `truncate`, `forget`,
    `make_block`, `decide`, `draw`, `announce_role`, `work`, `note`."""

    messages: ClassVar[Sequence[type]] = ()
    fault_model: ClassVar[FaultModel] = FaultModel("none declared: any fault is outside it")
    version: ClassVar[int] = 1
    family: ClassVar[str] = "log"
    paper: ClassVar[str] = ""
    #: Whom clients ask: "leader", "home" (the replica next to them) or "all".
    clients_ask: ClassVar[str] = "leader"
    #: How many equal replies acknowledge a transaction: "one", "f+1" (of 3f+1) or "majority".
    client_replies: ClassVar[str] = "one"

    #: What is decided is kept on disk by the base, decided again after a restart and given by
    #: `history(first)`; `restore` gets the other records only.
    keeps_history: ClassVar[bool] = False

    def setup(self) -> None:
        """A fresh instance: parameters, `id` and `n` are there, nothing can be sent yet."""

    def restore(self, records: list[Record]) -> None:
        """After a crash, before on_start: what was persisted."""
        if records:
            raise NotImplementedError(f"{type(self).__name__} persists but has no restore()")

    def on_start(self) -> None:
        """The node is up, for the first time or again."""

    def on_message(self, sender: int, message: Any) -> None:
        """An authentic message of a class that is listed in `messages`."""

    def on_timer(self, name: Any, key: int) -> None:
        """A timer fired: `name` (a text or a number) and `key` as they were given to set_timer."""

    def on_decided(self, block: Block) -> None:
        """`decide` took this block: it was the next one."""

    def on_persisted(self, up_to: int) -> None:
        """Records up to this index (the first has 1) are durable."""

    def on_pending(self) -> None:
        """More or fewer transactions wait than before: `pending`."""

    def on_application_state(self, block: Block) -> None:
        """At the start: this block's state is durable in the application."""

    def want_payload(self) -> bool:
        """May this node propose now? Asked whenever transactions wait."""
        return False

    def history_tip(self) -> Block:
        """The block that the next payload will follow: with several undecided blocks in flight,
        the newest of them."""
        return self.last_decided

    def on_payload(self, payload: Payload) -> None:
        """The payload asked for; it may be empty."""

    def describe(self) -> Mapping[str, Any]:
        """The state, for people."""
        return {}

    @classmethod
    def scenario_name(cls) -> str:
        """What a scenario calls it: "python:module:Class"."""
        return f"{PREFIX}{cls.__module__}:{cls.__qualname__}"


# --- from a name to a model --------------------------------------------------------------------------


def _resolve(name: str) -> Type[Protocol]:
    module_name, _, qualified = name[len(PREFIX):].partition(":")
    if not module_name or not qualified:
        raise ValueError(f"{name!r} names no protocol: write python:package.module:Class")
    try:
        found: Any = sys.modules.get(module_name) or importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not module_name.startswith(error.name):
            raise
        raise ModuleNotFoundError(f"{name}: there is no module {error.name!r} on the path; put its "
                                  "folder on PYTHONPATH", name=error.name) from None
    for part in qualified.split("."):
        if not hasattr(found, part):
            hint = ("; a class made inside a function cannot be found by its name: move it out"
                    if "<locals>" in qualified else "")
            raise AttributeError(f"{name}: {module_name} has no {qualified}{hint}")
        found = getattr(found, part)
    if not (isinstance(found, type) and issubclass(found, Protocol)):
        raise TypeError(f"{name} is no subclass of ledgerlab.Protocol")
    return found


def _files_of(cls: type) -> Iterable[str]:
    """The files (cells of a notebook) that the functions of a class were written in."""
    for value in vars(cls).values():
        function = getattr(value, "__func__", value)
        if isinstance(function, types.FunctionType):
            yield function.__code__.co_filename


def source_digest(cls: Type[Protocol]) -> str:
    """SHA-256 of the source that makes the class: the text of every file or notebook cell in which
    a function of it, of its bases or of its messages stands, and the fields of its messages."""
    digest = hashlib.sha256()
    files: dict[str, None] = {}
    for base in (*cls.__mro__, *cls.messages):
        if not base.__module__.startswith("ledgerlab.") and base is not object:
            files.update(dict.fromkeys(_files_of(base)))
    for file in files:
        text = "".join(linecache.getlines(file))
        digest.update(hashlib.sha256(text.encode()).digest())
    for made in cls.messages:
        described = _describe_message(made)
        digest.update(repr([described[k] for k in sorted(described) if k != "class"]).encode())
    return digest.hexdigest()


def _params_of(cls: type) -> list[dict[str, Any]]:
    found: dict[str, _Param] = {}
    for base in reversed(cls.__mro__):
        found.update({k: v for k, v in vars(base).items() if isinstance(v, _Param)})
    return [{"key": key, **dataclasses.asdict(p), "choices": list(p.choices)}
            for key, p in found.items()]


def _always(number: int) -> Callable[[int], int]:
    return lambda n: number


def model_of(cls: Type[Protocol]) -> _core.Model:
    """What the class says of itself, as the C++ side wants it."""
    if "__init__" in cls.__dict__:
        raise TypeError(f"{cls.__name__} has an __init__: an instance is a node's, made by "
                        "ledgerlab; write setup(self) instead")
    if isinstance(inspect.getattr_static(cls, "messages"), property):
        raise TypeError(f"{cls.__name__}.messages is a list of classes, not a property")
    bears = cls.fault_model.max_crashed
    doc = (cls.__doc__ or "").strip().split("\n")[0]
    return _core.Model({
        "class": cls, "name": cls.scenario_name(), "version": cls.version, "family": cls.family,
        "summary": doc if cls.__doc__ is not Protocol.__doc__ else "", "paper": cls.paper,
        "source_digest": source_digest(cls), "params": _params_of(cls),
        "messages": [_describe_message(m) for m in cls.messages],
        "clients_ask": cls.clients_ask, "client_replies": cls.client_replies,
        "fault_text": cls.fault_model.text,
        "max_crashed": bears if callable(bears) else _always(bears),
        "liveness_bound": cls.fault_model.liveness_bound,
        "keeps_history": cls.keeps_history, "own_tip": cls.history_tip is not Protocol.history_tip,
    })


def models_of(names: Iterable[str]) -> list[_core.Model]:
    """The models for those of the names that begin with "python:"."""
    return [model_of(_resolve(n)) for n in dict.fromkeys(names) if n.startswith(PREFIX)]
