// Botan's SM2 lists. A value holds until the next of its name; each Signature or Ciphertext is a
// case.
#include "models/crypto/sm2.hpp"

#include <map>
#include <sstream>

#include "tests/vectors/families/families.hpp"
#include "tests/vectors/runner/text.hpp"

namespace ledgerlab::vectors {
namespace {

using Values = std::map<std::string, std::string>;

sm2::Number number(const Values& values, const char* name) {
  std::string text = values.at(name);
  if (text.starts_with("0x")) text.erase(0, 2);
  return unhex_fixed<32>(std::string(text.size() < 64 ? 64 - text.size() : 0, '0') + text);
}

sm2::Curve curve_of(const Values& values) {
  return sm2::Curve({number(values, "P"), number(values, "A"), number(values, "B"),
                     number(values, "xG"), number(values, "yG"), number(values, "Order")});
}

/// SM3 where nothing is said.
std::optional<sm2::Digest> digest_of(const Values& values) {
  const auto name = values.find("Hash");
  if (name == values.end() || name->second == "SM3") return sm2::Digest::sm3;
  if (name->second == "SHA-256") return sm2::Digest::sha256;
  return std::nullopt;
}

std::string judge_signature(const Values& values) {
  const sm2::Curve curve = curve_of(values);
  const auto secret = number(values, "x");
  const auto key = curve.public_key(secret);
  if (!key) return "the secret is refused";
  const Bytes message = unhex(values.at("Msg"));
  Hash256 digest;
  if (values.at("Hash") == "Raw") {
    digest = unhex_fixed<32>(values.at("Msg"));
  } else if (const auto hash = digest_of(values)) {
    digest = curve.message_digest(*hash, values.at("Ident"), *key, message);
  } else {
    return "no hash " + values.at("Hash");
  }
  const auto made = curve.sign(secret, digest, number(values, "Nonce"));
  if (!made) return "not signed";
  const Bytes want = unhex(values.at("Signature"));
  const std::string why = differs(to_hex(made->r) + to_hex(made->s), to_hex(want));
  if (!why.empty()) return why;
  auto changed = *made;
  changed.s.data[20] ^= 1;
  if (!curve.verify(*key, digest, *made)) return "not verified";
  return curve.verify(*key, digest, changed) ? "a changed signature is verified" : "";
}

std::string judge_ciphertext(const Values& values) {
  const sm2::Curve curve = curve_of(values);
  const auto secret = number(values, "x");
  const auto key = curve.public_key(secret);
  const auto digest = digest_of(values);
  if (!key || !digest) return key ? "no hash " + values.at("Hash") : "the secret is refused";
  const Bytes plain = unhex(values.at("Msg")), want = unhex(values.at("Ciphertext"));
  const auto sealed = curve.encrypt(*digest, *key, plain, number(values, "Nonce"));
  if (!sealed) return "not encrypted";
  const std::string why = differs(to_hex(*sealed), to_hex(want));
  if (!why.empty()) return why;
  const auto opened = curve.decrypt(*digest, secret, want);
  return opened ? differs(to_hex(*opened), to_hex(plain)) : "not decrypted";
}

template <std::string (*judge_one)(const Values&)>
void run_each(const Run& run, Report& report) {
  Values values;
  std::istringstream lines(read_text(run.path));
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const auto equals = line.find(" = ");
    if (line.starts_with('#') || equals == std::string::npos) continue;
    const std::string name = line.substr(0, equals);
    values[name] = line.substr(equals + 3);
    if (name != "Signature" && name != "Ciphertext") continue;
    judge(run, report, "line " + std::to_string(number), [&] { return judge_one(values); });
  }
}

constexpr Family families[] = {
    {"botan/*/sm2_sig.vec", run_each<judge_signature>, "INDEX counts both lists in either row"},
    {"botan/*/sm2_enc.vec", run_each<judge_ciphertext>, "INDEX counts both lists in either row"},
};

}  // namespace

std::span<const Family> sm2_families() { return families; }

}  // namespace ledgerlab::vectors
