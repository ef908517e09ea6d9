// The JSON that Ethereum's tests share: numbers, accounts, headers, genesis files.
#pragma once

#include <optional>

#include "models/parts/ethereum/block.hpp"
#include "models/parts/ethereum/rules.hpp"
#include "models/parts/ethereum/state.hpp"
#include "tests/vectors/runner/text.hpp"

namespace ledgerlab::vectors {

/// A number as JSON number, or as decimal or (after 0x) hexadecimal text; "0x" is zero.
U256 number_of(const Json& value);
std::uint64_t number64_of(const Json& value);
/// Text with or without 0x.
Address address_of(const std::string& text);

/// "pre", "postState", "alloc": accounts by address, members that are missing are zero.
ethereum::WorldState world_of(const Json& accounts);

/// The header of a "genesisBlockHeader" or "blockHeader".
ethereum::Header header_of(const Json& header);

/// A genesis file (go-ethereum's format) as block and state; later forks' fields as its "config"
/// says.
struct Genesis {
  ethereum::Rules rules;
  ethereum::Block block;
  ethereum::WorldState state;
};
Genesis genesis_of(const Json& file);

}  // namespace ledgerlab::vectors
