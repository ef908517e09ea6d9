// The heartbeat: mesh maintenance, scores, gossip, the message cache.
#include <algorithm>

#include "models/gossip/gossipsub/gossipsub.hpp"

namespace ledgerlab::gossipsub {

void Gossipsub::on_heartbeat(const Input& input, Effects& effects) {
  if (overlay_.v11) keep_scores(input.local);
  for (Topic t = 0; t < topics_; ++t) {
    const auto bit = static_cast<std::uint8_t>(1u << t);
    if ((subscribed_ & bit) != 0) {
      maintain_mesh(input, t, effects);
      emit_gossip(input, t, effects);
      continue;
    }
    // Fanout maintenance; with flood publishing there is none.
    if (fanout_until_[t] <= input.local) {
      for (Peer& p : peers_) p.fanout &= static_cast<std::uint8_t>(~bit);
    } else {
      emit_gossip(input, t, effects);
    }
  }
  for (Peer& p : peers_) p.ihave_messages = p.ihave_asked = 0;
  // mcache.shift(): a content is advertised for mcache_gossip heartbeats, kept for mcache_len.
  ++heartbeats_;
  items_.drop_before(input.local - overlay_.heartbeat_interval * overlay_.mcache_len);
}

void Gossipsub::keep_scores(Time now) {
  for (; next_decay_ <= now; next_decay_ += score_.decay_interval()) {
    for (Peer& p : peers_) score_.refresh(p.stats, now);
  }
  // Broken promises (P7).
  std::erase_if(promises_, [&](const Promise& promise) {
    if (promise.deadline > now) return false;
    if (Peer* p = peer(promise.node)) score_.penalise(p->stats, 1);
    return true;
  });
  std::erase_if(retained_, [&](const Retained& r) { return r.until < now; });
}

void Gossipsub::maintain_mesh(const Input& input, Topic topic, Effects& effects) {
  if (overlay_.v11) {
    for (Peer& p : peers_) {
      if (p.in_mesh(topic) && score(p) < 0) send_prune(input, p, topic, false, effects);
    }
  }
  Peers mesh = mesh_of(topic);
  if (mesh.size() < overlay_.d_low) {
    graft_some(input, topic, overlay_.d - mesh.size(), false, 0, effects);
  } else if (mesh.size() > overlay_.d_high) {
    prune_surplus(input, topic, mesh, effects);
  }
  if (!overlay_.v11) return;
  mesh = mesh_of(topic);
  if (mesh.size() >= overlay_.d_low) {
    const auto outbound = static_cast<std::size_t>(
        std::count_if(mesh.begin(), mesh.end(), [](const Peer* p) { return p->outbound; }));
    if (outbound < overlay_.d_out) {
      graft_some(input, topic, overlay_.d_out - outbound, true, 0, effects);
    }
  }
  if (overlay_.opportunistic_graft_ticks > 0 &&
      (heartbeats_ + 1) % overlay_.opportunistic_graft_ticks == 0) {
    opportunistic_graft(input, topic, mesh, effects);
  }
}

/// Grafts drawn subscribed peers that are not in the mesh, may be, and score at least `above`.
void Gossipsub::graft_some(const Input& input, Topic topic, std::size_t count, bool outbound_only,
                           Points above, Effects& effects) {
  Peers candidates;
  for (Peer& p : peers_) {
    if (p.in_mesh(topic) || !p.subscribed(topic) || (outbound_only && !p.outbound)) continue;
    if (overlay_.v11 && (input.local < p.backoff[topic] || score(p) < above)) continue;
    candidates.push_back(&p);
  }
  Shuffler shuffler(input, Purpose("gossipsub.graft"),
                    std::uint64_t{heartbeats_} * 8 + topic * 4u + (outbound_only ? 1u : 0u) +
                        (above > 0 ? 2u : 0u));
  shuffler.shuffle(candidates);
  candidates.resize(std::min(candidates.size(), count));
  for (Peer* p : candidates) {
    add_to_mesh(*p, topic, input.local);
    effects.send(p->node, Graft{topic});
  }
}

/// Back to D. v1.1: the best D_score stay, the others are drawn, D_out of all are outbound.
void Gossipsub::prune_surplus(const Input& input, Topic topic, Peers& mesh, Effects& effects) {
  Shuffler shuffler(input, Purpose("gossipsub.prune"), std::uint64_t{heartbeats_} * 2 + topic);
  shuffler.shuffle(mesh);
  if (overlay_.v11) {
    std::vector<std::pair<Points, Peer*>> ranked;
    for (Peer* p : mesh) ranked.emplace_back(score(*p), p);
    std::stable_sort(ranked.begin(), ranked.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    Peers rest;
    for (std::size_t i = 0; i < ranked.size(); ++i) {
      if (i < overlay_.d_score) {
        mesh[i] = ranked[i].second;
      } else {
        rest.push_back(ranked[i].second);
      }
    }
    shuffler.shuffle(rest);
    std::copy(rest.begin(), rest.end(),
              mesh.begin() + static_cast<std::ptrdiff_t>(mesh.size() - rest.size()));
    // Outbound ones from behind the line change places with the last inbound ones before it.
    std::size_t outbound = 0;
    for (std::size_t i = 0; i < overlay_.d; ++i) outbound += mesh[i]->outbound;
    std::size_t last = overlay_.d;
    for (std::size_t i = overlay_.d; i < mesh.size() && outbound < overlay_.d_out; ++i) {
      if (!mesh[i]->outbound) continue;
      while (last > 0 && mesh[last - 1]->outbound) --last;
      if (last == 0) break;
      std::swap(mesh[i], mesh[--last]);
      ++outbound;
    }
  }
  for (std::size_t i = overlay_.d; i < mesh.size(); ++i) {
    send_prune(input, *mesh[i], topic, overlay_.px, effects);
  }
}

/// If the median score of the mesh is low, better peers are taken in.
void Gossipsub::opportunistic_graft(const Input& input, Topic topic, const Peers& mesh,
                                    Effects& effects) {
  if (mesh.size() < 2) return;
  std::vector<Points> scores;
  for (const Peer* p : mesh) scores.push_back(score(*p));
  const auto middle = scores.begin() + static_cast<std::ptrdiff_t>(scores.size() / 2);
  std::nth_element(scores.begin(), middle, scores.end());
  if (*middle >= score_.opportunistic_graft_threshold) return;
  graft_some(input, topic, overlay_.opportunistic_graft_peers, false, *middle + 1, effects);
}

/// The ids of the last windows to drawn peers outside the mesh: D_lazy of them, in v1.1 at least a
/// gossip factor of all.
void Gossipsub::emit_gossip(const Input& input, Topic topic, Effects& effects) {
  IHave ihave;
  ihave.topic = topic;
  for (std::size_t i = items_.size(); i-- > 0 && ihave.ids.size() < ids_max;) {
    const Item& item = items_[i];
    if (item.state != State::cached || item.topic != topic) continue;
    if (heartbeats_ - item.window >= overlay_.mcache_gossip) continue;
    ihave.ids.push_back(item.frame->as<FullMessage>()->content->identity());
  }
  if (ihave.ids.empty()) return;
  targets_.clear();
  for (const Peer& p : peers_) {
    if (p.in_mesh(topic) || (p.fanout >> topic & 1) != 0 || !p.subscribed(topic)) continue;
    if (overlay_.v11 && score(p) < score_.gossip_threshold) continue;
    targets_.push_back(p.node);
  }
  std::size_t count = overlay_.d_lazy;
  if (overlay_.v11) {
    const std::size_t share = targets_.size() * overlay_.gossip_factor_ppb / 1'000'000'000;
    count = std::max(count, share);
  }
  if (count < targets_.size()) {
    Shuffler shuffler(input, Purpose("gossipsub.gossip"), std::uint64_t{heartbeats_} * 2 + topic);
    shuffler.shuffle(targets_);
    targets_.resize(count);
    std::sort(targets_.begin(), targets_.end());
  }
  if (!targets_.empty()) effects.multicast(targets_, std::move(ihave));
}

}  // namespace ledgerlab::gossipsub
