// Ethereum's transactions, bit for bit: type 0 (Yellow Paper, 4.2; EIP-155), type 1 (EIP-2930),
// type 2 (EIP-1559) and type 3 (EIP-4844), each in the envelope of EIP-2718. Decoding is strict:
// what decodes encodes to the same bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "models/api/contract.hpp"
#include "models/base/u256.hpp"
#include "models/codec/rlp.hpp"

namespace ledgerlab::ethereum {

enum class TransactionType : std::uint8_t { legacy, access_list, dynamic_fee, blob };

/// Why a transaction is refused, by class. From `sender_not_eoa` on the state decides.
enum class TransactionFault : std::uint8_t {
  none,
  malformed,           // not RLP of this type's shape, or not its only form
  type_not_supported,  // before the fork that brought the type
  chain_id,            // EIP-155: signed for another chain
  signature,           // v, r, s out of range (EIP-2: high s), or no key recovers
  nonce_overflow,      // EIP-2681
  intrinsic_gas,
  fee_overflow,           // gas limit times price is beyond 256 bits
  priority_over_max_fee,  // EIP-1559
  initcode_size,          // EIP-3860
  blob_creation,          // EIP-4844: `to` must be an address
  blob_count,             // EIP-4844: none, or more than a block may hold
  blob_version,           // EIP-4844: versioned hash without version 1
  sender_not_eoa,         // EIP-3607
  nonce_too_low,
  nonce_too_high,
  insufficient_funds,
  block_gas_limit,      // more gas than the block has left
  max_fee_below_base,   // EIP-1559
  blob_fee_below_base,  // EIP-4844
};
std::string_view transaction_fault_name(TransactionFault fault);

struct AccessListEntry {
  Address address;
  std::vector<Hash256> keys;
  friend bool operator==(const AccessListEntry&, const AccessListEntry&) = default;
};
using AccessList = std::vector<AccessListEntry>;

struct Transaction {
  TransactionType type = TransactionType::legacy;
  /// Legacy: 0 when signed for no chain in particular (before EIP-155).
  std::uint64_t chain_id = 0;
  std::uint64_t nonce = 0;
  U256 max_priority_fee;  // types 0 and 1: the gas price
  U256 max_fee;           // types 0 and 1: the gas price
  std::uint64_t gas_limit = 0;
  std::optional<Address> to;  // nothing: creates a contract
  U256 value;
  Bytes data;
  AccessList access_list;            // from type 1 on
  U256 max_blob_fee;                 // type 3
  std::vector<Hash256> blob_hashes;  // type 3
  std::uint8_t y_parity = 0;         // 0 or 1; legacy: v is 27 or 35 + 2 chain_id above it
  U256 r;
  U256 s;
  friend bool operator==(const Transaction&, const Transaction&) = default;
};

/// The bytes that are hashed and put into tries: RLP for type 0, else type || RLP.
Bytes encode(const Transaction& transaction);
/// Nothing unless `bytes` is one transaction and nothing else; the class of the fault in `fault`.
std::optional<Transaction> decode_transaction(ByteView bytes, TransactionFault* fault = nullptr);
/// The form inside a block's body: type 0 as the list itself, others as a byte string (EIP-2718).
void append(Bytes& out, const Transaction& transaction);
/// The next item of a block's body. A transaction that does not decode sets `fault` and gives
/// nothing.
std::optional<Transaction> next_transaction(rlp::Cursor& body, TransactionFault* fault = nullptr);

Hash256 hash(const Transaction& transaction);
/// What the sender signs.
Hash256 signing_hash(const Transaction& transaction);
/// Fills in y_parity, r and s; false if the secret is not a valid key.
bool sign(Transaction& transaction, const FixedBytes<32>& secret);
/// Nothing if the signature recovers no key. High s is `validate`'s matter.
std::optional<Address> sender(const Transaction& transaction);

/// The gas a transaction costs before its first instruction (Yellow Paper, g0).
std::uint64_t intrinsic_gas(const Transaction& transaction, Revision revision);
/// All rules that neither state nor block are needed for.
TransactionFault validate(const Transaction& transaction, Revision revision,
                          std::uint64_t chain_id);

/// What a unit of gas costs its sender (EIP-1559); max_fee must not be below the base fee.
U256 effective_gas_price(const Transaction& transaction, const U256& base_fee);
/// EIP-4844.
std::uint64_t blob_gas(const Transaction& transaction);

inline constexpr std::uint64_t gas_per_blob = 131'072;            // EIP-4844
inline constexpr std::uint64_t max_blob_gas_per_block = 786'432;  // EIP-4844: six
inline constexpr std::size_t max_initcode_size = 49'152;          // EIP-3860

}  // namespace ledgerlab::ethereum
