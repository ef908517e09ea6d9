// Signatures and points outside Wycheproof: noble-curves, Botan, CCTV, BIP 340, ethereum/tests.
#include <algorithm>
#include <map>
#include <sstream>

#include "models/crypto/ed25519.hpp"
#include "models/crypto/hash.hpp"
#include "models/crypto/schnorr.hpp"
#include "models/crypto/secp256k1.hpp"
#include "tests/vectors/families/families.hpp"
#include "tests/vectors/runner/text.hpp"

namespace ledgerlab::vectors {
namespace {

template <std::size_t N>
std::optional<FixedBytes<N>> fixed(const Json& object, const char* key) {
  return fixed_from_hex<N>(object.at(key).get<std::string>());
}

std::string number(std::size_t i) { return std::to_string(i); }

// --- Ed25519 ---------------------------------------------------------------------------------

/// sign.input of ed25519.cr.yp.to: sk||pk : pk : msg : sig||msg.
void run_sign_input(const Run& run, Report& report) {
  std::istringstream lines(read_text(run.path));
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream cells(line);
    std::string secret, key, message, signed_message;
    if (!std::getline(cells, secret, ':') || !std::getline(cells, key, ':')) continue;
    std::getline(cells, message, ':');
    std::getline(cells, signed_message, ':');
    judge(run, report, "line " + number(++count), [&] {
      const auto pair = ed25519_keypair(unhex_fixed<32>(secret.substr(0, 64)));
      std::string why = differs(to_hex(pair.public_key), key);
      const Bytes text = unhex(message);
      const auto signature = ed25519_sign(pair, text);
      if (why.empty()) why = differs(to_hex(signature) + message, signed_message);
      if (why.empty() && !ed25519_verify(pair.public_key, text, signature)) why = "not verified";
      return why;
    });
  }
}

/// A value holds until the next of its name; each Signature is a case.
void run_botan_ed25519(const Run& run, Report& report) {
  std::map<std::string, std::string> values;
  std::istringstream lines(read_text(run.path));
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);) {
    const auto equals = line.find(" =");
    if (line.starts_with('#') || equals == std::string::npos) continue;
    const std::string key = line.substr(0, equals);
    values[key] = equals + 3 > line.size() ? "" : line.substr(equals + 3);
    if (key != "Signature") continue;
    judge(run, report, "signature " + number(++count), [&] {
      const auto public_key = fixed_from_hex<32>(values["Pubkey"]);
      const auto signature = fixed_from_hex<64>(values["Signature"]);
      const bool valid =
          public_key && signature && ed25519_verify(*public_key, unhex(values["Msg"]), *signature);
      return differs(valid ? "1" : "0", values["Valid"]);
    });
  }
}

/// What libsodium accepts must be a part of what ZIP 215 does.
std::string judge_both_rules(const Ed25519PublicKey& key, ByteView message,
                             const Ed25519Signature& signature, bool zip215, bool strict) {
  if (ed25519_verify_zip215(key, message, signature) != zip215) {
    return zip215 ? "refused under ZIP 215" : "accepted under ZIP 215";
  }
  if (ed25519_verify(key, message, signature) != strict) {
    return strict ? "refused under the strict rule" : "accepted under the strict rule";
  }
  return {};
}

/// The message is "Zcash" (ZIP 215, test vectors). valid_legacy is the rule of libsodium 1.0.15,
/// whose list of small-order points was not complete; ours is, and all keys and R here are such.
void run_zip215(const Run& run, Report& report) {
  const Json tests = read_json(run.path);
  for (std::size_t i = 0; i < tests.size(); ++i) {
    judge(run, report, "case " + number(i), [&] {
      return judge_both_rules(fixed<32>(tests[i], "vk_bytes").value(), as_bytes("Zcash"),
                              fixed<64>(tests[i], "sig_bytes").value(), tests[i].at("valid_zip215"),
                              false);
    });
  }
}

/// ZIP 215 accepts all but those made with another k: it hashes R and A as they are written, while
/// "reencoded_k" hashed them written canonically; with A of small order k does not matter. The
/// strict rule refuses points of small order, written canonically or not, and, having no cofactor
/// in its equation, a low-order residue.
void run_cctv(const Run& run, Report& report) {
  const Json tests = read_json(run.path);
  for (const Json& test : tests) {
    judge(run, report, "number " + test.at("number").dump(), [&] {
      const Json flags = test.at("flags").is_array() ? test.at("flags") : Json::array();
      const auto has = [&](const char* flag) {
        return std::find(flags.begin(), flags.end(), flag) != flags.end();
      };
      const bool zip215 = !has("reencoded_k") || has("low_order_A");
      const bool strict = zip215 && !has("low_order_A") && !has("low_order_R") &&
                          !has("low_order_residue") && !has("reencoded_k");
      return judge_both_rules(fixed<32>(test, "key").value(),
                              as_bytes(test.at("msg").get_ref<const std::string&>()),
                              fixed<64>(test, "sig").value(), zip215, strict);
    });
  }
}

