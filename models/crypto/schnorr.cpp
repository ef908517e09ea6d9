#include "models/crypto/schnorr.hpp"

#include <secp256k1_extrakeys.h>
#include <secp256k1_schnorrsig.h>

#include "models/crypto/hash.hpp"

namespace ledgerlab {
namespace {

const secp256k1_context* context() {
  static const secp256k1_context* const value = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
  return value;
}

bool parse(const XOnlyPublicKey& key, secp256k1_xonly_pubkey& out) {
  return secp256k1_xonly_pubkey_parse(context(), &out, key.data.data()) == 1;
}

bool keypair_of(const Secp256k1SecretKey& secret, secp256k1_keypair& out) {
  return secp256k1_keypair_create(context(), &out, secret.data.data()) == 1;
}

XOnlyPublicKey to_bytes(const secp256k1_xonly_pubkey& key) {
  XOnlyPublicKey out;
  secp256k1_xonly_pubkey_serialize(context(), out.data.data(), &key);
  return out;
}

}  // namespace

Hash256 tagged_hash(std::string_view tag, ByteView bytes) {
  const Hash256 prefix = sha256(as_bytes(tag));
  Bytes all;
  all.reserve(64 + bytes.size());
  for (int i = 0; i < 2; ++i) all.insert(all.end(), prefix.data.begin(), prefix.data.end());
  all.insert(all.end(), bytes.begin(), bytes.end());
  return sha256(all);
}

std::optional<XOnlyPublicKey> xonly_public_key(const Secp256k1SecretKey& secret) {
  secp256k1_keypair pair;
  secp256k1_xonly_pubkey key;
  if (!keypair_of(secret, pair) ||
      secp256k1_keypair_xonly_pub(context(), &key, nullptr, &pair) != 1) {
    return std::nullopt;
  }
  return to_bytes(key);
}

bool xonly_is_valid(const XOnlyPublicKey& key) {
  secp256k1_xonly_pubkey parsed;
  return parse(key, parsed);
}

std::optional<SchnorrSignature> schnorr_sign(const Secp256k1SecretKey& secret, ByteView message,
                                             const FixedBytes<32>& auxiliary) {
  secp256k1_keypair pair;
  if (!keypair_of(secret, pair)) return std::nullopt;
  secp256k1_schnorrsig_extraparams extra = SECP256K1_SCHNORRSIG_EXTRAPARAMS_INIT;
  FixedBytes<32> random = auxiliary;
  extra.ndata = random.data.data();
  SchnorrSignature out;
  if (secp256k1_schnorrsig_sign_custom(context(), out.data.data(), message.data(), message.size(),
                                       &pair, &extra) != 1) {
    return std::nullopt;
  }
  return out;
}

bool schnorr_verify(const XOnlyPublicKey& key, ByteView message,
                    const SchnorrSignature& signature) {
  secp256k1_xonly_pubkey parsed;
  return parse(key, parsed) &&
         secp256k1_schnorrsig_verify(context(), signature.data.data(), message.data(),
                                     message.size(), &parsed) == 1;
}

std::optional<TweakedKey> xonly_tweak_add(const XOnlyPublicKey& key, const Hash256& tweak) {
  secp256k1_xonly_pubkey parsed;
  secp256k1_pubkey sum;
  int parity = 0;
  if (!parse(key, parsed) ||
      secp256k1_xonly_pubkey_tweak_add(context(), &sum, &parsed, tweak.data.data()) != 1 ||
      secp256k1_xonly_pubkey_from_pubkey(context(), &parsed, &parity, &sum) != 1) {
    return std::nullopt;
  }
  return TweakedKey{to_bytes(parsed), parity == 1};
}

std::optional<Secp256k1SecretKey> xonly_tweak_secret(const Secp256k1SecretKey& secret,
                                                     const Hash256& tweak) {
  secp256k1_keypair pair;
  Secp256k1SecretKey out;
  if (!keypair_of(secret, pair) ||
      secp256k1_keypair_xonly_tweak_add(context(), &pair, tweak.data.data()) != 1 ||
      secp256k1_keypair_sec(context(), out.data.data(), &pair) != 1) {
    return std::nullopt;
  }
  return out;
}

}  // namespace ledgerlab
