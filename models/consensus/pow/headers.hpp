// Headers of the proof-of-work chain, verified without their bodies: height, work, target, time.
#pragma once

#include "models/consensus/pow/rules.hpp"
#include "models/parts/chain/header_chain.hpp"

namespace ledgerlab::pow {

/// What this node keeps of a block beside the block.
struct Note {
  std::uint64_t time = 0;
  std::uint64_t window_start = 0;  // time of the first block of its retarget window
  friend bool operator==(const Note&, const Note&) = default;
};

class HeaderChain final : public chain::HeaderTree<Note> {
 public:
  explicit HeaderChain(std::shared_ptr<const Rules> rules) : rules_(std::move(rules)) {}

  Pace pace() const override { return {rules_->depth, rules_->interval}; }

 private:
  BlockRef read(ByteView header) const override;
  Judged judge(const BlockRef& block, chain::Index parent, Time wall,
               Effects& effects) const override;
  Hash256 payload_root(const Block& block) const override;
  std::uint64_t median_time(chain::Index tip) const;

  std::shared_ptr<const Rules> rules_;
};

}  // namespace ledgerlab::pow
