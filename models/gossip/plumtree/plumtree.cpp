#include "models/gossip/plumtree/plumtree.hpp"

#include <algorithm>

namespace ledgerlab::plumtree {

Plumtree::Plumtree(const ModuleContext& context)
    : threshold_(static_cast<std::uint32_t>(context.params->count("threshold"))),
      graft_attempts_(static_cast<std::uint32_t>(context.params->count("graft_attempts"))),
      timeout1_(context.params->duration("timeout1")),
      timeout2_(context.params->duration("timeout2")),
      ihave_interval_(context.params->duration("ihave_interval")),
      keep_(context.params->duration("keep_contents")) {
  // Algorithm 1, Init: all peers are eager.
  for (const NodeId node : context.neighbours) peers_.push_back({node, true});
  std::sort(peers_.begin(), peers_.end(),
            [](const Peer& a, const Peer& b) { return a.node < b.node; });
}

void Plumtree::step(const Input& input, Effects& effects) {
  if (input.kind == InputKind::deliver) {
    if (peer(input.from) == nullptr) return;  // not of our overlay
    if (const auto* gossip = input.message->as<Gossip>()) {
      on_gossip(input, *gossip, effects);
    } else if (const auto* ihave = input.message->as<IHave>()) {
      on_ihave(input, *ihave, effects);
    } else if (const auto* graft = input.message->as<Graft>()) {
      on_graft(input, *graft, effects);
    } else if (input.message->as<Prune>()) {
      set_eager(input.from, false);
    }
  } else if (input.kind == InputKind::timer) {
    if (input.timer.kind == static_cast<std::uint32_t>(TimerKind::missing)) {
      on_missing(input, effects);
    } else {
      dispatch(effects);
    }
  } else if (input.kind == InputKind::call) {
    if (const auto* call = input.call->as<Publish>()) {
      publish(input, call->content, effects);
    } else if (const auto* now = input.call->as<Peers>()) {
      on_peers(input, now->peers, effects);
    }
  }
}

// --- algorithm 1: the tree ----------------------------------------------------------------------

void Plumtree::on_gossip(const Input& input, const Gossip& gossip, Effects& effects) {
  const std::uint32_t dense = effects.intern(gossip.content->identity());
  if (!received_.add(dense)) {
    // The same copy again, by a link that repeats or a second GRAFT, says nothing of the tree.
    const Item* item = items_.find(dense);
    if (item != nullptr && item->sender == input.from) return;
    // A duplicate: this link is not of the tree.
    set_eager(input.from, false);
    effects.send(input.from, Prune{});
    return;
  }
  items_.drop_before(input.local - keep_);
  Item& item = items_.add(dense, input.local);
  item.round = gossip.round + 1;
  item.sender = input.from;
  item.content = gossip.content;
  set_eager(input.from, true);
  if (const auto it = missing(dense); it != missing_.end()) {
    optimize(*it, gossip.round, input.from, effects);
    missing_.erase(it);
  }
  effects.call(gossip.content->slot(), Relayed{gossip.content, input.from});
}

/// broadcast(m), and the pushing of what was received once its owner has taken it.
void Plumtree::publish(const Input& input, const MessageRef& content, Effects& effects) {
  const std::uint32_t dense = effects.intern(content->identity());
  Item* item = items_.find(dense);
  if (item == nullptr) {
    if (!received_.add(dense)) return;  // pushed and dropped long ago
    items_.drop_before(input.local - keep_);
    item = &items_.add(dense, input.local);
    item->content = content;
    // The owner has it from elsewhere; nobody needs to send it to us.
    if (const auto it = missing(dense); it != missing_.end()) missing_.erase(it);
  } else if (item->taken) {
    return;
  }
  item->taken = true;
  eager_push(*item, effects);
  lazy_push(*item, effects);
}

void Plumtree::eager_push(const Item& item, Effects& effects) {
  targets_.clear();
  for (const Peer& p : peers_) {
    if (p.eager && p.node != item.sender) targets_.push_back(p.node);
  }
  if (!targets_.empty()) effects.multicast(targets_, Gossip{item.round, item.content});
}

void Plumtree::lazy_push(const Item& item, Effects& effects) {
  lazy_queue_.push_back({item.content->identity(), item.round});
  lazy_senders_.push_back(item.sender);
  if (ihave_interval_ == Duration::zero()) {
    dispatch(effects);
  } else if (!dispatch_timer_) {
    dispatch_timer_ = true;
    effects.set_timer({static_cast<std::uint32_t>(TimerKind::dispatch), 0}, ihave_interval_);
  }
}

/// The paper's dispatch(): one IHAVE for all that the queue holds; who sent some of it gets the
/// rest.
void Plumtree::dispatch(Effects& effects) {
  dispatch_timer_ = false;
  for (std::size_t first = 0; first < lazy_queue_.size(); first += announcements_max) {
    const std::size_t last = std::min(first + announcements_max, lazy_queue_.size());
    targets_.clear();
    for (const Peer& p : peers_) {
      if (p.eager) continue;
      IHave rest;
      for (std::size_t i = first; i < last; ++i) {
        if (lazy_senders_[i] != p.node) rest.announcements.push_back(lazy_queue_[i]);
      }
      if (rest.announcements.size() == last - first) {
        targets_.push_back(p.node);
      } else if (!rest.announcements.empty()) {
        effects.send(p.node, std::move(rest));
      }
    }
    if (targets_.empty()) continue;
    const auto at = [&](std::size_t i) {
      return lazy_queue_.begin() + static_cast<std::ptrdiff_t>(i);
    };
    effects.multicast(targets_, IHave{{at(first), at(last)}});
  }
  lazy_queue_.clear();
  lazy_senders_.clear();
}

// --- algorithm 2: repair ------------------------------------------------------------------------

void Plumtree::on_ihave(const Input& input, const IHave& ihave, Effects& effects) {
  for (const Announcement& a : ihave.announcements) {
    const std::uint32_t dense = effects.intern(a.id);
    if (received_.has(dense)) continue;
    auto it = missing(dense);
    if (it == missing_.end()) {
      it = missing_.insert(it, {a.id, dense, input.local + timeout1_, no_node, {}});
    }
    it->announcements.push_back({input.from, a.round, 0});
  }
  arm(input.local, effects);
}

void Plumtree::on_missing(const Input& input, Effects& effects) {
  missing_timer_ = false;
  std::erase_if(missing_, [&](Missing& m) {
    if (m.deadline > input.local) return false;
    m.deadline = input.local + timeout2_;
    return !graft_next(m, effects);
  });
  arm(input.local, effects);
}

/// Asks the first announcer for the content and makes the link to it one of the tree. False if
/// nobody is left to be asked: the next announcement begins anew.
bool Plumtree::graft_next(Missing& missing, Effects& effects) {
  if (missing.announcements.empty()) return false;
  Missing::From from = missing.announcements.front();
  missing.announcements.erase(missing.announcements.begin());
  // The paper forgets an announcer once asked, since its links lose nothing.
  if (++from.asked < graft_attempts_) missing.announcements.push_back(from);
  missing.asked = from.node;
  set_eager(from.node, true);
  effects.send(from.node, Graft{missing.id, from.round});
  return true;
}

void Plumtree::on_graft(const Input& input, const Graft& graft, Effects& effects) {
  set_eager(input.from, true);
  if (!graft.id) return;
  const Item* item = items_.find(effects.intern(*graft.id));
  if (item != nullptr && item->taken) {
    effects.send(input.from, Gossip{item->round, item->content});
  }
}

// --- algorithm 3: optimisation ------------------------------------------------------------------

/// If somebody had announced the content for a much earlier round, the tree is better through it.
void Plumtree::optimize(const Missing& missing, std::uint32_t round, NodeId sender,
                        Effects& effects) {
  if (threshold_ == 0) return;
  for (const Missing::From& from : missing.announcements) {
    if (from.node == sender || from.round >= round || round - from.round < threshold_) continue;
    effects.send(from.node, Graft{std::nullopt, from.round});
    effects.send(sender, Prune{});
    set_eager(from.node, true);
    set_eager(sender, false);
    return;
  }
}

// --- algorithm 4: the overlay changes -----------------------------------------------------------

/// NeighborDown for who left, NeighborUp for who came.
void Plumtree::on_peers(const Input& input, const std::vector<NodeId>& peers, Effects& effects) {
  std::vector<Peer> now;
  now.reserve(peers.size());
  for (const NodeId node : peers) {
    const Peer* known = peer(node);
    now.push_back({node, known == nullptr || known->eager});
  }
  peers_ = std::move(now);
  for (Missing& m : missing_) {
    std::erase_if(m.announcements,
                  [&](const Missing::From& from) { return peer(from.node) == nullptr; });
    // Whom we asked left: another is asked at once.
    if (m.asked != no_node && peer(m.asked) == nullptr) m.deadline = input.local;
  }
  on_missing(input, effects);
}

// --- books --------------------------------------------------------------------------------------

void Plumtree::arm(Time now, Effects& effects) {
  if (missing_timer_ || missing_.empty()) return;
  Time earliest = time_never;
  for (const Missing& m : missing_) earliest = std::min(earliest, m.deadline);
  missing_timer_ = true;
  effects.set_timer({static_cast<std::uint32_t>(TimerKind::missing), 0},
                    std::max(earliest - now, Duration::zero()));
}

Plumtree::Peer* Plumtree::peer(NodeId node) {
  const auto it = std::lower_bound(peers_.begin(), peers_.end(), node,
                                   [](const Peer& p, NodeId wanted) { return p.node < wanted; });
  return it != peers_.end() && it->node == node ? &*it : nullptr;
}

std::vector<Plumtree::Missing>::iterator Plumtree::missing(std::uint32_t dense) {
  return std::find_if(missing_.begin(), missing_.end(),
                      [&](const Missing& m) { return m.dense == dense; });
}

void Plumtree::inspect(Inspector& inspector) const {
  std::uint64_t eager = 0;
  for (const Peer& p : peers_) eager += p.eager;
  inspector.field("relay.neighbours", peers_.size());
  inspector.field("relay.eager", eager);
  inspector.field("relay.missing", missing_.size());
  inspector.field("relay.contents", items_.size());
}

}  // namespace ledgerlab::plumtree
