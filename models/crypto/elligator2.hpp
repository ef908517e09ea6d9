// Hashing to Edwards25519: edwards25519_XMD:SHA-512_ELL2_NU_ of RFC 9380, whose sign rule differs
// from libsodium's crypto_core_ed25519_from_uniform.
#pragma once

#include <string_view>

#include "models/base/bytes.hpp"

namespace ledgerlab {

/// RFC 9380, 3: encode_to_curve, the cofactor cleared; the encoded point.
FixedBytes<32> edwards25519_encode_to_curve(ByteView message, std::string_view tag);

}  // namespace ledgerlab
