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
/// So many links may be moved for a new one in front of them; before more it waits behind them.
constexpr std::uint32_t moved_max = 64;

/// Blocks come in sizes of at most three binary digits: the least of them with `lines`.
constexpr std::size_t size_of_block(std::size_t lines) {
  const auto width = static_cast<unsigned>(std::bit_width(lines));
  const std::size_t step = std::size_t{1} << (std::max(width, 3u) - 3);
  return (lines + step - 1) / step * step;
}
/// These sizes in turn.
constexpr std::size_t rank_of_block(std::size_t lines) {
  const unsigned above = std::max(static_cast<unsigned>(std::bit_width(lines)), 3u) - 3;
  return above * 4 + (lines >> above);
}

/// The first of some ascending receivers that is not before `to`.
std::uint32_t lower_bound(const std::uint32_t* receivers, std::uint32_t first, std::uint32_t last,
                          NodeId to) {
  const std::uint32_t* base = receivers + first;
  std::uint32_t count = last - first;
  for (; count > 1; count -= count / 2) base += base[count / 2 - 1] < to ? count / 2 : 0;
  return static_cast<std::uint32_t>(base - receivers) + (count == 1 && *base < to ? 1 : 0);
}

/// The counter of the n-th message from a sender (the stream) to a receiver.
std::uint64_t draw_counter(NodeId to, std::uint64_t count) {
  return std::uint64_t{to} << 44 | (count & ((std::uint64_t{1} << 44) - 1));
}

}  // namespace

/// Cache lines of a block for so many.
std::size_t LinkTable::lines_for(std::size_t receivers) const {
  const std::size_t words = header_words + receivers * (1 + 2 * lanes_);
  return size_of_block((words + line_words - 1) / line_words);
}

/// Finds what is not where it was looked for.
std::uint32_t LinkTable::search(Row& row, NodeId to) {
  if (row.room == 0) move(row, 1);
  const std::uint32_t* const receivers = receivers_of(row);
  const std::uint32_t in_order = block_of(row)[0];
  std::uint32_t position = lower_bound(receivers, 0, in_order, to);
  if (position < in_order && receivers[position] == to) return position;
  if (in_order < row.used || position + moved_max < in_order) {
    position = lower_bound(receivers, in_order, row.used, to);
    if (position < row.used && receivers[position] == to) return position;
  }
  return insert(row, to, position);
}

std::uint32_t LinkTable::insert(Row& row, NodeId to, std::uint32_t position) {
  if (row.used == row.room) move(row, 2 * lines_for(row.room));
  std::uint32_t* const receivers = receivers_of(row);
  const std::size_t behind = row.used - position;
  std::copy_backward(receivers + position, receivers + row.used, receivers + row.used + 1);
  receivers[position] = to;
  for (const NoiseLane lane : {NoiseLane::usual, NoiseLane::large}) {
    if (lane == NoiseLane::large && lanes_ == 1) break;
    std::uint32_t* const state = state_of(row, position, lane);
    std::copy_backward(state, state + 2 * behind, state + 2 * behind + 2);
    store(state, 0);
  }
  ++row.used;
  std::uint32_t& in_order = block_of(row)[0];
  const bool ordered = position < in_order || in_order == 0 || receivers[in_order - 1] < to;
  if (ordered && in_order + 1 == row.used) {
    ++in_order;
  } else if (row.used - in_order > moved_max + (1u << std::bit_width(row.used) / 2)) {
    put_in_order(row);
    return lower_bound(receivers, 0, row.used, to);
  }
  return position;
}

/// Many of a large row came out of order.
void LinkTable::put_in_order(Row& row) {
  struct Link {
    NodeId to;
    std::array<std::uint64_t, 2> states;
  };
  std::vector<Link> links(row.used);
  for (std::uint32_t i = 0; i < row.used; ++i) {
    links[i].to = receivers_of(row)[i];
    links[i].states = {load(state_of(row, i, NoiseLane::usual)),
                       lanes_ == 1 ? 0 : load(state_of(row, i, NoiseLane::large))};
  }
  std::inplace_merge(links.begin(), links.begin() + block_of(row)[0], links.end(),
                     [](const Link& a, const Link& b) { return a.to < b.to; });
  for (std::uint32_t i = 0; i < row.used; ++i) {
    receivers_of(row)[i] = links[i].to;
    store(state_of(row, i, NoiseLane::usual), links[i].states[0]);
    if (lanes_ == 2) store(state_of(row, i, NoiseLane::large), links[i].states[1]);
  }
  block_of(row)[0] = row.used;
}

