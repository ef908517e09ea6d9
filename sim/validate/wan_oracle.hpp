// B1: when replicas commit if only distance costs time, from the one-way latencies (TARGETS.md
// section 4). Nodes of a matrix are numbered as its rows; row = sender.
#pragma once

#include <string>
#include <vector>

#include "sim/record/event.hpp"
#include "sim/topology/latency_data.hpp"

namespace ledgerlab::validate {

using Matrix = std::vector<std::vector<Duration>>;

Matrix matrix_of(const LatencyData& data, const std::vector<std::string>& regions);
/// Raft's leader commits after the floor(n/2)-th smallest round trip.
Duration raft_commit(const Matrix& latency, NodeId leader);
/// PBFT: when each replica has committed, counted from the proposal. A quorum is 2f+1 of n, f the
/// most that n bear.
std::vector<Duration> pbft_commits(const Matrix& latency, NodeId primary);

/// When the leader proposes, and when each replica has what was proposed as final.
class CommitWatch final : public Sink {
 public:
  explicit CommitWatch(NodeId leader) : leader_(leader) {}
  std::uint32_t interest() const override {
    return event_bit(EventType::final_block) | event_bit(EventType::answer);
  }
  void on_event(const Event& event) override;

  const std::vector<Time>& proposed() const { return proposed_; }
  /// How long each decision took at a node; its i-th final block is the i-th proposal.
  std::vector<Duration> took(NodeId node) const;

 private:
  NodeId leader_;
  std::vector<Time> proposed_;
  std::vector<std::vector<Time>> finals_;
};

}  // namespace ledgerlab::validate
