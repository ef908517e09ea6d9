// The JSON that Ethereum's tests share beside genesis files: addresses and headers.
#pragma once

#include "models/parts/ethereum/genesis.hpp"
#include "tests/vectors/runner/text.hpp"

namespace ledgerlab::vectors {

using ethereum::Genesis;
using ethereum::genesis_of;
using ethereum::number64_of;
using ethereum::number_of;
using ethereum::world_of;

/// Text with or without 0x.
Address address_of(const std::string& text);

/// The header of a "genesisBlockHeader" or "blockHeader".
ethereum::Header header_of(const Json& header);

}  // namespace ledgerlab::vectors
