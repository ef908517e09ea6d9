// Verdicts of test purposes (ISO/IEC 9646-1: none, pass, inconc, fail, error) and how they add up.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace ledgerlab::conformance {

/// In ascending order: a sum of verdicts is the worst of them.
enum class Verdict : std::uint8_t { none, pass, inconc, fail, error };

constexpr std::string_view verdict_name(Verdict verdict) {
  constexpr std::array<std::string_view, 5> names{"none", "pass", "inconc", "fail", "error"};
  return names[static_cast<std::size_t>(verdict)];
}
constexpr Verdict worse(Verdict a, Verdict b) { return std::max(a, b); }

/// What stands when all is over: nobody judged anything is an error, never a pass.
constexpr Verdict settled(Verdict verdict) {
  return verdict == Verdict::none ? Verdict::error : verdict;
}

}  // namespace ledgerlab::conformance