// --- secp256k1 -------------------------------------------------------------------------------

using Point = std::optional<Secp256k1PublicKey>;

Point point(const Json& test, const char* key) { return secp256k1_parse(unhex(test, key)); }

std::optional<FixedBytes<32>> scalar(const Json& test) { return fixed<32>(test, "d"); }

Point operation(const std::string& name, const Json& test) {
  if (name == "pointFromScalar") {
    const auto d = scalar(test);
    return d ? secp256k1_public_key(*d) : Point();
  }
  const Point p = point(test, "P");
  if (!p || name == "pointCompress" || name == "isPoint") return p;
  if (name == "pointAdd") {
    const Point q = point(test, "Q");
    return q ? secp256k1_add(*p, *q) : Point();
  }
  const auto d = scalar(test);
  if (!d) return {};
  if (name == "pointAddScalar") return secp256k1_add_scalar(*p, *d);
  if (name == "pointMultiply") return secp256k1_multiply(*p, *d);
  throw std::runtime_error("no operation " + name);
}

std::string hex_of(const Secp256k1PublicKey& key, const std::string& form) {
  return form.size() == 66 ? to_hex(secp256k1_compress(key).value()) : "04" + to_hex(key);
}

std::string judge_point(const std::string& name, const Json& test, bool valid) {
  const Point got = operation(name, test);
  if (!valid) return got ? "accepted, though it is invalid" : "";
  const Json& want = test.at("expected");
  if (want.is_boolean()) return differs(got ? "a point" : "none", want ? "a point" : "none");
  if (want.is_null()) return got ? "a point instead of infinity" : "";
  return got ? differs(hex_of(*got, want), want.get<std::string>()) : "refused";
}

void run_points(const Run& run, Report& report) {
  const Json file = read_json(run.path);
  for (const auto& [kind, operations] : file.items()) {
    for (const auto& [name, tests] : operations.items()) {
      for (std::size_t i = 0; i < tests.size(); ++i) {
        judge(run, report, kind + " " + name + " " + number(i),
              [&] { return judge_point(name, tests[i], kind == "valid"); });
      }
    }
  }
}

std::string judge_ecdsa(const Json& test) {
  const auto secret = fixed<32>(test, "d").value();
  const auto digest = fixed<32>(test, "m").value();
  const auto signature = secp256k1_sign(secret, digest);
  if (!signature) return "not signed";
  const std::string why = differs(to_hex(*signature), test.at("signature").get<std::string>());
  if (!why.empty()) return why;
  const auto key = secp256k1_public_key(secret).value();
  if (!secp256k1_verify(key, digest, *signature)) return "not verified";
  const auto recoverable = secp256k1_sign_recoverable(secret, digest).value();
  return secp256k1_recover(recoverable, digest) == key ? "" : "another key recovered";
}

std::string judge_ecdsa_verify(const Json& test) {
  const Point key = point(test, "Q");
  const auto signature = fixed<64>(test, "signature");
  const auto digest = fixed<32>(test, "m");
  return key && signature && digest && secp256k1_verify(*key, *digest, *signature)
             ? "accepted, though it is invalid"
             : "";
}

/// RFC 6979, 3.6: the additional data of the nonce behind each member, as noble-secp256k1 names
/// them; all members hold signatures.
constexpr std::pair<const char*, std::string_view> extra_entropies[] = {
    {"signature", ""},
    {"extraEntropy0", "0000000000000000000000000000000000000000000000000000000000000000"},
    {"extraEntropy1", "0000000000000000000000000000000000000000000000000000000000000001"},
    {"extraEntropyRand", "6e723d3fd94ed5d2b6bdd4f123364b0f3ca52af829988a63f8afe91d29db1c33"},
    {"extraEntropyN", "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141"},
    {"extraEntropyMax", "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"},
};

std::string judge_extra_entropy(const Json& test) {
  for (const auto& [key, extra] : extra_entropies) {
    if (!test.contains(key)) continue;
    const auto secret = fixed<32>(test, "d").value();
    const auto digest = fixed<32>(test, "m").value();
    const auto signature = extra.empty()
                               ? secp256k1_sign(secret, digest)
                               : secp256k1_sign(secret, digest, *fixed_from_hex<32>(extra));
    if (!signature) return std::string(key) + ": not signed";
    const std::string why = differs(to_hex(*signature), test.at(key).get<std::string>());
    if (!why.empty()) return std::string(key) + ": " + why;
  }
  return {};
}

