// Genesis files (go-ethereum's JSON format, with the older forms that nodes still read): the rules,
// the first block and its state.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string_view>

#include "models/parts/ethereum/block.hpp"
#include "models/parts/ethereum/rules.hpp"
#include "models/parts/ethereum/state.hpp"

namespace ledgerlab::ethereum {

/// Later forks' header fields as the "config" says.
struct Genesis {
  Rules rules;
  Block block;
  WorldState state;
};
/// Throws std::runtime_error, which says what is wrong.
Genesis read_genesis(std::string_view text);
Genesis genesis_of(const nlohmann::json& file);

/// "pre", "postState", "alloc": accounts by address, members that are missing are zero.
WorldState world_of(const nlohmann::json& accounts);
/// A number as JSON number, or as decimal or (after 0x) hexadecimal text; "0x" is zero.
U256 number_of(const nlohmann::json& value);
std::uint64_t number64_of(const nlohmann::json& value);

}  // namespace ledgerlab::ethereum
