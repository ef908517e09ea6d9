// What a ledger is besides its frame: a pure state machine over versions of its state. The frame
// (ledger.hpp) drives it for every node of a world; a new ledger writes these rules and nothing
// else.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/api/calls.hpp"
#include "models/api/crypto.hpp"
#include "models/crypto/mpt.hpp"

namespace ledgerlab::ledger {

/// One version of a ledger's state. Never changed once others can see it; versions share what they
/// have in common.
class State {
 public:
  virtual ~State() = default;
  /// Cheap when asked again.
  virtual Hash256 root() const = 0;
};
using StateRef = std::shared_ptr<const State>;

/// Rows of the cost table and how often each.
using Work = std::vector<std::pair<Operation, std::uint64_t>>;

/// What executing a block's payload on a state gave: a pure function of both and of what the rules
/// name as context(). Rules add what they need to continue from it.
struct BlockResult {
  virtual ~BlockResult() = default;
  bool ok = false;  // false: the block is invalid, the state stays
  std::string reason;
  StateRef post;
  Hash256 state_root;
  Hash256 receipts_root;
  std::vector<TxOutcome> outcomes;  // by transaction
  /// What it takes besides `tx_execute` for every transaction.
  Work work;
};
using BlockResultRef = std::shared_ptr<const BlockResult>;

class Rules {
 public:
  virtual ~Rules() = default;
  virtual StateRef genesis() = 0;

  /// Form and signature, against no state; a static text, empty if there is no fault. A block with
  /// a transaction that has one is invalid.
  virtual std::string_view fault(const Transaction& transaction) = 0;
  /// What of a proposed block is wrong and can be told from the adopted state, which need not be
  /// the one before the block: signatures that only the coins they spend give a meaning to. Every
  /// transaction is without fault(). Empty: nothing.
  virtual std::string_view block_fault(const State&, const Block&) { return {}; }
  /// How many signatures fault() verifies: what a node is charged the first time.
  virtual std::uint32_t signatures(const Transaction&) { return 1; }

  /// Executes in order; an invalid block gives a result with `ok` false and its reason. `begun`, if
  /// any, is the good result of a payload that this one begins with, on the same state in the same
  /// context: only what follows is executed, with the same result (a miner's next template is
  /// mostly its last one with a few transactions more).
  virtual BlockResultRef execute(const State& pre, const Block& block,
                                 const BlockResult* begun) = 0;
  /// What of a block besides its payload and the state before it decides the result: the bytes that
  /// name it. Empty: nothing.
  virtual Bytes context(const Block&) const { return {}; }
  /// False: two executions may differ. Then nothing is shared between nodes (DESIGN 13.9).
  virtual bool deterministic() const { return true; }

  /// Admission of a transaction without fault against the adopted state: fills in all but the
  /// transaction.
  virtual void check(const State& state, Checked& answer) = 0;
  /// Execute-order-validate: runs a proposal on a state that stays as it is, adds to `work` what that
  /// takes besides its signature. Ledgers of order-execute know no proposals.
  virtual Simulated simulate(const State&, const Transaction& proposal, Work& /*work*/) {
    return {proposal.id, false, {}, {}};
  }
  virtual Queried query(const State& state, const Address& address) = 0;
  /// The nodes of the state trie that prove what it says of the address (EIP-1186), if the state's
  /// root is that of a trie of accounts.
  virtual std::optional<TrieProof> prove(const State&, const Address&) { return std::nullopt; }
  /// Balance of the replica's stake account; more than 64 bits hold counts as what they hold.
  virtual std::uint64_t stake(const State& state, NodeId replica) = 0;

  /// All of a state, canonical, for snapshots.
  virtual Bytes serialise(const State& state) = 0;
  /// Null if the bytes are not what serialise() writes.
  virtual StateRef deserialise(ByteView bytes) = 0;
};

}  // namespace ledgerlab::ledger
