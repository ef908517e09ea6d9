// Quorum arithmetic for crash (CFT) and Byzantine (BFT) protocols, and the two questions a replica
// asks of its peers' answers: who has won a vote, and up to where a log is committed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace ledgerlab::quorum {

/// Most crashed replicas with which a majority is left: floor((n-1)/2).
constexpr std::uint32_t max_crashed(std::uint32_t n) { return n == 0 ? 0 : (n - 1) / 2; }

/// Any two majorities of n meet in a replica: floor(n/2) + 1.
constexpr std::uint32_t majority(std::uint32_t n) { return n / 2 + 1; }

/// Most Byzantine replicas among n, n >= 3f + 1: floor((n-1)/3).
constexpr std::uint32_t max_byzantine(std::uint32_t n) { return n == 0 ? 0 : (n - 1) / 3; }

/// Smallest q such that any two quorums of q among n meet in more than f replicas, so in a correct
/// one: ceil((n+f+1)/2). It is 2f + 1 only for n = 3f + 1; for other n, 2f + 1 is unsafe.
constexpr std::uint32_t byzantine(std::uint32_t n, std::uint32_t f) { return (n + f + 2) / 2; }
constexpr std::uint32_t byzantine(std::uint32_t n) { return byzantine(n, max_byzantine(n)); }

/// f + 1 equal answers: one of them is from a correct replica.
constexpr std::uint32_t one_correct(std::uint32_t f) { return f + 1; }

/// Two sets of q among n share at least this many replicas.
constexpr std::uint32_t least_overlap(std::uint32_t n, std::uint32_t q) {
  return 2 * q > n ? 2 * q - n : 0;
}

/// The largest index that a majority has reached: `reached` holds one entry per replica (the
/// asking one included), 0 for unknown. An empty configuration has reached everything.
std::uint64_t committed(std::span<const std::uint64_t> reached);
/// Same, with a buffer to sort in that the caller keeps; its content is lost.
std::uint64_t committed_in_place(std::vector<std::uint64_t>& reached);

enum class Answer : std::uint8_t { missing, yes, no };
enum class Outcome : std::uint8_t { pending, won, lost };

/// Won with a majority of yes; lost when that can no longer happen. An empty configuration has won.
Outcome vote(std::span<const Answer> answers);

/// The servers that count, by their places in what is given by server. While the second list is not
/// empty the two are a joint configuration: each needs a majority of its own (Raft dissertation 4.3).
struct Voters {
  std::span<const std::uint32_t> members;
  std::span<const std::uint32_t> old_members;
};
/// Won if both halves have won, lost if one has.
Outcome vote(const Voters& voters, std::span<const Answer> by_server);
/// The largest index that both majorities have reached; `buffer` is the caller's to keep.
std::uint64_t committed(const Voters& voters, std::span<const std::uint64_t> by_server,
                        std::vector<std::uint64_t>& buffer);

}  // namespace ledgerlab::quorum
