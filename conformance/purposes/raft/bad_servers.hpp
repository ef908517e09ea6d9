// Raft servers that break a rule of the paper: known-bad twins of the conformance purposes and of the
// contract suites.
#pragma once

#include "conformance/suite/wrapped.hpp"
#include "models/consensus/raft/messages.hpp"

namespace ledgerlab::conformance {

/// Grants its vote to every candidate of a term (section 5.2 allows one).
class VotesTwice final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  void step(const Input& input, Effects& effects) override {
    Wrapped::step(input, effects);
    if (input.kind != InputKind::deliver) return;
    const auto* request = input.message->as<raft::RequestVote>();
    if (request == nullptr) return;
    for (Effect& e : list(effects)) {
      if (e.kind != EffectKind::send) continue;
      const auto* reply = effects.message_of(e).as<raft::VoteReply>();
      if (reply == nullptr || reply->granted || reply->term != request->term) continue;
      effects.set_slot(Slot::consensus);
      MessageRef granted = effects.make(raft::VoteReply{reply->term, true});
      effects.take_message(e);
      e.c = reinterpret_cast<std::uint64_t>(granted.release());
    }
  }
};

/// Nothing it says is durable, and it believes that it is.
class ForgetsToPersist final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  void step(const Input& input, Effects& effects) override {
    Wrapped::step(input, effects);
    std::uint64_t records = drop_records(effects);
    if (records == 0) return;
    written_ += records;
    Input durable = input;
    durable.kind = InputKind::persisted;
    durable.slot = Slot::consensus;
    durable.message = nullptr;
    durable.persisted_up_to = written_;
    Wrapped::step(durable, effects);
    written_ += drop_records(effects);
  }

 private:
  static std::uint64_t drop_records(Effects& effects) {
    std::uint64_t records = 0;
    for (Effect& e : list(effects)) {
      records += e.kind == EffectKind::persist;
      if (e.kind >= EffectKind::persist && e.kind <= EffectKind::forget) erase(e);
    }
    return records;
  }
  std::uint64_t written_ = 0;
};

/// Counts every answer for two: of four servers, two make its quorum.
class HalfIsEnough final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  void step(const Input& input, Effects& effects) override {
    Wrapped::step(input, effects);
    if (input.kind != InputKind::deliver) return;
    const Message& m = *input.message;
    const auto* append = m.as<raft::AppendEntriesReply>();
    const bool counts = m.as<raft::PreVoteReply>() || m.as<raft::VoteReply>() ||
                        (append != nullptr && append->success);
    if (!counts) return;
    Input again = input;
    again.from = 0;
    while (again.from == input.self || again.from == input.from) ++again.from;
    Wrapped::step(again, effects);
  }
};

}  // namespace ledgerlab::conformance
