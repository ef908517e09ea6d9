// What FixedLeader says of itself: parameters, fault model, client policy, messages.
#include "models/api/registry.hpp"
#include "models/consensus/fixed_leader/fixed_leader.hpp"

namespace ledgerlab {

void register_consensus_fixed_leader(Registry& registry) {
  ModelInfo info;
  info.name = "fixed_leader";
  info.version = 1;
  info.family = "log";
  info.summary = "Node 0 orders everything; a block is decided when a majority holds it.";
  info.paper = "none: the example of docs/add-a-protocol.md";
  info.f751 = {"F7512-7.1.5.2-a", "F7512-7.1.5.2-b", "F7512-7.1.5.2-e"};
  info.params = log_protocol_params();
  info.params.push_back({"heartbeat_interval",
                         ParamType::duration,
                         "200 ms",
                         "time between messages that tell followers what is committed",
                         "1 ms",
                         "1 h",
                         {}});
  info.params.push_back({"max_inflight_blocks",
                         ParamType::integer,
                         "8",
                         "most blocks proposed and not yet decided",
                         "1",
                         "100000",
                         {}});
  info.fault_model.text =
      "safe under crashes, loss and partition; progress needs node 0 and a majority";
  // No one, for it may be node 0 that crashes.
  info.fault_model.max_crashed = [](std::uint32_t) { return 0u; };
  info.fault_model.liveness_bound = [](const Params& params, Duration delay, std::uint32_t) {
    // Two heartbeats may be needed to find out what is missing; then resending, and a new block.
    return 4 * params.duration("heartbeat_interval") + 16 * delay;
  };
  // One Append to each follower and its answer.
  info.contract.messages_per_decision = [](std::uint32_t n) -> std::uint64_t {
    return 2 * (n - 1);
  };
  info.messages = message_list<fixed_leader::Append, fixed_leader::Ack>();
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<fixed_leader::FixedLeader>(context);
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
