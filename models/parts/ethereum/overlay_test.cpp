// The overlay: journal and snapshots against a model that copies everything, and one test per rule
// that is scoped to a transaction.
#include "models/parts/ethereum/overlay.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "models/codec/rlp.hpp"
#include "models/crypto/hash.hpp"

namespace ledgerlab::ethereum {
namespace {

Address address_at(Byte i) {
  Address out;
  out.data[0] = 0xaa;
  out.data[19] = i;
  return out;
}
const Address a = address_at(1), b = address_at(2), c = address_at(3);

WorldState one_account() {
  WorldState out;
  const std::array<WorldState::Slot, 1> storage = {WorldState::Slot{U256(1), U256(10)}};
  out.allot(a, 1, U256(100), Bytes{0x00}, storage);
  return out;
}

// EIP-2200 and EIP-3529: original, current, new.
TEST(Overlay, StorageStatusOfEveryPath) {
  struct Path {
    std::uint64_t original, current, value;
    StorageStatus status;
  };
  constexpr Path paths[] = {
      {0, 0, 0, StorageStatus::assigned},          {7, 7, 7, StorageStatus::assigned},
      {0, 8, 8, StorageStatus::assigned},          {0, 8, 9, StorageStatus::assigned},
      {7, 8, 9, StorageStatus::assigned},          {0, 0, 9, StorageStatus::added},
      {7, 7, 0, StorageStatus::deleted},           {7, 7, 9, StorageStatus::modified},
      {7, 0, 9, StorageStatus::deleted_added},     {7, 8, 0, StorageStatus::modified_deleted},
      {7, 0, 7, StorageStatus::deleted_restored},  {0, 8, 0, StorageStatus::added_deleted},
      {7, 8, 7, StorageStatus::modified_restored},
  };
  for (const Path& path : paths) {
    Overlay overlay(WorldState(), Revision::cancun);
    overlay.touch(a);
    overlay.set_nonce(a, 1);
    overlay.set_storage(a, 5, path.original);
    overlay.begin_transaction();
    overlay.set_storage(a, 5, path.current);
    EXPECT_EQ(overlay.set_storage(a, 5, path.value), path.status)
        << path.original << " " << path.current << " " << path.value;
  }
}

TEST(Overlay, TheNextTransactionSeesTheCurrentValueAsTheOriginal) {
  Overlay overlay(one_account(), Revision::cancun);
  EXPECT_EQ(overlay.set_storage(a, 1, 11), StorageStatus::modified);
  EXPECT_EQ(overlay.set_storage(a, 1, 12), StorageStatus::assigned);
  overlay.begin_transaction();
  EXPECT_EQ(overlay.set_storage(a, 1, 13), StorageStatus::modified);
}

TEST(Overlay, RevertRestoresTheRoot) {
  const WorldState before = one_account();
  for (const Revision revision : {Revision::frontier, Revision::cancun}) {
    Overlay overlay(before, revision);
    overlay.begin_transaction();
    const auto mark = overlay.snapshot();
    overlay.add_balance(b, 5);
    overlay.subtract_balance(a, 7);
    overlay.set_nonce(a, 9);
    overlay.set_storage(a, 1, 0);
    overlay.set_storage(a, 2, 3);
    overlay.set_item(a, as_bytes("key"), as_bytes("value"));
    overlay.create(c);
    overlay.set_code(c, Bytes{1, 2, 3});
    overlay.self_destruct(a, b);
    overlay.log({a, {}, {}});
    EXPECT_FALSE(overlay.dead(c));
    overlay.revert(mark);
    EXPECT_TRUE(overlay.dead(c));
    EXPECT_FALSE(overlay.exists(b));
    EXPECT_TRUE(overlay.end_transaction().empty());
    EXPECT_EQ(overlay.commit().root(), before.root());
    EXPECT_EQ(overlay.state().codes().size(), 1u) << "undone code stays out of the store";
  }
}

// The twin of the test above: the same changes, kept, give another root.
TEST(Overlay, CommitWritesWhatWasKept) {
  const WorldState before = one_account();
  Overlay overlay(before, Revision::cancun);
  overlay.set_storage(a, 1, 0);
  overlay.set_storage(a, 2, 3);
  overlay.set_code(c, Bytes{1, 2, 3});
  const WorldState after = overlay.commit();
  EXPECT_NE(after.root(), before.root());
  EXPECT_EQ(after.storage(a, 1), U256());
  EXPECT_EQ(after.storage(a, 2), U256(3));
  EXPECT_EQ(after.code(c)->bytes, (Bytes{1, 2, 3}));
  EXPECT_EQ(before.storage(a, 1), U256(10));
}

/// What the overlay should know, kept by copies.
struct Model {
  std::map<std::pair<int, int>, std::uint64_t> slots, transient;
  std::map<int, std::uint64_t> balances;
  std::set<int> warm;
  std::set<std::pair<int, int>> warm_slots;
};

// Random changes, snapshots and reverts; after each the overlay equals the model.
TEST(Overlay, AgreesWithAModelThatCopies) {
  std::mt19937_64 random(7);  // NOLINT: a test's own draws
  const auto draw = [&](std::uint64_t below) { return static_cast<int>(random() % below); };
  for (int round = 0; round < 200; ++round) {
    Overlay overlay(one_account(), Revision::cancun);
    Model model;
    model.slots[{1, 1}] = 10;
    model.balances[1] = 100;
    std::vector<std::pair<Overlay::Snapshot, Model>> stack;
    for (int step = 0; step < 300; ++step) {
      const int who = 1 + draw(3), key = draw(4);
      const auto value = static_cast<std::uint64_t>(draw(3));
      const Address address = address_at(static_cast<Byte>(who));
      switch (draw(9)) {
        case 0:
        case 1:
          overlay.set_storage(address, key, value);
          model.slots[{who, key}] = value;
          break;
        case 2:
          overlay.set_transient(address, key, value);
          model.transient[{who, key}] = value;
          break;
        case 3:
          overlay.add_balance(address, value);
          model.balances[who] += value;
          break;
        case 4:
          EXPECT_EQ(overlay.access(address) == AccessStatus::warm, !model.warm.insert(who).second);
          break;
        case 5:
          EXPECT_EQ(overlay.access(address, key) == AccessStatus::warm,
                    !model.warm_slots.insert({who, key}).second);
          break;
        case 6:
          stack.emplace_back(overlay.snapshot(), model);
          break;
        case 7:
          if (stack.empty()) break;
          if (draw(2) == 0) {
            overlay.revert(stack.back().first);
            model = stack.back().second;
          }
          stack.pop_back();
          break;
        default:
          if (draw(20) != 0) break;
          overlay.set_nonce(address, 1);  // so that nothing is swept
          overlay.set_nonce(address_at(1), 1);
          overlay.set_nonce(address_at(2), 1);
          overlay.set_nonce(address_at(3), 1);
          overlay.begin_transaction();
          stack.clear();
          model.transient.clear();
          model.warm.clear();
          model.warm_slots.clear();
          if (draw(2) == 0) overlay.commit();
      }
      EXPECT_EQ(overlay.storage(address, key), U256(model.slots[{who, key}]));
      EXPECT_EQ(overlay.transient(address, key), U256(model.transient[{who, key}]));
      EXPECT_EQ(overlay.balance(address), U256(model.balances[who]));
    }
    if (HasFailure()) return;
  }
}

// EIP-161.
TEST(Overlay, TouchedEmptyAccountsGoFromSpuriousDragonOn) {
  WorldState state;
  state.allot(a, 0, {}, {}, {});
  for (const Revision revision : {Revision::tangerine_whistle, Revision::spurious_dragon}) {
    const bool stays = revision == Revision::tangerine_whistle;
    Overlay overlay(state, revision);
    EXPECT_TRUE(overlay.exists(a));
    overlay.touch(a);
    overlay.add_balance(b, 0);
    overlay.commit();
    EXPECT_EQ(overlay.state().account(a).has_value(), stays);
    EXPECT_EQ(overlay.state().account(b).has_value(), stays);
  }
  Overlay untouched(state, Revision::cancun);
  untouched.set_nonce(b, 1);
  untouched.commit();
  EXPECT_TRUE(untouched.state().account(a)) << "an empty account that nobody touches stays";
}

// Yellow Paper appendix K.1.
TEST(Overlay, ATouchOfTheThirdPrecompileOutlivesARevert) {
  Address third, fourth;
  third.data[19] = 3;
  fourth.data[19] = 4;
  WorldState state;
  state.allot(third, 0, {}, {}, {});
  state.allot(fourth, 0, {}, {}, {});
  Overlay overlay(state, Revision::byzantium);
  const auto mark = overlay.snapshot();
  overlay.touch(third);
  overlay.touch(fourth);
  overlay.revert(mark);
  overlay.commit();
  EXPECT_FALSE(overlay.state().account(third));
  EXPECT_TRUE(overlay.state().account(fourth));
}

// EIP-6780.
TEST(Overlay, SelfDestruction) {
  for (const Revision revision : {Revision::shanghai, Revision::cancun}) {
    const bool old = revision == Revision::shanghai;
    Overlay overlay(one_account(), revision);
    EXPECT_EQ(overlay.self_destruct(a, b), old);
    EXPECT_FALSE(overlay.self_destruct(a, b)) << "counted once";
    EXPECT_EQ(overlay.storage(a, 1), U256(10)) << "lives until the transaction's end";
    overlay.commit();
    EXPECT_EQ(overlay.state().account(a).has_value(), !old);
    EXPECT_EQ(overlay.state().account(b)->balance, U256(100));
    EXPECT_EQ(overlay.storage(a, 1), U256(old ? 0 : 10));
  }
  Overlay fresh(one_account(), Revision::cancun);
  fresh.create(c);
  fresh.add_balance(c, 9);
  fresh.set_storage(c, 1, 1);
  EXPECT_TRUE(fresh.self_destruct(c, b));
  fresh.commit();
  EXPECT_FALSE(fresh.state().account(c)) << "created by this transaction";
  EXPECT_EQ(fresh.storage(c, 1), U256());
  EXPECT_EQ(fresh.state().account(b)->balance, U256(9));
}

TEST(Overlay, SelfDestructionToItself) {
  Overlay old(one_account(), Revision::shanghai);
  old.self_destruct(a, a);
  EXPECT_EQ(old.balance(a), U256()) << "destroyed";
  Overlay now(one_account(), Revision::cancun);
  now.self_destruct(a, a);
  EXPECT_EQ(now.balance(a), U256(100)) << "not created by this transaction: kept";
  now.create(c);
  now.add_balance(c, 9);
  now.self_destruct(c, c);
  EXPECT_EQ(now.balance(c), U256());
}

TEST(Overlay, ADestructedAccountCanComeBackInTheSameBlock) {
  Overlay overlay(one_account(), Revision::shanghai);
  overlay.self_destruct(a, b);
  overlay.end_transaction();
  EXPECT_FALSE(overlay.has_storage(a));
  overlay.create(a);
  overlay.set_storage(a, 2, 4);
  const WorldState after = overlay.commit();
  EXPECT_EQ(after.storage(a, 1), U256()) << "the old storage is gone";
  EXPECT_EQ(after.storage(a, 2), U256(4));
  EXPECT_EQ(after.account(a)->nonce, 1u);
}

// EIP-1153.
TEST(Overlay, TransientStorageEndsWithItsTransaction) {
  Overlay overlay(one_account(), Revision::cancun);
  overlay.set_transient(a, 1, 5);
  EXPECT_EQ(overlay.transient(a, 1), U256(5));
  EXPECT_EQ(overlay.transient(b, 1), U256());
  overlay.begin_transaction();
  EXPECT_EQ(overlay.transient(a, 1), U256());
  overlay.commit();
  EXPECT_EQ(overlay.state().root(), one_account().root());
}

// EIP-1052.
TEST(Overlay, CodeHash) {
  WorldState state = one_account();
  state.allot(b, 0, {}, {}, {});
  Overlay now(state, Revision::cancun);
  EXPECT_EQ(now.code_hash(a), keccak256(Bytes{0x00}));
  EXPECT_EQ(now.code_hash(b), Hash256());
  EXPECT_EQ(now.code_hash(c), Hash256());
  now.add_balance(b, 1);
  EXPECT_EQ(now.code_hash(b), empty_code_hash());
}

TEST(Overlay, ItemsAreLeavesOfTheStorageTrie) {
  Overlay overlay(one_account(), Revision::cancun);
  EXPECT_FALSE(overlay.item(a, as_bytes("name")));
  overlay.set_item(a, as_bytes("name"), as_bytes("ledger"));
  overlay.commit();
  Bytes leaf;
  rlp::append(leaf, as_bytes("ledger"));
  const Trie storage = overlay.state().storage_trie(a);
  const auto kept = storage.get(keccak256(as_bytes("name")).view());
  ASSERT_TRUE(kept);
  EXPECT_EQ(Bytes(kept->begin(), kept->end()), leaf);
  Overlay next(overlay.state(), Revision::cancun);
  EXPECT_EQ(to_hex(*next.item(a, as_bytes("name"))), to_hex(as_bytes("ledger")));
  const auto mark = next.snapshot();
  next.set_item(a, as_bytes("name"), as_bytes("lab"));
  next.set_item(a, as_bytes("name"), {});
  EXPECT_FALSE(next.item(a, as_bytes("name")));
  next.revert(mark);
  EXPECT_EQ(to_hex(*next.item(a, as_bytes("name"))), to_hex(as_bytes("ledger")));
  next.set_item(a, as_bytes("name"), {});
  EXPECT_EQ(next.commit().root(), one_account().root());
}

}  // namespace
}  // namespace ledgerlab::ethereum
