// What a good block is: paper section 5, step 5, and Bitcoin's rules for timestamps.
#include <algorithm>

#include "models/consensus/pow/pow.hpp"

namespace ledgerlab::pow {

std::string Pow::malformed(Effects& effects, const MinedBlock& mined) {
  // The header is hashed twice for the id, the ids of its transactions
  // (64 bytes a pair and level) and their signatures once.
  const Block& block = *mined.block;
  effects.work(Operation::hash_byte, 2 * block.header.size() + 129 * block.payload->count());
  std::string wrong = rules_->malformed(mined);
  if (!wrong.empty()) return wrong;
  const bool work = effects.crypto().work_valid(mined.digest, *mined.target, mined.header.nonce);
  return work ? "" : "work";
}

chain::Judgement Pow::judge(const Input& input, Effects&, const MessageRef& content, NodeId,
                            chain::Index parent) {
  const Header& header = carried_in(content).header;
  using chain::Judgement;
  if (header.height != tree().height(parent) + 1) return Judgement::bad("height");
  std::string wrong =
      rules_->misplaced(header, lineage(parent), median_time_past(parent), input.wall);
  return wrong.empty() ? Judgement::good() : Judgement::bad(std::move(wrong));
}

Pow::Standing Pow::standing(const Input& input, const MinedBlock& mined, chain::Index parent) {
  const std::uint64_t tie =
      rules_->drawn_ties ? input.draw(Purpose("pow.tie"), mined.block->id.tag()) | 1 : 0;
  const std::uint64_t start = rules_->next_window_start(lineage(parent), mined.header);
  return {mined.work, {mined.header.time, start}, tie};
}

std::uint64_t Pow::median_time_past(chain::Index tip) const {
  const MessageRef& content = tree().at(tip).extra.content;
  const MinedBlock* mined = content ? &content->as<BlockContent>()->carried : nullptr;
  if (mined && mined->median_time != MinedBlock::unknown) return mined->median_time;
  std::array<std::uint64_t, 64> times;  // the parameter's range ends below
  std::size_t count = 0;
  bool complete = false;
  chain::Index i = tip;
  do {
    times[count++] = tree().at(i).extra.own.time;
    complete = count == rules_->median_window || tree().height(i) == 0;
    i = tree().at(i).parent;
  } while (i != chain::no_block && !complete);
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(count / 2);
  std::nth_element(times.begin(), middle, times.begin() + static_cast<std::ptrdiff_t>(count));
  if (mined && complete) mined->median_time = *middle;
  return *middle;
}

Lineage Pow::lineage(chain::Index index) const {
  const auto& entry = tree().at(index);
  const std::uint64_t start = entry.extra.own.window_start;
  if (entry.block->height == 0) return {rules_->genesis, start};
  if (entry.extra.content) {
    return {carried_in(entry.extra.content).header, start};
  }
  return {header_of(*entry.block).value_or(rules_->genesis), start};
}

}  // namespace ledgerlab::pow
