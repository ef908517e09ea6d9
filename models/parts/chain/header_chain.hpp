// The chain of headers of a chained protocol, verified as far as headers can show: what stands
// before a download of bodies (headers-first), before a state is taken over (snapshot), and all
// that a light client has. HeaderTree is its frame; a protocol adds what it can tell of one header
// (proof of work: its work, target and time; proof of stake: signature, leader's proof and slot).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "models/api/effects.hpp"
#include "models/parts/chain/block_tree.hpp"
#include "models/parts/chain/messages.hpp"

namespace ledgerlab::chain {

/// What HeaderChain::add() says of a header that may be good, but cannot be told from here.
inline constexpr std::string_view unknown_parent = "its parent is not known";

class HeaderChain {
 public:
  /// When a block is settled, and how often blocks come on average.
  struct Pace {
    std::uint32_t depth = 1;  // confirmations of a settled block, its own among them
    Duration interval{};
  };
  /// What a verified header says.
  struct Entry {
    Place place;
    BlockId parent;
    Hash256 payload_root;  // of the transactions' ids: RFC 6962 tree
    Hash256 state_root;    // after the block
    U256 weight;           // of the chain up to and with it
  };

  virtual ~HeaderChain() = default;
  /// Takes a header after one that is known; else says what is wrong with it. One that is known
  /// already is taken again without effect. `wall` is the taker's clock; checks are charged to it.
  virtual std::string add(ByteView header, Time wall, Effects& effects) = 0;
  virtual bool contains(const BlockId& id) const = 0;
  /// Of the heaviest chain, of equals the one that was complete first.
  virtual Entry tip() const = 0;
  virtual std::optional<Entry> at(Height height) const = 0;
  /// The header that was taken last, on whatever branch.
  virtual Place newest() const = 0;
  /// Lowest height that at() knows.
  virtual Height base() const = 0;
  /// What to ask for more headers with: the heaviest chain, newest first, ever sparser.
  virtual std::vector<Place> locator() const = 0;
  virtual Pace pace() const = 0;
};

/// Own is what the protocol keeps of each header to judge those after it.
template <class Own>
class HeaderTree : public HeaderChain {
 public:
  std::string add(ByteView header, Time wall, Effects& effects) final {
    const BlockRef block = read(header);
    if (!block) return "no header";
    if (tree_.contains(block->id)) return {};
    const Index parent = tree_.find(block->parent);
    if (parent == no_block) return std::string(unknown_parent);
    if (block->height != tree_.height(parent) + 1) return "height";
    effects.work(Operation::hash_byte, 2 * header.size());
    Judged judged = judge(block, parent, wall, effects);
    if (!judged.wrong.empty()) return judged.wrong;
    tree_.insert(block, judged.work, std::move(judged.own));
    follow_best();
    return {};
  }
  bool contains(const BlockId& id) const final { return tree_.contains(id); }
  Entry tip() const final { return entry(tree_.best()); }
  std::optional<Entry> at(Height height) const final {
    const Index index = index_at(height);
    return index == no_block ? std::nullopt : std::optional(entry(index));
  }
  Place newest() const final {
    const Block& block = *tree_.at(tree_.end() - 1).block;
    return {block.height, block.id};
  }
  Height base() const final { return tree_.height(tree_.root()); }
  std::vector<Place> locator() const final {
    std::vector<Place> places;
    Height step = 1;
    Height height = tree_.height(tree_.best());
    while (height > base() && places.size() + 1 < locator_max) {
      places.push_back({height, tree_.at(index_at(height)).block->id});
      if (places.size() >= 8) step *= 2;
      height = height > base() + step ? height - step : base();
    }
    places.push_back({base(), tree_.at(tree_.root()).block->id});
    return places;
  }

  /// What is settled and known to be good comes without being judged: the first, and then what the
  /// owner has verified before, parents first. Of a block only the header is kept.
  void begin(const BlockRef& root, Weight weight, Own own) {
    tree_.reset(bare(root), weight, std::move(own));
    main_ = {tree_.root()};
  }
  void extend(const BlockRef& block, const U256& work, Own own) {
    tree_.insert(bare(block), work, std::move(own));
    follow_best();
  }

  // --- for a full node that goes on from it ----------------------------------------------------
  using Tree = BlockTree<Own>;
  const Tree& tree() const { return tree_; }
  /// On the heaviest chain; no_block: not there.
  Index index_at(Height height) const {
    return height < base() || height - base() >= main_.size() ? no_block : main_[height - base()];
  }

 protected:
  struct Judged {
    std::string wrong;
    U256 work;
    Own own{};
  };
  /// A block with this header and no payload; null if the bytes are no header.
  virtual BlockRef read(ByteView header) const = 0;
  /// Parent and height fit.
  virtual Judged judge(const BlockRef& block, Index parent, Time wall, Effects& effects) const = 0;
  virtual Hash256 payload_root(const Block& block) const = 0;

 private:
  void follow_best() {
    Index i = tree_.best();
    if (i == main_.back()) return;
    main_.resize(tree_.height(i) - base() + 1, no_block);
    for (; main_[tree_.height(i) - base()] != i; i = tree_.at(i).parent) {
      main_[tree_.height(i) - base()] = i;
    }
  }
  static BlockRef bare(const BlockRef& block) {
    if (block->payload->empty()) return block;
    auto copy = std::make_shared<Block>(*block);
    copy->payload = empty_payload();
    return copy;
  }
  Entry entry(Index index) const {
    const auto& e = tree_.at(index);
    const Block& block = *e.block;
    return {{block.height, block.id},
            block.parent,
            block.height == 0 ? empty_payload()->root : payload_root(block),
            block.state_root,
            weight_to_u256(e.weight)};
  }

  Tree tree_;
  std::vector<Index> main_;  // the heaviest chain, from base() up
};

}  // namespace ledgerlab::chain
