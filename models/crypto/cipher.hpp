// AES (FIPS 197) in counter and cipher-block-chaining mode, by OpenSSL. Neither authenticates: who
// uses them has a MAC of its own.
#pragma once

#include <optional>

#include "models/base/bytes.hpp"

namespace ledgerlab {

using AesBlock = FixedBytes<16>;

/// Counter mode (NIST SP 800-38A, 6.5); encrypts and decrypts. Keys have 16, 24 or 32 bytes.
Bytes aes_ctr(ByteView key, const AesBlock& first_counter, ByteView text);

/// CBC with the padding of PKCS #7. Keys as above.
Bytes aes_cbc_encrypt(ByteView key, const AesBlock& iv, ByteView plain);
/// Nothing if the padding is not one.
std::optional<Bytes> aes_cbc_decrypt(ByteView key, const AesBlock& iv, ByteView sealed);

}  // namespace ledgerlab
