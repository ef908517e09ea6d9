#include "conformance/purposes/consensus/bad_replicas.hpp"

#include <deque>

namespace ledgerlab::conformance {
namespace {

BlockRef& announced(Effects& effects, const Effect& e) {
  return const_cast<BlockRef&>(effects.block_of(e));
}

class DeafFrom final : public Wrapped {
 public:
  DeafFrom(std::unique_ptr<Module> inner, Time from) : Wrapped(std::move(inner)), from_(from) {}
  void step(const Input& input, Effects& effects) override {
    if (input.kind == InputKind::deliver && input.local >= from_) return;
    Wrapped::step(input, effects);
  }

 private:
  Time from_;
};

class AsleepFrom final : public Wrapped {
 public:
  AsleepFrom(std::unique_ptr<Module> inner, Time from) : Wrapped(std::move(inner)), from_(from) {}
  void step(const Input& input, Effects& effects) override {
    if (input.local < from_) Wrapped::step(input, effects);
  }

 private:
  Time from_;
};

class HoldsVotes final : public Wrapped {
 public:
  HoldsVotes(std::unique_ptr<Module> inner, Duration by) : Wrapped(std::move(inner)), by_(by) {}
  void step(const Input& input, Effects& effects) override {
    if (input.kind == InputKind::deliver && input.message->role() == Role::vote) {
      held_.push_back({input.from, input.message_ref()});
      effects.set_slot(Slot::consensus);
      effects.set_timer({timer_kind, next_++}, by_);
    } else if (input.kind == InputKind::timer && input.timer.kind == timer_kind) {
      if (held_.empty()) return;
      const Held vote = std::move(held_.front());
      held_.pop_front();
      Input late = input;
      late.kind = InputKind::deliver;
      late.from = vote.from;
      late.message = vote.message.get();
      late.slot = vote.message->slot();
      Wrapped::step(late, effects);
    } else {
      Wrapped::step(input, effects);
    }
  }

 private:
  struct Held {
    NodeId from;
    MessageRef message;
  };
  static constexpr std::uint32_t timer_kind = 0xffe0;
  Duration by_;
  std::deque<Held> held_;
  std::uint64_t next_ = 0;
};

}  // namespace

void DecidesOtherwise::step(const Input& input, Effects& effects) {
  Wrapped::step(input, effects);
  for (Effect& e : list(effects)) {
    if (e.kind != EffectKind::announce_final) continue;
    BlockRef& block = announced(effects, e);
    if (block->height != 3) continue;
    auto other = std::make_shared<Block>(*block);
    other->id.data[0] ^= 1;
    block = std::move(other);
  }
}

void InventsTransactions::step(const Input& input, Effects& effects) {
  Wrapped::step(input, effects);
  for (Effect& e : list(effects)) {
    if (e.kind != EffectKind::announce_head && e.kind != EffectKind::announce_final) continue;
    BlockRef& block = announced(effects, e);
    if (block->height == 0) continue;
    auto other = std::make_shared<Block>(*block);
    auto transactions = block->payload->transactions;
    transactions.push_back(make_transaction({1, 2, 3}));
    other->payload = make_payload(std::move(transactions));
    block = std::move(other);
  }
}

Wrap deaf_from(NodeId deaf, Time from) {
  return [=](NodeId node, std::unique_ptr<Module> inner) -> std::unique_ptr<Module> {
    if (node != deaf) return inner;
    return std::make_unique<DeafFrom>(std::move(inner), from);
  };
}

Wrap asleep_from(NodeId first, NodeId end, Time from) {
  return [=](NodeId node, std::unique_ptr<Module> inner) -> std::unique_ptr<Module> {
    if (node < first || node >= end) return inner;
    return std::make_unique<AsleepFrom>(std::move(inner), from);
  };
}

Wrap hold_votes(Duration by) {
  return [=](NodeId, std::unique_ptr<Module> inner) -> std::unique_ptr<Module> {
    return std::make_unique<HoldsVotes>(std::move(inner), by);
  };
}

}  // namespace ledgerlab::conformance
