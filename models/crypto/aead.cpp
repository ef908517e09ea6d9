#include "models/crypto/aead.hpp"

#include <sodium/crypto_aead_chacha20poly1305.h>

#include <stdexcept>

namespace ledgerlab {

Bytes aead_seal(const AeadKey& key, const AeadNonce& nonce, ByteView associated, ByteView plain) {
  Bytes out(plain.size() + aead_tag_bytes);
  if (crypto_aead_chacha20poly1305_ietf_encrypt(out.data(), nullptr, plain.data(), plain.size(),
                                                associated.data(), associated.size(), nullptr,
                                                nonce.data.data(), key.data.data()) != 0) {
    throw std::runtime_error("libsodium could not encrypt");
  }
  return out;
}

std::optional<Bytes> aead_open(const AeadKey& key, const AeadNonce& nonce, ByteView associated,
                               ByteView sealed) {
  if (sealed.size() < aead_tag_bytes) return std::nullopt;
  // One byte more, so that an empty text has an address.
  Bytes out(sealed.size() - aead_tag_bytes + 1);
  if (crypto_aead_chacha20poly1305_ietf_decrypt(out.data(), nullptr, nullptr, sealed.data(),
                                                sealed.size(), associated.data(),
                                                associated.size(), nonce.data.data(),
                                                key.data.data()) != 0) {
    return std::nullopt;
  }
  out.pop_back();
  return out;
}

}  // namespace ledgerlab
