// Transactions and blocks of every shape to begin with, signed by keys of ours, and the small chain
// that blocks are imported into.
#pragma once

#include <vector>

#include "models/parts/ethereum/chain.hpp"

namespace ledgerlab::fuzz {

/// Types 0 to 3, creations, and one for no chain in particular.
std::vector<ethereum::Transaction> seed_transactions();

/// A chain of Frontier, London or Cancun with two blocks of transfers and calls; `shape` counts
/// from 0 and wraps.
struct SeedChain {
  std::unique_ptr<ContractEngine> engine;
  ethereum::Chain chain;
};
SeedChain seed_chain(std::size_t shape);
inline constexpr std::size_t seed_chain_shapes = 3;

/// A valid next block of that chain.
ethereum::Block seed_block(const SeedChain& seed);
/// One of each shape.
std::vector<ethereum::Block> seed_blocks();

}  // namespace ledgerlab::fuzz
