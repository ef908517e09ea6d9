// From a received block to a place in the tree: paper section 5, steps 5 and 6.
#include <algorithm>

#include "models/consensus/pow/pow.hpp"

namespace ledgerlab::pow {

void Pow::on_block(const Input& input, Effects& effects, MessageRef content, NodeId from) {
  const MinedBlock& mined = content->as<BlockContent>()->mined;
  const BlockRef& block = mined.block;
  if (tree_.contains(block->id) || orphans_.contains(block->id)) return;
  if (block->height <= tree_.at(tree_.final_block()).block->height) {
    const BlockRef settled = archived(block->height);
    if (settled && settled->id != block->id) {
      // A node that settled the losing side of a long partition stays there: what is final is never
      // undone (DESIGN 13.3), and the checkers see two histories.
      effects.note("block at settled height " + std::to_string(block->height) + " ignored");
    }
    return;
  }
  // The header is hashed twice for the id, the ids of its transactions
  // (64 bytes a pair and level) and their signatures once.
  effects.work(Operation::hash_byte,
               2 * block->header.size() + 129 * block->payload->transactions.size());
  const std::string wrong = rules_.malformed(mined);
  if (!wrong.empty()) return refuse(effects, block->id, wrong);
  // Work first, history later: an orphan costs its sender what a block costs.
  if (!effects.crypto().work_valid(mined.digest, *claimed_target(mined.header),
                                   mined.header.nonce)) {
    return refuse(effects, block->id, "work");
  }
  const chain::Index parent = tree_.find(block->parent);
  if (parent == chain::no_block) {
    orphans_.add(block, {std::move(content), from});
    ask_for_orphan(effects, orphans_.base_of(block->id));
    return;
  }
  if (!connect(input, effects, content, parent)) return;
  connect_orphans(input, effects, block->id);
  after_connecting(effects);
  choose(effects);
}

bool Pow::connect(const Input& input, Effects& effects, const MessageRef& content,
                  chain::Index parent) {
  const MinedBlock& mined = content->as<BlockContent>()->mined;
  const std::string wrong = unfit(input, mined.header, parent);
  if (!wrong.empty()) {
    refuse(effects, mined.block->id, wrong);
    return false;
  }
  const std::uint64_t start = rules_.next_window_start(lineage(parent), mined.header);
  const std::uint64_t tie =
      drawn_ties_ ? input.draw(Purpose("pow.tie"), mined.block->id.tag()) | 1 : 0;
  const chain::Index place = tree_.insert(mined.block, claimed_work(mined.header),
                                          {content, mined.header.time, start, 0}, tie);
  if (place == chain::no_block) {
    refuse(effects, mined.block->id, "below the settled block");
    return false;
  }
  tree_.extra(place).record = next_record_++;
  effects.persist(codec::encode(RecordNote{chain::weight_to_u256(tree_.at(place).weight), start}),
                  mined.block);
  if (sync_.running) ++sync_.connected;
  // Spread by header and work, before execution: forging those costs a block (BIP 152 does the
  // same), and every hop saves the execution.
  if (!tree_.at(place).invalid) effects.publish(content);
  return true;
}

void Pow::connect_orphans(const Input& input, Effects& effects, const BlockId& parent) {
  std::vector<BlockId> known = {parent};
  while (!known.empty()) {
    const BlockId next = known.back();
    known.pop_back();
    for (auto& orphan : orphans_.take_children(next)) {
      const chain::Index at = tree_.find(next);
      if (at == chain::no_block || !connect(input, effects, orphan.item.content, at)) continue;
      known.push_back(orphan.block->id);
    }
  }
}

std::string Pow::unfit(const Input& input, const Header& header, chain::Index parent) const {
  if (header.height != tree_.height(parent) + 1) return "height";
  if (header.time <= median_time_past(parent)) return "time is not past the median";
  const std::uint64_t now =
      static_cast<std::uint64_t>(std::max<std::int64_t>(count_ns(input.wall), 0)) / 1'000'000;
  if (header.time > now + rules_.max_future_ms) return "time is too far ahead";
  Header expected = header;
  rules_.set_difficulty(expected, lineage(parent));
  if (expected.bits != header.bits || expected.difficulty != header.difficulty) return "difficulty";
  return {};
}

std::uint64_t Pow::median_time_past(chain::Index tip) const {
  const MessageRef& content = tree_.at(tip).extra.content;
  const MinedBlock* mined = content ? &content->as<BlockContent>()->mined : nullptr;
  if (mined && mined->median_time != MinedBlock::unknown) return mined->median_time;
  std::array<std::uint64_t, 64> times;  // the parameter's range ends below
  std::size_t count = 0;
  bool complete = false;
  for (chain::Index i = tip; i != chain::no_block && !complete; i = tree_.at(i).parent) {
    times[count++] = tree_.at(i).extra.time;
    complete = count == rules_.median_window || tree_.height(i) == 0;
  }
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(count / 2);
  std::nth_element(times.begin(), middle, times.begin() + static_cast<std::ptrdiff_t>(count));
  if (mined && complete) mined->median_time = *middle;
  return *middle;
}

Lineage Pow::lineage(chain::Index index) const {
  const auto& entry = tree_.at(index);
  const std::uint64_t start = entry.extra.window_start;
  if (entry.block->height == 0) return {rules_.genesis, start};
  if (entry.extra.content) {
    return {entry.extra.content->template as<BlockContent>()->mined.header, start};
  }
  return {header_of(*entry.block).value_or(rules_.genesis), start};
}

void Pow::refuse(Effects& effects, const BlockId& id, const std::string& reason) {
  ++refused_;
  effects.note("refused block " + to_hex(id).substr(0, 8) + ": " + reason);
}

}  // namespace ledgerlab::pow
