// What is known when a run has ended: the final histories, when each transaction was committed,
// what the ledger's second books say, and which faults happened. Checkers and metrics read this.
#pragma once

#include <memory>
#include <vector>

#include "models/api/model_info.hpp"
#include "sim/host/world.hpp"
#include "sim/measure/catching_up.hpp"
#include "sim/measure/chronicle.hpp"
#include "sim/measure/propagation.hpp"
#include "sim/scenario/plan.hpp"

namespace ledgerlab {

/// The final blocks as histories. Without a fork there is one chain; the first is canonical: the
/// longest, and of equals the one whose tip was final first.
struct FinalHistory {
  std::vector<std::vector<RowIndex>> chains;  // each ascending in height
  std::vector<bool> canonical;                // by block row
  std::vector<RowIndex> block_of;             // by transaction row: its first block, or no_row
  /// By transaction row: first final anywhere. Of a request that was wrapped in envelopes: the
  /// first of them, but those that its client was told to be invalid.
  std::vector<Time> committed;

  const std::vector<RowIndex>& main() const { return chains.front(); }
  std::uint64_t decisions = 0;  // blocks of the main chain above genesis
};
FinalHistory make_history(const Chronicle& chronicle);
/// Its client was told that it stands in a final block and did nothing there.
bool without_effect(const Chronicle::TxRow& tx, Time committed);

/// Replays of all final histories by the ledger's audit.
struct AuditedChain {
  std::vector<std::vector<LedgerAudit::Entry>> blocks;  // beside the chain's rows
  U256 supply, genesis, issued, burned;
  Hash256 root;
  std::size_t first_imbalance = 0;  // position in the chain; its size: none
};
using AuditedChains = std::vector<AuditedChain>;
/// Empty if the ledger has no audit (or there is no ledger), or a chain has a hole.
AuditedChains audit_history(const Plan& plan, const SystemPlan& system, CryptoSuite* suite,
                            const Chronicle& chronicle, const FinalHistory& history);

/// The faults that happened, folded for the fault-model predicate (DESIGN 13.8).
struct FaultAccount {
  std::uint32_t byzantine = 0;      // replicas with a behaviour
  std::uint64_t adversary_ppb = 0;  // their hash power or stake
  bool adversary_beyond = false;    // more than the fault model bears, the crashed counted in
  Time first_byzantine = time_never;
  std::uint32_t most_down = 0;  // correct replicas down at once
  std::uint32_t down_at_end = 0;
  Time first_overload = time_never;    // more replicas down than the model bears
  Time first_asynchrony = time_never;  // a partition, loss or delay began
  Time calm_since{};                   // last beginning or end of a fault
  bool unhealed = false;               // another fault than a crash still holds at the end
  std::vector<Time> client_down;       // by node: first crash of a client, or never
};
FaultAccount make_fault_account(const Plan& plan, const SystemPlan& system,
                                const Chronicle& chronicle);

struct Evidence {
  const Plan& plan;
  const SystemPlan& system;
  const World& world;
  const Chronicle& chronicle;
  const Propagation& propagation;
  FinalHistory history;
  AuditedChains audit;
  FaultAccount faults;
  Time end{};  // how far the world came
  const CatchingUp* catching_up = nullptr;  // null: not folded

  Evidence(const Plan& plan_, const SystemPlan& system_, const World& world_,
           const Chronicle& chronicle_, const Propagation& propagation_, CryptoSuite* suite);
  const Chronicle::BlockEntry& block(RowIndex row) const { return chronicle.blocks()[row]; }
  bool lottery() const;
};

}  // namespace ledgerlab
