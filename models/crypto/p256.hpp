// ECDSA over NIST P-256 (secp256r1) by OpenSSL: verification of a digest.
#pragma once

#include "models/base/bytes.hpp"

namespace ledgerlab {

/// Key: x and y; signature: r and s; all big endian. False too for a key that is no point of the
/// curve and for r or s outside 1 to the order - 1. Either half of s is accepted.
bool p256_verify(const FixedBytes<64>& key, const Hash256& digest, const FixedBytes<64>& signature);

}  // namespace ledgerlab
