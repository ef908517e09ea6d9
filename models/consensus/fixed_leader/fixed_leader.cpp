// The rules of the protocol; everything below is called by LogProtocol.
#include "models/consensus/fixed_leader/fixed_leader.hpp"

#include "models/parts/quorum/quorum.hpp"

namespace ledgerlab::fixed_leader {
namespace {
constexpr TimerId heartbeat{0, 0};
constexpr std::size_t most_blocks = 64;  // resent in one message
}  // namespace

FixedLeader::FixedLeader(const ModuleContext& context)
    : LogProtocol(context),
      heartbeat_interval_(context.params->duration("heartbeat_interval")),
      max_inflight_(context.params->count("max_inflight_blocks")),
      genesis_(make_genesis(context.genesis_root)),
      durable_(context.replicas),
      resent_(context.replicas) {}

/// Record h is the block of height h: nothing else is ever written, and nothing truncated.
void FixedLeader::restore(std::span<const Record> records) {
  for (const Record& record : records) log_.push_back(record.block);
  durable_[self()] = log_.size();
}

void FixedLeader::on_start(const Input&, Effects& effects) {
  effects.announce_role(self() == leader ? NodeRole::leader : NodeRole::follower, 1, leader);
  if (self() == leader) effects.set_timer(heartbeat, heartbeat_interval_);
}

/// Tells followers what is committed, and finds out who has missed something.
void FixedLeader::on_timer(const Input&, Effects& effects) {
  decide_up_to(effects, quorum::committed(durable_));  // alone after a restart, nobody answers
  effects.broadcast(Append{last_decided()->height, log_.size(), {}});
  effects.set_timer(heartbeat, heartbeat_interval_);
}

bool FixedLeader::want_payload() const {
  return self() == leader && log_.size() < last_decided()->height + max_inflight_;
}

/// The gate holds the message until the block is on the leader's own disk: so the leader's log is
/// never behind a follower's, not even after a crash, and no two blocks ever compete for a height.
void FixedLeader::on_payload(const Input&, Effects& effects, PayloadRef payload) {
  if (payload->empty()) return;
  const BlockRef tip = history_tip();
  append(effects, make_log_block(tip->height + 1, tip->id, std::move(payload)));
  effects.broadcast(Append{last_decided()->height, log_.size(), {log_.back()}});
}

void FixedLeader::append(Effects& effects, const BlockRef& block) {
  log_.push_back(block);
  effects.persist({}, block);
}

void FixedLeader::on_message(const Input& input, Effects& effects) {
  if (const auto* append = input.message->as<Append>()) {
    if (input.from == leader) handle(input, effects, *append);
  } else if (const auto* ack = input.message->as<Ack>()) {
    if (self() == leader && input.from < n()) handle(input, effects, *ack);
  }
}

/// A follower takes the blocks that continue its log and answers when they are durable (the gate).
void FixedLeader::handle(const Input& input, Effects& effects, const Append& message) {
  for (const BlockRef& block : message.blocks) {
    const BlockRef tip = history_tip();
    if (block->height == tip->height + 1 && block->parent == tip->id) append(effects, block);
  }
  decide_up_to(effects, message.committed);
  effects.send(input.from, Ack{log_.size(), message.tip, message.blocks.empty()});
}

/// A block is decided when a majority holds it. Who is behind what had been sent before has lost a
/// message (links keep order), and gets the rest again.
void FixedLeader::handle(const Input& input, Effects& effects, const Ack& ack) {
  Height& durable = durable_[input.from];
  durable = std::max(durable, std::min<Height>(ack.height, log_.size()));
  decide_up_to(effects, quorum::committed(durable_));
  if (ack.height >= std::min<Height>(ack.tip, log_.size())) return;
  if (!ack.heartbeat && resent_[input.from] == ack.height + 1) return;
  resent_[input.from] = ack.height + 1;
  const auto first = log_.begin() + static_cast<std::ptrdiff_t>(ack.height);
  const auto count = std::min<std::size_t>(most_blocks, log_.size() - ack.height);
  effects.send(input.from, Append{last_decided()->height,
                                  log_.size(),
                                  {first, first + static_cast<std::ptrdiff_t>(count)}});
}

void FixedLeader::on_persisted(const Input& input, Effects& effects) {
  durable_[self()] = input.persisted_up_to;
  if (self() == leader) decide_up_to(effects, quorum::committed(durable_));
}

void FixedLeader::decide_up_to(Effects& effects, Height height) {
  while (last_decided()->height < std::min<Height>(height, log_.size())) {
    decide(effects, log_[last_decided()->height]);
  }
}

void FixedLeader::inspect(Inspector& inspector) const {
  inspector.field("state", self() == leader ? "leader" : "follower");
  inspector.field("log", std::uint64_t{log_.size()});
  LogProtocol::inspect(inspector);
}

}  // namespace ledgerlab::fixed_leader
