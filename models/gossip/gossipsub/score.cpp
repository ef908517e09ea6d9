#include "models/gossip/gossipsub/score.hpp"

#include <algorithm>

#include "models/base/int128.hpp"

namespace ledgerlab::gossipsub {
namespace {

constexpr Points most = Points{1} << 60;

/// a * b of two numbers in millionths.
Points times(Points a, Points b) {
  const Int128 product = static_cast<Int128>(a) * b / point;
  return static_cast<Points>(std::clamp<Int128>(product, -most, most));
}

Points square(Points a) { return times(a, a); }

Points decayed(Points value, std::uint64_t ppb, Points to_zero) {
  const auto left = static_cast<Points>(static_cast<Int128>(value) * ppb / 1'000'000'000);
  return left < to_zero ? 0 : left;
}

/// A ratio in parts per 10^9, in millionths.
Points points_of(const Params& params, std::string_view key) { return params.integer(key) / 1'000; }

}  // namespace

Score::Score(const Params& p)
    : gossip_threshold(-points_of(p, "gossip_threshold")),
      publish_threshold(-points_of(p, "publish_threshold")),
      graylist_threshold(-points_of(p, "graylist_threshold")),
      accept_px_threshold(points_of(p, "accept_px_threshold")),
      opportunistic_graft_threshold(points_of(p, "opportunistic_graft_threshold")),
      topic_weight_(points_of(p, "topic_weight")),
      topic_score_cap_(points_of(p, "topic_score_cap")),
      time_in_mesh_weight_(points_of(p, "time_in_mesh_weight")),
      time_in_mesh_cap_(points_of(p, "time_in_mesh_cap")),
      time_in_mesh_quantum_(p.duration("time_in_mesh_quantum")),
      first_weight_(points_of(p, "first_message_deliveries_weight")),
      first_cap_(points_of(p, "first_message_deliveries_cap")),
      mesh_weight_(points_of(p, "mesh_message_deliveries_weight")),
      mesh_threshold_(points_of(p, "mesh_message_deliveries_threshold")),
      mesh_cap_(points_of(p, "mesh_message_deliveries_cap")),
      activation_(p.duration("mesh_message_deliveries_activation")),
      window_(p.duration("mesh_message_deliveries_window")),
      failure_weight_(points_of(p, "mesh_failure_penalty_weight")),
      invalid_weight_(points_of(p, "invalid_message_deliveries_weight")),
      app_weight_(points_of(p, "app_specific_weight")),
      app_score_(points_of(p, "app_specific_score")),
      colocation_weight_(points_of(p, "ip_colocation_factor_weight")),
      colocation_threshold_(static_cast<std::uint32_t>(p.count("ip_colocation_factor_threshold"))),
      behaviour_weight_(points_of(p, "behaviour_penalty_weight")),
      behaviour_threshold_(points_of(p, "behaviour_penalty_threshold")),
      first_decay_(p.count("first_message_deliveries_decay")),
      mesh_decay_(p.count("mesh_message_deliveries_decay")),
      failure_decay_(p.count("mesh_failure_penalty_decay")),
      invalid_decay_(p.count("invalid_message_deliveries_decay")),
      behaviour_decay_(p.count("behaviour_penalty_decay")),
      decay_interval_(p.duration("decay_interval")),
      decay_to_zero_(points_of(p, "decay_to_zero")) {}

Points Score::deficit(const TopicStats& t) const {
  const bool active = t.grafted != time_never && t.mesh_time > activation_;
  return active ? std::max<Points>(0, mesh_threshold_ - t.mesh_message_deliveries) : 0;
}

Points Score::of_topic(const TopicStats& t) const {
  Points score = 0;
  if (t.grafted != time_never) {
    const auto quanta = count_ns(t.mesh_time) / count_ns(time_in_mesh_quantum_);
    score += times(time_in_mesh_weight_,
                   std::min(time_in_mesh_cap_, std::min(quanta, most / point) * point));  // P1
  }
  score += times(first_weight_, t.first_message_deliveries);              // P2
  score -= times(mesh_weight_, square(deficit(t)));                       // P3
  score -= times(failure_weight_, t.mesh_failure_penalty);                // P3b
  score -= times(invalid_weight_, square(t.invalid_message_deliveries));  // P4
  return times(topic_weight_, score);
}

Points Score::of(const PeerStats& peer) const {
  Points score = 0;
  for (const TopicStats& t : peer.topics) score += of_topic(t);
  if (topic_score_cap_ > 0) score = std::min(score, topic_score_cap_);
  if (peer.trusted) score += times(app_weight_, app_score_);  // P5
  if (peer.colocated > colocation_threshold_) {
    score -=
        times(colocation_weight_, square((peer.colocated - colocation_threshold_) * point));  // P6
  }
  if (peer.behaviour_penalty > behaviour_threshold_) {
    score -= times(behaviour_weight_, square(peer.behaviour_penalty - behaviour_threshold_));  // P7
  }
  return score;
}

void Score::refresh(PeerStats& peer, Time now) const {
  for (TopicStats& t : peer.topics) {
    t.first_message_deliveries = decayed(t.first_message_deliveries, first_decay_, decay_to_zero_);
    t.mesh_message_deliveries = decayed(t.mesh_message_deliveries, mesh_decay_, decay_to_zero_);
    t.mesh_failure_penalty = decayed(t.mesh_failure_penalty, failure_decay_, decay_to_zero_);
    t.invalid_message_deliveries =
        decayed(t.invalid_message_deliveries, invalid_decay_, decay_to_zero_);
    if (t.grafted != time_never) t.mesh_time = now - t.grafted;
  }
  peer.behaviour_penalty = decayed(peer.behaviour_penalty, behaviour_decay_, decay_to_zero_);
}

void Score::prune(PeerStats& peer, Topic topic) const {
  TopicStats& t = peer.topics[topic];
  t.mesh_failure_penalty = std::min(most, t.mesh_failure_penalty + square(deficit(t)));
  t.grafted = time_never;
  t.mesh_time = {};
}

void Score::first_delivery(PeerStats& peer, Topic topic) const {
  Points& count = peer.topics[topic].first_message_deliveries;
  count = std::max(count, std::min(first_cap_, count + point));
  mesh_delivery(peer, topic);
}

void Score::mesh_delivery(PeerStats& peer, Topic topic) const {
  TopicStats& t = peer.topics[topic];
  if (t.grafted == time_never) return;
  t.mesh_message_deliveries = std::min(mesh_cap_, t.mesh_message_deliveries + point);
}

}  // namespace ledgerlab::gossipsub
