// Execution of transactions and blocks on versions of the coin set.
#pragma once

#include "models/parts/utxo/state.hpp"

namespace ledgerlab::utxo {

/// One block's, transaction by transaction; coins are applied to a version of the set at the end.
class Execution {
 public:
  /// All but the result must outlive it. `begun`: a result to go on from, `from` being its state.
  Execution(const State& from, std::uint32_t height, Locks& locks, const Policy& policy,
            const BlockResult* begun = nullptr);

  /// Empty, or what makes the block invalid; else the outcome is appended to the result's.
  std::string_view add(const Transaction& transaction);
  /// A coin that another ledger's part of the block makes.
  void make(const bitcoin::OutPoint& point, const bitcoin::TxOut& output);
  BlockResult& result() { return result_; }
  BlockResult finish();

 private:
  bitcoin::OutPoint fee_coin() const;
  void apply(const TxId& id, const bitcoin::Transaction& tx, std::span<const bitcoin::Coin> spent);
  Hash256 receipts_root() const;

  const State& from_;
  std::uint32_t height_;
  Locks& locks_;
  const Policy& policy_;
  bitcoin::CoinsOverlay coins_;
  BlockResult result_;
};

/// As a block's reason says it.
std::string fault_text(const Transaction& transaction, std::string_view fault);

/// Executes in order. A broken form, a script that refuses, and a limit of the block exceeded make
/// the block invalid. A coin that is not there, a lock time not reached, or more spent than owned:
/// included without effect, because a log protocol orders what was valid when it was proposed.
/// `begun`: see ledger::Rules::execute.
BlockResult execute_payload(const State& pre, const Block& block, Locks& locks,
                            const Policy& policy, const BlockResult* begun = nullptr);

/// At most so many instructions do the scripts of an input run (there are no loops).
std::uint64_t script_instructions(const bitcoin::TxIn& input, ByteView script_pubkey);

}  // namespace ledgerlab::utxo
