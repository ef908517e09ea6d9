// Project Wycheproof: every file by its groups' type. A valid test must be accepted with the right
// value, an invalid one refused; an acceptable one may go either way, but not with a wrong value.
#include "tests/vectors/families/wycheproof.hpp"

#include "tests/vectors/families/families.hpp"
#include "tests/vectors/runner/libraries.hpp"

namespace ledgerlab::vectors {
namespace {

using namespace wycheproof;

std::string verdict_on(const Outcome& outcome, const std::string& result) {
  if (!outcome.accepted) return result == "valid" ? "refused, though it is valid" : "";
  if (result == "invalid" && outcome.wrong.empty()) return "accepted, though it is invalid";
  return result == "invalid" ? "" : outcome.wrong;
}

void run_test(const Run& run, Report& report, Judge judge_one, const Json& file, const Json& group,
              const Json& test) {
  const std::string name = "tcId " + test.at("tcId").dump() + " " + test.value("comment", "");
  judge(run, report, name, [&] {
    const auto outcome = judge_one != nullptr ? judge_one(file, group, test) : std::nullopt;
    if (!outcome) throw Unjudged("no runner for " + file.value("algorithm", "this algorithm"));
    return verdict_on(*outcome, test.at("result"));
  });
}

void run_file(const Run& run, Report& report) {
  each_file(run, report, ".json", [&](const std::filesystem::path& path) {
    const Json file = read_json(path);
    for (const Json& group : file.at("testGroups")) {
      const std::string type = group.value("type", "");
      Judge judge_one = signature_judge(type);
      if (judge_one == nullptr) judge_one = symmetric_judge(type);
      for (const Json& test : group.at("tests")) {
        run_test(run, report, judge_one, file, group, test);
      }
    }
  });
}

constexpr std::string_view written_out =
    "judges GCM written out in the runner over the packaged cipher, no module uses it";

constexpr Family families[] = {
    {"wycheproof/*/*_gcm_*", run_file, written_out},
    {"wycheproof/*/*_ccm_*", run_file, library_note},
    {"wycheproof/*/rsa*", run_file, library_note},
    {"wycheproof/*/ed448*", run_file, library_note},
    {"wycheproof/*/ecdsa_secp[235]*", run_file, library_note},
    {"wycheproof/*/hmac_sha256_*", run_file, ""},
    {"wycheproof/*/hmac_*", run_file, library_note},
    {"wycheproof/*/hkdf_sha512_*", run_file, library_note},
    {"wycheproof/*", run_file, ""},
};

}  // namespace

std::span<const Family> wycheproof_families() { return families; }

}  // namespace ledgerlab::vectors
