// Proofs of accounts and slots against final headers, whole states taken over in verified parts;
// and twins of each that must be refused.
#include "models/parts/light/accounts.hpp"

#include <gtest/gtest.h>

#include "models/base/draw.hpp"
#include "models/crypto/hash.hpp"
#include "models/parts/ethereum/header.hpp"

namespace ledgerlab::light {
namespace {

Address address_of(std::uint64_t i) {
  Address address;
  for (std::size_t k = 0; k < 8; ++k) address.data[k] = static_cast<Byte>(i >> (8 * k));
  address.data[19] = 1;
  return address;
}

/// Every fifth account has storage, every seventh code.
ethereum::WorldState world_of(std::uint64_t accounts, std::uint64_t salt = 0) {
  ethereum::WorldState world;
  for (std::uint64_t i = 0; i < accounts; ++i) {
    std::vector<ethereum::WorldState::Slot> storage;
    for (std::uint64_t s = 0; i % 5 == 0 && s < 1 + i % 9; ++s) {
      storage.emplace_back(U256(s), U256(1 + draw64(salt, i, Purpose("slot"), s)));
    }
    Bytes code;
    if (i % 7 == 0) code.assign(20 + i % 3, static_cast<Byte>(i % 2));
    world.allot(address_of(i), i, U256(1000 + i + salt), code, storage);
  }
  return world;
}

TEST(FinalRoots, AProofHoldsAgainstItsOwnHeaderAlone) {
  // As a client has them: headers as bytes, named by their hashes.
  FinalRoots roots;
  std::vector<ethereum::WorldState> worlds;
  for (std::uint64_t height = 1; height <= 3; ++height) {
    worlds.push_back(world_of(40, height));
    ethereum::Header header;
    header.number = height;
    header.state_root = worlds.back().root();
    const auto decoded = ethereum::decode_header(ethereum::encode(header));
    ASSERT_TRUE(decoded);
    roots.add(decoded->number, decoded->state_root);
  }
  const std::vector<U256> keys{U256(0), U256(3), U256(77)};
  for (std::uint64_t i = 0; i < 45; ++i) {  // from 40 on: accounts that are not there
    const ethereum::AccountProof proof = worlds[1].prove(address_of(i), keys);
    ASSERT_EQ(roots.check(2, proof), "") << i;
    EXPECT_NE(roots.check(1, proof), "");
    EXPECT_NE(roots.check(3, proof), "");
    EXPECT_EQ(roots.check(4, proof), "no final header of this height");
    EXPECT_EQ(proof.account.has_value(), i < 40);

    ethereum::AccountProof twin = proof;
    twin.address = address_of(i + 1);
    EXPECT_NE(roots.check(2, twin), "");
    twin = proof;
    twin.proof.back().back() ^= 1;
    EXPECT_NE(roots.check(2, twin), "");
    twin = proof;
    if (twin.account) {
      twin.account->balance = twin.account->balance + U256(1);
    } else {
      twin.account = ethereum::Account{};
    }
    EXPECT_NE(roots.check(2, twin), "");
    if (i % 5 == 0 && i < 40) {
      twin = proof;
      twin.storage[0].value = twin.storage[0].value + U256(1);
      EXPECT_NE(roots.check(2, twin), "");
      twin = proof;
      twin.storage[2].value = U256(5);  // a slot that is not there
      EXPECT_NE(roots.check(2, twin), "");
    }
  }
}

TEST(StateParts, EverySizeAndDepthCanBeTakenApartAndPutTogether) {
  for (const std::uint64_t size : {0u, 1u, 2u, 3u, 15u, 16u, 17u, 40u, 300u}) {
    const ethereum::WorldState world = world_of(size);
    for (std::size_t depth = 0; depth <= 3; ++depth) {
      SCOPED_TRACE("size " + std::to_string(size) + " depth " + std::to_string(depth));
      SnapshotSync sync(world.root(), depth);
      const std::vector<Bytes> upper = upper_nodes(world.accounts(), depth);
      ASSERT_TRUE(sync.begin(upper));
      std::size_t parts = 0;
      while (!sync.missing().empty()) {
        const TriePart part = sync.missing()[sync.missing().size() / 2];  // in any order
        ASSERT_EQ(sync.take(part, part_of(world, part)), "");
        ++parts;
      }
      ASSERT_TRUE(sync.complete());
      const ethereum::WorldState copy = sync.state();
      EXPECT_EQ(copy.root(), world.root());
      for (std::uint64_t i = 0; i < size; ++i) {
        ASSERT_EQ(copy.account(address_of(i)), world.account(address_of(i)));
        ASSERT_EQ(copy.storage(address_of(i), U256(0)), world.storage(address_of(i), U256(0)));
        const CodeRef code = world.code(address_of(i)), copied = copy.code(address_of(i));
        ASSERT_EQ(code == nullptr, copied == nullptr);
        if (code) {
          ASSERT_EQ(code->bytes, copied->bytes);
        }
      }
      if (size == 300 && depth == 1) {
        EXPECT_EQ(parts, 16u);
      }
      if (size == 300 && depth == 2) {
        EXPECT_GT(parts, 100u);
      }
    }
  }
}

TEST(StateParts, UpperNodesOfAnotherRootOrIncompleteAreRefused) {
  const ethereum::WorldState world = world_of(300);
  const std::vector<Bytes> upper = upper_nodes(world.accounts(), 2);
  ASSERT_TRUE(parts_below(world.root(), upper, 2));
  EXPECT_FALSE(parts_below(world_of(300, 1).root(), upper, 2));
  EXPECT_FALSE(parts_below(world.root(), upper, 1));  // more than asked for
  EXPECT_FALSE(parts_below(world.root(), upper, 3));
  for (std::size_t i = 0; i < upper.size(); ++i) {
    std::vector<Bytes> twin = upper;
    twin[i][twin[i].size() / 2] ^= 1;
    EXPECT_FALSE(parts_below(world.root(), twin, 2));
    twin = upper;
    twin.erase(twin.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_FALSE(parts_below(world.root(), twin, 2));
  }
}

TEST(StateParts, APartThatIsAlteredIncompleteOrNotAskedForIsRefused) {
  const ethereum::WorldState world = world_of(300), other = world_of(300, 1);
  SnapshotSync sync(world.root(), 1);
  ASSERT_TRUE(sync.begin(upper_nodes(world.accounts(), 1)));
  const TriePart part = sync.missing()[3];
  const std::vector<SnapshotAccount> good = part_of(world, part);
  ASSERT_GT(good.size(), 5u);
  const auto refused = [&](const auto& change) {
    std::vector<SnapshotAccount> twin = good;
    change(twin);
    return !sync.take(part, twin).empty() && sync.missing().size() == 16;
  };
  EXPECT_TRUE(refused([](auto& a) { a.pop_back(); }));
  EXPECT_TRUE(refused([](auto& a) { std::swap(a[0], a[1]); }));
  EXPECT_TRUE(refused([](auto& a) { a[2].account.value.back() ^= 1; }));
  EXPECT_TRUE(refused([](auto& a) { a[2].account.key.data[31] ^= 1; }));
  EXPECT_TRUE(refused([](auto& a) { a.push_back(a.back()); }));
  EXPECT_TRUE(refused([](auto& a) { a.clear(); }));
  EXPECT_TRUE(refused([&](auto& a) { a = part_of(other, part); }));
  bool storage = false, code = false;
  for (std::size_t i = 0; i < good.size(); ++i) {
    if (!good[i].storage.empty()) {
      storage = true;
      EXPECT_TRUE(refused([&](auto& a) { a[i].storage.back().value.back() ^= 1; }));
      EXPECT_TRUE(refused([&](auto& a) { a[i].storage.pop_back(); }));
    }
    if (!good[i].code.empty()) {
      code = true;
      EXPECT_TRUE(refused([&](auto& a) { a[i].code[0] ^= 1; }));
    }
  }
  EXPECT_TRUE(storage && code);
  TriePart elsewhere = part;
  elsewhere.reference[0] ^= 1;
  EXPECT_EQ(sync.take(elsewhere, good), "not asked for");
  EXPECT_EQ(sync.take(part, good), "");
  EXPECT_EQ(sync.take(part, good), "not asked for");  // twice
  EXPECT_FALSE(sync.complete());
}

}  // namespace
}  // namespace ledgerlab::light
