// Every call parses and serialises: keys and signatures are plain bytes outside this file.
#include "models/crypto/secp256k1.hpp"

#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include <stdexcept>

#include "models/crypto/hash.hpp"

namespace ledgerlab {
namespace {

const secp256k1_context* context() {
  static const secp256k1_context* const value = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
  return value;
}

Secp256k1PublicKey to_bytes(const secp256k1_pubkey& key) {
  FixedBytes<65> sec1;
  std::size_t size = sec1.size();
  secp256k1_ec_pubkey_serialize(context(), sec1.data.data(), &size, &key,
                                SECP256K1_EC_UNCOMPRESSED);
  Secp256k1PublicKey out;
  std::memcpy(out.data.data(), sec1.data.data() + 1, out.size());
  return out;
}

bool from_bytes(const Secp256k1PublicKey& key, secp256k1_pubkey& out) {
  FixedBytes<65> sec1;
  sec1.data[0] = 4;
  std::memcpy(sec1.data.data() + 1, key.data.data(), key.size());
  return secp256k1_ec_pubkey_parse(context(), &out, sec1.data.data(), sec1.size()) == 1;
}

/// `additional`: null or 32 bytes.
std::optional<Secp256k1Signature> sign(const Secp256k1SecretKey& secret, const Hash256& digest,
                                       const Byte* additional) {
  secp256k1_ecdsa_signature signature;
  if (secp256k1_ecdsa_sign(context(), &signature, digest.data.data(), secret.data.data(), nullptr,
                           additional) != 1) {
    return std::nullopt;
  }
  Secp256k1Signature out;
  secp256k1_ecdsa_signature_serialize_compact(context(), out.data.data(), &signature);
  return out;
}

}  // namespace

std::optional<Secp256k1PublicKey> secp256k1_public_key(const Secp256k1SecretKey& secret) {
  secp256k1_pubkey key;
  if (secp256k1_ec_pubkey_create(context(), &key, secret.data.data()) != 1) return std::nullopt;
  return to_bytes(key);
}

std::optional<Secp256k1PublicKey> secp256k1_parse(ByteView sec1) {
  secp256k1_pubkey key;
  // The library also reads the hybrid forms 6 and 7, which nobody should send.
  if (sec1.empty() || sec1[0] < 2 || sec1[0] > 4) return std::nullopt;
  if (secp256k1_ec_pubkey_parse(context(), &key, sec1.data(), sec1.size()) != 1) {
    return std::nullopt;
  }
  return to_bytes(key);
}

std::optional<FixedBytes<33>> secp256k1_compress(const Secp256k1PublicKey& key) {
  secp256k1_pubkey parsed;
  if (!from_bytes(key, parsed)) return std::nullopt;
  FixedBytes<33> out;
  std::size_t size = out.size();
  secp256k1_ec_pubkey_serialize(context(), out.data.data(), &size, &parsed,
                                SECP256K1_EC_COMPRESSED);
  return out;
}

std::optional<Secp256k1Signature> secp256k1_sign(const Secp256k1SecretKey& secret,
                                                 const Hash256& digest) {
  return sign(secret, digest, nullptr);
}

std::optional<Secp256k1Signature> secp256k1_sign(const Secp256k1SecretKey& secret,
                                                 const Hash256& digest,
                                                 const FixedBytes<32>& additional) {
  return sign(secret, digest, additional.data.data());
}

std::optional<Secp256k1Signature> secp256k1_sign_low_r(const Secp256k1SecretKey& secret,
                                                       const Hash256& digest) {
  auto out = secp256k1_sign(secret, digest);
  for (std::uint32_t counter = 1; out && (out->data[0] & 0x80) != 0; ++counter) {
    FixedBytes<32> extra;
    for (std::size_t i = 0; i < 4; ++i) extra.data[i] = static_cast<Byte>(counter >> (8 * i));
    secp256k1_ecdsa_signature signature;
    if (secp256k1_ecdsa_sign(context(), &signature, digest.data.data(), secret.data.data(), nullptr,
                             extra.data.data()) != 1) {
      return std::nullopt;
    }
    secp256k1_ecdsa_signature_serialize_compact(context(), out->data.data(), &signature);
  }
  return out;
}

std::optional<RecoverableSignature> secp256k1_sign_recoverable(const Secp256k1SecretKey& secret,
                                                               const Hash256& digest) {
  secp256k1_ecdsa_recoverable_signature signature;
  if (secp256k1_ecdsa_sign_recoverable(context(), &signature, digest.data.data(),
                                       secret.data.data(), nullptr, nullptr) != 1) {
    return std::nullopt;
  }
  RecoverableSignature out;
  int id = 0;
  secp256k1_ecdsa_recoverable_signature_serialize_compact(context(), out.signature.data.data(), &id,
                                                          &signature);
  out.recovery_id = static_cast<std::uint8_t>(id);
  return out;
}

bool secp256k1_verify(const Secp256k1PublicKey& key, const Hash256& digest,
                      const Secp256k1Signature& signature, HighS high_s) {
  secp256k1_pubkey parsed;
  secp256k1_ecdsa_signature ecdsa;
  if (!from_bytes(key, parsed) ||
      secp256k1_ecdsa_signature_parse_compact(context(), &ecdsa, signature.data.data()) != 1) {
    return false;
  }
  if (high_s == HighS::accept) {
    secp256k1_ecdsa_signature_normalize(context(), &ecdsa, &ecdsa);
  }
  return secp256k1_ecdsa_verify(context(), &ecdsa, digest.data.data(), &parsed) == 1;
}

std::optional<Secp256k1PublicKey> secp256k1_recover(const RecoverableSignature& signature,
                                                    const Hash256& digest) {
  if (signature.recovery_id > 3) return std::nullopt;
  secp256k1_ecdsa_recoverable_signature parsed;
  secp256k1_pubkey key;
  if (secp256k1_ecdsa_recoverable_signature_parse_compact(
          context(), &parsed, signature.signature.data.data(), signature.recovery_id) != 1 ||
      secp256k1_ecdsa_recover(context(), &key, &parsed, digest.data.data()) != 1) {
    return std::nullopt;
  }
  return to_bytes(key);
}

std::optional<Secp256k1Signature> secp256k1_from_der(ByteView der) {
  secp256k1_ecdsa_signature signature;
  if (secp256k1_ecdsa_signature_parse_der(context(), &signature, der.data(), der.size()) != 1) {
    return std::nullopt;
  }
  Secp256k1Signature out;
  secp256k1_ecdsa_signature_serialize_compact(context(), out.data.data(), &signature);
  return out;
}

Bytes secp256k1_to_der(const Secp256k1Signature& signature) {
  secp256k1_ecdsa_signature parsed;
  Bytes out(72);
  std::size_t size = out.size();
  if (secp256k1_ecdsa_signature_parse_compact(context(), &parsed, signature.data.data()) != 1 ||
      secp256k1_ecdsa_signature_serialize_der(context(), out.data(), &size, &parsed) != 1) {
    throw std::invalid_argument("r or s is not below the group's order");
  }
  out.resize(size);
  return out;
}

std::optional<Secp256k1PublicKey> secp256k1_add(const Secp256k1PublicKey& a,
                                                const Secp256k1PublicKey& b) {
  secp256k1_pubkey x, y, sum;
  if (!from_bytes(a, x) || !from_bytes(b, y)) return std::nullopt;
  const secp256k1_pubkey* const both[] = {&x, &y};
  if (secp256k1_ec_pubkey_combine(context(), &sum, both, 2) != 1) return std::nullopt;
  return to_bytes(sum);
}

std::optional<Secp256k1PublicKey> secp256k1_add_scalar(const Secp256k1PublicKey& key,
                                                       const FixedBytes<32>& scalar) {
  secp256k1_pubkey parsed;
  if (!from_bytes(key, parsed) ||
      secp256k1_ec_pubkey_tweak_add(context(), &parsed, scalar.data.data()) != 1) {
    return std::nullopt;
  }
  return to_bytes(parsed);
}

std::optional<Secp256k1PublicKey> secp256k1_multiply(const Secp256k1PublicKey& key,
                                                     const FixedBytes<32>& scalar) {
  secp256k1_pubkey parsed;
  if (!from_bytes(key, parsed) ||
      secp256k1_ec_pubkey_tweak_mul(context(), &parsed, scalar.data.data()) != 1) {
    return std::nullopt;
  }
  return to_bytes(parsed);
}

bool secp256k1_verify_sec1(ByteView sec1, const Hash256& digest,
                           const Secp256k1Signature& signature) {
  secp256k1_pubkey key;
  secp256k1_ecdsa_signature ecdsa;
  if (secp256k1_ec_pubkey_parse(context(), &key, sec1.data(), sec1.size()) != 1 ||
      secp256k1_ecdsa_signature_parse_compact(context(), &ecdsa, signature.data.data()) != 1) {
    return false;
  }
  secp256k1_ecdsa_signature_normalize(context(), &ecdsa, &ecdsa);
  return secp256k1_ecdsa_verify(context(), &ecdsa, digest.data.data(), &key) == 1;
}

bool secp256k1_high_s(const Secp256k1Signature& signature) {
  secp256k1_ecdsa_signature ecdsa;
  return secp256k1_ecdsa_signature_parse_compact(context(), &ecdsa, signature.data.data()) == 1 &&
         secp256k1_ecdsa_signature_normalize(context(), nullptr, &ecdsa) == 1;
}

bool secp256k1_valid_sec1(ByteView sec1) {
  secp256k1_pubkey key;
  return !sec1.empty() && secp256k1_ec_pubkey_parse(context(), &key, sec1.data(), sec1.size()) == 1;
}

Address address_of(const Secp256k1PublicKey& key) {
  const Hash256 hash = keccak256(key.view());
  Address out;
  std::memcpy(out.data.data(), hash.data.data() + 12, out.size());
  return out;
}

}  // namespace ledgerlab
