// The unspent outputs as persistent versions, and what blocks do to them, as pure functions.
// A coin stands in a secure Merkle-Patricia trie under Keccak-256 of its outpoint, so the set has a
// root, and a proof of being in it or not (Bitcoin itself commits to none).
#pragma once

#include <memory>
#include <vector>

#include "models/api/model_info.hpp"
#include "models/crypto/mpt.hpp"
#include "models/parts/ledger/rules.hpp"
#include "models/parts/utxo/locks.hpp"

namespace ledgerlab::utxo {

/// One version. Copies share their nodes.
class State final : public ledger::State, public bitcoin::CoinsView {
 public:
  std::optional<bitcoin::Coin> find(const bitcoin::OutPoint& point) const override;
  void apply(const bitcoin::CoinChanges& changes);
  /// What the coins of an output script sum up to. Follows from the coins; no part of the root.
  U256 balance(ByteView script) const;

  Hash256 root() const override { return coins_.root(); }
  /// To be checked by verify_secure_trie_proof(root, coin_key(point), proof).
  TrieProof prove(const bitcoin::OutPoint& point) const;

  /// Of the block that made this version; a version that a block of no effect shares with the one
  /// before may tell either. Only admission asks.
  std::uint32_t height() const { return height_; }
  void set_height(std::uint32_t height) { height_ = height; }

  /// Height and all coins by hashed outpoint: canonical, for snapshots.
  Bytes serialise() const;
  /// Nothing if the bytes are not what serialise() writes.
  static std::optional<State> deserialise(ByteView bytes);

 private:
  void add_to_owner(ByteView script, const U256& plus, const U256& minus);

  SecureTrie coins_;
  SecureTrie owners_;  // 32 bytes of balance by output script
  std::uint32_t height_ = 0;
};
using StateRef = std::shared_ptr<const State>;

Bytes coin_key(const bitcoin::OutPoint& point);

/// Each genesis account has so many coins of nearly the same value (more if one could not hold its
/// part); a stake account one.
inline constexpr std::uint32_t genesis_coins = 8;
/// The transaction that pays an account in genesis: of the form of a coinbase.
bitcoin::Transaction genesis_transaction(AccountIndex index, std::uint64_t balance,
                                         std::uint32_t coins, const Bytes& script);
/// Throws std::invalid_argument if contracts are asked for.
StateRef genesis_state(const GenesisSpec& genesis, Locks& locks);

/// The transaction that collects a block's fees: as a coinbase it names the block's height (BIP
/// 34). Nobody is paid with it: a payload does not say who proposes it.
bitcoin::Transaction fee_transaction(std::uint32_t height, bitcoin::Satoshi fees);

struct BlockResult final : ledger::BlockResult {
  std::vector<TxId> effective;  // of the transactions that took effect, in order
  bitcoin::Satoshi fees = 0;
  std::size_t weight = 0;
  std::size_t sigop_cost = 0;
  std::size_t moved = 0;  // coins spent and made
  std::uint64_t script_ops = 0;
};

/// Bitcoin's limit for the signature operations of a block.
inline constexpr std::size_t max_sigop_cost = 80'000;

struct Policy {
  /// False: coins are locked by P2WPKH only. True: by any script.
  bool scripts = false;
  Operation gas_row = Operation::evm_gas;  // of the engine
  /// True: outputs may be of the form bridge_script().
  bool bridge = false;
};
Policy policy_of(const GenesisSpec& genesis);

/// OP_RETURN and an account's address: in a ledger with accounts what leaves the coins for that
/// account's balance. Bitcoin sees an output that nobody can spend.
Bytes bridge_script(const Address& account);
std::optional<Address> bridge_account(ByteView script);

/// Form, against no state; empty: none.
std::string_view form_fault(const Decoded* transaction, const Policy& policy);

}  // namespace ledgerlab::utxo
