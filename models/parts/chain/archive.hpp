// The settled blocks of one node, by height. Ten thousand nodes settle the same chain: its links
// are shared, so that a node holds its top and where its own knowledge begins.
#pragma once

#include <memory>
#include <utility>

#include "models/api/block.hpp"

namespace ledgerlab::chain {

class Archive {
  struct Link;

 public:
  /// Kept beside a block: its link, if a node has one.
  using Shared = std::weak_ptr<Link>;

  /// Begins anew at `base`.
  void reset(BlockRef base) {
    base_ = std::move(base);
    top_.reset();
  }
  Height base() const { return base_->height; }

  /// The child of the newest block. A block's id stands for all blocks below it, so that a link
  /// which reaches down as far as ours serves as well.
  void add(const BlockRef& block, Shared* shared) {
    const Height first = top_ ? top_->first : block->height;
    if (shared) {
      if (auto link = shared->lock(); link && link->first <= first) {
        top_ = std::move(link);
        return;
      }
    }
    top_ = std::make_shared<Link>(block, std::move(top_), first);
    if (shared) *shared = top_;
  }

  /// The settled block of this height; null if it is below the base or above the newest.
  BlockRef at(Height height) const {
    if (!base_ || height < base_->height) return {};
    if (height == base_->height) return base_;
    const Link* link = top_.get();
    if (!link || link->block->height < height) return {};
    while (link->block->height > height) {
      link = link->jump->block->height >= height ? link->jump : link->below.get();
    }
    return link->block;
  }

 private:
  struct Link {
    Link(BlockRef settled, std::shared_ptr<Link> parent, Height lowest)
        : block(std::move(settled)), below(std::move(parent)), first(lowest), jump(this) {
      if (!below) return;
      // E. W. Myers, "An applicative random-access stack", 1983: any height in logarithmic time.
      const Link* near = below->jump;
      const Link* far = near->jump;
      const bool equal = below->block->height - near->block->height ==
                         near->block->height - far->block->height;
      jump = equal ? far : below.get();
    }
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    /// One by one: a long chain must not go by recursion.
    ~Link() {
      while (below && below.use_count() == 1) below = std::exchange(below->below, nullptr);
    }

    BlockRef block;
    std::shared_ptr<Link> below;
    Height first;      // of the lowest link under this one
    const Link* jump;  // at or below it; the lowest link's is itself
  };

  std::shared_ptr<Link> top_;  // first: base_ is looked at by who lags
  BlockRef base_;
};

}  // namespace ledgerlab::chain
