// What the two halves of the Wycheproof area share: a test gives its verdict as Outcome.
#pragma once

#include <optional>
#include <string>

#include "tests/vectors/runner/text.hpp"

namespace ledgerlab::vectors::wycheproof {

/// What came of a test: accepted or refused, and when accepted, whether a wrong value came out.
struct Outcome {
  bool accepted = false;
  std::string wrong;  // "GOT instead of WANT"
};

/// Nothing: no function for this group (algorithm, curve, hash, mode).
using Judge = std::optional<Outcome> (*)(const Json& file, const Json& group, const Json& test);

/// By the group's "type" (EcdsaVerify, MacTest, ...); null if there is none.
Judge signature_judge(const std::string& type);
Judge symmetric_judge(const std::string& type);

}  // namespace ledgerlab::vectors::wycheproof
