// Jitter and packet loss of the native engine.
#include "sim/engine/native/link_noise.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "models/base/draw.hpp"
#include "models/base/fixed.hpp"
#include "models/base/int128.hpp"
#include "sim/engine/native/access_link.hpp"

namespace ledgerlab::native {
namespace {

constexpr Purpose jitter_purpose{"native.jitter"};
constexpr Purpose link_purpose{"native.link_jitter"};
constexpr Purpose loss_purpose{"native.packet_loss"};
constexpr Purpose gap_purpose{"native.packets_to_next_loss"};
constexpr Purpose again_purpose{"native.retransmission_loss"};

constexpr std::uint64_t ppb_whole = 1'000'000'000;
constexpr std::uint32_t row_at_first = 4;  // a cache line
/// Addresses set aside for each node; memory is taken for what is used of them, and while that is
/// enough nothing is copied.
constexpr std::size_t slots_set_aside = 64;

std::size_t lane_index(NoiseLane lane) { return lane == NoiseLane::usual ? 0 : 1; }

/// The counter of the n-th message from a sender (the stream) to a receiver.
std::uint64_t draw_counter(NodeId to, std::uint64_t count) {
  return std::uint64_t{to} << 44 | (count & ((std::uint64_t{1} << 44) - 1));
}

}  // namespace

LinkNoise::LinkNoise(const NetworkSpec& spec)
    : seed_(spec.seed),
      jitter_(spec.jitter_ppm == 0 && spec.jitter != JitterKind::pareto ? JitterKind::none
                                                                        : spec.jitter),
      jitter_ppm_(spec.jitter_ppm),
      of_link_(spec.jitter_of_link),
      loss_ppb_(spec.packet_loss_ppb),
      timeout_ns_(count_ns(spec.retransmission_timeout)),
      mtu_(spec.mtu),
      nodes_(spec.nodes) {
  if (loss_ppb_ != 0) {
    const Uint128 kept = (Uint128{ppb_whole - loss_ppb_} << 64) / ppb_whole;
    loss_rate_q58_ = fixed::neg_ln_q58(static_cast<std::uint64_t>(kept));
  }
}

void LinkNoise::fetch(NodeId from, NodeId to, NoiseLane lane) const {
  const std::vector<Row>& rows = rows_[lane_index(lane)];
  if (rows.empty() || rows[from].slots == 0) return;
  __builtin_prefetch(&links_[rows[from].begin + (to & (rows[from].slots - 1))], 1);
}

std::vector<LinkNoise::Row>& LinkNoise::rows_of(NoiseLane lane) {
  std::vector<Row>& rows = rows_[lane_index(lane)];
  if (rows.empty()) {
    rows.resize(nodes_);
    links_.reserve(nodes_ * slots_set_aside);
  }
  return rows;
}

void LinkNoise::make_room(NodeId from, std::size_t receivers) {
  Row& row = rows_of(NoiseLane::usual)[from];
  if (row.slots != 0) return;
  row.slots = std::max(row_at_first, std::bit_ceil(static_cast<std::uint32_t>(receivers)));
  if (receivers * 4 > std::size_t{row.slots} * 3) row.slots *= 2;
  row.begin = take_slots(row.slots);
}

LinkNoise::Link& LinkNoise::link(NodeId from, NodeId to, NoiseLane lane) {
  Row& row = rows_of(lane)[from];
  if (row.slots != 0) {
    const std::uint32_t mask = row.slots - 1;
    for (std::uint32_t slot = to & mask;; slot = (slot + 1) & mask) {
      Link& link = links_[row.begin + slot];
      if (link.to == to) return link;
      if (link.to != free_slot) continue;
      if (row.used * 4 >= row.slots * 3) break;
      ++row.used;
      link.to = to;
      return link;
    }
  }
  grow(row);
  return link(from, to, lane);
}

void LinkNoise::grow(Row& row) {
  const Row old = row;
  row.slots = old.slots == 0 ? row_at_first : old.slots * 2;
  row.begin = take_slots(row.slots);
  for (std::uint32_t i = 0; i < old.slots; ++i) {
    Link& moved = links_[old.begin + i];
    if (moved.to == free_slot) continue;
    std::uint32_t slot = static_cast<std::uint32_t>(moved.to) & (row.slots - 1);
    while (links_[row.begin + slot].to != free_slot) slot = (slot + 1) & (row.slots - 1);
    links_[row.begin + slot] = std::exchange(moved, Link{});
  }
  if (old.slots != 0)
    left_[static_cast<std::size_t>(std::countr_zero(old.slots))].push_back(old.begin);
}

/// A block of free slots, one that another row has left or a new one.
std::uint32_t LinkNoise::take_slots(std::uint32_t slots) {
  std::vector<std::uint32_t>& left = left_[static_cast<std::size_t>(std::countr_zero(slots))];
  if (!left.empty()) {
    const std::uint32_t begin = left.back();
    left.pop_back();
    return begin;
  }
  const std::size_t begin = links_.size();
  links_.resize(begin + slots);
  return static_cast<std::uint32_t>(begin);
}

std::int64_t LinkNoise::jitter_ns(std::uint64_t u, std::int64_t latency) const {
  if (jitter_ == JitterKind::pareto) {
    const auto shape = static_cast<std::uint32_t>(latency / (pareto_ns / 1'000));  // thousandths
    return count_ns(draw_pareto(u, Duration{latency - pareto_ns}, shape)) - latency;
  }
  const Uint128 share = Uint128{static_cast<std::uint64_t>(latency)} * jitter_ppm_ / 1'000'000;
  const Duration size{share > Uint128{never} ? never : static_cast<std::int64_t>(share)};
  if (jitter_ == JitterKind::uniform) return count_ns(draw_uniform(u, Duration{0}, size));
  return count_ns(draw_exponential(u, size));
}

/// The packets before the next lost one are geometric, that is, the floor of an exponential with
/// mean 1 / -ln(1 - p): one draw for a message that loses nothing. Each lost packet costs one
/// timeout, each lost retransmission of it one more, twice as long as the one before.
std::int64_t LinkNoise::retransmission_ns(std::uint64_t u, std::uint64_t packets) const {
  std::int64_t delay = 0;
  std::uint64_t gap_draw = u;
  std::uint64_t packet = 0;
  for (std::uint32_t loss = 0;; ++loss) {
    const Duration gap = draw_exponential_ratio(gap_draw, std::uint64_t{1} << 58, loss_rate_q58_);
    const auto kept = static_cast<std::uint64_t>(count_ns(gap));
    if (kept >= packets - packet) return delay;
    packet += kept + 1;
    for (unsigned again = 0; again < losses_in_a_row_max; ++again) {
      if (again > 0 && !draw_ppb(draw64(u, loss, again_purpose, again), loss_ppb_)) break;
      delay = later(delay, times(timeout_ns_, std::uint64_t{1} << std::min(again, doublings_max)));
    }
    if (packet == packets) return delay;
    gap_draw = draw64(u, loss, gap_purpose, 0);
  }
}

std::uint64_t LinkNoise::jitter_draw(std::uint32_t from, NodeId to, std::uint64_t counter) const {
  if (!of_link_) return draw64(seed_, from, jitter_purpose, counter);
  const NodeId sender = from & ~static_cast<std::uint32_t>(NoiseLane::large);
  return draw64(seed_, std::min(sender, to), link_purpose, std::max(sender, to));
}

std::int64_t LinkNoise::arrival(NodeId sender, NodeId to, std::int64_t sent, std::int64_t latency,
                                std::uint64_t bytes, NoiseLane lane) {
  const std::uint32_t from = sender | static_cast<std::uint32_t>(lane);  // also its stream of draws
  Link& state = link(sender, to, lane);
  const std::uint64_t counter = draw_counter(to, state.count);
  ++state.count;
  std::int64_t at = later(sent, latency);
  if (jitter_ != JitterKind::none) {
    at = later(at, jitter_ns(jitter_draw(from, to, counter), latency));
  }
  if (loss_ppb_ != 0) {
    const std::uint64_t packets = std::max<std::uint64_t>(1, bytes / mtu_ + (bytes % mtu_ != 0));
    at = later(at, retransmission_ns(draw64(seed_, from, loss_purpose, counter), packets));
  }
  state.last_arrival = std::max(state.last_arrival, at);
  return state.last_arrival;
}

}  // namespace ledgerlab::native
