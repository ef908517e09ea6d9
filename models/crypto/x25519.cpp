#include "models/crypto/x25519.hpp"

#include <sodium/crypto_scalarmult_curve25519.h>

#include <stdexcept>

namespace ledgerlab {

X25519Share x25519_share(const X25519Secret& secret) {
  X25519Share share;
  if (crypto_scalarmult_curve25519_base(share.data.data(), secret.data.data()) != 0) {
    throw std::runtime_error("libsodium could not derive an X25519 share");
  }
  return share;
}

std::optional<FixedBytes<32>> x25519(const X25519Secret& secret, const X25519Share& peer) {
  FixedBytes<32> shared;
  const int failed = crypto_scalarmult_curve25519(shared.data.data(), secret.data.data(),
                                                  peer.data.data());
  if (failed != 0 || shared.is_zero()) return std::nullopt;
  return shared;
}

}  // namespace ledgerlab
