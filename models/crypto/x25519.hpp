// X25519 key agreement (RFC 7748) by libsodium.
#pragma once

#include <optional>

#include "models/base/bytes.hpp"

namespace ledgerlab {

using X25519Secret = FixedBytes<32>;
using X25519Share = FixedBytes<32>;

/// The public share of a secret (RFC 7748, section 5; the secret is clamped as it says).
X25519Share x25519_share(const X25519Secret& secret);
/// The shared secret; nothing for a point of low order, whose result is all zero (section 6.1).
std::optional<FixedBytes<32>> x25519(const X25519Secret& secret, const X25519Share& peer);

}  // namespace ledgerlab
