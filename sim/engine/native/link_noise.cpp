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
/// Addresses set aside for each node, in cache lines; memory is taken for what is used of them, and
/// while that is enough nothing is copied.
constexpr std::size_t lines_set_aside = 16;
/// The counter of the n-th message from a sender (the stream) to a receiver.
std::uint64_t draw_counter(NodeId to, std::uint64_t count) {
  return std::uint64_t{to} << 44 | (count & ((std::uint64_t{1} << 44) - 1));
}

}  // namespace

std::size_t LinkTable::lines_for(std::size_t receivers) {
  const auto enough = [&](std::uint32_t room) { return capacity(room) >= receivers; };
  return block_lines(static_cast<std::size_t>(std::ranges::find_if(rooms, enough) - rooms.begin()));
}

LinkTable::Place LinkTable::insert(Rows& rows, NodeId to, NoiseLane lane) {
  const std::uint32_t links = used(rows, lane);
  if (links == capacity(room_of(rows, lane))) {
    // A lane begins with as much room as the other one has.
    const std::size_t lines = std::max(2 * block_lines(rows.size[index(lane)]),
                                       links == 0 ? block_lines(rows.size[1 - index(lane)]) : 0);
    move(rows, lane, std::max<std::size_t>(1, lines));
  }
  const Place place = look(rows, to, lane);
  *place = to;
  store_high(place, 0);
  block_of(rows, lane)[used_word(rows, lane)] = links + 1;
  return place;
}

/// Into a block of this many lines at least.
void LinkTable::move(Rows& rows, NoiseLane lane, std::size_t lines) {
  const Rows old = rows;
  std::uint16_t& size = rows.size[index(lane)];
  size = 1;
  while (block_lines(size) < lines) ++size;
  rows.begin[index(lane)] = take_block(size);
  block_of(rows, lane)[used_word(rows, lane)] = used(old, lane);
  const std::size_t old_size = old.size[index(lane)];
  if (old_size == 0) return;
  const Place block = block_of(old, lane);
  for (std::uint32_t slot = 0; slot < rooms[old_size]; ++slot) {
    const Place link = block + slot_words * std::size_t{slot};
    const NodeId to = *link & to_mask;
    if (to != free_slot) std::copy_n(link, slot_words, look(rows, to, lane));
  }
  std::fill_n(block, block_lines(old_size) * line_words, free_slot);
  left_[old_size].push_back(old.begin[index(lane)]);
}

/// A block of free slots, one that another row has left or a new one.
std::uint32_t LinkTable::take_block(std::size_t size) {
  std::vector<std::uint32_t>& left = left_[size];
  if (!left.empty()) {
    const std::uint32_t begin = left.back();
    left.pop_back();
    return begin;
  }
  if (words_.empty()) words_.reserve(nodes_ * lines_set_aside * line_words);
  const std::size_t begin = words_.size();
  words_.resize(begin + block_lines(size) * line_words, free_slot);
  return static_cast<std::uint32_t>(begin / line_words);
}

LinkNoise::LinkNoise(const NetworkSpec& spec)
    : seed_(spec.seed),
      jitter_(spec.jitter_ppm == 0 && spec.jitter != JitterKind::pareto ? JitterKind::none
                                                                        : spec.jitter),
      jitter_ppm_(spec.jitter_ppm),
      of_link_(spec.jitter_of_link),
      loss_ppb_(spec.packet_loss_ppb),
      timeout_ns_(count_ns(spec.retransmission_timeout)),
      mtu_(spec.mtu),
      links_(spec.nodes) {
  if (loss_ppb_ != 0) {
    const Uint128 kept = (Uint128{ppb_whole - loss_ppb_} << 64) / ppb_whole;
    loss_rate_q58_ = fixed::neg_ln_q58(static_cast<std::uint64_t>(kept));
  }
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

std::int64_t LinkNoise::arrival(LinkTable::Rows& rows, NodeId sender, NodeId to, std::int64_t sent,
                                std::int64_t latency, std::uint64_t bytes, NoiseLane lane) {
  const std::uint32_t from = sender | static_cast<std::uint32_t>(lane);  // also its stream of draws
  const LinkTable::Place link = links_.find(rows, to, lane);
  LinkTable::State state = links_.read(link, sender, lane);
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
  links_.write(link, sender, lane, state);
  return state.last_arrival;
}

}  // namespace ledgerlab::native
