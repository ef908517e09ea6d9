// ECVRF: the examples of RFC 9381 and Cardano's generated ones, drafts 03 and 13 of that RFC.
#include <map>
#include <sstream>

#include "models/crypto/ecvrf.hpp"
#include "tests/vectors/families/families.hpp"
#include "tests/vectors/runner/text.hpp"

namespace ledgerlab::vectors {
namespace {

struct VrfCase {
  std::string secret, key, alpha, proof, output;  // hexadecimal
};

/// Made, verified, and refused once a bit of the proof differs.
template <class Proof, class Prove, class Verify>
std::string judge_vrf(const VrfCase& test, Prove prove, Verify verify) {
  const auto pair = ed25519_keypair(unhex_fixed<32>(test.secret));
  std::string why = differs(to_hex(pair.public_key), test.key);
  if (!why.empty()) return why;
  const Bytes alpha = unhex(test.alpha);
  Proof proof = prove(pair, alpha);
  why = differs(to_hex(proof), test.proof);
  if (!why.empty()) return why;
  const auto output = verify(pair.public_key, alpha, proof);
  if (!output) return "not verified";
  why = differs(to_hex(*output), test.output);
  proof.data[proof.size() - 20] ^= 1;
  if (why.empty() && verify(pair.public_key, alpha, proof)) why = "a changed proof is verified";
  return why;
}

std::string judge_suite(const VrfCase& test, VrfSuite suite) {
  return judge_vrf<VrfProof>(
      test, [&](const auto& pair, ByteView alpha) { return vrf_prove(pair, alpha, suite); },
      [&](const auto& key, ByteView alpha, const auto& proof) {
        return vrf_verify(key, alpha, proof, suite);
      });
}

std::string judge_batch(const VrfCase& test) {
  return judge_vrf<VrfBatchProof>(
      test,
      [](const auto& pair, ByteView alpha) { return vrf_prove_batch(pair, alpha, VrfSuite::ell2); },
      [](const auto& key, ByteView alpha, const auto& proof) {
        return vrf_verify_batch(key, alpha, proof, VrfSuite::ell2);
      });
}

void run_rfc(const Run& run, Report& report) {
  const Json tests = read_json(run.path);
  for (const Json& test : tests) {
    const std::string suite = test.at("suite");
    const std::string name = "example " + test.at("example").dump() + " " + suite;
    if (!suite.starts_with("ECVRF-EDWARDS25519-SHA512-")) {
      if (run.wanted(name)) report.skip(name, "no module of ledgerlab has ECVRF on P-256");
      continue;
    }
    judge(run, report, name, [&] {
      const VrfCase one{test.at("SK"), test.at("PK"), test.at("alpha"), test.at("pi"),
                        test.at("beta")};
      return judge_suite(one, suite.ends_with("TAI") ? VrfSuite::tai : VrfSuite::ell2);
    });
  }
}

/// Files of "name: value" lines.
void run_cardano(const Run& run, Report& report) {
  each_file(run, report, "", [&](const std::filesystem::path& file) {
    std::map<std::string, std::string> values;
    std::istringstream lines(read_text(file));
    for (std::string line; std::getline(lines, line);) {
      const auto colon = line.find(": ");
      if (colon != std::string::npos) values[line.substr(0, colon)] = line.substr(colon + 2);
    }
    const std::string name = file.filename().string();
    const auto version = values.find("ver");
    if (version == values.end()) return;
    if (version->second != "ietfdraft03" && version->second != "ietfdraft13") {
      if (run.wanted(name)) report.skip(name, "no module of ledgerlab has this draft of ECVRF");
      return;
    }
    judge(run, report, name, [&] {
      const std::string alpha = values["alpha"] == "empty" ? "" : values["alpha"];
      const VrfCase one{values["sk"], values["pk"], alpha, values["pi"], values["beta"]};
      return version->second == "ietfdraft03" ? judge_suite(one, VrfSuite::draft03_ell2)
                                              : judge_batch(one);
    });
  });
}

constexpr Family families[] = {
    {"vrf-rfc/*", run_rfc, ""},
    {"cardano/*/test_vectors", run_cardano, ""},
};

}  // namespace

std::span<const Family> vrf_families() { return families; }

}  // namespace ledgerlab::vectors
