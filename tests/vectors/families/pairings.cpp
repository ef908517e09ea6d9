// Precompiled contracts, BLS12-381, hashing to curves, BLS signatures and KZG proofs: Constantine,
// EIPs, noble-curves, Wycheproof.
#include <regex>
#include <sstream>

#include "models/crypto/bls12_381.hpp"
#include "models/crypto/bls_signature.hpp"
#include "models/crypto/kzg.hpp"
#include "models/parts/precompile/precompile.hpp"
#include "tests/vectors/families/families.hpp"
#include "tests/vectors/runner/text.hpp"

namespace ledgerlab::vectors {
namespace {

// --- precompiled contracts -------------------------------------------------------------------

enum class Price : bool { compare, leave };

/// A list of {Name, Input, Expected | ExpectedError, Gas}.
template <std::uint16_t Number, Revision At = Revision::cancun, Price Compared = Price::compare>
void run_precompile(const Run& run, Report& report) {
  constexpr std::int64_t gas = 1'000'000'000'000;
  Address address;
  address.data[18] = Number >> 8;
  address.data[19] = Number & 0xff;
  for (const Json& test : read_json(run.path)) {
    judge(run, report, test.at("Name").get<std::string>(), [&]() -> std::string {
      const Bytes input = unhex(test, "Input");
      const auto outcome = precompile::is_later_precompile(address)
                               ? precompile::run_later(address, input, gas)
                               : precompile::run(address, At, input, gas);
      const bool succeeded = outcome.status == ContractStatus::success;
      if (!test.contains("Expected")) return succeeded ? "succeeded, though it must fail" : "";
      if (!succeeded) return "failed: " + std::string(contract_status_name(outcome.status));
      const std::string why = differs(to_hex(outcome.output), to_hex(unhex(test, "Expected")));
      if (!why.empty() || Compared == Price::leave || !test.contains("Gas")) return why;
      return differs(std::to_string(gas - outcome.gas_left), test.at("Gas").dump());
    });
  }
}

// --- BLS signatures --------------------------------------------------------------------------

constexpr bls::Scheme pop{bls::Variant::min_pk, bls::pop_min_pk};
constexpr std::string_view quux = "QUUX-V01-CS02-with-BLS12381G2_XMD:SHA-256_SSWU_RO_";

std::string hex_pair(const bls12_381::Fp2& value) {
  Bytes c0(48), c1(48);
  value.c0.encode(c0.data());
  value.c1.encode(c1.data());
  return "0x" + to_hex(c0) + ",0x" + to_hex(c1);
}
std::string hex_pair(const bls12_381::Fp& value) {
  Bytes out(48);
  value.encode(out.data());
  return "0x" + to_hex(out);
}

template <class P>
std::string differs_from(const P& point, const Json& want) {
  const P p = point.affine();
  const std::string why = differs(hex_pair(p.x), want.at("x").get<std::string>());
  return why.empty() ? differs(hex_pair(p.y), want.at("y").get<std::string>()) : why;
}

std::vector<Bytes> unhex_list(const Json& list) {
  std::vector<Bytes> out;
  for (const Json& text : list) out.push_back(unhex(text.get<std::string>()));
  return out;
}

std::string text_of(const std::optional<Bytes>& value) {
  return value ? "0x" + to_hex(*value) : "null";
}
std::string text_of(bool value) { return value ? "true" : "false"; }

/// What the functions of ethereum/bls12-381-tests give, as the text of `output`; a test's kind is
/// its folder. Input that is no hexadecimal text of whole bytes throws.
std::string answer_pop(const std::string& kind, const Json& input) {
  const auto bytes = [&](const char* key) { return unhex(input, key); };
  if (kind == "sign") {
    const auto secret = fixed_from_hex<32>(input.at("privkey").get<std::string>());
    return text_of(secret ? bls::sign(pop, *secret, bytes("message")) : std::nullopt);
  }
  if (kind == "aggregate") return text_of(bls::aggregate(pop, unhex_list(input)));
  if (kind == "verify") {
    return text_of(bls::verify(pop, bytes("pubkey"), bytes("message"), bytes("signature")));
  }
  if (kind == "deserialization_G1") {
    const Bytes key = bytes("pubkey");
    const auto point = bls12_381::decode_g1(key);
    return text_of(key.size() == 48 && point && in_subgroup(*point));
  }
  if (kind == "deserialization_G2") {
    const Bytes signature = bytes("signature");
    const auto point = bls12_381::decode_g2(signature);
    return text_of(signature.size() == 96 && point && in_subgroup(*point));
  }
  const auto keys = unhex_list(input.at("pubkeys"));
  if (kind == "fast_aggregate_verify") {
    return text_of(bls::fast_aggregate_verify(pop, keys, bytes("message"), bytes("signature")));
  }
  const auto messages = unhex_list(input.at("messages"));
  if (kind == "aggregate_verify") {
    return text_of(bls::aggregate_verify(pop, keys, messages, bytes("signature")));
  }
  if (kind != "batch_verify") throw std::runtime_error("unknown kind of test: " + kind);
  const auto signatures = unhex_list(input.at("signatures"));
  bool all = !keys.empty() && keys.size() == messages.size() && keys.size() == signatures.size();
  for (std::size_t i = 0; all && i < keys.size(); ++i) {
    all = bls::verify(pop, keys[i], messages[i], signatures[i]);
  }
  return text_of(all);
}

void run_pop(const Run& run, Report& report) {
  each_file(run, report, ".json", [&](const std::filesystem::path& file) {
    const std::string kind = file.parent_path().filename();
    judge(run, report, kind + "/" + file.stem().string(), [&] {
      const Json test = read_json(file);
      const Json& want = test.at("output");
      if (kind == "hash_to_G2") {
        const auto message = test.at("input").at("msg").get<std::string>();
        return differs_from(bls12_381::hash_to_g2(as_bytes(message), as_bytes(quux)), want);
      }
      return differs(answer_pop(kind, test.at("input")),
                     want.is_string() ? want.get<std::string>() : want.dump());
    });
  });
}

/// Lines "secret:message:signature". Secrets are numbers modulo the order: half of noble's are not
/// below it, which `bls::sign` itself refuses.
template <bls::Variant Arranged>
void run_noble(const Run& run, Report& report) {
  const bls::Scheme scheme{
      Arranged, Arranged == bls::Variant::min_pk ? bls::basic_min_pk : bls::basic_min_sig};
  std::istringstream lines(read_text(run.path));
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream cells(line);
    std::string secret, message, signature;
    if (!std::getline(cells, secret, ':')) continue;
    std::getline(cells, message, ':');
    std::getline(cells, signature, ':');
    judge(run, report, "line " + std::to_string(++count), [&]() -> std::string {
      const auto key =
          to_big_endian(u256_from(unhex_fixed<32>(secret)) % u256_from(bls12_381::order()));
      const Bytes text = unhex(message);
      const std::string why = differs(text_of(bls::sign(scheme, key, text)), "0x" + signature);
      if (!why.empty()) return why;
      const auto public_key = bls::public_key(scheme, key);
      if (!public_key) return "no public key";
      return bls::verify(scheme, *public_key, text, unhex(signature)) ? "" : "not verified";
    });
  }
}

bool accepts(const Json& group, const Json& test) {
  const std::string tag = group.at("ciphersuite");
  const bls::Scheme scheme{
      tag.find("BLS12381G2") != tag.npos ? bls::Variant::min_pk : bls::Variant::min_sig, tag};
  const Bytes signature = unhex(test, "sig");
  if (group.contains("publicKey")) {
    return bls::verify(scheme, unhex(group.at("publicKey"), "pk"), unhex(test, "msg"), signature);
  }
  const auto messages = unhex_list(test.at("messages"));
  if (tag.ends_with("_NUL_") && !bls::all_differ(messages)) return false;
  return bls::aggregate_verify(scheme, unhex_list(test.at("pubkeys")), messages, signature);
}

void run_wycheproof(const Run& run, Report& report) {
  const Json file = read_json(run.path);
  for (const Json& group : file.at("testGroups")) {
    for (const Json& test : group.at("tests")) {
      judge(run, report, "tcId " + test.at("tcId").dump(), [&]() -> std::string {
        const bool valid = test.at("result") != "invalid";
        if (group.at("type") != "BlsHashToG2") {
          return accepts(group, test) == valid ? "" : valid ? "refused" : "accepted";
        }
        const std::string tag = group.at("dst");
        const auto point = bls12_381::hash_to_g2(unhex(test, "msg"), as_bytes(tag));
        const bool same = to_hex(compress(point)) == test.at("expected").get<std::string>();
        return same == valid ? "" : "another point";
      });
    }
  }
}

// --- hashing to curves -----------------------------------------------------------------------

bool sgn0(const bls12_381::Fp& a) { return a.is_odd(); }
bool sgn0(const bls12_381::Fp2& a) { return a.c0.is_odd() || (a.c0.is_zero() && a.c1.is_odd()); }

/// RFC 9380 section 6.6.1, Shallue and van de Woestijne's map for a = 0, which the suites of today
/// do not use for these curves.
template <class P, class F = typename P::F>
P svdw(const F& z, const F& u) {
  const auto g = [](const F& x) { return square(x) * x + P::CurveType::b(); };
  const F gz = g(z);
  const F zz3 = twice(square(z)) + square(z);
  F c3 = (-(gz * zz3)).square_root().value();
  if (sgn0(c3)) c3 = -c3;
  const F c2 = -(z * twice(F::one()).inverse());
  const F c4 = -(twice(twice(gz)) * zz3.inverse());
  const F plus = F::one() + square(u) * gz;
  const F minus = F::one() - square(u) * gz;
  const F inverse = (plus * minus).inverse();
  const F shift = u * minus * inverse * c3;
  for (const F& x : {c2 - shift, c2 + shift, z + c4 * square(square(plus) * inverse)}) {
    const auto y = g(x).square_root();
    if (y) return {x, sgn0(*y) == sgn0(u) ? *y : -*y, F::one()};
  }
  throw std::runtime_error("the map found no point");
}

template <class P, class HashToField>
std::string judge_hash(const Json& file, const Json& test, HashToField hash_to_field) {
  using F = typename P::F;
  const std::string message = test.at("msg");
  const std::string tag = file.at("dst");
  const bool is_svdw = file.at("map").at("name") == "SVDW";
  F z = -F::one() - twice(F::one());  // -3
  if constexpr (sizeof(F) != sizeof(bls12_381::Fp)) z = F{{}, bls12_381::Fp::one()};
  const auto field = hash_to_field(as_bytes(message), as_bytes(tag));
  std::array<P, 2> points;
  for (std::size_t i = 0; i < 2; ++i) {
    std::string why = differs(hex_pair(field[i]), test.at("u").at(i).get<std::string>());
    points[i] = is_svdw ? svdw<P>(z, field[i]) : map_to_curve(field[i]);
    if (why.empty()) why = differs_from(points[i], test.at(i == 0 ? "Q0" : "Q1"));
    if (!why.empty()) return why;
  }
  return differs_from(clear_cofactor(points[0] + points[1]), test.at("P"));
}

void run_hash_to_curve(const Run& run, Report& report) {
  const Json file = read_json(run.path);
  const bool g1 = file.at("ciphersuite").get<std::string>().starts_with("BLS12381G1");
  for (const Json& test : file.at("vectors")) {
    judge(run, report, "'" + test.at("msg").get<std::string>().substr(0, 20) + "'", [&] {
      return g1 ? judge_hash<bls12_381::G1>(file, test, bls12_381::hash_to_field1)
                : judge_hash<bls12_381::G2>(file, test, bls12_381::hash_to_field2);
    });
  }
}

// --- KZG -------------------------------------------------------------------------------------

void run_kzg(const Run& run, Report& report) {
  static const std::regex member("(commitment|z|y|proof): *'(0x[0-9a-fA-F]*)'");
  static const std::regex output("output: *(true|false|null)");
  each_file(run, report, ".yaml", [&](const std::filesystem::path& file) {
    judge(run, report, file.parent_path().filename().string(), [&]() -> std::string {
      const std::string text = read_text(file);
      std::map<std::string, Bytes> values;
      for (std::sregex_iterator i(text.begin(), text.end(), member), end; i != end; ++i) {
        values[(*i)[1]] = from_hex((*i)[2].str()).value_or(Bytes{});
      }
      std::smatch want;
      if (values.size() != 4 || !std::regex_search(text, want, output)) return "cannot be read";
      const auto verdict =
          kzg::verify_proof(values["commitment"], values["z"], values["y"], values["proof"]);
      return differs(verdict ? text_of(*verdict) : "null", want[1].str());
    });
  });
}

constexpr std::string_view draft_price = "gas not compared: the file has an older draft's price";

constexpr Family families[] = {
    {"constantine/*precompiles/ecRecover.json", run_precompile<1>, ""},
    {"constantine/*precompiles/modexp.json", run_precompile<5, Revision::byzantium>, ""},
    {"constantine/*precompiles/modexp_eip2565.json", run_precompile<5>, ""},
    {"constantine/*precompiles/bn256Add.json", run_precompile<6>, ""},
    {"constantine/*precompiles/bn256ScalarMul.json", run_precompile<7>, ""},
    {"constantine/*precompiles/bn256Pairing.json", run_precompile<8>, ""},
    {"constantine/*precompiles/*lake2?.json", run_precompile<9>, ""},
    {"constantine/*precompiles/eip-4844/*", run_precompile<10>, ""},
    {"constantine/*precompiles/blsG1AddNimbus.json", run_precompile<0x0b>, ""},
    {"constantine/*precompiles/eip-2537/*add_G1_bls.json", run_precompile<0x0b>, ""},
    {"constantine/*precompiles/eip-2537/*mul_G1_bls.json", run_precompile<0x0c>, ""},
    {"constantine/*precompiles/eip-2537/*multiexp_G1_bls.json", run_precompile<0x0c>, ""},
    {"constantine/*precompiles/eip-2537/*add_G2_bls.json", run_precompile<0x0d>, ""},
    {"constantine/*precompiles/eip-2537/*mul_G2_bls.json",
     run_precompile<0x0e, Revision::cancun, Price::leave>, draft_price},
    {"constantine/*precompiles/eip-2537/*multiexp_G2_bls.json", run_precompile<0x0e>, ""},
    {"constantine/*precompiles/eip-2537/*pairing_check_bls.json", run_precompile<0x0f>, ""},
    {"constantine/*precompiles/eip-2537/*map_fp_to_G1_bls.json", run_precompile<0x10>, ""},
    {"constantine/*precompiles/eip-2537/*map_fp2_to_G2_bls.json", run_precompile<0x11>, ""},
    {"eips/*/eip-7951/*", run_precompile<0x100, Revision::cancun, Price::leave>, draft_price},
    {"constantine/*/protocol_blssig_pop_*", run_pop, ""},
    {"constantine/*/verify_kzg_proof", run_kzg, ""},
    {"constantine/*/tv_h2c_v?_BLS12_381_*", run_hash_to_curve, ""},
    {"noble/*/bls12-381-g1-*", run_noble<bls::Variant::min_sig>, ""},
    {"noble/*/bls12-381-g2-*", run_noble<bls::Variant::min_pk>, ""},
    {"wycheproof/*/bls_*", run_wycheproof, ""},
};

}  // namespace

std::span<const Family> pairing_families() { return families; }

}  // namespace ledgerlab::vectors
