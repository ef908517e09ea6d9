#include "conformance/purposes/sync/tampering.hpp"

#include <algorithm>

namespace ledgerlab::conformance {
namespace {

constexpr std::size_t frames_kept = 64;
constexpr std::size_t frames_an_answer = 4;

bool serves(const Message& m) {
  return m.role() != Role::client && m.slot() != Slot::mempool && m.slot() != Slot::client;
}

}  // namespace

MessageCatalog catalog_of(const SystemPlan& system) {
  MessageCatalog catalog;
  for (const ModelChoice* choice :
       {&system.consensus, &system.ledger, &system.mempool, &system.relay, &system.client}) {
    if (!*choice) continue;
    auto& types = catalog.slots[static_cast<std::size_t>(choice->info->slot)];
    types.insert(types.end(), choice->info->messages.begin(), choice->info->messages.end());
  }
  return catalog;
}

Overheard::Overheard(NodeId listener, Time from)
    : listener_(listener), from_(from), frames_(std::make_shared<std::vector<Bytes>>()) {}

namespace {

class Listening final : public Wrapped {
 public:
  Listening(std::unique_ptr<Module> inner, Time from, std::shared_ptr<std::vector<Bytes>> frames)
      : Wrapped(std::move(inner)), from_(from), frames_(std::move(frames)) {}
  void step(const Input& input, Effects& effects) override {
    const bool wanted = input.kind == InputKind::deliver && input.local >= from_ &&
                        serves(*input.message) && input.message->role() != Role::vote &&
                        input.message->role() != Role::heartbeat;
    if (wanted && frames_->size() < frames_kept) frames_->push_back(encode_frame(*input.message));
    Wrapped::step(input, effects);
  }

 private:
  Time from_;
  std::shared_ptr<std::vector<Bytes>> frames_;
};

}  // namespace

Wrap Overheard::wrap() const {
  return [listener = listener_, from = from_, frames = frames_](
             NodeId node, std::unique_ptr<Module> inner) -> std::unique_ptr<Module> {
    if (node != listener) return inner;
    return std::make_unique<Listening>(std::move(inner), from, frames);
  };
}

struct Tampering::Shared {
  NodeId replicas, liar, victim;
  Time from;
  std::vector<Bytes> foreign;
  MessageCatalog catalog;
  Counts counts;
};

namespace {

/// The lying peer's module: what it sends to its victim goes through lie().
template <class Shared>
class Liar final : public Wrapped {
 public:
  Liar(std::unique_ptr<Module> inner, std::shared_ptr<Shared> shared)
      : Wrapped(std::move(inner)), shared_(std::move(shared)) {}

  void step(const Input& input, Effects& effects) override {
    Wrapped::step(input, effects);
    if (input.local < shared_->from) return;
    const std::size_t honest = effects.list().size();
    for (std::size_t i = 0; i < honest; ++i) {
      const Effect e = list(effects)[i];
      if (!sends(e) || !serves(effects.message_of(e))) continue;
      if (!reaches_victim(effects, e)) continue;
      const std::vector<NodeId> others = others_of(effects, e, input.self);
      MessageRef message = effects.take_message(e);
      erase(list(effects)[i]);
      effects.set_slot(e.slot);
      if (!others.empty()) effects.multicast(others, message, e.gate);
      lie(effects, std::move(message), e.gate);
    }
    const bool asked = input.kind == InputKind::deliver && input.from == shared_->victim &&
                       serves(*input.message);
    if (asked) tell_of_another_world(effects);
  }

 private:
  bool reaches_victim(Effects& effects, const Effect& e) const {
    if (e.kind == EffectKind::send) return e.node == shared_->victim;
    if (e.kind == EffectKind::broadcast) return true;
    const auto nodes = effects.nodes_of(e);
    return std::find(nodes.begin(), nodes.end(), shared_->victim) != nodes.end();
  }
  std::vector<NodeId> others_of(Effects& effects, const Effect& e, NodeId self) const {
    std::vector<NodeId> out;
    if (e.kind == EffectKind::broadcast) {
      for (NodeId node = 0; node < shared_->replicas; ++node) out.push_back(node);
    } else if (e.kind == EffectKind::multicast) {
      const auto nodes = effects.nodes_of(e);
      out.assign(nodes.begin(), nodes.end());
    }
    std::erase_if(out, [&](NodeId n) { return n == shared_->victim || n == self; });
    return out;
  }

  /// In turn: altered, altered, and two in the wrong order.
  void lie(Effects& effects, MessageRef message, Gate gate) {
    if (held_) {
      const MessageRef first = std::exchange(held_, MessageRef());
      effects.send(shared_->victim, std::move(message), gate);
      effects.send(shared_->victim, first, gate);
      ++shared_->counts.swapped;
      return;
    }
    if (++turn_ % 3 == 0) {
      held_ = std::move(message);
      return;
    }
    if (MessageRef bad = altered(effects, *message)) {
      effects.send(shared_->victim, std::move(bad), gate);
      ++shared_->counts.altered;
    }
  }

  /// With one byte of the body changed so that it still reads as a message of its type.
  MessageRef altered(Effects& effects, const Message& message) {
    const Bytes frame = encode_frame(message);
    const std::size_t tail = message.authenticator().size();
    const std::size_t body = frame.size() - Message::header_bytes - tail;
    for (std::size_t attempt = 0; body > 0 && attempt < 64; ++attempt) {
      Bytes bad = frame;
      // The golden ratio walks all over the body, whatever its length.
      const std::size_t at = (turn_ * 7 + attempt * 40503) % body;
      bad[Message::header_bytes + at] ^= static_cast<Byte>(1u << (attempt % 8));
      MessageRef decoded = decode_frame(bad, shared_->catalog);
      if (decoded) return effects.seal(std::move(decoded), message.slot());
    }
    return {};
  }

  void tell_of_another_world(Effects& effects) {
    for (std::size_t i = 0; i < frames_an_answer && !shared_->foreign.empty(); ++i) {
      const Bytes& frame = shared_->foreign[next_++ % shared_->foreign.size()];
      MessageRef message = decode_frame(frame, shared_->catalog);
      if (!message) continue;
      const Slot slot = message->slot();
      effects.set_slot(slot);
      effects.send(shared_->victim, effects.seal(std::move(message), slot));
      ++shared_->counts.foreign;
    }
  }

  std::shared_ptr<Shared> shared_;
  MessageRef held_;
  std::uint64_t turn_ = 0;
  std::size_t next_ = 0;
};

}  // namespace

Tampering::Tampering(const Plan& plan, NodeId liar, NodeId victim, Time from,
                     std::vector<Bytes> foreign)
    : shared_(std::make_shared<Shared>(Shared{plan.network.replicas, liar, victim, from,
                                              std::move(foreign),
                                              catalog_of(plan.systems.front()), {}})) {}

Wrap Tampering::wrap() const {
  return [shared = shared_](NodeId node,
                            std::unique_ptr<Module> inner) -> std::unique_ptr<Module> {
    if (node != shared->liar) return inner;
    return std::make_unique<Liar<Shared>>(std::move(inner), shared);
  };
}

const Tampering::Counts& Tampering::counts() const { return shared_->counts; }

}  // namespace ledgerlab::conformance
