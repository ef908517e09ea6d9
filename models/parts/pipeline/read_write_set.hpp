// Read and write sets of a simulation (Androulaki et al., Hyperledger Fabric, EuroSys 2018, section
// 3.2): what it read, with the version it saw, and what it would write.
#pragma once

#include <optional>

#include "models/api/calls.hpp"

namespace ledgerlab::pipeline {

/// Place of the transaction that wrote a key last: height of its block and position in it (section
/// 4.4: a version is a block's number and a transaction's within it). 0: nothing is there.
using Version = std::uint64_t;
inline constexpr std::uint64_t positions_most = std::uint64_t{1} << 24;
constexpr Version version_of(Height height, std::uint64_t position) {
  return height * positions_most + position + 1;
}

/// Both by ascending key, no key twice within one of them.
struct ReadWriteSet {
  std::vector<ReadItem> reads;
  std::vector<WriteItem> writes;  // an erased key has no value, any other has one
};

/// One set has one encoding: endorsements cover it, and equal simulations are equal bytes.
Bytes encode(const ReadWriteSet& set);
/// Nothing for bytes that encode() does not write.
std::optional<ReadWriteSet> decode_set(ByteView bytes);

}  // namespace ledgerlab::pipeline