void run_ecdsa(const Run& run, Report& report) {
  const Json file = read_json(run.path);
  const auto each = [&](const std::string& kind, const Json& tests, auto judge_one) {
    for (std::size_t i = 0; i < tests.size(); ++i) {
      judge(run, report, kind + " " + number(i), [&] { return judge_one(tests[i]); });
    }
  };
  each("valid", file.value("valid", Json::array()), judge_ecdsa);
  each("extraEntropy", file.value("extraEntropy", Json::array()), judge_extra_entropy);
  const Json invalid = file.value("invalid", Json::object());
  each("invalid sign", invalid.value("sign", Json::array()), [](const Json& test) -> std::string {
    const auto secret = fixed<32>(test, "d");
    const auto digest = fixed<32>(test, "m");
    return secret && digest && secp256k1_sign(*secret, *digest) ? "signed" : "";
  });
  each("invalid verify", invalid.value("verify", Json::array()), judge_ecdsa_verify);
}

/// The nonce shows as r, the x coordinate of k times the generator. k1 and k15 are further nonces
/// of the same generator, which no signature here needs.
void run_rfc6979(const Run& run, Report& report) {
  const Json tests = read_json(run.path);
  for (std::size_t i = 0; i < tests.size(); ++i) {
    judge(run, report, "case " + number(i), [&]() -> std::string {
      const std::string message = tests[i].at("message");
      const auto signature =
          secp256k1_sign(fixed<32>(tests[i], "d").value(), sha256(as_bytes(message)));
      if (!signature) return "not signed";
      const auto r = secp256k1_public_key(fixed<32>(tests[i], "k0").value()).value();
      return differs(to_hex(*signature).substr(0, 64), to_hex(r).substr(0, 64));
    });
  }
}

/// sig_of_emptystring is left out: it does not belong to its key for the digest Keccak-256,
/// SHA-256, SHA3-256 or the signed-message form of the empty string, nor for a digest of zeros.
void run_key_address(const Run& run, Report& report) {
  const Json tests = read_json(run.path);
  for (const Json& test : tests) {
    const std::string seed = test.at("seed");
    judge(run, report, seed, [&] {
      const auto secret = fixed<32>(test, "key").value();
      const std::string why = differs(to_hex(keccak256(as_bytes(seed))), to_hex(secret));
      if (!why.empty()) return why;
      return differs(to_hex(address_of(secp256k1_public_key(secret).value())),
                     test.at("addr").get<std::string>());
    });
  }
}

std::string judge_bip340(const std::map<std::string, std::string>& row) {
  const auto key = fixed_from_hex<32>(row.at("public key"));
  const auto signature = fixed_from_hex<64>(row.at("signature"));
  const Bytes message = unhex(row.at("message"));
  const bool want = row.at("verification result") == "TRUE";
  const bool got = key && signature && schnorr_verify(*key, message, *signature);
  if (got != want) return got ? "accepted, though it is invalid" : "refused";
  if (row.at("secret key").empty()) return {};
  const auto secret = unhex_fixed<32>(row.at("secret key"));
  const auto own = xonly_public_key(secret);
  if (!own || *own != key) return "another public key";
  const auto made = schnorr_sign(secret, message, unhex_fixed<32>(row.at("aux_rand")));
  return made ? differs(to_hex(*made), to_hex(*signature)) : "not signed";
}

void run_bip340(const Run& run, Report& report) {
  for (const auto& row : read_csv(run.path)) {
    judge(run, report, "index " + row.at("index") + " " + row.at("comment"),
          [&] { return judge_bip340(row); });
  }
}

constexpr Family families[] = {
    {"noble/*/ed25519/vectors.txt", run_sign_input, ""},
    {"noble/*/ed25519/zip215.json", run_zip215, ""},
    {"botan/*/ed25519_verify.vec", run_botan_ed25519, ""},
    {"cctv/ed25519/*.json", run_cctv, ""},
    {"noble/*/secp256k1/points.json", run_points, ""},
    {"noble/*/secp256k1/ecdsa.json", run_ecdsa, ""},
    {"noble/*/secp256k1/rfc6979.json", run_rfc6979, ""},
    {"eth-tests/BasicTests/keyaddrtest.json", run_key_address, ""},
    {"bips/bip-0340/*.csv", run_bip340, ""},
};

}  // namespace

std::span<const Family> curve_families() { return families; }

}  // namespace ledgerlab::vectors
