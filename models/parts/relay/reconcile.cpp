#include "models/parts/relay/reconcile.hpp"

#include <algorithm>

#include "models/crypto/hash.hpp"
#include "models/parts/relay/relay.hpp"

namespace ledgerlab::relay {
namespace {

constexpr Purpose draw_salt{"relay.reconcile_salt"};
constexpr Purpose draw_fanout{"relay.reconcile_fanout"};
constexpr TimerId timer{static_cast<std::uint32_t>(TimerKind::reconcile), 0};
constexpr std::uint32_t q_unit = 1u << 15;

/// BIP 330: the salts are sorted, so that both ends have one key.
SipKey key_of(std::uint64_t a, std::uint64_t b) {
  Bytes text;
  codec::Writer writer(text);
  writer(std::string("Tx Relay Salting"), std::min(a, b), std::max(a, b));
  const Hash256 digest = sha256(text);
  SipKey key;
  for (std::size_t i = 0; i < 8; ++i) {
    key.k0 |= std::uint64_t{digest.data[i]} << (8 * i);
    key.k1 |= std::uint64_t{digest.data[8 + i]} << (8 * i);
  }
  return key;
}

/// BIP 330: 1 + (SipHash mod 0xffffffff), never zero.
Field short_id(const SipKey& key, const Hash128& id) {
  return static_cast<Field>(1 + siphash24(key, id.data) % 0xffff'ffff);
}

std::uint16_t bounded(std::size_t n) {
  return static_cast<std::uint16_t>(std::min<std::size_t>(n, 0xffff));
}

/// BIP 330: |sizes' difference| + q * smaller size + 1.
std::size_t capacity_for(std::size_t a, std::size_t b, std::uint16_t q) {
  const std::size_t smaller = std::min(a, b);
  return std::min(sketch_max, std::max(a, b) - smaller + smaller * q / q_unit + 1);
}

}  // namespace

// --- who reconciles ------------------------------------------------------------------------------

void Reconciler::start(const Input& input, Effects& effects, std::span<const NodeId> peers) {
  peers_.assign(peers.size(), {});
  for (std::size_t p = 0; p < peers.size(); ++p) {
    peers_[p].id = peers[p];
    greet(input, effects, peers_[p], true);
  }
  arm(effects, peers);
}

void Reconciler::set_peers(const Input& input, Effects& effects, std::span<const NodeId> before,
                           std::span<const NodeId> now) {
  std::vector<Peer> peers(now.size());
  for (std::size_t p = 0; p < now.size(); ++p) {
    const auto it = std::lower_bound(before.begin(), before.end(), now[p]);
    if (it != before.end() && *it == now[p] && !peers_.empty()) {
      peers[p] = std::move(peers_[static_cast<std::size_t>(it - before.begin())]);
    } else {
      peers[p].id = now[p];
      greet(input, effects, peers[p], true);
    }
  }
  peers_ = std::move(peers);
  arm(effects, now);
}

std::uint64_t Reconciler::own_salt(const Input& input, NodeId peer) const {
  return input.draw(draw_salt, peer);
}

void Reconciler::greet(const Input& input, Effects& effects, Peer& peer, bool hello) {
  effects.send(peer.id, SendTxRcncl{own_salt(input, peer.id), hello});
}

/// Erlay, section 5.2: who called reconciles, with one peer after the other.
void Reconciler::arm(Effects& effects, std::span<const NodeId> peers) {
  const auto called_peers = std::count_if(
      peers.begin(), peers.end(), [&](NodeId peer) { return called(settings_.self, peer); });
  if (armed_ || called_peers == 0) return;
  armed_ = true;
  effects.set_timer(timer, settings_.interval / called_peers);
}

void Reconciler::on_timer(const Input&, Effects& effects) {
  armed_ = false;
  ask_next(effects);
  std::vector<NodeId> ids;
  for (const Peer& peer : peers_) ids.push_back(peer.id);
  arm(effects, ids);
}

bool Reconciler::on_message(const Input& input, Effects& effects, std::size_t at) {
  const Message& m = *input.message;
  Peer& peer = peers_[at];
  if (const auto* hello = m.as<SendTxRcncl>()) {
    peer.reconciles = true;
    peer.waiting = false;
    peer.salt = hello->salt;
    peer.key = key_of(own_salt(input, peer.id), hello->salt);
    if (hello->hello) greet(input, effects, peer, false);
  } else if (const auto* request = m.as<ReqTxRcncl>()) {
    if (peer.reconciles) on_request(effects, at, *request);
  } else if (const auto* sketch = m.as<SketchMessage>()) {
    if (peer.waiting) on_sketch(effects, at, *sketch);
  } else if (const auto* difference = m.as<ReconcilDiff>()) {
    on_difference(effects, at, *difference);
  } else {
    return false;
  }
  return true;
}

// --- sets ----------------------------------------------------------------------------------------

std::vector<std::uint64_t> Reconciler::add(const Input& input, Sequence item, const Hash128& id) {
  std::vector<std::uint64_t> at_once((peers_.size() + 63) / 64, 0);
  // Low fan-out (Erlay, section 5.1): the called peers in an order drawn for this transaction.
  std::vector<std::pair<std::uint64_t, std::size_t>> order;
  for (std::size_t p = 0; p < peers_.size(); ++p) {
    if (!items_.lacks(item, p)) continue;
    if (!peers_[p].reconciles) {
      at_once[p / 64] |= std::uint64_t{1} << (p % 64);
    } else if (called(settings_.self, peers_[p].id)) {
      order.emplace_back(input.draw(draw_fanout, id.tag() ^ peers_[p].id), p);
    } else {
      peers_[p].set.push_back(item);
    }
  }
  std::sort(order.begin(), order.end());
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::size_t p = order[i].second;
    if (i < settings_.flood_peers) {
      at_once[p / 64] |= std::uint64_t{1} << (p % 64);
    } else {
      peers_[p].set.push_back(item);
    }
  }
  return at_once;
}

void Reconciler::take_snapshot(Effects& effects, std::size_t at) {
  Peer& peer = peers_[at];
  // What a round without an end has left goes into this one.
  for (const Element& e : peer.snapshot) peer.set.push_back(e.item);
  peer.snapshot.clear();
  for (const Sequence item : std::exchange(peer.set, {})) {
    if (items_.lacks(item, at)) {
      peer.snapshot.push_back({short_id(peer.key, items_.id(item)), item});
    }
  }
  auto& list = peer.snapshot;
  std::sort(list.begin(), list.end(), [](const Element& a, const Element& b) {
    return a.short_id != b.short_id ? a.short_id < b.short_id : a.item < b.item;
  });
  // Two with one short id would cancel each other: the second is announced by itself.
  std::vector<Sequence> alone;
  std::size_t kept = 0;
  for (const Element& e : list) {
    if (kept > 0 && list[kept - 1].short_id == e.short_id) {
      if (list[kept - 1].item != e.item) alone.push_back(e.item);
    } else {
      list[kept++] = e;
    }
  }
  list.resize(kept);
  if (!alone.empty()) items_.announce(effects, at, alone);
}

Sketch Reconciler::sketch_of(const Peer& peer, std::size_t capacity) const {
  Sketch sketch(capacity);
  for (const Element& e : peer.snapshot) sketch.toggle(e.short_id);
  return sketch;
}

void Reconciler::announce_snapshot(Effects& effects, std::size_t at) {
  std::vector<Sequence> all;
  for (const Element& e : peers_[at].snapshot) {
    if (items_.lacks(e.item, at)) all.push_back(e.item);
  }
  peers_[at].snapshot.clear();
  std::sort(all.begin(), all.end());
  if (!all.empty()) items_.announce(effects, at, all);
}

// --- a round -------------------------------------------------------------------------------------

void Reconciler::ask_next(Effects& effects) {
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    const std::size_t at = (next_ + i) % peers_.size();
    Peer& peer = peers_[at];
    if (!peer.reconciles || !called(settings_.self, peer.id)) continue;
    next_ = at + 1;
    take_snapshot(effects, at);
    peer.waiting = true;
    ++rounds_;
    effects.send(peer.id, ReqTxRcncl{bounded(peer.snapshot.size()), peer.q});
    return;
  }
}

