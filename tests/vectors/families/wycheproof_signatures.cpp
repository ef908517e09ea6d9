// Wycheproof's signatures. secp256k1 and Ed25519 are ledgerlab's own calls; NIST curves, RSA and
// Ed448 judge OpenSSL.
#include <algorithm>

#include "models/crypto/ed25519.hpp"
#include "models/crypto/secp256k1.hpp"
#include "tests/vectors/families/wycheproof.hpp"
#include "tests/vectors/runner/libraries.hpp"

namespace ledgerlab::vectors::wycheproof {
namespace {

/// The leftmost 32 bytes of the message's digest (FIPS 186-5, 6.4.2).
std::optional<Hash256> digest_256(const std::string& name, const Bytes& message) {
  const auto whole = digest(name, message, 32);
  if (!whole || whole->size() < 32) return std::nullopt;
  Hash256 out;
  std::copy_n(whole->begin(), 32, out.data.begin());
  return out;
}

struct Curve {
  const char* name;
  std::size_t bytes;
};
constexpr Curve curves[] = {
    {"secp224r1", 28}, {"secp256r1", 32}, {"secp384r1", 48}, {"secp521r1", 66}, {"secp256k1", 32}};

const Curve* curve_of(const Json& group) {
  const std::string name = group.at("publicKey").at("curve");
  for (const Curve& curve : curves) {
    if (curve.name == name) return &curve;
  }
  return nullptr;
}

enum class Form : std::uint8_t { der, p1363, bitcoin };

template <Form form>
std::optional<Outcome> ecdsa(const Json&, const Json& group, const Json& test) {
  const Curve* curve = curve_of(group);
  const std::string hash = group.at("sha");
  const Bytes message = unhex(test, "msg");
  const Bytes bytes = unhex(test, "sig");
  if (curve == nullptr || !digest(hash, {}, 32)) return std::nullopt;
  if (std::string_view(curve->name) != "secp256k1") {
    const auto der = form == Form::p1363 ? p1363_to_der(bytes, curve->bytes) : bytes;
    return Outcome{der && verify({hash}, unhex(group, "publicKeyDer"), message, *der), {}};
  }
  const auto key = secp256k1_parse(unhex(group.at("publicKey"), "uncompressed"));
  const auto short_digest = digest_256(hash, message);
  if (!short_digest) return std::nullopt;
  std::optional<Secp256k1Signature> signature;
  if (form != Form::p1363) {
    signature = secp256k1_from_der(bytes);
  } else if (bytes.size() == 64) {
    std::copy(bytes.begin(), bytes.end(), signature.emplace().data.begin());
  }
  const HighS high_s = form == Form::bitcoin ? HighS::refuse : HighS::accept;
  return Outcome{key && signature && secp256k1_verify(*key, *short_digest, *signature, high_s), {}};
}

std::optional<Outcome> eddsa(const Json&, const Json& group, const Json& test) {
  const Bytes message = unhex(test, "msg");
  const Bytes bytes = unhex(test, "sig");
  if (group.at("publicKey").at("curve") != "edwards25519") {
    return Outcome{verify({}, unhex(group, "publicKeyDer"), message, bytes), {}};
  }
  const auto key = fixed_from_hex<32>(group.at("publicKey").at("pk").get<std::string>());
  Ed25519Signature signature;
  if (!key || bytes.size() != signature.size()) return Outcome{};
  std::copy(bytes.begin(), bytes.end(), signature.data.begin());
  return Outcome{ed25519_verify(*key, message, signature), {}};
}

std::optional<Outcome> rsa(const Json&, const Json& group, const Json& test) {
  SignatureRule rule{group.at("sha")};
  if (group.contains("mgf")) {
    if (group.at("mgf") != "MGF1") return std::nullopt;
    rule.pss = true;
    rule.mgf_digest = group.at("mgfSha");
    rule.salt = group.at("sLen");
  }
  if (!digest(rule.digest, {}, 32)) return std::nullopt;
  return Outcome{verify(rule, unhex(group, "publicKeyDer"), unhex(test, "msg"), unhex(test, "sig")),
                 {}};
}

}  // namespace

Judge signature_judge(const std::string& type) {
  if (type == "EcdsaVerify") return ecdsa<Form::der>;
  if (type == "EcdsaP1363Verify") return ecdsa<Form::p1363>;
  if (type == "EcdsaBitcoinVerify") return ecdsa<Form::bitcoin>;
  if (type == "EddsaVerify") return eddsa;
  if (type == "RsassaPkcs1Verify" || type == "RsassaPssVerify") return rsa;
  return nullptr;
}

}  // namespace ledgerlab::vectors::wycheproof
