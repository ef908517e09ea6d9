// KZG commitments of EIP-4844's blobs, the verifier's side: proofs that a committed polynomial has
// a value at a point.
#pragma once

#include <optional>

#include "models/base/bytes.hpp"

namespace ledgerlab::kzg {

inline constexpr std::size_t field_elements_per_blob = 4096;

/// Whether `proof` shows p(z) = y for the polynomial behind `commitment` (48 bytes each, compressed
/// G1; z and y 32 bytes, big endian). Nothing if one of them is not well formed: a length, a point
/// off its curve or subgroup, a number not below the order.
std::optional<bool> verify_proof(ByteView commitment, ByteView z, ByteView y, ByteView proof);

/// SHA-256 of the commitment, its first byte replaced by the version 1.
Hash256 versioned_hash(ByteView commitment);

}  // namespace ledgerlab::kzg