/// Into a block of this many lines at least.
void LinkTable::move(Row& row, std::size_t lines) {
  const std::size_t size = size_of_block(lines);
  const Row old = row;
  row.begin = take_lines(size);
  row.room = static_cast<std::uint32_t>((size * line_words - header_words) / (1 + 2 * lanes_));
  if (old.room == 0) {
    std::fill_n(block_of(row), header_words, 0);
    return;
  }
  std::copy_n(block_of(old), header_words + old.used, block_of(row));
  for (const NoiseLane lane : {NoiseLane::usual, NoiseLane::large}) {
    if (lane == NoiseLane::large && lanes_ == 1) break;
    std::copy_n(state_of(old, 0, lane), 2 * std::size_t{old.used}, state_of(row, 0, lane));
  }
  left_[rank_of_block(lines_for(old.room))].push_back(old.begin);
}

/// A block that another row has left or a new one.
std::uint32_t LinkTable::take_lines(std::size_t lines) {
  std::vector<std::uint32_t>& left = left_[rank_of_block(lines)];
  if (!left.empty()) {
    const std::uint32_t begin = left.back();
    left.pop_back();
    return begin;
  }
  if (words_.empty()) words_.reserve(nodes_ * lines_set_aside * line_words);
  const std::size_t begin = words_.size();
  words_.resize(begin + lines * line_words);
  return static_cast<std::uint32_t>(begin / line_words);
}

/// A state whose time is too far from the row's origin, or has been; or a count beyond 2^24.
void LinkTable::write_rarely(const Row& row, std::uint32_t position, NodeId from, NoiseLane lane,
                             State state, std::int64_t now) {
  const auto origin_now = static_cast<std::uint32_t>(now >> origin_shift);
  std::uint32_t& origin_word = block_of(row)[1];
  if (origin_now > origin_word) {
    const std::uint64_t passed = std::uint64_t{origin_now - origin_word} << origin_shift;
    std::uint32_t* const states = state_of(row, 0, NoiseLane::usual);
    for (std::size_t i = 0; i < std::size_t{row.room} * lanes_; ++i) {
      const std::uint64_t packed = load(states + 2 * i);
      const std::uint64_t offset = packed >> count_bits;
      if (offset == wide_mark) continue;
      store(states + 2 * i,
            (offset - std::min(offset, passed)) << count_bits | (packed & count_max));
    }
    origin_word = origin_now;
  }
  const std::pair key{from | static_cast<std::uint32_t>(lane), receivers_of(row)[position]};
  const auto offset = static_cast<std::uint64_t>(state.last_arrival - origin(row));
  std::uint32_t* const place = state_of(row, position, lane);
  if (offset < wide_mark && state.count <= count_max) {
    wide_.erase(key);
    store(place, offset << count_bits | state.count);
  } else {
    wide_[key] = state;
    store(place, wide_mark << count_bits);
  }
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
      links_(spec.link_model == LinkModel::queues ? 1 : 2, spec.nodes) {
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

std::int64_t LinkNoise::Sending::arrival(NodeId to, std::int64_t sent, std::int64_t latency,
                                         std::uint64_t bytes) {
  const LinkNoise& noise = noise_;
  LinkTable& links = noise_.links_;
  const std::uint32_t from = from_ | static_cast<std::uint32_t>(lane_);  // the stream of draws too
  const std::uint32_t position = links.find(row_, to, expected_);
  expected_ = position + 1;
  LinkTable::State state = links.read(row_, position, from_, lane_);
  const std::uint64_t counter = draw_counter(to, state.count);
  ++state.count;
  std::int64_t at = later(sent, latency);
  if (noise.jitter_ != JitterKind::none) {
    at = later(at, noise.jitter_ns(noise.jitter_draw(from, to, counter), latency));
  }
  if (noise.loss_ppb_ != 0) {
    const std::uint64_t packets =
        std::max<std::uint64_t>(1, bytes / noise.mtu_ + (bytes % noise.mtu_ != 0));
    at = later(at,
               noise.retransmission_ns(draw64(noise.seed_, from, loss_purpose, counter), packets));
  }
  state.last_arrival = std::max(state.last_arrival, at);
  links.write(row_, position, from_, lane_, state, now_);
  return state.last_arrival;
}

}  // namespace ledgerlab::native
