// What Raft says of itself: parameters, fault model, client policy, messages.
#include "models/api/registry.hpp"
#include "models/consensus/raft/raft.hpp"

namespace ledgerlab {
namespace raft {
namespace {

std::vector<ParamInfo> params() {
  std::vector<ParamInfo> list = log_protocol_params();
  // clang-format off
  const std::vector<ParamInfo> own = {
      {"election_timeout_min", ParamType::duration, "1 s",
       "lower end of the randomized election timeout (paper 5.2), which is also the time of "
       "leader stickiness and of CheckQuorum", "1 ms", "1 h", {}},
      {"election_timeout_max", ParamType::duration, "2 s",
       "upper end of the randomized election timeout", "1 ms", "1 h", {}},
      {"heartbeat_interval", ParamType::duration, "200 ms",
       "time between a leader's heartbeats (paper 5.2)", "100 us", "1 h", {}},
      {"pre_vote", ParamType::flag, "true",
       "ask whether an election could be won before standing (dissertation 9.6)", {}, {}, {}},
      {"check_quorum", ParamType::flag, "true",
       "a leader without answers from a majority steps down (dissertation 6.2)", {}, {}, {}},
      {"append_max_entries", ParamType::integer, "64",
       "most entries of one AppendEntries", "1", "100000", {}},
      {"append_max_bytes", ParamType::size, "4 MiB",
       "most bytes of blocks in one AppendEntries; one entry always goes", "1 kB", "1 GiB", {}},
      {"max_inflight_appends", ParamType::integer, "64",
       "most AppendEntries on their way to one follower (pipelining, dissertation 10.2.2)",
       "1", "100000", {}},
      {"max_inflight_blocks", ParamType::integer, "8",
       "most blocks proposed and not yet committed; what arrives meanwhile gathers in the "
       "pool", "1", "100000", {}},
      {"batch_delay", ParamType::duration, "0 ns",
       "a leader proposes when a full block waits, or this long after the first transaction",
       "0 ns", "1 h", {}},
      {"snapshot_interval", ParamType::integer, "10000",
       "entries applied between two snapshots (paper 7); 0: never", "0", "1000000000", {}},
      {"snapshot_keep", ParamType::integer, "1000",
       "entries before a snapshot that stay in memory for followers a little behind",
       "0", "1000000000", {}},
      {"snapshot_chunk", ParamType::size, "256 KiB",
       "bytes of one InstallSnapshot", "64 B", "64 MiB", {}},
      {"commit_notice", ParamType::choice, "on_next",
       "how followers hear of a commit: with the next AppendEntries or heartbeat, or by an "
       "empty AppendEntries at once", {}, {}, {"on_next", "immediate"}},
      {"initial_leader", ParamType::integer, "-1",
       "node whose first election timeout, in its first life, is zero, so that it leads from "
       "the start; -1: nobody", "-1", "1000000", {}},
      {"initial_members", ParamType::integer, "0",
       "replicas that vote from the start, from number 0 on; the others wait until they are added "
       "(dissertation 4); 0: all", "0", "1000000", {}},
  };
  // clang-format on
  list.insert(list.end(), own.begin(), own.end());
  return list;
}

/// Elections succeed with a probability that falls with the delay's share of the timeout range
/// (TARGETS, Raft elections: 18% splits at a fifth). Sixteen attempts per such share leave less
/// than 10^-9; then a follower is brought up to date and a block goes round.
Duration liveness_bound(const Params& params, Duration delay, std::uint32_t) {
  const Duration high = params.duration("election_timeout_max");
  const Duration range = high - params.duration("election_timeout_min");
  const std::int64_t crowded = range > Duration::zero() ? (5 * delay) / range : 16;
  const Duration attempt = high + 4 * delay;  // a pre-vote and a vote, there and back
  return 16 * (1 + crowded) * attempt + 2 * params.duration("heartbeat_interval") + 16 * delay +
         params.duration("batch_delay");
}

std::string check(const Params& params, std::uint32_t replicas) {
  if (params.duration("election_timeout_max") < params.duration("election_timeout_min")) {
    return "election_timeout_max is below election_timeout_min: raise it (the paper's ratio is 2)";
  }
  if (params.duration("heartbeat_interval") >= params.duration("election_timeout_min")) {
    return "heartbeat_interval is not below election_timeout_min: followers would stand against a "
           "living leader; a fifth of it is usual";
  }
  const std::int64_t leader = params.integer("initial_leader");
  if (leader >= static_cast<std::int64_t>(replicas)) {
    return "initial_leader " + std::to_string(leader) + " is no replica: there are " +
           std::to_string(replicas) + ", numbered from 0";
  }
  const std::int64_t members = params.integer("initial_members");
  if (members > static_cast<std::int64_t>(replicas)) {
    return "initial_members " + std::to_string(members) + " is more than the " +
           std::to_string(replicas) + " replicas there are";
  }
  if (members != 0 && leader >= members) {
    return "initial_leader " + std::to_string(leader) +
           " is no member at first: raise initial_members above it";
  }
  return "";
}

}  // namespace
}  // namespace raft

void register_consensus_raft(Registry& registry) {
  ModelInfo info;
  info.name = "raft";
  info.version = 1;
  info.kind = ModelKind::consensus;
  info.slot = Slot::consensus;
  info.family = "log";
  info.summary = "Replicated log under an elected leader; tolerates crashes of a minority.";
  info.paper =
      "D. Ongaro, J. Ousterhout: In Search of an Understandable Consensus Algorithm, USENIX ATC "
      "2014; D. Ongaro: Consensus: Bridging Theory and Practice, Stanford 2014";
  info.f751 = {"F7512-7.1.5.1-a", "F7512-7.1.5.2-a", "F7512-7.1.5.2-b", "F7512-7.1.5.2-c",
               "F7512-7.1.5.2-e", "F7512-7.1.5.4-q", "F7512-7.1.5.4-r", "F7512-7.1.5.4-s"};
  info.params = raft::params();
  info.fault_model.text =
      "fewer than half of the members crashed at once, their synced records kept; safe under any "
      "delay, loss and partition";
  info.fault_model.max_crashed = [](std::uint32_t n) { return quorum::max_crashed(n); };
  info.fault_model.liveness_bound = raft::liveness_bound;
  info.client_policy.ask = ClientPolicy::Ask::leader;
  info.contract.params =
      "election_timeout_min = \"300 ms\", election_timeout_max = \"600 ms\", "
      "heartbeat_interval = \"60 ms\", snapshot_interval = 40, snapshot_keep = 10";
  // Paper 5.3: one AppendEntries to each follower and its answer.
  info.contract.messages_per_decision = [](std::uint32_t n) -> std::uint64_t {
    return 2 * (n - 1);
  };
  info.messages = message_list<raft::RequestPreVote, raft::PreVoteReply, raft::RequestVote,
                               raft::VoteReply, raft::AppendEntries, raft::AppendEntriesReply,
                               raft::InstallSnapshot, raft::InstallSnapshotReply,
                               raft::TimeoutNow, raft::TransferVote, raft::ConfirmLeader,
                               raft::ConfirmLeaderReply, raft::ReadIndex, raft::ReadIndexReply>();
  info.operations = {OperateAction::transfer_leadership, OperateAction::add_server,
                     OperateAction::remove_server, OperateAction::change_members};
  info.linearisable_reads = true;
  info.initial_members = [](const Params& params, std::uint32_t n) {
    const auto members = static_cast<std::uint32_t>(params.count("initial_members"));
    return members == 0 ? n : members;
  };
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<raft::Raft>(context);
  };
  info.check = raft::check;
  registry.add(std::move(info));
}

}  // namespace ledgerlab
