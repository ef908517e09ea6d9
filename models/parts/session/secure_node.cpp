#include "models/parts/session/secure_node.hpp"

#include <algorithm>
#include <utility>

#include "models/api/effects.hpp"
#include "models/crypto/hash128.hpp"

namespace ledgerlab::session {
namespace {

constexpr Slot slot = Slot::session;
constexpr TimerId repeat_timer{1, 0};

/// The crypto suite of the world, charged to the node.
class SuitePrimitives final : public Primitives {
 public:
  SuitePrimitives(Effects& effects, NodeId key_of) : effects_(&effects), key_of_(key_of) {}
  X25519Share share(const X25519Secret& secret) override {
    used(Operation::x25519, 1);
    return effects_->suite().share(secret);
  }
  std::optional<Hash256> agree(const X25519Secret& secret, const X25519Share& peer) override {
    used(Operation::x25519, 1);
    return effects_->suite().agree(secret, peer);
  }
  NodeKey identity() override { return effects_->suite().node_key(key_of_); }
  Signature sign(ByteView text) override {
    used(Operation::sign, 1);
    return effects_->suite().sign(key_of_, text);
  }
  bool verify(const NodeKey& key, ByteView text, const Signature& signature) override {
    used(Operation::verify, 1);
    return effects_->suite().verify_key(key, text, signature);
  }

 protected:
  void used(Operation operation, std::uint64_t count) override {
    effects_->work(operation, count);
  }