void Reconciler::on_request(Effects& effects, std::size_t at, const ReqTxRcncl& request) {
  take_snapshot(effects, at);
  const Peer& peer = peers_[at];
  SketchMessage answer;
  answer.set_size = bounded(peer.snapshot.size());
  if (request.set_size != 0 && !peer.snapshot.empty()) {
    const std::size_t capacity = capacity_for(request.set_size, peer.snapshot.size(), request.q);
    answer.sums = sketch_of(peer, capacity).sums();
  }
  effects.send(peer.id, std::move(answer));
}

void Reconciler::on_sketch(Effects& effects, std::size_t at, const SketchMessage& message) {
  Peer& peer = peers_[at];
  peer.waiting = false;
  const std::size_t capacity = message.sums.size();
  std::optional<std::vector<Field>> difference;
  if (capacity != 0) difference = (sketch_of(peer, capacity) ^ Sketch(message.sums)).decode();
  if (!difference) {
    // Nothing to compare, or more differences than fit: both sides announce all they have.
    if (capacity != 0) {
      ++failures_;
      peer.q = static_cast<std::uint16_t>(std::min<std::uint32_t>(q_unit, 2u * peer.q + 1));
    }
    const bool both_empty = peer.snapshot.empty() && message.set_size == 0;
    announce_snapshot(effects, at);
    if (!both_empty) effects.send(peer.id, ReconcilDiff{false, {}});
    return;
  }
  // BIP 330: what q would have been right this time is the estimate for the next.
  const std::size_t a = peer.snapshot.size();
  const std::size_t b = message.set_size;
  const std::size_t unavoidable = std::max(a, b) - std::min(a, b);
  const std::size_t extra = difference->size() > unavoidable ? difference->size() - unavoidable : 0;
  peer.q = static_cast<std::uint16_t>(
      std::min<std::size_t>(q_unit, extra * q_unit / std::max<std::size_t>(1, std::min(a, b))));
  ReconcilDiff answer{true, {}};
  std::vector<Sequence> ours;
  for (const Field id : *difference) {
    const auto it =
        std::lower_bound(peer.snapshot.begin(), peer.snapshot.end(), id,
                         [](const Element& e, Field wanted) { return e.short_id < wanted; });
    if (it != peer.snapshot.end() && it->short_id == id) {
      ours.push_back(it->item);
    } else {
      answer.ask.push_back(id);
    }
  }
  peer.snapshot.clear();
  std::sort(ours.begin(), ours.end());
  if (!ours.empty()) items_.announce(effects, at, ours);
  effects.send(peer.id, std::move(answer));
}

void Reconciler::on_difference(Effects& effects, std::size_t at, const ReconcilDiff& difference) {
  Peer& peer = peers_[at];
  if (!difference.success) return announce_snapshot(effects, at);
  std::vector<Sequence> asked;
  for (const Element& e : peer.snapshot) {
    if (std::find(difference.ask.begin(), difference.ask.end(), e.short_id) !=
        difference.ask.end()) {
      asked.push_back(e.item);
    }
  }
  peer.snapshot.clear();
  std::erase_if(asked, [&](Sequence item) { return !items_.lacks(item, at); });
  std::sort(asked.begin(), asked.end());
  if (!asked.empty()) items_.announce(effects, at, asked);
}

}  // namespace ledgerlab::relay
