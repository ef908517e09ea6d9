// A light client of a proof-of-work chain with Bitcoin's headers (Nakamoto's paper, section 8:
// SPV): it keeps headers only, follows the branch with the most work, and believes that a
// transaction is in a block of this branch when a Merkle branch leads from it to the block's root.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "models/base/lookup.hpp"
#include "models/parts/bitcoin/block.hpp"
#include "models/parts/work/work.hpp"

namespace ledgerlab::light {

/// What a full node sends of a block to show that a transaction is in it.
struct SpvProof {
  Hash256 block;
  std::uint32_t height = 0;
  std::uint32_t index = 0;  // of the transaction in its block
  /// The transaction itself, without witnesses: of an inner node of the tree, 64 bytes, nobody
  /// could tell whether it is one (CVE-2017-12842).
  Bytes transaction;
  std::vector<Hash256> branch;  // siblings from the leaf up
};
/// The proof for one of the block's transactions.
SpvProof prove(const bitcoin::Block& block, std::uint32_t height, std::uint32_t index);

struct HeaderRules {
  U256 limit = U256::max();            // easiest target
  std::uint32_t window = 2016;         // blocks between changes of the target; 0: it never changes
  std::uint64_t timespan = 1'209'600;  // seconds that a window should take
};

class HeaderChain {
 public:
  HeaderChain(const HeaderRules& rules, const bitcoin::BlockHeader& genesis);

  /// Takes a header after one that is known; a static text if it breaks a rule (names as Bitcoin
  /// Core's). One that is known already is taken again without effect.
  std::string_view add(const bitcoin::BlockHeader& header);

  std::uint32_t height() const { return best_height(); }
  const Hash256& best() const { return headers_[best_].hash; }
  const U256& work() const { return headers_[best_].work; }
  std::size_t size() const { return headers_.size(); }
  /// The hash at a height of the best branch.
  std::optional<Hash256> at(std::uint32_t height) const;
  /// Newest first, at doubling distances: what to ask the next headers with.
  std::vector<Hash256> locator() const;

  /// Empty: the transaction has at least so many confirmations; else what is wrong.
  std::string_view check(const SpvProof& proof, std::uint32_t confirmations) const;

 private:
  struct Known {
    bitcoin::BlockHeader header;
    Hash256 hash;
    std::uint32_t parent = 0;
    std::uint32_t height = 0;
    U256 work;
  };
  std::uint32_t best_height() const { return headers_[best_].height; }
  std::uint32_t next_bits(std::uint32_t parent) const;
  std::uint32_t median_time(std::uint32_t parent) const;

  HeaderRules rules_;
  std::vector<Known> headers_;
  std::vector<std::uint32_t> main_;  // the best branch, by height
  std::uint32_t best_ = 0;
  Lookup<Hash256, std::uint32_t, TagHash> index_;
};

}  // namespace ledgerlab::light
