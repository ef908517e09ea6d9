// The pairing-friendly curve bn254 (alt_bn128) of Ethereum's precompiles 6 to 8, in the encodings
// of EIP-196 and EIP-197. No pairing library is packaged in Debian 12.
#pragma once

#include <optional>

#include "models/base/bytes.hpp"

namespace ledgerlab::bn254 {

/// x and y, big endian; infinity is (0, 0).
using G1Bytes = FixedBytes<64>;

/// The sum of two encoded points (128 bytes); nothing if one is not on the curve or a coordinate is
/// not below the modulus.
std::optional<G1Bytes> add(ByteView points);
/// A point and any 32-byte number (96 bytes).
std::optional<G1Bytes> multiply(ByteView point_and_scalar);
/// Whether the product of the pairings of k pairs is one (192 k bytes: G1, then G2 with imaginary
/// parts first); nothing if the length is no multiple or a point is not in its group of order r.
std::optional<bool> pairing_check(ByteView pairs);

}  // namespace ledgerlab::bn254
