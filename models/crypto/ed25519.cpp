// libsodium's secret key is the seed followed by the public key.
#include "models/crypto/ed25519.hpp"

#include <sodium/crypto_sign_ed25519.h>

#include <stdexcept>

namespace ledgerlab {

Ed25519Keypair ed25519_keypair(const Ed25519Seed& seed) {
  Ed25519Keypair pair;
  FixedBytes<64> secret;
  pair.seed = seed;
  if (crypto_sign_ed25519_seed_keypair(pair.public_key.data.data(), secret.data.data(),
                                       seed.data.data()) != 0) {
    throw std::runtime_error("libsodium could not derive a key pair");
  }
  return pair;
}

Ed25519Signature ed25519_sign(const Ed25519Keypair& keypair, ByteView message) {
  FixedBytes<64> secret;
  std::memcpy(secret.data.data(), keypair.seed.data.data(), 32);
  std::memcpy(secret.data.data() + 32, keypair.public_key.data.data(), 32);
  Ed25519Signature signature;
  if (crypto_sign_ed25519_detached(signature.data.data(), nullptr, message.data(), message.size(),
                                   secret.data.data()) != 0) {
    throw std::runtime_error("libsodium could not sign");
  }
  return signature;
}

bool ed25519_verify(const Ed25519PublicKey& key, ByteView message,
                    const Ed25519Signature& signature) {
  return crypto_sign_ed25519_verify_detached(signature.data.data(), message.data(), message.size(),
                                             key.data.data()) == 0;
}

}  // namespace ledgerlab
