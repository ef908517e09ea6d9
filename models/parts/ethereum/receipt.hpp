// Logs, their bloom filter and receipts (Yellow Paper 4.3.1; EIP-658, EIP-2718).
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "models/base/bytes.hpp"
#include "models/base/u256.hpp"

namespace ledgerlab::ethereum {

using Bloom = FixedBytes<256>;

struct Log {
  Address address;
  std::vector<Hash256> topics;
  Bytes data;
  friend bool operator==(const Log&, const Log&) = default;
};

struct Receipt {
  std::uint8_t type = 0;  // of the transaction
  bool success = false;
  std::optional<Hash256> post_state;  // before Byzantium, in place of the status (EIP-658)
  std::uint64_t cumulative_gas = 0;   // used in the block up to here
  Bloom bloom;
  std::vector<Log> logs;

  // Not part of the encoding:
  std::uint64_t gas_used = 0;
  std::uint64_t blob_gas_used = 0;
  U256 effective_gas_price;
  std::optional<Address> created;  // a creation's address
};

/// Sets the three bits of an address or topic.
void bloom_add(Bloom& bloom, ByteView item);
Bloom bloom_of(std::span<const Log> logs);

/// RLP of a list of logs; its hash is what state tests compare.
Bytes encode(std::span<const Log> logs);
/// The leaf of the receipts trie: typed receipts begin with their type byte.
Bytes encode(const Receipt& receipt);

}  // namespace ledgerlab::ethereum
