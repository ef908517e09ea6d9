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

namespace {

Outcome judge(std::uint32_t n, std::uint32_t yes, std::uint32_t no) {
  if (n == 0 || yes >= majority(n)) return Outcome::won;
  return n - no < majority(n) ? Outcome::lost : Outcome::pending;
}

Outcome vote_of(std::span<const std::uint32_t> voters, std::span<const Answer> by_server) {
  std::uint32_t yes = 0;
  std::uint32_t no = 0;
  for (const std::uint32_t server : voters) {
    yes += by_server[server] == Answer::yes;
    no += by_server[server] == Answer::no;
  }
  return judge(static_cast<std::uint32_t>(voters.size()), yes, no);
}

}  // namespace

Outcome vote(std::span<const Answer> answers) {
  std::uint32_t yes = 0;
  std::uint32_t no = 0;
  for (const Answer answer : answers) {
    yes += answer == Answer::yes;
    no += answer == Answer::no;
  }
  return judge(static_cast<std::uint32_t>(answers.size()), yes, no);
}

Outcome vote(const Voters& voters, std::span<const Answer> by_server) {
  const Outcome now = vote_of(voters.members, by_server);
  const Outcome old = vote_of(voters.old_members, by_server);
  if (now == Outcome::lost || old == Outcome::lost) return Outcome::lost;
  return now == Outcome::won ? old : now;
}

std::uint64_t committed(const Voters& voters, std::span<const std::uint64_t> by_server,
                        std::vector<std::uint64_t>& buffer) {
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  for (const auto list : {voters.members, voters.old_members}) {
    buffer.clear();
    for (const std::uint32_t server : list) buffer.push_back(by_server[server]);
    least = std::min(least, committed_in_place(buffer));
  }
  return least;
}

}  // namespace ledgerlab::quorum
