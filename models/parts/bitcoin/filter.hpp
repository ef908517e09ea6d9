// Compact block filters (BIP 158, basic type) and their chain of headers (BIP 157).
#pragma once

#include <span>
#include <vector>

#include "models/parts/bitcoin/block.hpp"

namespace ledgerlab::bitcoin {

/// The scripts a basic filter is made of: those of outputs (but OP_RETURN) and of spent outputs.
std::vector<Bytes> filter_elements(const Block& block, std::span<const Bytes> spent_scripts);
Bytes build_filter(const Hash256& block_hash, std::vector<Bytes> elements);
/// Might any of `queries` be in it? Nothing for a filter that cannot be read.
std::optional<bool> filter_matches(const Hash256& block_hash, ByteView filter,
                                   std::span<const Bytes> queries);
Hash256 filter_header(ByteView filter, const Hash256& previous);

}  // namespace ledgerlab::bitcoin
