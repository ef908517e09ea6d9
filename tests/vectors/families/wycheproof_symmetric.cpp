// Wycheproof's MACs, key derivation, key agreement and AEAD. HMAC-SHA-256, HKDF-SHA-256, PBKDF2,
// X25519, secp256k1 and ChaCha20-Poly1305 are ledgerlab's own calls.
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>

#include "models/crypto/aead.hpp"
#include "models/crypto/hkdf.hpp"
#include "models/crypto/kdf.hpp"
#include "models/crypto/secp256k1.hpp"
#include "models/crypto/x25519.hpp"
#include "tests/vectors/families/wycheproof.hpp"
#include "tests/vectors/runner/libraries.hpp"

namespace ledgerlab::vectors::wycheproof {
namespace {

/// "HMACSHA3-256" and "HKDF-SHA-512" name their digest after the kind.
std::string digest_after(const Json& file, std::string_view kind) {
  std::string name = file.at("algorithm");
  if (!name.starts_with(kind)) return {};
  name.erase(0, kind.size());
  while (name.starts_with('-')) name.erase(0, 1);
  return name;
}

bool is_sha256(const std::string& name) { return name == "SHA256" || name == "SHA-256"; }

Outcome value(const Bytes& got, const Bytes& want) {
  return {true, differs(to_hex(got), to_hex(want))};
}

std::optional<Outcome> mac(const Json& file, const Json& group, const Json& test) {
  const std::string name = digest_after(file, "HMAC");
  const Bytes key = unhex(test, "key"), message = unhex(test, "msg"), want = unhex(test, "tag");
  Bytes tag;
  if (is_sha256(name)) {
    const Hash256 own = hmac_sha256(key, message);
    tag.assign(own.data.begin(), own.data.end());
  } else if (const auto other = hmac(name, key, message)) {
    tag = *other;
  } else {
    return std::nullopt;
  }
  tag.resize(std::min<std::size_t>(tag.size(), group.at("tagSize").get<std::size_t>() / 8));
  return value(tag, want);
}

/// RFC 5869 over any digest.
std::optional<Bytes> hkdf(const std::string& name, const Bytes& salt, const Bytes& secret,
                          const Bytes& info, std::size_t size) {
  const auto key = hmac(name, salt, secret);
  if (!key) return std::nullopt;
  Bytes out, block;
  for (unsigned counter = 1; out.size() < size; ++counter) {
    Bytes text = block;
    text.insert(text.end(), info.begin(), info.end());
    text.push_back(static_cast<Byte>(counter));
    block = *hmac(name, *key, text);
    out.insert(out.end(), block.begin(), block.end());
  }
  out.resize(size);
  return out;
}

std::optional<Outcome> hkdf_test(const Json& file, const Json&, const Json& test) {
  const std::string name = digest_after(file, "HKDF");
  const auto hash = digest(name, {}, 32);
  if (!hash) return std::nullopt;
  const auto size = test.at("size").get<std::size_t>();
  const Bytes salt = unhex(test, "salt"), secret = unhex(test, "ikm"), info = unhex(test, "info");
  const Bytes want = unhex(test, "okm");
  if (is_sha256(name)) {
    try {
      return value(hkdf_expand(hkdf_extract(salt, secret), info, size), want);
    } catch (const std::logic_error&) {
      return Outcome{};
    }
  }
  if (size > 255 * hash->size()) return Outcome{};
  return value(*hkdf(name, salt, secret, info, size), want);
}

std::optional<Outcome> pbkdf_test(const Json& file, const Json&, const Json& test) {
  if (file.at("algorithm") != "PBKDF2-HMACSHA256") return std::nullopt;
  return value(pbkdf2_sha256(unhex(test, "password"), unhex(test, "salt"),
                             test.at("iterationCount").get<std::uint32_t>(),
                             test.at("dkLen").get<std::size_t>()),
               unhex(test, "dk"));
}

Outcome chacha(const Json& test) {
  const auto key = fixed_from_hex<32>(test.at("key").get<std::string>());
  const auto nonce = fixed_from_hex<12>(test.at("iv").get<std::string>());
  if (!key || !nonce) return {};
  const Bytes associated = unhex(test, "aad"), plain = unhex(test, "msg");
  Bytes sealed = unhex(test, "ct");
  const Bytes tag = unhex(test, "tag");
  sealed.insert(sealed.end(), tag.begin(), tag.end());
  const auto opened = aead_open(*key, *nonce, associated, sealed);
  if (!opened) return {};
  Outcome out = value(*opened, plain);
  if (out.wrong.empty()) out = value(aead_seal(*key, *nonce, associated, plain), sealed);
  return out;
}

std::optional<Outcome> aead_test(const Json& file, const Json& group, const Json& test) {
  const std::string name = file.at("algorithm");
  if (name == "CHACHA20-POLY1305") return chacha(test);
  const auto dash = name.find('-');
  const AeadRule rule{std::string_view(name).substr(0, dash),
                      std::string_view(name).substr(dash + 1)};
  if (dash == std::string::npos || !has_aead(rule)) return std::nullopt;
  const Bytes key = unhex(test, "key"), nonce = unhex(test, "iv"), associated = unhex(test, "aad");
  const Bytes plain = unhex(test, "msg");
  const Sealed sealed{unhex(test, "ct"), unhex(test, "tag")};
  if (sealed.tag.size() * 8 != group.at("tagSize").get<std::size_t>()) return Outcome{};
  const auto opened = open(rule, key, nonce, associated, sealed);
  if (!opened) return Outcome{};
  Outcome out = value(*opened, plain);
  const auto again = seal(rule, key, nonce, associated, plain, sealed.tag.size());
  if (out.wrong.empty() && (!again || again->text != sealed.text || again->tag != sealed.tag)) {
    out.wrong = "sealed to something else";
  }
  return out;
}

std::optional<Outcome> xdh(const Json&, const Json& group, const Json& test) {
  if (group.at("curve") != "curve25519") return std::nullopt;
  const auto secret = fixed_from_hex<32>(test.at("private").get<std::string>());
  const auto peer = fixed_from_hex<32>(test.at("public").get<std::string>());
  if (!secret || !peer) return Outcome{};
  const auto shared = x25519(*secret, *peer);
  // RFC 7748, section 6.1: an all-zero result may be refused, and ours is.
  const Bytes want = unhex(test, "shared");
  const bool zero = std::all_of(want.begin(), want.end(), [](Byte b) { return b == 0; });
  if (!shared) return zero ? Outcome{true, {}} : Outcome{};
  return value(Bytes(shared->data.begin(), shared->data.end()), want);
}

/// The point of a key in DER (SubjectPublicKeyInfo) on secp256k1, read by OpenSSL.
std::optional<Secp256k1PublicKey> point_of(const Bytes& der) {
  const unsigned char* at = der.data();
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(
      d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())), EVP_PKEY_free);
  char group[64] = {};
  Byte point[256];
  std::size_t size = 0;
  if (!key || at != der.data() + der.size() ||
      EVP_PKEY_get_group_name(key.get(), group, sizeof group, &size) != 1 ||
      std::string_view(group) != "secp256k1" ||
      EVP_PKEY_get_octet_string_param(key.get(), OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point,
                                      &size) != 1) {
    return std::nullopt;
  }
  return secp256k1_parse({point, size});
}

