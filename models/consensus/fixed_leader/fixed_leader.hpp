// FixedLeader: node 0 orders everything and a block is decided when a majority holds it on disk. It
// is the shortest log protocol that is safe under crashes, loss and partition, and the template of
// `ledgerlab new consensus`. Without node 0 it stops; electing another one is what Raft adds.
#pragma once

#include "models/api/log_protocol.hpp"
#include "models/consensus/fixed_leader/messages.hpp"

namespace ledgerlab::fixed_leader {

class FixedLeader final : public LogProtocol {
 public:
  explicit FixedLeader(const ModuleContext& context);

  void restore(std::span<const Record> records) override;
  void inspect(Inspector& inspector) const override;

 private:
  void on_start(const Input& input, Effects& effects) override;
  void on_message(const Input& input, Effects& effects) override;
  void on_timer(const Input& input, Effects& effects) override;
  void on_persisted(const Input& input, Effects& effects) override;
  bool want_payload() const override;
  const BlockRef& history_tip() const override { return log_.empty() ? genesis_ : log_.back(); }
  void on_payload(const Input& input, Effects& effects, PayloadRef payload) override;

  void handle(const Input& input, Effects& effects, const Append& append);
  void handle(const Input& input, Effects& effects, const Ack& ack);
  void append(Effects& effects, const BlockRef& block);
  void decide_up_to(Effects& effects, Height height);

  static constexpr NodeId leader = 0;
  const Duration heartbeat_interval_;
  const Height max_inflight_;
  const BlockRef genesis_;
  std::vector<BlockRef> log_;    // log_[h - 1] is the block of height h, and disk record h
  std::vector<Height> durable_;  // on the leader: where each replica's log is durable up to
  std::vector<Height> resent_;   // on the leader: where the last resending to a replica began
};

}  // namespace ledgerlab::fixed_leader
