// The peer score of gossipsub v1.1 in fixed point: P1 to P7 with their decay. Specification,
// section "Peer Scoring".
#pragma once

#include <array>

#include "models/api/params.hpp"
#include "models/gossip/gossipsub/messages.hpp"

namespace ledgerlab::gossipsub {

/// A score or counter in millionths; saturates far from any threshold.
using Points = std::int64_t;
inline constexpr Points point = 1'000'000;

/// What a peer has done in one topic.
struct TopicStats {
  Time grafted = time_never;  // in the mesh since; time_never: it is not
  Duration mesh_time{};       // as of the last refresh
  Points first_message_deliveries = 0;
  Points mesh_message_deliveries = 0;
  Points mesh_failure_penalty = 0;
  Points invalid_message_deliveries = 0;
};

struct PeerStats {
  std::array<TopicStats, topics_max> topics;
  Points behaviour_penalty = 0;
  std::uint32_t colocated = 0;  // peers with this one's address group, itself among them
  bool trusted = false;
};

class Score {
 public:
  explicit Score(const Params& params);

  Points of(const PeerStats& peer) const;
  /// The decay of one interval, and the time in mesh.
  void refresh(PeerStats& peer, Time now) const;
  Duration decay_interval() const { return decay_interval_; }

  void graft(PeerStats& peer, Topic topic, Time now) const {
    peer.topics[topic].grafted = now;
    peer.topics[topic].mesh_time = {};
    peer.topics[topic].mesh_message_deliveries = 0;
  }
  /// Leaving the mesh with a deficit is remembered (P3b).
  void prune(PeerStats& peer, Topic topic) const;
  /// The first copy of a valid message; a copy within the window from a mesh peer.
  void first_delivery(PeerStats& peer, Topic topic) const;
  void mesh_delivery(PeerStats& peer, Topic topic) const;
  void invalid_delivery(PeerStats& peer, Topic topic) const {
    peer.topics[topic].invalid_message_deliveries += point;
  }
  void penalise(PeerStats& peer, std::uint32_t times) const {
    peer.behaviour_penalty += times * point;
  }
  Duration window() const { return window_; }

  Points gossip_threshold, publish_threshold, graylist_threshold;  // negative
  Points accept_px_threshold, opportunistic_graft_threshold;       // not negative

 private:
  Points deficit(const TopicStats& topic) const;
  Points of_topic(const TopicStats& topic) const;

  Points topic_weight_, topic_score_cap_;
  Points time_in_mesh_weight_, time_in_mesh_cap_;
  Duration time_in_mesh_quantum_;
  Points first_weight_, first_cap_;
  Points mesh_weight_, mesh_threshold_, mesh_cap_;
  Duration activation_, window_;
  Points failure_weight_, invalid_weight_;
  Points app_weight_, app_score_;
  Points colocation_weight_;
  std::uint32_t colocation_threshold_;
  Points behaviour_weight_, behaviour_threshold_;
  std::uint64_t first_decay_, mesh_decay_, failure_decay_, invalid_decay_, behaviour_decay_;  // ppb
  Duration decay_interval_;
  Points decay_to_zero_;
};

}  // namespace ledgerlab::gossipsub
