#include "models/parts/session/primitives.hpp"

#include "models/crypto/hash.hpp"
#include "models/crypto/hkdf.hpp"

namespace ledgerlab::session {

Hash256 Primitives::hash(ByteView text) {
  used(Operation::hash_byte, text.size());
  return sha256(text);
}

Hash256 Primitives::extract(const Hash256& salt, const Hash256& secret) {
  used(Operation::hkdf, 1);
  return hkdf_extract(salt.view(), secret.view());
}

Hash256 Primitives::expand(const Hash256& key, std::string_view info) {
  used(Operation::hkdf, 1);
  return hkdf_expand(key, info);
}

Hash256 Primitives::mac(const Hash256& key, ByteView text) {
  used(Operation::hkdf, 1);
  return hmac_sha256(key.view(), text);
}

Bytes Primitives::seal(const AeadKey& key, const AeadNonce& nonce, ByteView associated,
                       ByteView plain) {
  used(Operation::aead, 1);
  used(Operation::aead_byte, plain.size());
  return aead_seal(key, nonce, associated, plain);
}

std::optional<Bytes> Primitives::open(const AeadKey& key, const AeadNonce& nonce,
                                      ByteView associated, ByteView sealed) {
  used(Operation::aead, 1);
  used(Operation::aead_byte, sealed.size());
  return aead_open(key, nonce, associated, sealed);
}

}  // namespace ledgerlab::session