 private:
  Effects* effects_;
  NodeId key_of_;
};

/// A frame's tag: of the real cipher over the bytes that are sent, or the ideal one in 128 bits
/// under the same key. The ciphertext itself stays with the cipher: what is on the simulated link
/// is the plain object, and its receiver computes the tag again.
Hash128 tag_of(CryptoSuite& suite, const Hash256& key, std::uint32_t session,
               std::uint64_t sequence, const Carried* carried) {
  const auto associated = associated_of(session, sequence);
  Hash128 tag;
  if (suite.mode() == "real") {
    Bytes plain;
    codec::Writer writer(plain);
    if (carried != nullptr) writer(*carried);
    const Bytes sealed = aead_seal(key, nonce_of(sequence), associated, plain);
    std::copy(sealed.end() - 16, sealed.end(), tag.data.begin());
    return tag;
  }
  std::array<Byte, 32 + 12 + 16 + 16> text{};
  auto at = std::copy(key.data.begin(), key.data.end(), text.begin());
  at = std::copy(associated.begin(), associated.end(), at);
  if (carried != nullptr) {
    const Message& m = *carried->message;
    at = std::copy(m.covered().data.begin(), m.covered().data.end(), at);
    const NodeId author = m.author();
    for (int i = 0; i < 4; ++i) *at++ = static_cast<Byte>(author >> (8 * i));
    *at++ = static_cast<Byte>(m.auth());
    *at++ = carried->bare ? 1 : 0;
    // A signature or tag of its own is sent too.
    const Hash128 own = carried->bare ? Hash128{} : hash128(m.authenticator());
    std::copy(own.data.begin(), own.data.begin() + 8, at);
  }
  return hash128(text);
}

X25519Secret drawn_secret(const Input& input, Purpose purpose, NodeId peer, std::uint64_t attempt) {
  X25519Secret secret;
  for (std::uint64_t part = 0; part < 4; ++part) {
    const std::uint64_t bits =
        input.draw(purpose, std::uint64_t{peer} << 40 | attempt << 2 | part);
    for (std::size_t i = 0; i < 8; ++i) {
      secret.data[part * 8 + i] = static_cast<Byte>(bits >> (8 * i));
    }
  }
  return secret;
}

}  // namespace

SecureNode::SecureNode(const NodeSpec& spec, std::unique_ptr<Module> stack)
    : spec_(spec), stack_(std::move(stack)) {}

bool SecureNode::stands(NodeId peer) const {
  const auto at = peers_.find(peer);
  return at != peers_.end() && at->second.session.has_value();
}

void SecureNode::refuse(Fault fault) {
  ++counts_.refused;
  last_fault_ = fault;
}

void SecureNode::step(const Input& input, Effects& effects) {
  if (input.kind == InputKind::start && spec_.key_of == no_node) spec_.key_of = input.self;
  if (input.kind == InputKind::deliver) {
    receive(input, effects);
  } else if (input.kind == InputKind::timer && input.slot == slot) {
    armed_ = time_never;
    rearm_ = true;
    repeat(input, effects);
  } else {
    pass_on(input, effects);
  }
  arm(input, effects);
}

/// Steps the stack and puts what it sends into frames, in its place among the other effects.
void SecureNode::pass_on(const Input& input, Effects& effects) {
  const std::size_t first = effects.listed();
  stack_->step(input, effects);
  const auto listed = effects.listed_from(first);
  const bool plain = std::none_of(listed.begin(), listed.end(), [](const Effect& e) {
    return e.kind <= EffectKind::broadcast || e.kind == EffectKind::persist ||
           e.kind == EffectKind::admit;
  });
  if (plain) return;
  effects.rewrite(first, [&](const Effect& e) { return take(input, effects, e); });
}

bool SecureNode::take(const Input& input, Effects& effects, const Effect& e) {
  if (e.kind == EffectKind::persist) wrote_ = e.slot;
  if (e.kind == EffectKind::admit) {
    const auto nodes = effects.nodes_of(e);
    admit(std::vector<NodeId>(nodes.begin(), nodes.end()));
    return false;
  }
  if (e.kind > EffectKind::broadcast) return true;
  const Waiting item{effects.take_message(e), e.slot, e.gate};
  if (e.kind == EffectKind::send) {
    send(input, effects, e.node, item);
  } else if (e.kind == EffectKind::multicast) {
    const auto span = effects.nodes_of(e);
    for (const NodeId to : std::vector<NodeId>(span.begin(), span.end())) {
      send(input, effects, to, item);
    }
  } else {
    for (NodeId to = 0; to < spec_.replicas; ++to) {
      if (to != input.self) send(input, effects, to, item);
    }
  }
  return false;
}

void SecureNode::send(const Input& input, Effects& effects, NodeId to, const Waiting& item) {
  if (!admits(to)) return;
  Peer& peer = peers_[to];
  if (peer.session) {
    send_frame(input, effects, to, *peer.session, item);
    return;
  }
  Waiting kept = item;
  // It will leave in a later step: then it waits for the last record listed until now.
  if (kept.gate == Gate::gated && wrote_) kept.slot = *wrote_;
  peer.waiting.push_back(std::move(kept));
  if (peer.waiting.size() > spec_.waiting_max) {
    peer.waiting.pop_front();
    ++counts_.dropped;
  }
  if (peer.opening) return;
  if (peer.answering && peer.answering->until > input.local) {
    rearm_ = true;
  } else {
    open(input, effects, to);
  }
}

void SecureNode::send_frame(const Input& input, Effects& effects, NodeId to, Session& session,
                            const Waiting& item) {
  SuitePrimitives primitives(effects, spec_.key_of);
  Frame frame;
  frame.session = session.id;
  frame.sequence = session.send.next(primitives);
  frame.carried.message = item.message;
  frame.carried.bare =
      item.message->auth() == Auth::mac && item.message->author() == input.self;
  frame.tag.code = tag_of(effects.suite(), session.send.key(), frame.session, frame.sequence,
                          &frame.carried);
  auto* message = new MessageOf<Frame>(std::move(frame));
  MessageAccess::measure(*message, slot, input.self);
  effects.work(Operation::aead);
  effects.work(Operation::aead_byte, message->wire_size());
  ++counts_.frames;
  // Under the slot of its module: its records hold it back.
  effects.set_slot(item.slot);
  effects.send(to, MessageRef(message), item.gate);
}

/// Handshakes show nothing of what is on the disk: they pass the gate.
void SecureNode::open(const Input& input, Effects& effects, NodeId to) {
  Peer& peer = peers_[to];
  rearm_ = true;
  SuitePrimitives primitives(effects, spec_.key_of);
  const std::uint64_t attempt = peer.opened++;
  const X25519Secret secret = drawn_secret(input, Purpose("session.secret"), to, attempt);
  Initiator initiator(terms_for(effects, to), secret, primitives);
  const std::uint64_t number =
      input.draw(Purpose("session.number"), std::uint64_t{to} << 32 | attempt);
  effects.set_slot(slot);
  MessageRef hello = effects.make(Hello{number, {initiator.hello()}});
  effects.send(to, hello, Gate::ungated);
  peer.opening = Opening{number,       std::move(initiator), std::move(hello), false,
                         spec_.repeat, input.local + spec_.repeat};
}

void SecureNode::repeat(const Input& input, Effects& effects) {
  effects.set_slot(slot);
  for (auto& [to, peer] : peers_) {
    if (peer.overdue(input.local)) open(input, effects, to);
    if (!peer.opening || peer.opening->due > input.local) continue;
    Opening& opening = *peer.opening;
    ++counts_.repeated;
    effects.send(to, opening.repeated, Gate::ungated);
    opening.pause = std::min(opening.pause * 2, spec_.repeat_max);
    opening.due = input.local + opening.pause;
  }
}

void SecureNode::arm(const Input& input, Effects& effects) {
  if (!std::exchange(rearm_, false)) return;
  Time next = time_never;
  for (const auto& [to, peer] : peers_) {
    if (peer.opening) next = std::min(next, peer.opening->due);
    if (peer.hopes()) next = std::min(next, peer.answering->until);
  }
  if (next == armed_) return;
  armed_ = next;
  effects.set_slot(slot);
  if (next == time_never) {
    effects.cancel_timer(repeat_timer);
  } else {
    effects.set_timer(repeat_timer, std::max(next - input.local, Duration::zero()));
  }
}

void SecureNode::receive(const Input& input, Effects& effects) {
  const Message& message = *input.message;
  if (message.slot() != slot || !admits(input.from)) {
    refuse(message.slot() != slot ? Fault::malformed : Fault::wrong_identity);
    return;
  }
  if (const auto* frame = message.as<Frame>()) {
    on_frame(input, effects, *frame);
  } else if (const auto* hello = message.as<Hello>()) {
    on_hello(input, effects, *hello);
  } else if (const auto* reply = message.as<Reply>()) {
    on_reply(input, effects, *reply);
  } else if (const auto* finish = message.as<Finish>()) {
    on_finish(input, effects, *finish);
  } else if (const auto* confirm = message.as<Confirm>()) {
    on_confirm(input, effects, *confirm);
  }
}

void SecureNode::on_hello(const Input& input, Effects& effects, const Hello& hello) {
  Peer& peer = peers_[input.from];
  effects.set_slot(slot);
  // Both began at once: the Hello of the lower node counts.
  if (peer.opening && !peer.opening->finished && input.self < input.from) return;
  if (!peer.answering || peer.answering->number != hello.number ||
      peer.answering->hello != hello.bytes.bytes) {
    SuitePrimitives primitives(effects, spec_.key_of);
    const X25519Secret secret =
        drawn_secret(input, Purpose("session.answer"), input.from, peer.answered++);
    auto responder = Responder::begin(terms_for(effects, input.from), hello.bytes.bytes, secret,
                                      primitives);
    if (const Fault* fault = std::get_if<Fault>(&responder)) {
      refuse(*fault);
      return;
    }
    peer.answering = Answering{
        hello.number, hello.bytes.bytes, std::get<Responder>(std::move(responder)), {}};
  }
  peer.answering->until = input.local + spec_.repeat;
  if (peer.opening && !peer.opening->finished) {
    peer.opening.reset();
    rearm_ = true;
  }
  effects.send(input.from,
               effects.make(Reply{hello.number, {peer.answering->responder.reply()}}),
               Gate::ungated);
}

void SecureNode::on_reply(const Input& input, Effects& effects, const Reply& reply) {
  Peer& peer = peers_[input.from];
  if (!peer.opening || peer.opening->number != reply.number) {
    refuse(Fault::malformed);
    return;
  }
  Opening& opening = *peer.opening;
  effects.set_slot(slot);
  if (opening.finished) return;  // the Finish is being repeated anyway
  SuitePrimitives primitives(effects, spec_.key_of);
  Answer answer = opening.initiator.on_reply(reply.bytes.bytes, primitives);
  if (const Fault* fault = std::get_if<Fault>(&answer)) {
    refuse(*fault);
    return;
  }
  opening.repeated =
      effects.make(Finish{reply.number, {std::get<Bytes>(std::move(answer))}});
  opening.finished = true;
  opening.pause = spec_.repeat;
  opening.due = input.local + spec_.repeat;
  effects.send(input.from, opening.repeated, Gate::ungated);
  establish(input, effects, peer, reply.number, *opening.initiator.keys(), true);
}

void SecureNode::on_finish(const Input& input, Effects& effects, const Finish& finish) {
  Peer& peer = peers_[input.from];
  SuitePrimitives primitives(effects, spec_.key_of);
  const auto id = static_cast<std::uint32_t>(finish.number);
  if (peer.answering && peer.answering->number == finish.number) {
    Responder& responder = peer.answering->responder;
    if (const Fault fault = responder.on_finish(finish.bytes.bytes, primitives);
        fault != Fault::none) {
      refuse(fault);
      return;
    }
    const SessionKeys keys = *responder.keys();
    peer.answering.reset();
    peer.opening.reset();
    establish(input, effects, peer, finish.number, keys, false);
  } else if (!peer.session || peer.session->id != id) {
    refuse(Fault::malformed);
    return;
  }
  // Also to a Finish that came again: its Confirm was lost.
  Session& session = *peer.session;
  Confirm confirm;
  confirm.session = session.id;
  confirm.sequence = session.send.next(primitives);
  confirm.tag.code =
      tag_of(effects.suite(), session.send.key(), session.id, confirm.sequence, nullptr);
  effects.work(Operation::aead);
  effects.set_slot(slot);
  effects.send(input.from, effects.make(confirm), Gate::ungated);
}

/// The new session stands: it replaces the one before, and what waited goes out in order.
void SecureNode::establish(const Input& input, Effects& effects, Peer& peer, std::uint64_t number,
                           const SessionKeys& keys, bool initiator) {
  rearm_ = true;
  if (peer.session) peer.before = peer.session->id;
  peer.session = Session{
      static_cast<std::uint32_t>(number),
      SendKeys(initiator ? keys.to_responder : keys.to_initiator, spec_.rekey),
      ReceiveKeys(initiator ? keys.to_initiator : keys.to_responder, Order::windowed, spec_.rekey)};
  if (!spec_.directory) peer.pinned = keys.peer;
  ++counts_.handshakes;
  while (!peer.waiting.empty()) {
    send_frame(input, effects, input.from, *peer.session, peer.waiting.front());
    peer.waiting.pop_front();
  }
}

/// Judges number and tag of what came under a session; an unknown one is asked for anew.
bool SecureNode::authentic(Effects& effects, Peer& peer, std::uint32_t id, std::uint64_t sequence,
                           const Carried* carried, const Hash128& tag) {
  if (!peer.session || peer.session->id != id) {
    refuse(Fault::malformed);
    return false;
  }
  SuitePrimitives primitives(effects, spec_.key_of);
  const auto key = peer.session->receive.key_for(sequence, primitives);
  if (const Fault* fault = std::get_if<Fault>(&key)) {
    refuse(*fault);
    return false;
  }
  if (tag_of(effects.suite(), std::get<Hash256>(key), id, sequence, carried) != tag) {
    refuse(Fault::forged);
    return false;
  }
  peer.session->receive.accept(sequence, primitives);
  if (peer.opening && peer.opening->finished &&
      static_cast<std::uint32_t>(peer.opening->number) == id) {
    peer.opening.reset();
    rearm_ = true;
  }
  return true;
}

void SecureNode::on_confirm(const Input& input, Effects& effects, const Confirm& confirm) {
  effects.work(Operation::aead);
  authentic(effects, peers_[input.from], confirm.session, confirm.sequence, nullptr,
            confirm.tag.code);
}

void SecureNode::on_frame(const Input& input, Effects& effects, const Frame& frame) {
  Peer& peer = peers_[input.from];
  const bool unknown = !peer.session || peer.session->id != frame.session;
  if (!authentic(effects, peer, frame.session, frame.sequence, &frame.carried, frame.tag.code)) {
    const bool late = peer.before == frame.session ||
                      (peer.answering && peer.answering->until > input.local);
    if (unknown && !late && !peer.opening) open(input, effects, input.from);
    return;
  }
  const Message& message = *frame.carried.message;
  if (message.slot() == slot) {
    refuse(Fault::malformed);
    return;
  }
  if (frame.carried.bare) {
    // The frame's tag stands for the message's own, but only for its sender's.
    if (message.author() != input.from) {
      refuse(Fault::wrong_identity);
      return;
    }
    message.book.verdict = 1;
  } else if (message.auth() == Auth::mac && !effects.crypto().authentic(message)) {
    refuse(Fault::forged);
    return;
  }
  Input inner = input;
  inner.slot = message.slot();
  inner.message = &message;
  pass_on(inner, effects);
}

void SecureNode::admit(std::span<const NodeId> replicas) {
  admitted_.emplace(replicas.begin(), replicas.end());
  // Whoever is no longer in the list loses its session; its key is remembered.
  for (auto& [to, peer] : peers_) {
    if (admits(to)) continue;
    rearm_ = true;
    peer.session.reset();
    peer.opening.reset();
    peer.answering.reset();
    peer.waiting.clear();
  }
}

bool SecureNode::admits(NodeId peer) const {
  return !admitted_ || peer >= spec_.replicas ||
         std::binary_search(admitted_->begin(), admitted_->end(), peer);
}

Terms SecureNode::terms_for(Effects& effects, NodeId peer) {
  Terms terms = spec_.terms;
  if (spec_.directory) {
    terms.peer = effects.suite().node_key(peer);
  } else {
    terms.peer = peers_[peer].pinned;
  }
  return terms;
}

void SecureNode::inspect(Inspector& inspector) const {
  stack_->inspect(inspector);
  const auto standing = std::count_if(peers_.begin(), peers_.end(),
                                      [](const auto& p) { return p.second.session.has_value(); });
  inspector.field("session.standing", static_cast<std::uint64_t>(standing));
  inspector.field("session.handshakes", counts_.handshakes);
  inspector.field("session.refused", counts_.refused);
  inspector.field("session.dropped", counts_.dropped);
  inspector.field("session.frames", counts_.frames);
  inspector.field("session.repeated", counts_.repeated);
  inspector.field("session.last_fault", std::string(fault_name(last_fault_)));
}

}  // namespace ledgerlab::session
