#include "models/parts/suite/keys.hpp"

#include <stdexcept>

#include "models/codec/codec.hpp"
#include "models/crypto/hash.hpp"

namespace ledgerlab {

Hash256 derive_secret(std::string_view purpose, std::uint64_t seed, std::uint64_t index) {
  Bytes text;
  codec::Writer writer(text);
  writer(std::string("ledgerlab key"), std::string(purpose), seed, index);
  return sha256(text);
}

const AccountKeys::Account& AccountKeys::at(std::uint32_t index) {
  const auto [account, made] = accounts_.try_emplace(index);
  if (made) {
    account->secret = derive_secret("account", seed_, index);
    const auto key = secp256k1_public_key(account->secret);
    // One digest in 2^128 is no key; the seed would have to be changed.
    if (!key) throw std::logic_error("an account secret is not a secp256k1 key");
    account->address = address_of(*key);
  }
  return *account;
}

const Ed25519Keypair& NodeKeys::at(std::uint32_t node) {
  const auto [pair, made] = keys_.try_emplace(node);
  if (made) *pair = ed25519_keypair(derive_secret("node", seed_, node));
  return *pair;
}

}  // namespace ledgerlab
