// One block on its parent's state (Yellow Paper, 11 and 12): DAO transfer, system call,
// transactions, withdrawals and rewards in their order, and what comes out against what the header
// says.
#pragma once

#include <functional>

#include "models/parts/ethereum/block.hpp"
#include "models/parts/ethereum/execute.hpp"
#include "models/parts/ethereum/header_rules.hpp"

namespace ledgerlab::ethereum {

/// The verdict on a block; `transaction` says more when the fault is one of a transaction.
struct BlockVerdict {
  BlockFault fault = BlockFault::none;
  TransactionFault transaction = TransactionFault::none;
  std::size_t index = 0;  // of that transaction
  bool accepted() const { return fault == BlockFault::none; }
};

struct BlockOutcome {
  BlockVerdict verdict;
  WorldState state;  // after the block
  std::vector<Receipt> receipts;
  std::uint64_t gas_used = 0;
  std::uint64_t blob_gas_used = 0;
};

/// What a block's execution needs besides the block and the state.
struct BlockEnvironment {
  const Rules& rules;
  bool merged = false;  // see check_header
  Address beneficiary;  // gets fees and rewards: the header's coinbase, or who sealed it
  ContractEngine& engine;
  std::function<Hash256(std::int64_t)> block_hash;  // asked for the 256 blocks before this one
  /// Where senders come from; by recovery if empty.
  std::function<std::optional<Address>(const Transaction&)> sender;
};

/// Roots and shape of the body, as the header says.
BlockVerdict check_body(const Rules& rules, const Block& block, bool merged);
/// Executes the body; the results are not yet compared with the header. A transaction that cannot
/// stand at its place ends it with that verdict, or with `left_out` is passed over and its index
/// noted there.
BlockOutcome execute_block(const BlockEnvironment& environment, const WorldState& parent,
                           const Block& block, std::vector<std::size_t>* left_out = nullptr);
/// State root, receipts, bloom and gas as the header says.
BlockVerdict check_outcome(const Header& header, const BlockOutcome& outcome);

Bloom bloom_of(std::span<const Receipt> receipts);
Hash256 receipts_root(std::span<const Receipt> receipts);
/// What a block pays for its work, without ommers; zero from Paris on.
U256 block_reward(Revision revision);

}  // namespace ledgerlab::ethereum
