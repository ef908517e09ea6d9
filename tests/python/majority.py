"""models/consensus/fixed_leader once more, in Python: node 0 orders, a block is decided when a
majority holds it on disk. Rule for rule the same, so that trace hashes must be equal; the twins
below break it in ways that `ledgerlab.check` must find."""
from dataclasses import dataclass
from typing import Any, Dict, List

import ledgerlab as ll

HEARTBEAT = 0


@ll.message("proposal", if_empty="heartbeat")
@dataclass
class Append:
    """leader -> follower: these blocks come next; up to `committed` all is decided."""

    committed: ll.u64
    tip: ll.u64
    blocks: List[ll.Block]


@ll.message("vote")
@dataclass
class Ack:
    """follower -> leader: my log is durable up to `height`."""

    height: ll.u64
    tip: ll.u64
    heartbeat: ll.Bool


def bound(params: Any, delay: int, n: int) -> int:
    """Two heartbeats may be needed to find out what is missing, then resending and a new block."""
    return int(4 * params["heartbeat"] + 16 * delay)


class Majority(ll.Protocol):
    """Node 0 orders everything; a block is decided when a majority holds it."""

    messages = [Append, Ack]
    fault_model = ll.FaultModel("safe under crashes, loss and partition; progress needs node 0 and "
                                "a majority", max_crashed=0, liveness_bound=bound)
    heartbeat: int = ll.param("200 ms", "time between messages that tell what is committed",
                              low="1 ms", high="1 h")

    def setup(self) -> None:
        self.log: List[ll.Block] = []
        self.durable = [0] * self.n
        self.resent: Dict[int, int] = {}

    def quorum(self) -> int:
        return self.n // 2 + 1

    def restore(self, records: List[ll.Record]) -> None:
        self.log = [r.block for r in records if r.block is not None]
        self.durable[self.id] = len(self.log)

    def on_start(self) -> None:
        self.announce_role("leader" if self.id == 0 else "follower", 1, 0)
        if self.id == 0:
            self.set_timer(HEARTBEAT, self.heartbeat)

    def on_timer(self, name: Any, key: int) -> None:
        self.commit()
        self.broadcast(Append(self.last_decided.height, len(self.log), []))
        self.set_timer(HEARTBEAT, self.heartbeat)

    def want_payload(self) -> bool:
        return self.id == 0 and len(self.log) < self.last_decided.height + 8

    def history_tip(self) -> ll.Block:
        return self.log[-1] if self.log else self.genesis

    def append(self, block: ll.Block) -> None:
        self.log.append(block)
        self.persist(block=block)

    def on_payload(self, payload: ll.Payload) -> None:
        if len(payload) > 0:
            self.append(self.make_block(payload, self.history_tip()))
            self.broadcast(Append(self.last_decided.height, len(self.log), [self.log[-1]]))

    def on_message(self, sender: int, message: Any) -> None:
        if isinstance(message, Append) and sender == 0:
            for block in message.blocks:
                if block.parent == self.history_tip().id:
                    self.append(block)
            self.decide_up_to(message.committed)
            self.send(0, Ack(len(self.log), message.tip, not message.blocks))
        elif isinstance(message, Ack) and self.id == 0:
            held = min(message.height, len(self.log))
            self.durable[sender] = max(self.durable[sender], held)
            self.commit()
            self.resend(sender, message)

    def resend(self, sender: int, ack: Ack) -> None:
        """Who is behind what had been sent before has lost a message, and gets the rest again."""
        first = ack.height + 1
        if ack.height >= min(ack.tip, len(self.log)):
            return
        if ack.heartbeat or self.resent.get(sender) != first:
            self.resent[sender] = first
            self.send(sender, Append(self.last_decided.height, len(self.log),
                                     self.log[ack.height:ack.height + 64]))

    def on_persisted(self, up_to: int) -> None:
        self.durable[self.id] = up_to
        self.commit()

    def commit(self) -> None:
        if self.id == 0:
            self.decide_up_to(sorted(self.durable)[self.n - self.quorum()])

    def decide_up_to(self, height: int) -> None:
        while self.last_decided.height < min(height, len(self.log)):
            self.decide(self.log[self.last_decided.height])


class OneIsEnough(Majority):
    """A twin that decides what the leader alone holds."""

    def quorum(self) -> int:
        return 1


class Forgetful(Majority):
    """A twin whose followers acknowledge before anything is durable."""

    def append(self, block: ll.Block) -> None:
        self.log.append(block)
        if self.id == 0:
            self.persist(block=block)


class Silent(Majority):
    """A twin that never resends what was lost."""

    def resend(self, sender: int, ack: Ack) -> None:
        pass


_calls = 0


class Moody(Majority):
    """A twin with a memory outside its nodes: no two runs are alike."""

    def on_timer(self, name: Any, key: int) -> None:
        global _calls
        _calls += 1
        super().on_timer(name, key)
        self.set_timer(HEARTBEAT, self.heartbeat + _calls)


class Broken(Majority):
    """Raises when the third block comes."""

    def on_payload(self, payload: ll.Payload) -> None:
        if len(self.log) == 2:
            raise ZeroDivisionError("the third block")
        super().on_payload(payload)


class NoMessage(Majority):
    """Sends what is no message of its own."""

    def on_start(self) -> None:
        self.broadcast("hello")


class WrongField(Majority):
    """Sends a text where a number belongs."""

    def on_start(self) -> None:
        self.broadcast(Ack("one", 2, False))  # type: ignore[arg-type]
