#include "models/parts/overlay/peering.hpp"

#include <algorithm>

namespace ledgerlab::overlay {

std::vector<ParamInfo> peering_params() {
  return {
      {"outbound", ParamType::integer, "8", "connections that a node makes itself", "1", "1000", {}},
      {"inbound", ParamType::integer, "24", "connections of others that it accepts", "0", "100000",
       {}},
      {"peer_group_limit", ParamType::integer, "0",
       "most peers of one address group among those it dialled, and as many among those it accepted; "
       "0: any",
       "0", "100000", {}},
      {"anchors", ParamType::integer, "0",
       "of the peers it dialled, so many are kept on the disk and dialled first after a restart",
       "0", "1000", {}},
      {"keep_alive", ParamType::duration, "30 s", "every so often peers hear that it is alive",
       "10 ms", "1 d", {}},
      {"peer_timeout", ParamType::duration, "75 s",
       "a peer not heard of for so long is given up, at the next keep_alive", "20 ms", "10 d", {}},
      {"dial_timeout", ParamType::duration, "5 s",
       "a dialled node that has not answered by then is given up", "1 ms", "1 h", {}},
  };
}

std::string check_peering(const Params& params, std::uint32_t) {
  if (params.duration("peer_timeout") > params.duration("keep_alive")) return {};
  return "peer_timeout must be longer than keep_alive, or peers are given up before they can be "
         "heard of again";
}

MessageTypes peering_messages() { return message_list<Connect, Accept, Refuse, Close, KeepAlive>(); }

Peering::Peering(const ModuleContext& context)
    : self_(context.self),
      replicas_(context.replicas),
      groups_(context.address_groups),
      outbound_(context.params->count("outbound")),
      inbound_(context.params->count("inbound")),
      group_limit_(context.params->count("peer_group_limit")),
      anchors_max_(context.params->count("anchors")),
      keep_alive_(context.params->duration("keep_alive")),
      peer_timeout_(context.params->duration("peer_timeout")),
      dial_timeout_(context.params->duration("dial_timeout")) {}

void Peering::step(const Input& input, Effects& effects) {
  switch (input.kind) {
    case InputKind::start: {
      // Neighbours fall silent at different times: the first beat is drawn.
      const std::uint64_t u = input.draw(Purpose("overlay.keep_alive"), 0);
      effects.set_timer({static_cast<std::uint32_t>(TimerKind::keep_alive), 0},
                        draw_uniform(u, keep_alive_ / 2, keep_alive_));
      for (const NodeId anchor : anchors_) {
        if (eligible(anchor)) dial(input, effects, anchor);
      }
      on_start(input, effects);
      break;
    }
    case InputKind::deliver:
      if (input.from >= replicas_) break;  // a client is nobody's peer
      if (const auto peer = find(input.from); peer != peers_.end()) peer->heard = input.local;
      if (!on_own_message(input, effects)) on_message(input, effects);
      break;
    case InputKind::timer:
      if (input.timer.kind == static_cast<std::uint32_t>(TimerKind::dial)) {
        on_dial_timer(input, effects);
      } else if (input.timer.kind == static_cast<std::uint32_t>(TimerKind::keep_alive)) {
        on_keep_alive_timer(input, effects);
      } else {
        on_timer(input, effects);
      }
      break;
    case InputKind::call:
      on_call(input, effects);
      break;
    default:
      break;
  }
  if (changed_) tell(effects);
}

void Peering::restore(std::span<const Record> records) {
  if (records.empty()) return;
  records_ = records.back().index;
  if (const auto nodes = codec::decode<std::vector<NodeId>>(records.back().bytes)) {
    anchors_ = *nodes;
    std::erase_if(anchors_, [this](NodeId n) { return n >= replicas_ || n == self_; });
  }
}

// --- connections --------------------------------------------------------------------------------

bool Peering::on_own_message(const Input& input, Effects& effects) {
  const Message& m = *input.message;
  const bool peer = is_peer(input.from);
  if (m.as<KeepAlive>()) {
    if (!peer && !dialling(input.from)) effects.send(input.from, Close{});
  } else if (m.as<Connect>()) {
    on_connect(input, effects);
  } else if (m.as<Accept>()) {
    if (dialling(input.from)) {
      add(effects, input.from, true, input.local);
    } else if (!peer) {
      effects.send(input.from, Close{});  // too late
    }
  } else if (m.as<Refuse>()) {
    if (!dialling(input.from)) return true;
    std::erase_if(dials_, [&](const Until& d) { return d.node == input.from; });
    shun(input.from, input.local + 4 * dial_timeout_);
    fill(input, effects);
  } else if (m.as<Close>()) {
    if (!peer) return true;
    remove(effects, input.from);
    shun(input.from, input.local + dial_timeout_);
    fill(input, effects);
  } else {
    return false;
  }
  return true;
}

void Peering::on_connect(const Input& input, Effects& effects) {
  const NodeId from = input.from;
  if (!is_peer(from)) {
    if (dialling(from)) {
      add(effects, from, true, input.local);  // both dialled
    } else if (!admits(from) || peers_.size() - dialled_count() >= inbound_ ||
               (group_limit_ != 0 &&
                std::count_if(peers_.begin(), peers_.end(), [&](const Peer& p) {
                  return !p.dialled && group_of(p.node) == group_of(from);
                }) >= static_cast<std::ptrdiff_t>(group_limit_))) {
      effects.send(from, Refuse{});
      return;
    } else {
      add(effects, from, false, input.local);
    }
  }
  effects.send(from, Accept{});
}

void Peering::dial(const Input& input, Effects& effects, NodeId node) {
  ++dialled_;
  dials_.push_back({node, input.local + dial_timeout_});
  effects.send(node, Connect{});
  if (dial_timer_) return;
  dial_timer_ = true;
  effects.set_timer({static_cast<std::uint32_t>(TimerKind::dial), 0}, dial_timeout_);
}

void Peering::on_dial_timer(const Input& input, Effects& effects) {
  dial_timer_ = false;
  std::vector<NodeId> silent;
  std::erase_if(dials_, [&](const Until& d) {
    if (d.time > input.local) return false;
    silent.push_back(d.node);
    return true;
  });
  for (const NodeId node : silent) {
    shun(node, input.local + 4 * dial_timeout_);
    on_silence(input, effects, node);
  }
  fill(input, effects);
  if (dials_.empty() || dial_timer_) return;
  dial_timer_ = true;
  effects.set_timer({static_cast<std::uint32_t>(TimerKind::dial), 0},
                    std::max(dials_.front().time - input.local, Duration::zero()));
}

void Peering::on_keep_alive_timer(const Input& input, Effects& effects) {
  effects.set_timer({static_cast<std::uint32_t>(TimerKind::keep_alive), 0}, keep_alive_);
  std::vector<NodeId> silent;
  for (const Peer& p : peers_) {
    if (p.heard + peer_timeout_ <= input.local) silent.push_back(p.node);
  }
  for (const NodeId node : silent) {
    remove(effects, node);
    effects.send(node, Close{});  // it may hear us though we do not hear it
    shun(node, input.local + dial_timeout_);
    on_silence(input, effects, node);
  }
  std::erase_if(shunned_, [&](const Until& s) { return s.time <= input.local; });
  if (!peers_.empty()) {
    std::vector<NodeId> to;
    for (const Peer& p : peers_) to.push_back(p.node);
    effects.multicast(to, KeepAlive{});
  }
  fill(input, effects);
}

void Peering::ready(const Input& input, Effects& effects) {
  ready_ = true;
  fill(input, effects);
}

void Peering::fill(const Input& input, Effects& effects) {
  if (!ready_) return;
  std::erase_if(shunned_, [&](const Until& s) { return s.time <= input.local; });
  while (dialled_count() + dials_.size() < outbound_) {
    const NodeId next = candidate(input, dialled_);
    if (next == no_node || !eligible(next)) return;
    dial(input, effects, next);
  }
}

bool Peering::eligible(NodeId node) const {
  return node < replicas_ && node != self_ && admits(node) && !is_peer(node) && !dialling(node) &&
         std::none_of(shunned_.begin(), shunned_.end(),
                      [&](const Until& s) { return s.node == node; }) &&
         group_has_room(node);
}

/// Of those that were dialled or are being dialled: who chooses is the node itself.
bool Peering::group_has_room(NodeId node) const {
  if (group_limit_ == 0) return true;
  const std::uint32_t group = group_of(node);
  std::size_t same = 0;
  for (const Peer& p : peers_) same += p.dialled && group_of(p.node) == group;
  for (const Until& d : dials_) same += group_of(d.node) == group;
  return same < group_limit_;
}

void Peering::drop(Effects& effects, NodeId node) {
  if (!is_peer(node)) return;
  remove(effects, node);
  effects.send(node, Close{});
}

// --- books --------------------------------------------------------------------------------------

std::vector<Peering::Peer>::iterator Peering::find(NodeId node) {
  const auto it = std::lower_bound(peers_.begin(), peers_.end(), node,
                                   [](const Peer& p, NodeId n) { return p.node < n; });
  return it != peers_.end() && it->node == node ? it : peers_.end();
}

bool Peering::is_peer(NodeId node) const {
  const auto it = std::lower_bound(peers_.begin(), peers_.end(), node,
                                   [](const Peer& p, NodeId n) { return p.node < n; });
  return it != peers_.end() && it->node == node;
}

bool Peering::dialling(NodeId node) const {
  return std::any_of(dials_.begin(), dials_.end(), [&](const Until& d) { return d.node == node; });
}

std::size_t Peering::dialled_count() const {
  return static_cast<std::size_t>(
      std::count_if(peers_.begin(), peers_.end(), [](const Peer& p) { return p.dialled; }));
}

void Peering::add(Effects& effects, NodeId node, bool dialled, Time now) {
  std::erase_if(dials_, [&](const Until& d) { return d.node == node; });
  const auto at = std::lower_bound(peers_.begin(), peers_.end(), node,
                                   [](const Peer& p, NodeId n) { return p.node < n; });
  peers_.insert(at, {node, dialled, now});
  changed_ = true;
  if (dialled) keep_anchors(effects);
}

void Peering::remove(Effects& effects, NodeId node) {
  const auto it = find(node);
  if (it == peers_.end()) return;
  const bool dialled = it->dialled;
  peers_.erase(it);
  ++lost_;
  changed_ = true;
  if (dialled) keep_anchors(effects);
}

void Peering::shun(NodeId node, Time until) { shunned_.push_back({node, until}); }

/// Anchors after Heilman et al. (USENIX Security 2015, countermeasure 5): an anchor stays one as
/// long as it is a peer that was dialled.
void Peering::keep_anchors(Effects& effects) {
  if (anchors_max_ == 0) return;
  std::vector<NodeId> now;
  for (const NodeId anchor : anchors_) {
    const auto it = find(anchor);
    if ((it != peers_.end() && it->dialled) || dialling(anchor)) now.push_back(anchor);
  }
  for (const Peer& p : peers_) {
    if (now.size() >= anchors_max_) break;
    if (p.dialled && std::find(now.begin(), now.end(), p.node) == now.end()) now.push_back(p.node);
  }
  if (now.empty() || now == anchors_) return;  // the last ones may come back
  anchors_ = std::move(now);
  effects.persist(codec::encode(anchors_));
  if (++records_ > 1) effects.forget(records_);
}

void Peering::tell(Effects& effects) {
  changed_ = false;
  Peers now;
  for (const Peer& p : peers_) now.peers.push_back(p.node);
  effects.call(Slot::relay, now);
  effects.call(Slot::consensus, std::move(now));
}

void Peering::inspect(Inspector& inspector) const {
  std::string list;
  for (const Peer& p : peers_) list += (list.empty() ? "" : " ") + std::to_string(p.node);
  inspector.field("overlay.peers", std::move(list));
  inspector.field("overlay.dialled", dialled_count());
  inspector.field("overlay.dials", dialled_);
  inspector.field("overlay.peers_lost", lost_);
}

}  // namespace ledgerlab::overlay