std::optional<Outcome> ecdh(const Json&, const Json& group, const Json& test) {
  if (group.at("curve") != "secp256k1") return std::nullopt;
  const Bytes text = unhex(test, "public");
  const auto key = group.at("encoding") == "ecpoint" ? secp256k1_parse(text) : point_of(text);
  std::string number = test.at("private");
  number.erase(0, std::min(number.find_first_not_of('0'), number.size()));
  if (number.size() > 64) return Outcome{};
  const auto scalar = unhex_fixed<32>(std::string(64 - number.size(), '0') + number);
  const auto shared = key ? secp256k1_multiply(*key, scalar) : std::nullopt;
  if (!shared) return Outcome{};
  return value(Bytes(shared->data.begin(), shared->data.begin() + 32), unhex(test, "shared"));
}

}  // namespace

Judge symmetric_judge(const std::string& type) {
  if (type == "MacTest") return mac;
  if (type == "HkdfTest") return hkdf_test;
  if (type == "PbkdfTest") return pbkdf_test;
  if (type == "AeadTest") return aead_test;
  if (type == "XdhComp") return xdh;
  if (type == "EcdhTest" || type == "EcdhEcpointTest") return ecdh;
  return nullptr;
}

}  // namespace ledgerlab::vectors::wycheproof
