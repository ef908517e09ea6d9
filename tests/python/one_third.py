"""The protocol of notebooks/own_protocol.ipynb, and a twin of it."""
from statistics import multimode
import ledgerlab as ll

@ll.message("vote")
class Estimate:  # what its sender holds for block `height` in this round
    height: ll.u64
    round: ll.u64
    block: ll.Block

@ll.message("sync")
class Sync:  # its sender works on block `height`; blocks that the receiver lacks
    height: ll.u64
    blocks: list[ll.Block]

class OneThirdRule(ll.Protocol):
    """All tell all their estimate, round by round; more than two thirds that agree decide."""
    paper = "Biely et al.: Tolerating Corrupted Communication, PODC 2007: A(T,E) with T = E = 2n/3"
    messages = [Estimate, Sync]
    clients_ask, keeps_history = "home", True
    patience = ll.param("200 ms", "a round lasts this long", low="1 ms")
    fault_model = ll.FaultModel("fewer than a third crashed", lambda n: (n - 1) // 3,
                                lambda params, delay, n: 12 * params["patience"] + 40 * delay)

    def quorum(self):
        return 2 * self.n // 3 + 1

    def setup(self):
        self.round, self.block, self.heard = 0, None, {}

    def restore(self, records):
        for r in records:
            if r.block.height == self.height:
                self.round, self.block = int.from_bytes(r.data, "big"), r.block

    def on_start(self):
        self.set_timer("round over", self.patience)

    def want_payload(self):
        return self.block is None

    def on_payload(self, payload):
        if payload and self.block is None:
            self.begin(1, self.make_block(payload))

    def begin(self, round, block):
        if len(self.heard) >= self.quorum():  # the smallest of those that were heard most often
            block = min(multimode(self.heard.values()), key=lambda block: block.id)
        self.round, self.block, self.heard = round, block, {}
        self.persist(round.to_bytes(8, "big"), block)
        self.broadcast(Estimate(self.height, round, block), to_self=True)
        self.set_timer("round over", self.patience)

    def on_message(self, sender, m):
        blocks = m.blocks if isinstance(m, Sync) else []
        for block in blocks:
            self.decide(block)
        if m.height != self.height and not blocks:  # one of us is behind
            self.send(sender, Sync(self.height, self.history(m.height)))
        elif m.height == self.height and isinstance(m, Estimate):
            if m.round > self.round:
                self.begin(m.round, self.block or m.block)
            if m.round == self.round:
                self.heard[sender] = m.block
                if list(self.heard.values()).count(m.block) >= self.quorum():
                    self.decide(m.block)

    def on_timer(self, name, key):
        if self.block:
            self.begin(self.round + 1, self.block)

    def on_decided(self, block):
        self.setup()

class HalfIsEnough(OneThirdRule):
    """The twin: half of all replicas decide."""

    def quorum(self):
        return self.n // 2
