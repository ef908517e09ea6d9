#include "models/parts/quorum/quorum.hpp"

#include <algorithm>
#include <limits>

namespace ledgerlab::quorum {

std::uint64_t committed_in_place(std::vector<std::uint64_t>& reached) {
  if (reached.empty()) return std::numeric_limits<std::uint64_t>::max();
  // In ascending order, a majority stands at or behind position n - majority(n).
  const auto n = static_cast<std::uint32_t>(reached.size());
  const auto position = reached.begin() + (n - majority(n));
  std::nth_element(reached.begin(), position, reached.end());
  return *position;
}

std::uint64_t committed(std::span<const std::uint64_t> reached) {
  std::vector<std::uint64_t> copy(reached.begin(), reached.end());
  return committed_in_place(copy);
}

Outcome vote(std::span<const Answer> answers) {
  if (answers.empty()) return Outcome::won;
  std::uint32_t yes = 0;
  std::uint32_t no = 0;
  for (const Answer answer : answers) {
    yes += answer == Answer::yes;
    no += answer == Answer::no;
  }
  const auto n = static_cast<std::uint32_t>(answers.size());
  if (yes >= majority(n)) return Outcome::won;
  return n - no < majority(n) ? Outcome::lost : Outcome::pending;
}

}  // namespace ledgerlab::quorum
