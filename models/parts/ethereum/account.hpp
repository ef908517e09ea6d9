// An account of Ethereum's world state (Yellow Paper 4.1): nonce, balance, the root of its storage
// and the hash of its code.
#pragma once

#include <optional>

#include "models/base/bytes.hpp"
#include "models/base/u256.hpp"

namespace ledgerlab::ethereum {

/// Keccak-256 of no bytes.
const Hash256& empty_code_hash();
/// The root of a trie without entries.
const Hash256& empty_trie_root();

struct Account {
  std::uint64_t nonce = 0;
  U256 balance;
  Hash256 storage_root = empty_trie_root();
  Hash256 code_hash = empty_code_hash();

  /// EIP-161: no nonce, no balance, no code. Storage does not count.
  bool empty() const { return nonce == 0 && balance.is_zero() && code_hash == empty_code_hash(); }
  friend bool operator==(const Account&, const Account&) = default;
};

/// The value of the account's leaf in the state trie.
Bytes encode(const Account& account);
/// Nothing if the bytes are not the one form of an account.
std::optional<Account> decode_account(ByteView bytes);

}  // namespace ledgerlab::ethereum
