// Parameters, peers and what is agreed with them.
#include <algorithm>
#include <charconv>

#include "models/gossip/gossipsub/gossipsub.hpp"

namespace ledgerlab::gossipsub {
namespace {

std::uint32_t number(const Params& params, std::string_view key) {
  return static_cast<std::uint32_t>(params.count(key));
}

/// "3, 17": the numbers in a text, ascending.
std::vector<NodeId> numbers_in(const std::string& text) {
  std::vector<NodeId> out;
  for (const char* at = text.data(); at < text.data() + text.size(); ++at) {
    NodeId node = 0;
    const auto [end, error] = std::from_chars(at, text.data() + text.size(), node);
    if (error != std::errc{}) continue;
    out.push_back(node);
    at = end;
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

Overlay::Overlay(const Params& p)
    : v11(p.text("version") == "1.1"),
      d(number(p, "d")),
      d_low(number(p, "d_low")),
      d_high(number(p, "d_high")),
      d_lazy(number(p, "d_lazy")),
      d_out(number(p, "d_out")),
      d_score(number(p, "d_score")),
      gossip_factor_ppb(p.count("gossip_factor")),
      heartbeat_initial_delay(p.duration("heartbeat_initial_delay")),
      heartbeat_interval(p.duration("heartbeat_interval")),
      fanout_ttl(p.duration("fanout_ttl")),
      mcache_len(number(p, "mcache_len")),
      mcache_gossip(number(p, "mcache_gossip")),
      prune_backoff(p.duration("prune_backoff")),
      graft_flood_threshold(p.duration("graft_flood_threshold")),
      flood_publish(p.flag("flood_publish")),
      px(p.flag("px") && v11),
      opportunistic_graft_ticks(number(p, "opportunistic_graft_ticks")),
      opportunistic_graft_peers(number(p, "opportunistic_graft_peers")),
      max_ihave_messages(number(p, "max_ihave_messages")),
      max_ihave_length(number(p, "max_ihave_length")),
      gossip_retransmission(number(p, "gossip_retransmission")),
      iwant_followup_time(p.duration("iwant_followup_time")),
      retain_score(p.duration("retain_score")) {}

Gossipsub::Gossipsub(const ModuleContext& context)
    : self_(context.self),
      replicas_(context.replicas),
      topics_(context.params->text("topics") == "by_slot" ? 2 : 1),
      subscribers_ppb_(context.params->count("subscribers")),
      trusted_(numbers_in(context.params->text("trusted"))),
      address_groups_(context.address_groups),
      overlay_(*context.params),
      score_(*context.params),
      always_subscribed_(subscribers_ppb_ == 1'000'000'000) {
  peers_.reserve(context.neighbours.size());
  for (const NodeId node : context.neighbours) peers_.push_back(make_peer(node, Time{}));
  std::sort(peers_.begin(), peers_.end(),
            [](const Peer& a, const Peer& b) { return a.node < b.node; });
  count_colocated();
}

/// Overlay links have no direction: a drawn end of each counts as the one that dialled.
bool Gossipsub::dialled(NodeId node) const {
  const NodeId low = std::min(self_, node);
  const NodeId high = std::max(self_, node);
  const std::uint64_t u = draw64(high, low, Purpose("gossipsub.dialled"), 0);
  return ((u & 1) != 0) == (self_ == low);
}

Gossipsub::Peer* Gossipsub::peer(NodeId node) {
  const auto it = std::lower_bound(peers_.begin(), peers_.end(), node,
                                   [](const Peer& p, NodeId n) { return p.node < n; });
  return it != peers_.end() && it->node == node ? &*it : nullptr;
}

Gossipsub::Peer Gossipsub::make_peer(NodeId node, Time now) {
  Peer p;
  p.node = node;
  p.outbound = dialled(node);
  p.topics = always_subscribed_ ? static_cast<std::uint8_t>((1u << topics_) - 1) : 0;
  const auto kept = std::find_if(retained_.begin(), retained_.end(),
                                 [&](const Retained& r) { return r.node == node; });
  if (kept != retained_.end()) {
    if (kept->until >= now) p.stats = kept->stats;
    retained_.erase(kept);
  }
  p.stats.trusted = std::binary_search(trusted_.begin(), trusted_.end(), node);
  return p;
}

/// P6 counts peers with one address; here with one address group.
void Gossipsub::count_colocated() {
  if (!overlay_.v11 || address_groups_.empty()) return;
  for (Peer& p : peers_) {
    p.stats.colocated =
        static_cast<std::uint32_t>(std::count_if(peers_.begin(), peers_.end(), [&](const Peer& q) {
          return address_groups_[q.node] == address_groups_[p.node];
        }));
  }
}

void Gossipsub::on_peers(const Input& input, const std::vector<NodeId>& nodes, Effects& effects) {
  std::vector<Peer> now;
  now.reserve(nodes.size());
  targets_.clear();
  for (const NodeId node : nodes) {
    Peer* known = peer(node);
    now.push_back(known ? *known : make_peer(node, input.local));
    if (known) {
      known->node = no_node;  // taken over
    } else {
      targets_.push_back(node);
    }
  }
  for (Peer& p : peers_) {
    if (p.node == no_node || !overlay_.v11) continue;
    for (Topic t = 0; t < topics_; ++t) remove_from_mesh(p, t);
    // RetainScore: a bad score is not washed off by a new connection.
    retained_.push_back({p.node, input.local + overlay_.retain_score, p.stats});
  }
  peers_ = std::move(now);
  std::erase_if(promises_, [&](const Promise& p) { return peer(p.node) == nullptr; });
  count_colocated();
  if (!targets_.empty()) effects.multicast(targets_, SubOpts{subscribed_, true});
}

Gossipsub::Peers Gossipsub::mesh_of(Topic topic) {
  Peers out;
  for (Peer& p : peers_) {
    if (p.in_mesh(topic)) out.push_back(&p);
  }
  return out;
}

void Gossipsub::add_to_mesh(Peer& peer, Topic topic, Time now) {
  peer.mesh |= static_cast<std::uint8_t>(1u << topic);
  if (overlay_.v11) score_.graft(peer.stats, topic, now);
}

void Gossipsub::remove_from_mesh(Peer& peer, Topic topic) {
  if (!peer.in_mesh(topic)) return;
  peer.mesh &= static_cast<std::uint8_t>(~(1u << topic));
  if (overlay_.v11) score_.prune(peer.stats, topic);
}

/// Out of the mesh, and told so; v1.1 with a time to stay away and, perhaps, others to turn to.
void Gossipsub::send_prune(const Input& input, Peer& peer, Topic topic, bool with_px,
                           Effects& effects) {
  remove_from_mesh(peer, topic);
  Prune prune;
  prune.topic = topic;
  if (overlay_.v11) {
    peer.backoff[topic] = input.local + overlay_.prune_backoff;
    prune.backoff_s = static_cast<std::uint32_t>(count_ns(overlay_.prune_backoff) / 1'000'000'000);
  }
  if (with_px && overlay_.px) {
    std::vector<NodeId> good;
    for (const Peer& p : peers_) {
      if (p.node != peer.node && p.subscribed(topic) && score(p) >= 0) good.push_back(p.node);
    }
    Shuffler shuffler(input, Purpose("gossipsub.px"),
                      static_cast<std::uint64_t>(count_ns(input.local)) ^ peer.node);
    shuffler.shuffle(good);
    good.resize(std::min(good.size(), prune_peers_max));
    prune.peers = std::move(good);
  }
  effects.send(peer.node, std::move(prune));
}

void Gossipsub::inspect(Inspector& inspector) const {
  std::uint64_t mesh = 0;
  std::uint64_t outbound = 0;
  std::uint64_t fanout = 0;
  Points least = 0;
  for (const Peer& p : peers_) {
    mesh += p.in_mesh(0);
    outbound += p.in_mesh(0) && p.outbound;
    fanout += p.fanout & 1;
    least = std::min(least, score(p));
  }
  inspector.field("relay.neighbours", peers_.size());
  inspector.field("relay.mesh", mesh);
  inspector.field("relay.mesh_outbound", outbound);
  inspector.field("relay.fanout", fanout);
  inspector.field("relay.contents", items_.size());
  inspector.field("relay.promises", promises_.size());
  inspector.field("relay.lowest_score", std::to_string(least / point));
}

}  // namespace ledgerlab::gossipsub
