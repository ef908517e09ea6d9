// What vectors ask for and no module of ledgerlab uses: other hashes, MACs, signatures and ciphers,
// by OpenSSL, libsodium and Crypto++. Families judged by these judge the library and our reading of
// its results, and say so in their note.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "models/base/bytes.hpp"

namespace ledgerlab::vectors {

inline constexpr std::string_view library_note = "judges the packaged library, no module uses it";

/// A digest by any of its usual names (SHA-256, SHA3-256, Keccak-1600(256), SHAKE128, SM3,
/// BLAKE2b(256), ...), in whatever way it is spelled; `size` is for functions of any length.
/// Nothing for a name nobody offers.
std::optional<Bytes> digest(std::string_view name, ByteView bytes, std::size_t size);

/// HMAC over a digest of OpenSSL; nothing if there is no such digest.
std::optional<Bytes> hmac(std::string_view digest_name, ByteView key, ByteView text);

/// Verifies a signature (DER for EC) by a public key in DER (SubjectPublicKeyInfo).
struct SignatureRule {
  std::string digest;      // empty where the scheme has its own (Ed448)
  bool pss = false;        // RSASSA-PSS, else PKCS #1 v1.5 for RSA keys
  std::string mgf_digest;  // of PSS
  int salt = 0;            // of PSS
};
bool verify(const SignatureRule& rule, ByteView key_der, ByteView message, ByteView signature);

/// r and s side by side (IEEE P1363) as DER; nothing if it is not two numbers of `size` bytes.
std::optional<Bytes> p1363_to_der(ByteView signature, std::size_t size);

/// AEAD by a block cipher of Crypto++ ("AES", "SM4") in a mode ("GCM", "CCM").
struct AeadRule {
  std::string_view cipher;
  std::string_view mode;
};
bool has_aead(const AeadRule& rule);
struct Sealed {
  Bytes text;
  Bytes tag;
};
/// Nothing if the cipher refuses the sizes.
std::optional<Sealed> seal(const AeadRule& rule, ByteView key, ByteView nonce, ByteView associated,
                           ByteView plain, std::size_t tag_size);
/// Nothing either if the tag does not fit.
std::optional<Bytes> open(const AeadRule& rule, ByteView key, ByteView nonce, ByteView associated,
                          const Sealed& sealed);

}  // namespace ledgerlab::vectors
