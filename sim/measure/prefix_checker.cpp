// See prefix_checker.hpp.
#include "sim/measure/prefix_checker.hpp"

#include <fmt/format.h>

#include "models/api/calls.hpp"

namespace ledgerlab {

void PrefixChecker::on_event(const Event& e) {
  State& state = nodes_[e.node];
  if (state.byzantine) return;
  switch (e.type) {
    case EventType::start:
      state.in_life = false;
      break;
    case EventType::answer:
      if (static_cast<AnswerKind>(e.kind) == AnswerKind::installed && e.b != 0) {
        installed_[e.node] = e.a;
        state.transferred = true;
      }
      break;
    default:
      on_final(e);
  }
}

std::uint64_t PrefixChecker::own_id(NodeId node, Height height) const {
  if (const auto own = own_.find({node, height}); own != own_.end()) return own->second;
  const auto shared = ids_.find(height);
  return shared == ids_.end() ? 0 : shared->second;
}

std::string PrefixChecker::fault_of(const State& s, const Event& e, std::uint64_t parent) const {
  const Height height = e.b;
  if (s.any && height <= s.highest && height != 0) {
    const std::uint64_t before = own_id(e.node, height);
    if (before != 0 && before != e.a) {
      return fmt::format("final block {:016x} at height {} replaces its final block {:016x}", e.a,
                         height, before);
    }
  }
  const std::uint64_t transfer = installed(e.node);
  const bool transferred = transfer != 0 && (parent == transfer || e.a == transfer);
  if (transferred || height == 0) return {};
  if (s.in_life) {
    if (e.a == s.tag && height == s.height) return {};  // said twice
    if (height != s.height + 1) {
      return fmt::format("final block {:016x} at height {} comes after height {}", e.a, height,
                         s.height);
    }
    if (parent != s.tag) {
      return fmt::format("final block {:016x} at height {} has parent {:016x}, not {:016x}", e.a,
                         height, parent, s.tag);
    }
    return {};
  }
  const bool gap = height > (s.any ? s.highest : 0) + 1;  // judged at the end
  if (s.any && height > 1 && !gap) {
    const std::uint64_t before = own_id(e.node, height - 1);
    if (before != 0 && before != parent) {
      return fmt::format(
          "after a restart, final block {:016x} at height {} has parent {:016x}, "
          "not {:016x}",
          e.a, height, parent, before);
    }
  }
  return {};
}

void PrefixChecker::offend(Time at, NodeId node, std::string text) {
  ++offences_;
  Finding finding{"prefix_consistency", std::move(text), at, node};
  if (offences_ == 1 || std::tie(finding.at, finding.node) < std::tie(first_.at, first_.node)) {
    first_ = std::move(finding);
  }
}

bool PrefixChecker::bridged(const Gap& gap, const Evidence& e) {
  std::uint64_t tag = gap.tag;
  for (Height height = gap.height; height > gap.highest; --height) {
    const RowIndex row = e.chronicle.find_block(tag);
    if (row == no_row || !e.block(row).block || e.block(row).final.at == time_never) return false;
    tag = e.block(row).block->parent.tag();
  }
  return gap.own == 0 || gap.own == tag;
}

void PrefixChecker::on_final(const Event& e) {
  State& s = nodes_[e.node];
  const auto* block = static_cast<const BlockRef*>(e.object);
  std::string fault = fault_of(s, e, block ? (*block)->parent.tag() : 0);
  if (!fault.empty()) offend(e.time, e.node, std::move(fault));
  const std::uint64_t transfer = installed(e.node);
  const bool transferred =
      transfer != 0 && block && ((*block)->parent.tag() == transfer || e.a == transfer);
  if (!s.in_life && !transferred && e.b > (s.any ? s.highest : 0) + 1) {
    gaps_.push_back(
        {e.time, e.node, s.any ? s.highest : 0, s.any ? own_id(e.node, s.highest) : 0, e.b, e.a});
  }
  const auto shared = ids_.try_emplace(e.b, e.a);
  if (shared.first->second != e.a) own_.insert_or_assign({e.node, e.b}, e.a);
  s.in_life = s.any = true;
  s.height = e.b;
  s.tag = e.a;
  s.highest = std::max(s.highest, e.b);
}

bool PrefixChecker::finish(const Evidence& evidence, std::vector<Finding>& findings) {
  for (const Gap& gap : gaps_) {
    if (bridged(gap, evidence)) continue;
    offend(gap.at, gap.node,
           fmt::format("final block {:016x} at height {} comes first, after a history up to {}",
                       gap.tag, gap.height, gap.highest));
  }
  const auto& chain = evidence.history.main();
  if (!chain.empty()) {
    const auto& lowest = evidence.block(chain.front());
    if (lowest.block->height > 1) {
      offend(lowest.final.at, lowest.final.node,
             fmt::format("final block {:016x} at height {} has no final parent anywhere",
                         lowest.tag, lowest.block->height));
    }
  }
  if (offences_ == 0) return true;
  findings.push_back(first_);
  if (offences_ > 1) findings.back().text += fmt::format(" (and {} more)", offences_ - 1);
  return true;
}

}  // namespace ledgerlab
