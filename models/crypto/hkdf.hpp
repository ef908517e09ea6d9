// HMAC-SHA-256 (RFC 2104) by libsodium and HKDF-SHA-256 (RFC 5869) on it.
#pragma once

#include "models/base/bytes.hpp"

namespace ledgerlab {

Hash256 hmac_sha256(ByteView key, ByteView text);
/// RFC 5869, section 2.2.
Hash256 hkdf_extract(ByteView salt, ByteView secret);
/// RFC 5869, section 2.3; at most 255 * 32 bytes.
Bytes hkdf_expand(const Hash256& key, ByteView info, std::size_t length);
/// 32 bytes of it.
Hash256 hkdf_expand(const Hash256& key, std::string_view info);

}  // namespace ledgerlab
