// Secrets of a world: every key is derived from the world's seed, the purpose and the owner.
#pragma once

#include <string_view>
#include <vector>

#include "models/base/bytes.hpp"
#include "models/base/lookup.hpp"
#include "models/crypto/ed25519.hpp"
#include "models/crypto/secp256k1.hpp"

namespace ledgerlab {

/// SHA-256 of (purpose, seed, index): a 32-byte secret nobody outside the suite sees.
Hash256 derive_secret(std::string_view purpose, std::uint64_t seed, std::uint64_t index);

/// Account keys, made when first asked for.
class AccountKeys {
 public:
  explicit AccountKeys(std::uint64_t seed) : seed_(seed) {}
  struct Account {
    Secp256k1SecretKey secret;
    Address address;
  };
  const Account& at(std::uint32_t index);

 private:
  std::uint64_t seed_;
  Lookup<std::uint32_t, Account> accounts_;
};

/// Node keys, made when first asked for.
class NodeKeys {
 public:
  explicit NodeKeys(std::uint64_t seed) : seed_(seed) {}
  const Ed25519Keypair& at(std::uint32_t node);

 private:
  std::uint64_t seed_;
  Lookup<std::uint32_t, Ed25519Keypair> keys_;
};

}  // namespace ledgerlab
