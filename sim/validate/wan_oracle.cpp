#include "sim/validate/wan_oracle.hpp"

#include <algorithm>

#include "models/api/calls.hpp"
#include "models/parts/quorum/quorum.hpp"

namespace ledgerlab::validate {
namespace {

/// The k-th smallest, k from 1.
Duration smallest(std::vector<Duration> values, std::size_t k) {
  std::sort(values.begin(), values.end());
  return values.at(k - 1);
}

}  // namespace

Matrix matrix_of(const LatencyData& data, const std::vector<std::string>& regions) {
  Matrix out(regions.size(), std::vector<Duration>(regions.size()));
  for (std::size_t i = 0; i < regions.size(); ++i) {
    for (std::size_t j = 0; j < regions.size(); ++j) {
      if (i == j) continue;
      out[i][j] =
          data.between(data.region(regions[i], "latencies"), data.region(regions[j], "latencies"));
    }
  }
  return out;
}

Duration raft_commit(const Matrix& latency, NodeId leader) {
  std::vector<Duration> round_trips;
  for (std::size_t i = 0; i < latency.size(); ++i) {
    if (i != leader) round_trips.push_back(latency[leader][i] + latency[i][leader]);
  }
  return smallest(round_trips, latency.size() / 2);
}

std::vector<Duration> pbft_commits(const Matrix& latency, NodeId primary) {
  const auto n = static_cast<std::uint32_t>(latency.size());
  const std::uint32_t quorum = quorum::byzantine(n);
  std::vector<Duration> prepared(n), committed(n);
  for (NodeId i = 0; i < n; ++i) {
    // The PRE-PREPARE and quorum - 1 PREPAREs; only backups send those.
    std::vector<Duration> prepares;
    for (NodeId j = 0; j < n; ++j) {
      if (j != primary) prepares.push_back(latency[primary][j] + latency[j][i]);
    }
    prepared[i] = std::max(latency[primary][i], smallest(prepares, quorum - 1));
  }
  for (NodeId i = 0; i < n; ++i) {
    std::vector<Duration> commits;
    for (NodeId j = 0; j < n; ++j) commits.push_back(prepared[j] + latency[j][i]);
    committed[i] = std::max(prepared[i], smallest(commits, quorum));
  }
  return committed;
}

void CommitWatch::on_event(const Event& e) {
  if (e.type == EventType::final_block && e.b > 0) {
    if (finals_.size() <= e.node) finals_.resize(e.node + 1);
    finals_[e.node].push_back(e.time);
  }
  // The payload asked for: the leader proposes in the same instant.
  if (e.node == leader_ && e.type == EventType::answer && e.a > 0 &&
      e.kind == static_cast<std::uint16_t>(AnswerKind::built)) {
    proposed_.push_back(e.time);
  }
}

std::vector<Duration> CommitWatch::took(NodeId node) const {
  std::vector<Duration> out;
  if (node >= finals_.size()) return out;
  for (std::size_t i = 0; i < std::min(proposed_.size(), finals_[node].size()); ++i) {
    out.push_back(finals_[node][i] - proposed_[i]);
  }
  return out;
}

}  // namespace ledgerlab::validate
