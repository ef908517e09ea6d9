// Ethash, the proof of work of Ethereum before the Merge (Yellow Paper, appendix J): what a light
// node needs to verify a block, without the dataset that miners keep.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "models/base/bytes.hpp"
#include "models/base/u256.hpp"

namespace ledgerlab::ethash {

inline constexpr std::uint64_t epoch_length = 30'000;  // blocks
constexpr std::uint64_t epoch_of(std::uint64_t block) { return block / epoch_length; }

/// In bytes.
std::uint64_t cache_size(std::uint64_t epoch);
std::uint64_t dataset_size(std::uint64_t epoch);
Hash256 seed_hash(std::uint64_t epoch);

/// 64 bytes as little-endian words.
using Item = std::array<std::uint32_t, 16>;

/// The pseudo-random cache of an epoch (16 MiB and growing), from which any item of the dataset is
/// computed. Making one takes about a million hashes.
class Cache {
 public:
  explicit Cache(std::uint64_t epoch);
  std::uint64_t epoch() const { return epoch_; }
  Item dataset_item(std::uint32_t index) const;
  const std::vector<Item>& items() const { return items_; }

 private:
  std::uint64_t epoch_;
  std::vector<Item> items_;
};

/// The cache of an epoch, made once while somebody uses it.
std::shared_ptr<const Cache> shared_cache(std::uint64_t epoch);

struct Work {
  Hash256 mix;
  Hash256 result;
};
/// `header`: the hash of the header without its seal.
Work hashimoto(const Cache& cache, const Hash256& header, const FixedBytes<8>& nonce);

/// True if the nonce gives this mix, and a result not above 2^256 / difficulty.
bool verify(const Cache& cache, const Hash256& header, const FixedBytes<8>& nonce,
            const Hash256& mix, const U256& difficulty);

}  // namespace ledgerlab::ethash
