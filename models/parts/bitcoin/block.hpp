// Bitcoin's blocks, bit for bit, and the rules that need no coins: Merkle roots with the duplicate
// trick (CVE-2012-2459), BIP 34 heights, witness commitments (BIP 141), sizes and weights.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "models/base/u256.hpp"
#include "models/parts/bitcoin/transaction.hpp"

namespace ledgerlab::bitcoin {

struct BlockHeader {
  std::uint32_t version = 0x20000000;
  Hash256 previous;
  Hash256 merkle_root;
  std::uint32_t time = 0;
  std::uint32_t bits = 0;
  std::uint32_t nonce = 0;
  friend bool operator==(const BlockHeader&, const BlockHeader&) = default;
};

struct Block {
  BlockHeader header;
  std::vector<Transaction> transactions;
  friend bool operator==(const Block&, const Block&) = default;
};

BlockHeader read_header(Reader& in);
void write_header(Bytes& out, const BlockHeader& header);
Hash256 block_hash(const BlockHeader& header);
/// The hash as a number, as it is compared with the target.
U256 hash_as_number(const Hash256& hash);
/// Is the target in range (at most `limit`) and the hash at most the target?
bool check_proof_of_work(const BlockHeader& header, const U256& limit);

Block read_block(Reader& in, WitnessForm form = WitnessForm::allow);
std::optional<Block> decode_block(ByteView bytes);
Bytes encode_block(const Block& block, WitnessForm form = WitnessForm::allow);
std::size_t weight(const Block& block);

struct MerkleRoot {
  Hash256 root;
  /// Two neighbours were equal somewhere: another list of leaves has the same root.
  bool duplicated = false;
};
/// Bitcoin's tree: SHA-256d, an odd node is paired with itself. Of no leaves: zero.
MerkleRoot merkle_root_of(std::vector<Hash256> leaves);
MerkleRoot block_merkle_root(const Block& block);
/// BIP 141: over the wtxids, the coinbase's being zero.
Hash256 witness_merkle_root(const Block& block);
/// The hash a coinbase commits to: SHA-256d(witness root || reserved value).
Hash256 witness_commitment(const Hash256& witness_root, ByteView reserved);
/// Index of the coinbase's last output that carries a commitment.
std::optional<std::size_t> commitment_index(const Transaction& coinbase);
/// Puts the commitment output and the reserved value (32 zeros) into the coinbase and sets the
/// header's Merkle root: what a block's maker does last.
void commit(Block& block, bool witness);

/// A Merkle branch (SPV): the siblings from the leaf up.
std::vector<Hash256> merkle_branch(std::vector<Hash256> leaves, std::size_t index);
Hash256 root_from_branch(Hash256 leaf, std::span<const Hash256> branch, std::size_t index);

/// Rules that need only the block (Bitcoin Core's CheckBlock but proof of work, same order and
/// names); empty: all hold.
std::string_view check_block(const Block& block);

/// What the rules of a block's place in its chain say (ContextualCheckBlock).
struct BlockContext {
  std::uint32_t height = 0;
  std::int64_t locktime_clock = 0;  // BIP 113: median time past of the parent; earlier: own time
  bool height_in_coinbase = true;   // BIP 34
  bool witness = true;              // BIP 141
};
std::string_view check_block_context(const Block& block, const BlockContext& context);

}  // namespace ledgerlab::bitcoin
