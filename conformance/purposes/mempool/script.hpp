// Scripted clients: what they send when, to the letter, and what ought to become of it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "models/api/registry.hpp"

namespace ledgerlab::conformance {

/// What a line of a script must end as.
enum class Fate : std::uint8_t {
  final,         // final, with effect
  unaffordable,  // refused as such, in no block
  nonce_used,    // refused as such, in no block
  too_far,       // refused as pool_full: its nonce is too far ahead
  waits,         // in no block: its predecessor never comes
  one_of,        // of all lines of its group, at most one has an effect
  crowded,       // may give way to those that pay more
  repeated       // sent twice; final once
};

struct Line {
  Duration at{};  // from the beginning of the script
  std::uint32_t client = 0;
  AccountIndex payer = 0;
  std::uint64_t nonce = 0;
  AccountIndex payee = 0;
  std::uint64_t amount = 0;
  std::uint64_t fee = 1;
  Fate fate = Fate::final;
  std::uint32_t group = 0;   // one_of
  Duration again{};          // repeated: sent again after this
};

/// Lines of a script by name; the index of a line is the mark in its transaction's data.
/// `settle`: long enough for a transaction to become final.
std::vector<Line> script_lines(const std::string& script, std::uint64_t balance, Duration settle);

inline constexpr std::uint32_t script_clients = 4;
/// Transactions that the burst offers first, all of them paying more than the others.
inline constexpr std::uint32_t burst_first = 80;
inline constexpr std::uint32_t burst_capacity = 120;
inline constexpr std::uint32_t burst_all = 320;

/// The line that a transaction comes from; nothing if it is not of a script.
std::optional<std::size_t> mark_of(const Transaction& transaction);

/// The scripted client and known-bad pools, for scenarios of the suite.
void add_mempool_models(Registry& registry);

}  // namespace ledgerlab::conformance
