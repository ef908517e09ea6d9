#include "sim/measure/propagation.hpp"

#include <algorithm>
#include <limits>

namespace ledgerlab {

Propagation::Propagation(std::uint32_t replicas, std::span<const NodeId> byzantine)
    : counted_(replicas), left_out_(replicas, false), heads_(replicas, none) {
  for (const NodeId node : byzantine) {
    left_out_[node] = true;
    --counted_;
  }
}

Propagation::Row Propagation::find(std::uint64_t tag) const {
  const auto found = index_.find(tag);
  return found == index_.end() ? none : found->second;
}

Propagation::Row Propagation::row_of(const Event& event) {
  if (last_ != none && blocks_[last_].tag == event.a) return last_;
  const auto [place, fresh] = index_.try_emplace(event.a, blocks());
  last_ = place->second;
  if (!fresh) return last_;
  Block& block = blocks_.emplace_back();
  block.tag = event.a;
  block.height = event.b;
  block.first = block.made = block.last = event.time;
  close_old(event.time);
  open_.push_back(last_);
  if (event.object != nullptr) {
    block.parent = find((*static_cast<const BlockRef*>(event.object))->parent.tag());
  }
  return last_;
}

/// A node that is cut off for good must not keep the times of all others for ever: once 99 in a
/// hundred have a block and no event can come that is earlier than theirs, its times are known.
void Propagation::close_old(Time now) {
  const std::size_t rank = rank_of(percents.back());
  std::erase_if(open_, [&](Row row) {
    Block& block = blocks_[row];
    if (!block.closed && block.after_us.size() >= rank && now - block.last > settled_after) {
      close(block);
    }
    return block.closed;
  });
}

void Propagation::close(Block& block) {
  for (std::size_t i = 0; i < percents.size(); ++i) {
    block.reached[i] = *percentile(block, percents[i]);
  }
  std::vector<std::int32_t>().swap(block.after_us);  // an assignment of {} would keep the memory
  std::vector<bool>().swap(block.has);
  block.closed = true;
}

void Propagation::note(Block& block, NodeId node, Time at) {
  if (block.closed) return;
  if (block.has.empty()) block.has.resize(left_out_.size(), false);
  if (block.has[node]) return;
  block.has[node] = true;
  constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  const std::int64_t offset = std::clamp((at - block.first).count() / 1'000, -most, most);
  block.after_us.push_back(static_cast<std::int32_t>(offset));
  block.last = std::max(block.last, at);
  if (block.after_us.size() == counted_) close(block);
}

void Propagation::on_event(const Event& event) {
  if (event.node >= heads_.size()) return;
  Row row = row_of(event);
  Row before = heads_[event.node];
  heads_[event.node] = row;
  blocks_[row].made = std::min(blocks_[row].made, event.time);
  if (left_out_[event.node]) return;
  // Mostly one step: the parent was this node's head. A change of branch brings all of the new one.
  while (row != none && row != before) {
    if (before == none || blocks_[row].height >= blocks_[before].height) {
      note(blocks_[row], event.node, event.time);
      row = blocks_[row].parent;
    } else {
      before = blocks_[before].parent;
    }
  }
}

std::optional<Duration> Propagation::percentile(const Block& block, unsigned percent) const {
  const std::size_t rank = rank_of(percent);
  if (block.after_us.size() < rank) return std::nullopt;
  std::vector<std::int32_t> sorted = block.after_us;
  const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::nth_element(sorted.begin(), at, sorted.end());
  return std::max(us(*at) + (block.first - block.made), Duration::zero());
}

std::optional<Duration> Propagation::reached(Row row, std::size_t percent_index) const {
  const Block& block = blocks_.at(row);
  if (!block.closed) return percentile(block, percents[percent_index]);
  return block.reached[percent_index];
}

}  // namespace ledgerlab
