// Which rules an Ethereum chain follows at which block: the fork schedules of the main network and
// of the tests' networks, and the parameters that change with them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "models/api/contract.hpp"
#include "models/base/u256.hpp"

namespace ledgerlab::ethereum {

inline constexpr std::uint64_t never = ~std::uint64_t{0};

/// How a block proves that it may be one.
enum class Seal : std::uint8_t {
  none,    // not looked at (sealEngine NoProof; after Paris the consensus layer decides)
  ethash,  // Yellow Paper, 11.5
  clique,  // EIP-225
  ibft     // Istanbul BFT: proposer and committed seals in the extra data (EIP-650)
};

struct Rules {
  std::uint64_t chain_id = 1;
  /// The first block of each fork from Frontier to London.
  std::array<std::uint64_t, 10> first_block = {0,     never, never, never, never,
                                               never, never, never, never, never};
  /// EIP-3675: the first block whose parent's total difficulty reaches this is of Paris.
  std::optional<U256> terminal_total_difficulty;
  std::uint64_t shanghai_time = never;
  std::uint64_t cancun_time = never;
  std::uint64_t dao_block = never;      // EIP-779
  std::uint64_t muir_glacier = never;   // EIP-2384
  std::uint64_t arrow_glacier = never;  // EIP-4345
  std::uint64_t gray_glacier = never;   // EIP-5133
  Seal seal = Seal::none;
  // Proof of authority: seconds between blocks at least, blocks between checkpoints.
  std::uint64_t seal_period = 15;
  std::uint64_t seal_epoch = 30'000;

  /// `merged`: after the terminal total difficulty.
  Revision revision(std::uint64_t number, std::uint64_t time, bool merged) const;
  /// True if a child of a block with this total difficulty is of Paris or later.
  bool merged(const U256& parent_total_difficulty) const;
  /// How many blocks the difficulty bomb is held back at this one.
  std::uint64_t bomb_delay(std::uint64_t number) const;
  bool dao_transfer_at(std::uint64_t number) const { return number == dao_block; }
  /// EIP-779: the ten blocks that must carry the fork's mark.
  bool dao_mark_at(std::uint64_t number) const {
    return dao_block != never && number >= dao_block && number - dao_block < 10;
  }
};

Rules mainnet_rules();
/// One revision from genesis on.
Rules rules_of(Revision revision);
/// The networks of the tests' "network" and "fork" fields: one fork ("Berlin", "EIP158"), or a
/// passage ("BerlinToLondonAt5", "ShanghaiToCancunAtTime15k", "...AtDiffC0000"). Nothing for a fork
/// that is not known, such as one after Cancun.
std::optional<Rules> rules_by_name(std::string_view network);
std::optional<Revision> revision_by_name(std::string_view fork);

}  // namespace ledgerlab::ethereum
