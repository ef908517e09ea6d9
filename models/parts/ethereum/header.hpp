// Ethereum's block headers, bit for bit (Yellow Paper, 4.4; EIP-1559, EIP-4895, EIP-4844, EIP-4788
// each add fields at the end), and the hashes that name and seal them.
#pragma once

#include <cstdint>
#include <optional>

#include "models/base/u256.hpp"
#include "models/codec/rlp.hpp"
#include "models/parts/ethereum/receipt.hpp"

namespace ledgerlab::ethereum {

using Nonce64 = FixedBytes<8>;

struct Header {
  Hash256 parent_hash;
  Hash256 ommers_hash;
  Address coinbase;
  Hash256 state_root;
  Hash256 transactions_root;
  Hash256 receipts_root;
  Bloom bloom;
  U256 difficulty;
  std::uint64_t number = 0;
  std::uint64_t gas_limit = 0;
  std::uint64_t gas_used = 0;
  std::uint64_t timestamp = 0;  // seconds
  Bytes extra_data;
  Hash256 mix_hash;  // from Paris on: the beacon chain's randomness (EIP-4399)
  Nonce64 nonce;
  std::optional<U256> base_fee;                // London
  std::optional<Hash256> withdrawals_root;     // Shanghai
  std::optional<std::uint64_t> blob_gas_used;  // Cancun
  std::optional<std::uint64_t> excess_blob_gas;
  std::optional<Hash256> parent_beacon_root;
  friend bool operator==(const Header&, const Header&) = default;
};

/// Which part of the extra data an encoding leaves out.
enum class SealPart : std::uint8_t {
  whole,
  without_ethash,        // no mix hash and nonce: what the work is done on
  without_signature,     // EIP-225: extra data without its last 65 bytes
  without_commit_seals,  // IBFT: extra data with an empty list of committed seals
  without_ibft_seals     // IBFT: and without the proposer's seal
};

/// Fields that are there must have no gap before them: the shape of one fork.
Bytes encode(const Header& header, SealPart part = SealPart::whole);
std::optional<Header> decode_header(ByteView bytes);
/// The fields of a header whose list's head was read already.
std::optional<Header> read_header(rlp::Cursor fields);

/// Keccak-256 of the encoding: a block's name.
Hash256 hash(const Header& header, SealPart part = SealPart::whole);

/// Keccak-256 of the RLP of an empty list: the ommers hash of a block without ommers.
Hash256 empty_ommers_hash();

}  // namespace ledgerlab::ethereum
