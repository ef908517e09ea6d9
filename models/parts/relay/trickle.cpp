#include "models/parts/relay/trickle.hpp"

#include <algorithm>

namespace ledgerlab::relay {
namespace {

constexpr Purpose draw_wait{"relay.trickle"};
constexpr Purpose draw_caller{"relay.caller"};

}  // namespace

bool called(NodeId caller, NodeId peer) {
  const bool low =
      (draw64(0, std::min(caller, peer), draw_caller, std::max(caller, peer)) & 1) != 0;
  return low == (caller < peer);
}

void Trickle::set_peers(std::span<const NodeId> before, std::span<const NodeId> now) {
  std::vector<Peer> peers(now.size());
  for (std::size_t i = 0; i < before.size(); ++i) {
    const auto it = std::lower_bound(now.begin(), now.end(), before[i]);
    if (it != now.end() && *it == before[i]) {
      peers[static_cast<std::size_t>(it - now.begin())] = peers_[i];
    }
  }
  peers_ = std::move(peers);
  ids_.assign(now.begin(), now.end());
  trim();
}

void Trickle::add(const Input& input, Sequence item, const std::uint64_t* known) {
  const auto number = log_begin_ + static_cast<std::uint32_t>(log_.size());
  log_.push_back(item);
  bool waits = false;
  for (std::size_t p = 0; p < peers_.size(); ++p) {
    if ((known[p / 64] >> (p % 64) & 1) != 0) continue;
    waits = true;
    Peer& peer = peers_[p];
    if (peer.due != time_never) continue;
    const std::uint64_t key = std::uint64_t{ids_[p]} << 32 | peer.rounds++;
    const Duration mean = called(self_, ids_[p]) ? to_called_ : to_callers_;
    peer.due = input.local + draw_exponential(input.draw(draw_wait, key), mean);
    peer.from = number;
  }
  if (!waits) trim();
}

Time Trickle::next() const {
  Time next = time_never;
  for (const Peer& peer : peers_) next = std::min(next, peer.due);
  return next;
}

std::optional<Trickle::Due> Trickle::take(Time now) {
  trim();
  for (std::size_t p = 0; p < peers_.size(); ++p) {
    Peer& peer = peers_[p];
    if (peer.due > now) continue;
    peer.due = time_never;
    return Due{p, std::span<const Sequence>(log_).subspan(peer.from - log_begin_)};
  }
  return std::nullopt;
}

void Trickle::trim() {
  std::uint32_t first = log_begin_ + static_cast<std::uint32_t>(log_.size());
  for (const Peer& peer : peers_) {
    if (peer.due != time_never) first = std::min(first, peer.from);
  }
  const std::size_t gone = first - log_begin_;
  if (gone != log_.size() && 2 * gone < log_.size()) return;
  log_.erase(log_.begin(), log_.begin() + static_cast<std::ptrdiff_t>(gone));
  log_begin_ = first;
}

}  // namespace ledgerlab::relay
