// What PBFT says of itself: parameters, fault model, client policy, messages.
#include "models/api/registry.hpp"
#include "models/consensus/pbft/pbft.hpp"
#include "models/parts/quorum/quorum.hpp"

namespace ledgerlab {
namespace pbft {
namespace {

std::vector<ParamInfo> params() {
  std::vector<ParamInfo> list = log_protocol_params();
  // clang-format off
  const std::vector<ParamInfo> own = {
      {"checkpoint_interval", ParamType::integer, "100",
       "sequence numbers between two checkpoints, K (paper 4.3)", "1", "1000000", {}},
      {"water_mark_window", ParamType::integer, "200",
       "numbers between the water marks, L: H = h + L (paper 4.3)", "1", "1000000", {}},
      {"max_inflight_batches", ParamType::integer, "8",
       "most batches ordered and not yet executed; what arrives meanwhile gathers in the pool",
       "1", "1000000", {}},
      {"batch_delay", ParamType::duration, "0 ns",
       "a primary proposes when a full batch waits, or this long after the first transaction",
       "0 ns", "1 h", {}},
      {"view_timeout", ParamType::duration, "2 s",
       "a request or batch that waits for this long makes a backup change the view (paper 4.4)",
       "1 ms", "1 h", {}},
      {"view_timeout_max", ParamType::duration, "32 s",
       "the wait doubles with every view change in vain, up to this", "1 ms", "10 h", {}},
      {"status_interval", ParamType::duration, "500 ms",
       "time without progress after which a replica asks for what it missed", "1 ms", "1 h", {}},
      {"state_chunk", ParamType::size, "256 KiB",
       "bytes of a snapshot in one message of a state transfer", "64 B", "64 MiB", {}},
      {"tentative_execution", ParamType::flag, "false",
       "execute and reply when prepared; a client then waits for a quorum of equal replies "
       "(paper 5.1)", {}, {}, {}},
  };
  // clang-format on
  list.insert(list.end(), own.begin(), own.end());
  return list;
}

/// After the last fault healed: replicas stand in different views, each with a wait of at most
/// view_timeout_max before it moves on; retransmission (status_interval) brings them into one view,
/// at most f of whose next primaries may be down; then state and batches are fetched and a batch
/// takes three delays.
Duration liveness_bound(const Params& params, Duration delay, std::uint32_t n) {
  const Duration most = params.duration("view_timeout_max");
  const Duration status = params.duration("status_interval");
  const std::int64_t changes = 2 + quorum::max_byzantine(n);
  return changes * (most + 4 * delay + 2 * status) + 10 * status + 30 * delay +
         params.duration("batch_delay");
}

std::string check(const Params& params, std::uint32_t) {
  if (params.count("water_mark_window") < 2 * params.count("checkpoint_interval")) {
    return "water_mark_window is below twice checkpoint_interval: ordering would stop at every "
           "checkpoint until it is stable (paper 4.3: L is K times a small constant)";
  }
  if (params.duration("view_timeout_max") < params.duration("view_timeout")) {
    return "view_timeout_max is below view_timeout: raise it";
  }
  if (params.duration("view_timeout") <= params.duration("batch_delay")) {
    return "view_timeout is not above batch_delay: backups would change the view while the primary "
           "still gathers its batch";
  }
  return "";
}

}  // namespace
}  // namespace pbft

void register_consensus_pbft(Registry& registry) {
  ModelInfo info;
  info.name = "pbft";
  info.version = 2;
  info.kind = ModelKind::consensus;
  info.slot = Slot::consensus;
  info.family = "bft";
  info.summary = "Three-phase Byzantine agreement under a rotating primary; bears f of 3f+1 liars.";
  info.paper =
      "M. Castro, B. Liskov: Practical Byzantine Fault Tolerance, OSDI 1999; M. Castro, B. Liskov: "
      "Practical Byzantine Fault Tolerance and Proactive Recovery, ACM TOCS 20(4), 2002";
  info.f751 = {"F7512-7.1.5.1-a", "F7512-7.1.5.1-b", "F7512-7.1.5.2-a", "F7512-7.1.5.2-b",
               "F7512-7.1.5.2-c", "F7512-7.1.5.2-e",
               "F7512-7.1.5.4-e", "F7512-7.1.5.4-f", "F7512-7.1.5.4-g"};
  info.params = pbft::params();
  info.fault_model.text =
      "at most f = floor((n-1)/3) replicas crashed, cut off or Byzantine at once; safe under any "
      "delay, loss and partition";
  info.fault_model.max_crashed = [](std::uint32_t n) { return quorum::max_byzantine(n); };
  info.fault_model.max_byzantine = [](std::uint32_t n) { return quorum::max_byzantine(n); };
  info.fault_model.liveness_bound = pbft::liveness_bound;
  info.client_policy.ask = ClientPolicy::Ask::primary;
  // Section 4.1: f + 1 equal replies, so one is from a correct replica.
  info.client_policy.replies = [](std::uint32_t n) {
    return quorum::one_correct(quorum::max_byzantine(n));
  };
  // Section 5.1: a quorum of equal tentative ones.
  info.client_policy.tentative_replies = [](const Params& params, std::uint32_t n) {
    return params.flag("tentative_execution") ? quorum::byzantine(n) : 0u;
  };
  info.contract.params =
      "view_timeout = \"600 ms\", view_timeout_max = \"4800 ms\", status_interval = \"200 ms\", "
      "checkpoint_interval = 20, water_mark_window = 40";
  // Section 4.2: n - 1 PRE-PREPAREs, a PREPARE of every backup and a COMMIT of everybody to all
  // others: (n-1) + (n-1)^2 + n(n-1).
  info.contract.messages_per_decision = [](std::uint32_t n) -> std::uint64_t {
    return std::uint64_t{2} * n * (n - 1);
  };
  info.messages = message_list<pbft::PrePrepare, pbft::Prepare, pbft::Commit, pbft::Proposal,
                               pbft::Checkpoint, pbft::ViewChange, pbft::NewView, pbft::Status,
                               pbft::FetchBatch, pbft::BatchContent, pbft::StableCheckpoint,
                               pbft::FetchState, pbft::StateChunk>();
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<pbft::Pbft>(context);
  };
  info.check = pbft::check;
  registry.add(std::move(info));
}

}  // namespace ledgerlab
