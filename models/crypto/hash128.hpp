// A fast 128-bit content identity (XXH3). It tells contents apart inside one run, it does not
// withstand an enemy: never use it where a protocol needs a hash.
#pragma once

#include "models/base/bytes.hpp"

namespace ledgerlab {

/// XXH3's 128 bits in its canonical (big endian) byte order.
Hash128 hash128(ByteView bytes, std::uint64_t seed = 0);

}  // namespace ledgerlab
