"""Paxos, one instance a block (L. Lamport, Paxos Made Simple, 2001)."""
import struct

import ledgerlab as ll


@ll.message("view_change")
class Prepare:  # 1a; with ballot 0: what was decided at this height?
    height: ll.u64
    ballot: ll.u64


@ll.message("view_change")
class Promise(Prepare):  # 1b, with what its sender has accepted
    accepted: ll.u64
    blocks: list[ll.Block]


@ll.message("proposal")
class Accept(Prepare):  # 2a
    block: ll.Block


@ll.message("vote")
class Accepted(Prepare):  # 2b
    pass


@ll.message("sync")
class Decided:  # `block` is decided, and all below height `tip`
    block: ll.Block
    tip: ll.u64


class Paxos(ll.Protocol):
    """One instance of Paxos a block; whoever won the last ballot leads on."""

    messages = [Prepare, Promise, Accept, Accepted, Decided]
    fault_model = ll.FaultModel("fewer than half crashed", lambda n: (n - 1) // 2,
                                lambda params, delay, n: 12 * params["timeout"] + 40 * delay)
    timeout: int = ll.param("300 ms", "patience before a ballot of one's own", low="10 ms")

    def setup(self):
        self.promised = self.ballot = self.accepted = self.own_vote = self.led_by = 0
        self.block, self.log, self.promises, self.votes = None, [], {}, set()

    def quorum(self):
        return self.n // 2 + 1

    def height(self):
        return self.last_decided.height + 1

    def leads(self):
        return self.ballot == self.promised and len(self.promises) >= self.quorum()

    def keep(self):
        return self.persist(struct.pack("<QQ", self.promised, self.accepted), self.block)

    def restore(self, records):
        for r in records:
            if r.data:
                (self.promised, self.accepted), self.block = struct.unpack("<QQ", r.data), r.block
            else:
                self.log, self.accepted, self.block = [*self.log, r.block], 0, None

    def on_application_state(self, _):
        for block in self.log:
            self.decide(block)

    def on_start(self):
        self.wait()

    def wait(self):
        patience = self.timeout + self.draw("patience", self.promised, self.timeout)
        self.set_timer("retry", self.timeout // 4 if self.leads() else patience)

    def on_timer(self, name, key):
        if not self.leads():  # nobody leads: a ballot of my own
            self.promised = self.ballot = (self.promised // self.n + 1) * self.n + self.id
            self.keep()
            self.promises = {self.id: (self.accepted, [self.block])}
            self.broadcast(Prepare(self.height(), self.ballot))
        elif self.block:
            self.broadcast(Accept(self.height(), self.ballot, self.block))
        else:  # I am here
            self.broadcast(Prepare(self.height(), 0))
        self.wait()

    def want_payload(self):
        return self.leads() and self.block is None

    def on_payload(self, payload):
        if len(payload) and self.want_payload():
            self.propose(self.make_block(payload))

    def propose(self, block):
        self.block, self.accepted, self.votes = block, self.ballot, set()
        self.own_vote = self.keep()
        self.broadcast(Accept(self.height(), self.ballot, block))

    def on_message(self, sender, m):
        if isinstance(m, Decided):
            if m.block.parent == self.last_decided.id:
                self.finish(m.block)
            if self.height() < m.tip:
                self.send(sender, Prepare(self.height(), 0))
        elif m.height > self.height():
            self.send(sender, Prepare(self.height(), 0))
        elif m.height < self.height():
            if not isinstance(m, (Promise, Accepted)):
                self.send(sender, Decided(self.log[m.height - 1], self.height()))
        elif isinstance(m, Promise):
            if m.ballot == self.ballot == self.promised and not self.leads():
                self.promises[sender] = (m.accepted, m.blocks)
                if self.leads():
                    self.wait()
                    self.announce_role("leader", self.ballot, self.id)
                    accepted, blocks = max(self.promises.values(), key=lambda p: p[0])
                    if accepted:
                        self.propose(blocks[0])
        elif isinstance(m, Accept):
            if m.ballot >= self.promised:
                self.promised, self.accepted, self.block = m.ballot, m.ballot, m.block
                self.keep()
                self.wait()
                self.send(sender, Accepted(m.height, m.ballot))
                if self.led_by != m.ballot:
                    self.led_by = m.ballot
                    self.announce_role("follower", m.ballot, sender)
        elif isinstance(m, Accepted):
            self.count(sender, m.ballot)
        elif m.ballot == 0:
            self.wait()
        elif m.ballot > self.promised:
            self.wait()
            self.promised = m.ballot
            self.keep()
            self.send(sender, Promise(m.height, m.ballot, self.accepted,
                                      [self.block] if self.block else []))

    def on_persisted(self, up_to):
        if self.own_vote and up_to >= self.own_vote:
            self.count(self.id, self.ballot)

    def count(self, voter, ballot):
        if ballot == self.ballot == self.accepted:
            self.votes.add(voter)
            if len(self.votes) >= self.quorum():
                self.broadcast(Decided(self.block, self.height() + 1))
                self.finish(self.block)

    def finish(self, block):
        self.persist(block=block)
        self.decide(block)
        self.log = [*self.log, block]
        self.accepted, self.block, self.own_vote, self.votes = 0, None, 0, set()
        self.wait()


class HalfIsEnough(Paxos):
    """The twin: two quorums of an even number of replicas need not meet."""

    def quorum(self):
        return self.n // 2
