// The state of the account ledger and the execution of blocks on it: pure functions of versions.
// Accounts are encoded as Ethereum's (Yellow Paper 4.1): RLP [nonce, balance, storage root, code
// hash] under Keccak-256 of the address in a Merkle-Patricia trie.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/api/model_info.hpp"
#include "models/crypto/mpt.hpp"
#include "models/parts/ledger/rules.hpp"

namespace ledgerlab::account {

struct Account {
  std::uint64_t nonce = 0;
  U256 balance;
  friend bool operator==(const Account&, const Account&) = default;
};

Bytes encode_account(const Account& account);
/// Nothing unless it is the encoding of an account without code and storage.
std::optional<Account> decode_account(ByteView bytes);

/// Where fees go: an account like any other, so that the supply stays what it is.
const Address& fee_account();

/// One version. Copies share their nodes.
class State final : public ledger::State {
 public:
  /// The account, or an empty one.
  Account get(const Address& address) const;
  void set(const Address& address, const Account& account);
  Hash256 root() const override { return trie_.root(); }
  TrieProof prove(const Address& address) const { return trie_.prove(address.view()); }
  /// All accounts by hashed address: canonical, for snapshots.
  Bytes serialise() const;
  /// Nothing if the bytes are not what serialise() writes.
  static std::optional<State> deserialise(ByteView bytes);

 private:
  SecureTrie trie_;
};
using StateRef = std::shared_ptr<const State>;

StateRef genesis_state(const GenesisSpec& genesis, CryptoSuite& suite);

/// Nothing else of a block matters but its payload.
struct BlockResult final : ledger::BlockResult {
  Trie receipts;
  std::vector<Address> written;  // accounts that changed, ascending
};

enum class TransferFault : std::uint8_t { none, malformed, bad_signature, wrong_chain };
/// Form and signature, against no state.
TransferFault transfer_fault(const Transaction& transaction, CryptoSuite& suite);
std::string_view transfer_fault_text(TransferFault fault);

/// Executes in order. A transaction that is malformed or not signed makes the block invalid; one
/// whose nonce is not next, or that its sender cannot pay with its fee, is included without effect
/// and its receipt says failed: a log protocol orders what was valid when it was proposed.
/// `begun`, if any, is the good result of a payload that this one begins with, on the same state:
/// only what follows is executed, with the same result (a miner's next template is mostly its last
/// one with a few transactions more).
BlockResult execute_payload(const State& pre, const Payload& payload, CryptoSuite& suite,
                            const BlockResult* begun = nullptr);

}  // namespace ledgerlab::account
