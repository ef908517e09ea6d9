// Proof of work as the suites judge it.
#pragma once

#include "models/base/bytes.hpp"
#include "models/base/u256.hpp"

namespace ledgerlab {

/// SHA-256d of (header digest, nonce little endian), read as a big-endian number, is at or below
/// the target.
bool nonce_is_work(const Hash256& header, const U256& target, std::uint64_t nonce);

}  // namespace ledgerlab
