// MuSig2 (BIP 327) and discrete-logarithm equality proofs (BIP 374).
#include "models/crypto/musig2.hpp"

#include <algorithm>

#include "models/crypto/dleq.hpp"
#include "tests/vectors/families/families.hpp"
#include "tests/vectors/runner/text.hpp"

namespace ledgerlab::vectors {
namespace {

using namespace ledgerlab::musig2;  // NOLINT: the whole file is about it

template <std::size_t N>
FixedBytes<N> fixed(const Json& text) {
  return unhex_fixed<N>(text.get<std::string>());
}

/// The file's list `list` at the case's indices `indices`; all of it without indices.
template <std::size_t N>
std::vector<FixedBytes<N>> chosen(const Json& file, const Json& test, const char* list,
                                  const char* indices) {
  std::vector<FixedBytes<N>> out;
  for (const Json& index : test.at(indices)) {
    out.push_back(fixed<N>(file.at(list).at(index.get<std::size_t>())));
  }
  return out;
}

std::vector<PlainKey> keys_of(const Json& file, const Json& test) {
  return chosen<33>(file, test, "pubkeys", "key_indices");
}

/// Given in place, or by index into the file's.
std::vector<Tweak> tweaks_of(const Json& file, const Json& test) {
  std::vector<Tweak> out;
  if (test.contains("tweaks")) {
    for (const Json& text : test.at("tweaks")) out.push_back({fixed<32>(text)});
  } else if (test.contains("tweak_indices")) {
    for (const auto& value : chosen<32>(file, test, "tweaks", "tweak_indices")) {
      out.push_back({value});
    }
  }
  for (std::size_t i = 0; i < out.size(); ++i) out[i].xonly = test.at("is_xonly").at(i);
  return out;
}

Session session_of(const Json& file, const Json& test) {
  Session out;
  out.keys = keys_of(file, test);
  out.tweaks = tweaks_of(file, test);
  out.message =
      test.contains("msg_index")
          ? unhex(file.at("msgs").at(test.at("msg_index").get<std::size_t>()).get<std::string>())
          : unhex(file.at("msg").get<std::string>());
  if (test.contains("aggnonce_index")) {
    out.nonce = fixed<66>(file.at("aggnonces").at(test.at("aggnonce_index").get<std::size_t>()));
  } else if (test.contains("aggnonce")) {
    out.nonce = fixed<66>(test.at("aggnonce"));
  } else if (test.contains("aggothernonce")) {
    out.nonce = fixed<66>(test.at("aggothernonce"));
  } else if (file.contains("aggnonce")) {
    out.nonce = fixed<66>(file.at("aggnonce"));
  }
  return out;
}

/// Empty: the case has what it wants. Where a case names a fault, what it asks for must end in it.
using Body = std::string (*)(const Json& file, const Json& test);
std::string judge_case(const Json& file, const Json& test, Body body) {
  std::string why;
  Json fault;
  try {
    why = body(file, test);
  } catch (const BadContribution& bad) {
    why = bad.what();
    fault = {{"type", "invalid_contribution"}, {"contrib", bad.contribution}};
    if (bad.signer) fault["signer"] = *bad.signer;
  } catch (const Fault& bad) {
    why = bad.what();
    fault = {{"type", "value"}};
  }
  if (!test.contains("error")) return why;
  if (fault.is_null()) return "no fault where there should be one";
  const Json& want = test.at("error");
  for (const char* key : {"type", "signer", "contrib"}) {
    if (want.value(key, Json()) != fault.value(key, Json())) {
      return differs(fault.dump(), want.dump());
    }
  }
  return {};
}

template <Body body>
void run_lists(const Run& run, Report& report) {
  const Json file = read_json(run.path);
  for (const auto& [list, tests] : file.items()) {
    if (!list.ends_with("test_cases")) continue;
    for (std::size_t i = 0; i < tests.size(); ++i) {
      judge(run, report, list + "[" + std::to_string(i) + "]",
            [&] { return judge_case(file, tests[i], body); });
    }
  }
}

template <std::size_t N>
std::string same(const FixedBytes<N>& got, const Json& test, const char* key = "expected") {
  return test.contains(key) ? differs(to_hex(got), to_hex(fixed<N>(test.at(key)))) : std::string();
}

void run_key_sort(const Run& run, Report& report) {
  judge(run, report, "sorted", [&]() -> std::string {
    const Json file = read_json(run.path);
    std::vector<PlainKey> keys, want;
    for (const Json& key : file.at("pubkeys")) keys.push_back(fixed<33>(key));
    for (const Json& key : file.at("sorted_pubkeys")) want.push_back(fixed<33>(key));
    return sort_keys(keys) == want ? "" : "another order";
  });
}

std::string judge_key_agg(const Json& file, const Json& test) {
  KeyAggregate aggregate = aggregate_keys(keys_of(file, test));
  for (const Tweak& tweak : tweaks_of(file, test)) aggregate = apply_tweak(aggregate, tweak);
  return same(aggregate.xonly(), test);
}

std::string judge_nonce_gen(const Json&, const Json& test) {
  NonceInput input;
  input.random = fixed<32>(test.at("rand_"));
  input.key = fixed<33>(test.at("pk"));
  if (!test.at("sk").is_null()) input.secret = fixed<32>(test.at("sk"));
  if (!test.at("aggpk").is_null()) input.aggregate = fixed<32>(test.at("aggpk"));
  if (!test.at("msg").is_null()) input.message = unhex(test.at("msg").get<std::string>());
  if (!test.at("extra_in").is_null()) input.extra = unhex(test.at("extra_in").get<std::string>());
  const Nonce nonce = make_nonce(input);
  const std::string why = same(nonce.secret, test, "expected_secnonce");
  return why.empty() ? same(nonce.open, test, "expected_pubnonce") : why;
}

std::string judge_nonce_agg(const Json& file, const Json& test) {
  return same(aggregate_nonces(chosen<66>(file, test, "pnonces", "pnonce_indices")), test);
}

/// Signing, and checking what was signed; or only the latter where a signature is given.
std::string judge_signing(const Json& file, const Json& test) {
  const Session session = session_of(file, test);
  const auto nonces = [&] { return chosen<66>(file, test, "pnonces", "nonce_indices"); };
  if (test.contains("sig")) {
    const bool good = verify_partial(fixed<32>(test.at("sig")), nonces(), session,
                                     test.at("signer_index").get<std::size_t>());
    return good ? "a wrong signature verifies" : "";
  }
  const Json& secret = file.contains("secnonce")
                           ? file.at("secnonce")
                           : file.at("secnonces").at(test.value("secnonce_index", 0u));
  const PartialSignature signature = sign(fixed<97>(secret), fixed<32>(file.at("sk")), session);
  if (const std::string why = same(signature, test); !why.empty()) return why;
  if (!test.contains("nonce_indices")) return {};
  const auto signer = test.at("signer_index").get<std::size_t>();
  if (aggregate_nonces(nonces()) != session.nonce) return "another aggregate nonce";
  return verify_partial(signature, nonces(), session, signer) ? "" : "does not verify";
}

std::string judge_sig_agg(const Json& file, const Json& test) {
  const Session session = session_of(file, test);
  const SchnorrSignature signature =
      aggregate_signatures(chosen<32>(file, test, "psigs", "psig_indices"), session);
  if (const std::string why = same(signature, test); !why.empty()) return why;
  KeyAggregate aggregate = aggregate_keys(session.keys);
  for (const Tweak& tweak : session.tweaks) aggregate = apply_tweak(aggregate, tweak);
  return schnorr_verify(aggregate.xonly(), session.message, signature) ? "" : "does not verify";
}

std::string judge_deterministic(const Json& file, const Json& test) {
  std::optional<FixedBytes<32>> random;
  if (!test.at("rand").is_null()) random = fixed<32>(test.at("rand"));
  const auto made = sign_deterministic(fixed<32>(file.at("sk")), session_of(file, test), random);
  if (!test.contains("expected")) return std::string();
  const std::string why = differs(to_hex(made.nonce), to_hex(fixed<66>(test["expected"][0])));
  return why.empty() ? differs(to_hex(made.signature), to_hex(fixed<32>(test["expected"][1])))
                     : why;
}

using Record = std::map<std::string, std::string>;

Secp256k1Point point_of(const Record& row, const char* column) {
  const std::string& text = row.at(column);
  if (text == "INFINITY") return {};
  const auto point = Secp256k1Point::parse(unhex(text));
  if (!point) throw std::runtime_error(std::string(column) + " is no point");
  return *point;
}

std::string judge_proving(const Record& row) {
  const auto proof = dleq_prove(unhex_fixed<32>(row.at("scalar_a")), point_of(row, "point_B"),
                                unhex_fixed<32>(row.at("auxrand_r")), point_of(row, "point_G"),
                                unhex(row.at("message")));
  const std::string& want = row.at("result_proof");
  const bool refused = want.empty() || want == "INVALID";
  if (refused) return proof ? "a proof where there is none" : "";
  return proof ? differs(to_hex(*proof), want) : "no proof";
}

std::string judge_proof(const Record& row) {
  const bool good = dleq_verify(point_of(row, "point_A"), point_of(row, "point_B"),
                                point_of(row, "point_C"), unhex_fixed<64>(row.at("proof")),
                                point_of(row, "point_G"), unhex(row.at("message")));
  return good == (row.at("result_success") == "TRUE") ? "" : good ? "accepted" : "refused";
}

template <std::string (*judge_row)(const Record&)>
void run_rows(const Run& run, Report& report) {
  for (const Record& row : read_csv(run.path)) {
    judge(run, report, row.at("index"), [&] { return judge_row(row); });
  }
}

constexpr Family families[] = {
    {"bips/bip-0327/vectors/key_sort_vectors.json", run_key_sort, "MuSig2"},
    {"bips/bip-0327/vectors/key_agg_vectors.json", run_lists<judge_key_agg>, "MuSig2"},
    {"bips/bip-0327/vectors/nonce_gen_vectors.json", run_lists<judge_nonce_gen>, "MuSig2"},
    {"bips/bip-0327/vectors/nonce_agg_vectors.json", run_lists<judge_nonce_agg>, "MuSig2"},
    {"bips/bip-0327/vectors/sign_verify_vectors.json", run_lists<judge_signing>, "MuSig2"},
    {"bips/bip-0327/vectors/tweak_vectors.json", run_lists<judge_signing>, "MuSig2"},
    {"bips/bip-0327/vectors/sig_agg_vectors.json", run_lists<judge_sig_agg>, "MuSig2"},
    {"bips/bip-0327/vectors/det_sign_vectors.json", run_lists<judge_deterministic>, "MuSig2"},
    {"bips/bip-0374/*generate_proof.csv", run_rows<judge_proving>, "DLEQ"},
    {"bips/bip-0374/*verify_proof.csv", run_rows<judge_proof>, "DLEQ"},
};

}  // namespace

std::span<const Family> musig2_families() { return families; }

}  // namespace ledgerlab::vectors
