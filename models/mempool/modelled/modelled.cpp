#include "models/mempool/modelled/modelled.hpp"

#include <algorithm>

namespace ledgerlab::modelled_pool {

ModelledPool::ModelledPool(const ModuleContext& context)
    : self_(context.self),
      count_(static_cast<std::uint32_t>(context.params->count("block_transactions"))),
      bytes_(static_cast<std::uint32_t>(context.params->count("block_bytes"))) {}

void ModelledPool::step(const Input& input, Effects& effects) {
  if (input.kind != InputKind::call) return;
  if (const auto* build = input.call->as<Build>()) {
    on_build(*input.call, effects, *build);
  } else if (const auto* change = input.call->as<RoleChange>()) {
    // A leader waits to be told that there is something to order; a miner asks by itself.
    leads_ = change->leader == self_;
    if (leads_) offer(effects);
  } else if (input.call->as<HeadChanged>() && leads_) {
    offer(effects);
  }
}

void ModelledPool::offer(Effects& effects) const {
  effects.call(Slot::consensus, Pending{count_, bytes_, {}});
}

void ModelledPool::on_build(const LocalCall& call, Effects& effects, const Build& build) {
  const auto count = std::min(count_, build.max_count);
  const auto bytes = static_cast<std::uint32_t>(std::min<std::uint64_t>(bytes_, build.max_bytes));
  ++built_;
  effects.answer(call, Built{modelled_payload(count, bytes), {}});
}

void ModelledPool::inspect(Inspector& inspector) const { inspector.field("pool.built", built_); }

}  // namespace ledgerlab::modelled_pool
