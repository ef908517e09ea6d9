// What arrives and what is published.
#include "models/gossip/gossipsub/gossipsub.hpp"

#include <algorithm>

namespace ledgerlab::gossipsub {
namespace {

constexpr TimerId heartbeat_timer{static_cast<std::uint32_t>(TimerKind::heartbeat), 0};

bool has(const std::vector<NodeId>& list, NodeId node) {
  return std::find(list.begin(), list.end(), node) != list.end();
}

}  // namespace

void Gossipsub::step(const Input& input, Effects& effects) {
  if (input.kind == InputKind::deliver) {
    on_message(input, effects);
  } else if (input.kind == InputKind::timer) {
    on_heartbeat(input, effects);
    effects.set_timer(heartbeat_timer, overlay_.heartbeat_interval);
  } else if (input.kind == InputKind::call) {
    if (const auto* call = input.call->as<Publish>()) {
      publish(input, call->content, effects);
    } else if (const auto* refused = input.call->as<Rejected>()) {
      on_rejected(refused->content, effects);
    } else if (const auto* now = input.call->as<ledgerlab::Peers>()) {
      on_peers(input, now->peers, effects);
    }
  } else if (input.kind == InputKind::start) {
    on_start(input, effects);
  }
}

void Gossipsub::on_start(const Input& input, Effects& effects) {
  for (Topic t = 0; t < topics_; ++t) {
    const bool in = always_subscribed_ ||
                    draw_ppb(input.draw(Purpose("gossipsub.subscribe"), t), subscribers_ppb_);
    subscribed_ |= static_cast<std::uint8_t>((in ? 1u : 0u) << t);
  }
  next_decay_ = input.local + score_.decay_interval();
  // Hellos tell subscriptions. Where all are subscribed, only a new life has to be told.
  if (!always_subscribed_ || input.incarnation > 0) {
    targets_.clear();
    for (const Peer& p : peers_) targets_.push_back(p.node);
    if (!targets_.empty()) effects.multicast(targets_, SubOpts{subscribed_, true});
  }
  const Duration phase = draw_uniform(input.draw(Purpose("gossipsub.heartbeat_phase"), 0),
                                      Duration{}, overlay_.heartbeat_interval - Duration{1});
  effects.set_timer(heartbeat_timer, overlay_.heartbeat_initial_delay + phase);
}

void Gossipsub::on_message(const Input& input, Effects& effects) {
  Peer* from = peer(input.from);
  if (from == nullptr) {
    // Peer exchange: somebody we do not know dials us.
    const auto* hello = input.message->as<SubOpts>();
    if (hello == nullptr || !hello->hello || !overlay_.px) return;
    const auto at = std::lower_bound(peers_.begin(), peers_.end(), input.from,
                                     [](const Peer& p, NodeId n) { return p.node < n; });
    from = &*peers_.insert(at, make_peer(input.from, input.local));
    from->outbound = false;
    count_colocated();
  }
  // Graylisted peers are not listened to (v1.1, Score Thresholds).
  if (overlay_.v11 && score(*from) < score_.graylist_threshold) return;
  if (const auto* content = input.message->as<FullMessage>()) {
    on_content(input, *from, *content, effects);
  } else if (const auto* ihave = input.message->as<IHave>()) {
    if (ihave->topic < topics_) on_ihave(input, *from, *ihave, effects);
  } else if (const auto* iwant = input.message->as<IWant>()) {
    on_iwant(*from, *iwant, effects);
  } else if (const auto* graft = input.message->as<Graft>()) {
    if (graft->topic < topics_) on_graft(input, *from, graft->topic, effects);
  } else if (const auto* prune = input.message->as<Prune>()) {
    if (prune->topic < topics_) on_prune(input, *from, *prune, effects);
  } else if (const auto* sub = input.message->as<SubOpts>()) {
    on_sub_opts(input, *from, *sub, effects);
  }
}

void Gossipsub::on_sub_opts(const Input& input, Peer& from, const SubOpts& message,
                            Effects& effects) {
  if (message.hello) {
    // A new connection: what was agreed on the old one is void; the score stays.
    for (Topic t = 0; t < topics_; ++t) remove_from_mesh(from, t);
    from.fanout = 0;
    from.backoff = {};
    effects.send(input.from, SubOpts{subscribed_, false});
  }
  from.topics = message.topics;
}

// --- contents -----------------------------------------------------------------------------------

void Gossipsub::on_content(const Input& input, Peer& from, const FullMessage& message,
                           Effects& effects) {
  const Topic topic = topic_of(*message.content);
  if ((subscribed_ >> topic & 1) == 0) return;
  const std::uint32_t dense = effects.intern(message.content->identity());
  if (!seen_.add(dense)) {
    if (Item* item = overlay_.v11 ? items_.find(dense) : nullptr) on_duplicate(input, from, *item);
    return;
  }
  if (!promises_.empty()) {
    std::erase_if(promises_, [&](const Promise& p) { return p.dense == dense; });
  }
  Item& item = items_.add(dense, input.local);
  item.topic = topic;
  item.frame = input.message_ref();
  item.sender = input.from;
  effects.call(message.content->slot(), Relayed{message.content, input.from});
}

/// A near-first copy counts for P3, a copy of an invalid message for P4.
void Gossipsub::on_duplicate(const Input& input, Peer& from, Item& item) {
  if (item.sender == from.node || has(item.deliverers, from.node)) return;
  item.deliverers.push_back(from.node);
  if (item.state == State::rejected) {
    score_.invalid_delivery(from.stats, item.topic);
  } else if (item.state == State::cached && input.local - item.validated <= score_.window()) {
    score_.mesh_delivery(from.stats, item.topic);
  }
}

void Gossipsub::publish(const Input& input, const MessageRef& content, Effects& effects) {
  const std::uint32_t dense = effects.intern(content->identity());
  Item* item = items_.find(dense);
  const bool own = item == nullptr;
  if (own) {
    if (!seen_.add(dense)) return;  // published and dropped long ago
    item = &items_.add(dense, input.local);
    item->topic = topic_of(*content);
    item->frame = effects.make(FullMessage{content});
  } else if (item->state != State::validating) {
    return;
  }
  item->state = State::cached;
  item->validated = input.local;
  item->window = heartbeats_;
  if (own) {
    publish_own(input, item->topic, effects, item->frame);
    return;
  }
  const NodeId sender = item->sender;
  if (overlay_.v11) {
    if (Peer* p = peer(sender)) score_.first_delivery(p->stats, item->topic);
    for (const NodeId node : item->deliverers) {  // while it was validated
      if (Peer* p = peer(node)) score_.mesh_delivery(p->stats, item->topic);
    }
  }
  targets_.clear();
  for (const Peer& p : peers_) {
    if (p.in_mesh(item->topic) && p.node != sender) targets_.push_back(p.node);
  }
  if (!targets_.empty()) effects.multicast(targets_, item->frame);
}

/// v1.0: to the mesh, or to the fanout of who is not subscribed. v1.1, flood publishing: to all.
void Gossipsub::publish_own(const Input& input, Topic topic, Effects& effects,
                            const MessageRef& frame) {
  const bool flood = overlay_.v11 && overlay_.flood_publish;
  const bool member = (subscribed_ >> topic & 1) != 0;
  if (!flood && !member) fill_fanout(input, topic);
  targets_.clear();
  for (const Peer& p : peers_) {
    const bool chosen = flood    ? p.subscribed(topic)
                        : member ? p.in_mesh(topic)
                                 : (p.fanout >> topic & 1) != 0;
    if (!chosen || (overlay_.v11 && score(p) < score_.publish_threshold)) continue;
    targets_.push_back(p.node);
  }
  if (!targets_.empty()) effects.multicast(targets_, frame);
}

/// Up to D subscribed peers to publish to without being in the topic.
void Gossipsub::fill_fanout(const Input& input, Topic topic) {
  const auto bit = static_cast<std::uint8_t>(1u << topic);
  std::size_t there = 0;
  Peers candidates;
  for (Peer& p : peers_) {
    there += (p.fanout & bit) != 0;
    const bool good = !overlay_.v11 || score(p) >= score_.publish_threshold;
    if ((p.fanout & bit) == 0 && p.subscribed(topic) && good) candidates.push_back(&p);
  }
  Shuffler shuffler(input, Purpose("gossipsub.fanout"),
                    static_cast<std::uint64_t>(count_ns(input.local)) * 2 + topic);
  shuffler.shuffle(candidates);
  for (Peer* p : candidates) {
    if (there++ >= overlay_.d) break;
    p->fanout |= bit;
  }
  fanout_until_[topic] = input.local + overlay_.fanout_ttl;
}

/// The owner found it invalid: everybody who delivered it is charged (P4).
void Gossipsub::on_rejected(const Hash128& content, Effects& effects) {
  Item* item = items_.find(effects.intern(content));
  if (item == nullptr || item->state != State::validating) return;
  item->state = State::rejected;
  if (!overlay_.v11) return;
  item->deliverers.push_back(item->sender);
  for (const NodeId node : item->deliverers) {
    if (Peer* p = peer(node)) score_.invalid_delivery(p->stats, item->topic);
  }
}

// --- gossip -------------------------------------------------------------------------------------

void Gossipsub::on_ihave(const Input& input, Peer& from, const IHave& ihave, Effects& effects) {
  if ((subscribed_ >> ihave.topic & 1) == 0) return;
  std::size_t room = ids_max;
  if (overlay_.v11) {
    if (score(from) < score_.gossip_threshold) return;
    // Spam Protection Measures: so many announcements and ids from a peer in a heartbeat.
    if (++from.ihave_messages > overlay_.max_ihave_messages) return;
    room = overlay_.max_ihave_length - std::min(overlay_.max_ihave_length, from.ihave_asked);
  }
  IWant iwant;
  for (const Hash128& id : ihave.ids) {
    if (iwant.ids.size() >= room) break;
    if (!seen_.has(effects.intern(id))) iwant.ids.push_back(id);
  }
  if (iwant.ids.empty()) return;
  if (overlay_.v11) {
    from.ihave_asked += static_cast<std::uint32_t>(iwant.ids.size());
    // One id of each advertisement is followed up.
    Shuffler shuffler(input, Purpose("gossipsub.promise"), iwant.ids.front().tag() ^ from.node);
    const Hash128& id = iwant.ids[shuffler.below(iwant.ids.size())];
    promises_.push_back(
        {effects.intern(id), from.node, input.local + overlay_.iwant_followup_time});
  }
  effects.send(from.node, std::move(iwant));
}

void Gossipsub::on_iwant(Peer& from, const IWant& iwant, Effects& effects) {
  if (overlay_.v11 && score(from) < score_.gossip_threshold) return;
  for (const Hash128& id : iwant.ids) {
    Item* item = items_.find(effects.intern(id));
    if (item == nullptr || item->state != State::cached) continue;
    if (overlay_.v11) {
      const auto sent = std::count(item->sent_to.begin(), item->sent_to.end(), from.node);
      if (sent >= static_cast<std::ptrdiff_t>(overlay_.gossip_retransmission)) continue;
      item->sent_to.push_back(from.node);
    }
    effects.send(from.node, item->frame);
  }
}

// --- the mesh -----------------------------------------------------------------------------------

void Gossipsub::on_graft(const Input& input, Peer& from, Topic topic, Effects& effects) {
  if ((subscribed_ >> topic & 1) == 0) {
    // v1.1: GRAFT for unknown topics is ignored, answers could be asked for without end.
    if (!overlay_.v11) send_prune(input, from, topic, false, effects);
    return;
  }
  if (from.in_mesh(topic)) return;
  if (!overlay_.v11) {
    add_to_mesh(from, topic, input.local);
    return;
  }
  if (input.local < from.backoff[topic]) {
    // Too early after a PRUNE; even worse right after it.
    const Time pruned = from.backoff[topic] - overlay_.prune_backoff;
    const bool flood = input.local < pruned + overlay_.graft_flood_threshold;
    score_.penalise(from.stats, flood ? 2 : 1);
    send_prune(input, from, topic, false, effects);
    return;
  }
  if (score(from) < 0) {
    send_prune(input, from, topic, false, effects);
    return;
  }
  // Outbound Mesh Quotas: a full mesh takes only whom we dialled.
  if (!from.outbound && mesh_of(topic).size() >= overlay_.d_high) {
    send_prune(input, from, topic, overlay_.px, effects);
    return;
  }
  add_to_mesh(from, topic, input.local);
}

void Gossipsub::on_prune(const Input& input, Peer& from, const Prune& prune, Effects& effects) {
  remove_from_mesh(from, prune.topic);
  if (!overlay_.v11) return;
  const Duration backoff = prune.backoff_s > 0 ? seconds(prune.backoff_s) : overlay_.prune_backoff;
  from.backoff[prune.topic] = std::max(from.backoff[prune.topic], input.local + backoff);
  if (!overlay_.px || score(from) < score_.accept_px_threshold) return;
  for (const NodeId node : prune.peers) {
    if (node >= replicas_ || node == self_ || peer(node) != nullptr) continue;
    const auto at = std::lower_bound(peers_.begin(), peers_.end(), node,
                                     [](const Peer& p, NodeId n) { return p.node < n; });
    peers_.insert(at, make_peer(node, input.local))->outbound = true;
    effects.send(node, SubOpts{subscribed_, true});
  }
  count_colocated();
}

}  // namespace ledgerlab::gossipsub
