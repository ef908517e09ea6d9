// ChaCha20-Poly1305 with 96-bit nonces (RFC 8439, section 2.8) by libsodium.
#pragma once

#include <optional>

#include "models/base/bytes.hpp"

namespace ledgerlab {

using AeadKey = FixedBytes<32>;
using AeadNonce = FixedBytes<12>;
inline constexpr std::size_t aead_tag_bytes = 16;

/// Ciphertext, then the tag.
Bytes aead_seal(const AeadKey& key, const AeadNonce& nonce, ByteView associated, ByteView plain);
/// Nothing unless every bit is as it was sealed.
std::optional<Bytes> aead_open(const AeadKey& key, const AeadNonce& nonce, ByteView associated,
                               ByteView sealed);

}  // namespace ledgerlab
