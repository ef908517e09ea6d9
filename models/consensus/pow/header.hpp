// The block header of the proof-of-work chain and the block as it travels.
//
// Layout, little endian: version 4, parent 32, transactions' Merkle root 32, signatures 32, state
// root 32, height 8, time 8 (nanoseconds of the miner's wall clock), difficulty 4 or 32, miner 4,
// nonce 8. Version 1 carries Bitcoin's compact target in 4 bytes (164 bytes in all), version 2
// Ethereum's difficulty as an integer of 32 bytes (192). The block's id is the double SHA-256 of
// these bytes. The work is searched over time and nonce, above the SHA-256 of all the rest: a miner
// rolls its timestamp while it tries, so that a block carries the time of its find.
#pragma once

#include <optional>

#include "models/api/block.hpp"
#include "models/base/u256.hpp"

namespace ledgerlab::pow {

inline constexpr std::uint32_t version_compact = 1;
inline constexpr std::uint32_t version_difficulty = 2;

struct Header {
  std::uint32_t version = version_compact;
  BlockId parent;
  Hash256 tx_root;
  Hash256 signatures;  // of the transactions, which their ids leave out: chain::signatures_digest()
  Hash256 state_root;
  Height height = 0;
  std::uint64_t time = 0;
  std::uint32_t bits = 0;  // version 1
  U256 difficulty;         // version 2
  NodeId miner = no_node;
  std::uint64_t nonce = 0;

  template <class A>
  void fields(A& a) {
    content_fields(a);
    a(time);
    difficulty_fields(a);
    a(nonce);
  }
  template <class A>
  void content_fields(A& a) {
    a(version, parent, tx_root, signatures, state_root, height);
  }
  template <class A>
  void difficulty_fields(A& a) {
    if (version == version_difficulty) {
      a(difficulty);
    } else {
      a(bits);
    }
    a(miner);
  }
  friend bool operator==(const Header&, const Header&) = default;
};

/// What a search is given: SHA-256 of the header without time and nonce.
Hash256 search_digest(const Header& header);
/// What its nonce is work for: the same with the time.
Hash256 work_digest(const Header& header);
/// The target a header claims, or nothing if its bits or difficulty are none.
std::optional<U256> claimed_target(const Header& header);
/// Its weight: hashes it took on average.
U256 claimed_work(const Header& header);
/// The header of a block made here; nothing for genesis and foreign blocks.
std::optional<Header> header_of(const Block& block);

/// A block with its header decoded, once for all nodes that share it.
struct MinedBlock {
  Header header;
  Hash256 digest;              // work_digest()
  std::optional<U256> target;  // claimed_target()
  U256 work;                   // claimed_work()
  Hash256 signatures;          // of the payload as it is; the header has to claim the same
  BlockRef block;
  /// Median of the times of this block and those before it, as the timestamp rule of its children
  /// wants it: the same for every node of a world, kept by the first that looked at all of them.
  static constexpr std::uint64_t unknown = ~std::uint64_t{0};
  mutable std::uint64_t median_time = unknown;
  /// The block after this one as its execution wants it, shared by all who mine on it with the
  /// same payload: the one that was asked for last.
  mutable BlockRef draft;

  /// The same from a block that was stored.
  static std::optional<MinedBlock> from(const BlockRef& block);
};
MinedBlock make_mined(const Header& header, PayloadRef payload);

void codec_write(codec::Writer& writer, const MinedBlock& value);
bool codec_read(codec::Reader& reader, MinedBlock& value);

}  // namespace ledgerlab::pow
