// The block tree against a plain model of itself, its rules one by one, the orphan pool and the
// archive of settled blocks.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "models/base/draw.hpp"
#include "models/parts/chain/archive.hpp"
#include "models/parts/chain/block_tree.hpp"
#include "models/parts/chain/orphan_pool.hpp"

namespace ledgerlab::chain {
namespace {

struct Mark {
  int value = 0;
  friend bool operator==(const Mark&, const Mark&) = default;
};
using Tree = BlockTree<Mark>;

BlockId id_of(std::uint64_t number) {
  BlockId id;
  for (int i = 0; i < 8; ++i)
    id.data[static_cast<std::size_t>(i)] = static_cast<Byte>(number >> (8 * i));
  return id;
}

BlockRef block(std::uint64_t number, std::uint64_t parent, Height height) {
  auto b = std::make_shared<Block>();
  b->id = id_of(number);
  b->parent = id_of(parent);
  b->height = height;
  b->payload = std::make_shared<Payload>();
  return b;
}

std::string names(const std::vector<BlockRef>& blocks) {
  std::string out;
  for (const BlockRef& b : blocks) out += std::to_string(b->id.tag()) + " ";
  return out;
}

class Small : public ::testing::Test {
 protected:
  //  0 - 1 - 2 - 3 - 4
  //       \- 12 - 13
  void SetUp() override {
    tree.reset(block(0, 99, 0), 0, {});
    add(1, 0, 1);
    add(2, 1, 2);
    add(12, 1, 2);
    add(3, 2, 3);
    add(13, 12, 3);
    add(4, 3, 4);
  }
  Index add(std::uint64_t number, std::uint64_t parent, Height height, std::uint64_t work = 10,
            std::uint64_t tie = 0) {
    return tree.insert(block(number, parent, height), work, {static_cast<int>(number)}, tie);
  }
  std::uint64_t best() const { return tree.at(tree.best()).block->id.tag(); }
  Index find(std::uint64_t number) const { return tree.find(id_of(number)); }
  Tree tree;
};

TEST_F(Small, HeaviestWinsAndTheFirstOfEquals) {
  EXPECT_EQ(best(), 4u);
  EXPECT_TRUE(tree.at(tree.best()).weight == 40);
  add(14, 13, 4);
  EXPECT_EQ(best(), 4u) << "equal weight: first seen stays";
  add(15, 14, 5);
  EXPECT_EQ(best(), 15u);
  add(5, 4, 5, 11);
  EXPECT_EQ(best(), 5u) << "more work at the same height";
  add(6, 2, 3, 1000);
  EXPECT_EQ(best(), 6u) << "work counts, not length";
}

TEST_F(Small, TieKeysDecideBeforeArrival) {
  add(14, 13, 4, 10, 7);
  EXPECT_EQ(best(), 14u);
  add(24, 13, 4, 10, 6);
  EXPECT_EQ(best(), 14u);
  add(34, 3, 4, 10, 8);
  EXPECT_EQ(best(), 34u);
}

TEST_F(Small, RefusesUnknownParentsAndWrongHeights) {
  EXPECT_EQ(add(50, 49, 5), no_block);
  EXPECT_EQ(add(50, 4, 4), no_block);
  EXPECT_EQ(add(50, 4, 6), no_block);
  EXPECT_EQ(tree.size(), 7u);
  EXPECT_EQ(add(4, 3, 4), find(4)) << "known: the entry that is there";
  EXPECT_EQ(tree.size(), 7u);
}

TEST_F(Small, PathsRunOverTheCommonAncestor) {
  const Path p = tree.path(find(13), find(4));
  EXPECT_EQ(p.ancestor->id.tag(), 1u);
  EXPECT_EQ(names(p.reverted), "13 12 ");
  EXPECT_EQ(names(p.forward), "2 3 4 ");
  const Path up = tree.path(find(1), find(13));
  EXPECT_EQ(names(up.reverted) + "/" + names(up.forward), "/12 13 ");
  const Path none = tree.path(find(4), find(4));
  EXPECT_TRUE(none.reverted.empty() && none.forward.empty());
  EXPECT_EQ(tree.ancestor(find(4), 2), find(2));
  EXPECT_EQ(tree.ancestor(find(4), 5), no_block);
  EXPECT_TRUE(tree.is_ancestor(find(1), find(13)));
  EXPECT_FALSE(tree.is_ancestor(find(2), find(13)));
}

TEST_F(Small, InvalidMarksSpreadToDescendantsPresentAndLater) {
  EXPECT_TRUE(tree.mark_invalid(find(2)));
  EXPECT_EQ(best(), 13u);
  EXPECT_TRUE(tree.at(find(4)).invalid);
  EXPECT_FALSE(tree.at(find(13)).invalid);
  add(5, 4, 5, 1000);
  EXPECT_TRUE(tree.at(find(5)).invalid);
  EXPECT_EQ(best(), 13u);
  tree.finalise(find(1));
  EXPECT_FALSE(tree.mark_invalid(find(1))) << "what is final stays";
  EXPECT_EQ(best(), 13u);
}

// A chain settles block by block, now and then with a fork beside it.
TEST_F(Small, FinalisingStepByStepKeepsWhatItShould) {
  constexpr std::uint64_t first = 100;
  std::uint64_t parent = 4;
  for (std::uint64_t i = 0; i < 60; ++i) {
    add(first + i, parent, 5 + i);
    const bool forked = i % 7 == 3;
    if (forked) add(1000 + i, parent, 5 + i);
    parent = first + i;
    if (i < 3) continue;
    const std::uint64_t settled = first + i - 3;
    EXPECT_EQ(tree.ancestor(find(parent), tree.height(find(settled))), find(settled));
    tree.finalise(find(settled), 2);
    EXPECT_EQ(tree.at(tree.final_block()).block->id, id_of(settled));
    EXPECT_EQ(best(), parent);
    EXPECT_EQ(tree.at(tree.root()).block->height, tree.height(tree.final_block()) - 2);
    EXPECT_EQ(tree.at(tree.root()).parent, no_block);
    EXPECT_EQ(tree.end() - tree.root(), tree.size());
    // Two kept below, the final one, three above, and a fork that nothing has decided yet.
    const std::uint64_t fork = i / 7 * 7 + (i % 7 < 3 ? 3 - 7 : 3);
    const bool undecided = i >= 3 && fork + 3 > i;
    EXPECT_EQ(tree.size(), 6u + undecided) << i;
    if (i > 5) EXPECT_EQ(find(first + i - 6), no_block);
    EXPECT_EQ(find(1000 + fork) != no_block, undecided) << i;
  }
}

TEST_F(Small, FinaliseDropsWhatConflicts) {
  tree.finalise(find(2), 1);
  EXPECT_EQ(tree.size(), 4u);  // 1 2 3 4
  EXPECT_EQ(find(12), no_block);
  EXPECT_EQ(find(0), no_block);
  EXPECT_EQ(best(), 4u);
  EXPECT_EQ(tree.at(find(4)).extra.value, 4);
  EXPECT_EQ(tree.at(tree.final_block()).block->id, id_of(2));
  EXPECT_EQ(tree.ancestor(find(4), 1), find(1));
  EXPECT_EQ(tree.ancestor(find(4), 0), no_block);
  EXPECT_EQ(add(12, 1, 2, 1000), no_block) << "a branch below the final block has no place";
  EXPECT_TRUE(tree.at(tree.best()).weight == 40) << "weights stay absolute";
}

TEST(Sharing, TreesThatThinkTheSameOfABlockHoldOneObject) {
  SharedPlace place;
  const auto with_child = [&](std::uint64_t root_weight, int mark, std::uint64_t tie) {
    auto tree = std::make_unique<Tree>();
    tree->reset(block(0, 99, 0), root_weight, {});
    EXPECT_NE(tree->insert(block(1, 0, 1), 10, {mark}, tie, &place), no_block);
    return tree;
  };
  const auto mark_of = [](const std::unique_ptr<Tree>& tree) {
    return &tree->at(tree->find(id_of(1))).extra;
  };
  auto first = with_child(0, 7, 0);
  auto second = with_child(0, 7, 0);
  EXPECT_EQ(mark_of(first), mark_of(second));
  // A chain of another weight, another annotation, another tie key: each its own.
  const auto heavier = with_child(5, 7, 0);
  const auto marked = with_child(0, 8, 0);
  const auto drawn = with_child(0, 7, 3);
  EXPECT_NE(mark_of(heavier), mark_of(first));
  EXPECT_NE(mark_of(marked), mark_of(first));
  EXPECT_NE(mark_of(drawn), mark_of(first));
  EXPECT_TRUE(heavier->at(heavier->best()).weight == 15);
  EXPECT_EQ(mark_of(marked)->value, 8);
  // What is the node's own is not shared.
  first->set_record(first->best(), 3);
  EXPECT_EQ(second->at(second->best()).record, 0u);
  first->mark_invalid(first->find(id_of(1)));
  EXPECT_FALSE(second->at(second->find(id_of(1))).invalid);
  first.reset();
  EXPECT_EQ(mark_of(second)->value, 7);
  second.reset();
  EXPECT_EQ(place.placed, nullptr) << "the last one takes it away";
}

// Beyond a few dozen blocks they are found by an index.
TEST_F(Small, ManyBlocksAreFoundAndDroppedAsFewAre) {
  std::uint64_t parent = 4;
  for (std::uint64_t i = 5; i < 300; ++i) {
    const std::uint64_t number = i == 12 || i == 13 ? 1000 + i : i;  // those are on the branch
    add(number, parent, i);
    parent = number;
  }
  EXPECT_EQ(best(), 299u);
  for (std::uint64_t i = 14; i < 300; ++i) EXPECT_EQ(tree.at(find(i)).block->height, i);
  tree.finalise(find(200));
  EXPECT_EQ(find(199), no_block);
  EXPECT_EQ(tree.at(find(250)).block->height, 250u);
  tree.finalise(find(298));
  EXPECT_EQ(tree.size(), 2u);
  EXPECT_EQ(find(297), no_block);
  EXPECT_EQ(tree.at(find(299)).block->height, 299u);
}

/// The same rules, written without thought of speed.
struct Plain {
  struct Entry {
    std::uint64_t parent;
    Height height;
    std::uint64_t weight;
    std::uint64_t order;
    bool bad;
  };
  std::map<std::uint64_t, Entry> all;
  std::uint64_t final_number = 0;
  bool above(std::uint64_t of, std::uint64_t number) const {
    while (number != of) {
      const auto it = all.find(number);
      if (it == all.end() || it->second.height == 0) return false;
      number = it->second.parent;
    }
    return true;
  }
  std::uint64_t best() const {
    std::uint64_t out = final_number;
    for (const auto& [number, e] : all) {
      if (e.bad || !above(final_number, number)) continue;
      const Entry& b = all.at(out);
      if (e.weight > b.weight || (e.weight == b.weight && e.order < b.order)) out = number;
    }
    return out;
  }
};

TEST(Property, AgreesWithThePlainModelUnderRandomTrees) {
  for (std::uint32_t run = 0; run < 60; ++run) {
    const auto draw = [&](std::uint64_t i, std::uint64_t n) {
      return draw_below(draw64(3, run, Purpose("chain.test"), i), n);
    };
    Tree tree;
    Plain plain;
    tree.reset(block(1, 0, 0), 0, {});
    plain.all[1] = {0, 0, 0, 0, false};
    plain.final_number = 1;
    std::vector<std::uint64_t> numbers = {1};
    for (std::uint64_t i = 0; i < 200; ++i) {
      const std::uint64_t what = draw(4 * i, 20);
      const std::uint64_t pick =
          numbers[numbers.size() - 1 -
                  draw(4 * i + 1, std::min<std::uint64_t>(numbers.size(), 12))];
      if (what < 17) {
        const Height height = plain.all[pick].height + 1;
        const std::uint64_t work = 1 + draw(4 * i + 2, 3);
        const std::uint64_t number = 2 + i;
        const bool fits = plain.above(plain.final_number, pick);
        const Index made =
            tree.insert(block(number, pick, height), work, {static_cast<int>(number)});
        ASSERT_EQ(made != no_block, fits);
        if (!fits) continue;
        plain.all[number] = {pick, height, plain.all[pick].weight + work, i + 1,
                             plain.all[pick].bad};
        numbers.push_back(number);
      } else if (what == 17) {
        const Index at = tree.find(id_of(pick));
        if (at == no_block || plain.above(pick, plain.final_number)) continue;
        ASSERT_TRUE(tree.mark_invalid(at));
        for (auto& [number, e] : plain.all) e.bad = e.bad || plain.above(pick, number);
      } else if (const std::uint64_t next = numbers.back(); plain.above(plain.final_number, next) &&
                                                            !plain.all[next].bad &&
                                                            draw(4 * i + 3, 2) == 0) {
        const Index tip = tree.find(id_of(next));
        const Height lift =
            std::min<Height>(plain.all[next].height, plain.all[plain.final_number].height + 2);
        const Index target = tree.ancestor(tip, lift);
        ASSERT_NE(target, no_block);
        plain.final_number = tree.at(target).block->id.tag();
        tree.finalise(target, 3);
      }
      const auto& best = tree.at(tree.best());
      ASSERT_EQ(best.block->id.tag(), plain.best()) << run << " " << i;
      ASSERT_TRUE(best.weight == plain.all[best.block->id.tag()].weight);
      ASSERT_EQ(static_cast<std::uint64_t>(best.extra.value),
                best.block->id.tag() == 1 ? 0 : best.block->id.tag());
      for (const auto& [number, e] : plain.all) {
        const bool kept = plain.above(plain.final_number, number);
        const Index at = tree.find(id_of(number), e.height);
        ASSERT_EQ(at, tree.find(id_of(number)));
        if (kept) {
          ASSERT_NE(at, no_block);
          ASSERT_EQ(tree.at(at).invalid, e.bad);
          ASSERT_TRUE(number == 1 || at == tree.final_block() ||
                      tree.at(tree.at(at).parent).block->id == id_of(e.parent));
        } else if (e.height > plain.all[plain.final_number].height) {
          ASSERT_EQ(at, no_block);
        }
      }
    }
  }
}

TEST(Orphans, ComeBackInOrderAndAreBounded) {
  OrphanPool<int> pool;
  const auto add = [&](BlockRef b, int item) { return pool.add(std::move(b), item, 3); };
  EXPECT_TRUE(add(block(10, 9, 10), 1));
  EXPECT_FALSE(add(block(10, 9, 10), 1));
  EXPECT_TRUE(add(block(11, 10, 11), 2));
  EXPECT_TRUE(add(block(20, 9, 10), 3));
  EXPECT_EQ(pool.base_of(id_of(11))->block->id, id_of(10));
  EXPECT_EQ(pool.base_of(id_of(77)), nullptr);
  const auto children = pool.take_children(id_of(9));
  ASSERT_EQ(children.size(), 2u);
  EXPECT_EQ(children[0].item, 1);
  EXPECT_EQ(children[1].item, 3);
  EXPECT_EQ(pool.size(), 1u);
  for (std::uint64_t i = 30; i < 34; ++i) EXPECT_TRUE(add(block(i, i + 100, i), 0));
  EXPECT_EQ(pool.size(), 3u);
  EXPECT_FALSE(pool.contains(id_of(11))) << "the oldest went first";
  EXPECT_EQ(pool.take_up_to(32).size(), 2u);
  EXPECT_TRUE(pool.contains(id_of(33)));
}

TEST(Weights, SaturateInsteadOfWrapping) {
  Tree tree;
  tree.reset(block(1, 0, 0), weight_max - 5, {});
  tree.insert(block(2, 1, 1), 3, {});
  const Index three = tree.insert(block(3, 1, 1), U256::max(), {});
  EXPECT_EQ(tree.best(), three);
  EXPECT_TRUE(tree.at(three).weight == weight_max);
  EXPECT_EQ(weight_to_u256(weight_of(U256(0, 0, 7, 9))), U256(0, 0, 7, 9));
}

/// Archives of one chain, of which some begin above genesis, against the chain itself.
TEST(Archive, GivesTheBlocksFromItsBaseUp) {
  constexpr Height length = 300;
  std::vector<BlockRef> chain;
  for (Height h = 0; h <= length; ++h) chain.push_back(block(h, h == 0 ? 0 : h - 1, h));
  std::vector<Archive::Shared> shared(length + 1);
  for (const Height base : {Height{7}, Height{0}, Height{150}, Height{0}, Height{7}}) {
    Archive archive;
    EXPECT_EQ(archive.at(0), nullptr);
    archive.reset(chain[base]);
    for (Height top = base; top <= length; ++top) {
      if (top > base) archive.add(chain[top], top % 10 == 9 ? nullptr : &shared[top]);
      if (top % 37 != 0 && top != length) continue;
      for (Height h = 0; h <= length; ++h) {
        ASSERT_EQ(archive.at(h), h < base || h > top ? nullptr : chain[h]) << h << " of " << top;
      }
    }
    EXPECT_EQ(archive.base(), base);
  }
}

TEST(Archive, NodesOfOneChainShareItsLinks) {
  const BlockRef genesis = block(0, 0, 0);
  const BlockRef next = block(1, 0, 1);
  Archive::Shared shared;
  Archive first;
  Archive second;
  first.reset(genesis);
  second.reset(genesis);
  first.add(next, &shared);
  EXPECT_EQ(shared.use_count(), 1);
  second.add(next, &shared);
  EXPECT_EQ(shared.use_count(), 2);
  Archive later;  // began at the block itself: reaches no further down
  later.reset(next);
  EXPECT_EQ(later.at(0), nullptr);
  EXPECT_EQ(later.at(1), next);
}

TEST(Archive, ALongChainGoesWithoutRecursion) {
  Archive archive;
  archive.reset(block(0, 0, 0));
  const PayloadRef payload = std::make_shared<Payload>();
  for (Height h = 1; h <= 500'000; ++h) {
    auto b = std::make_shared<Block>();
    b->height = h;
    b->payload = payload;
    archive.add(b, nullptr);
  }
  EXPECT_EQ(archive.at(250'001)->height, 250'001u);
  archive.reset(block(0, 0, 0));
  EXPECT_EQ(archive.at(1), nullptr);
}

TEST(Size, AnEntryIsAFewDozenBytes) { EXPECT_LE(sizeof(BlockTree<std::uint64_t>::Entry), 64u); }

}  // namespace
}  // namespace ledgerlab::chain
