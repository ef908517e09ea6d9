// The world state: leaves, versions, roots that do not depend on history, proofs and their twins.
#include "models/parts/ethereum/state.hpp"

#include <gtest/gtest.h>

#include "models/base/draw.hpp"
#include "models/crypto/hash.hpp"

namespace ledgerlab::ethereum {
namespace {

Address address_at(std::uint64_t i) {
  Address out;
  for (std::size_t byte = 0; byte < 8; ++byte)
    out.data[19 - byte] = static_cast<Byte>(i >> 8 * byte);
  return out;
}

/// `count` accounts, every third with code, every second with storage.
WorldState world(std::uint64_t count) {
  WorldState out;
  for (std::uint64_t i = 0; i < count; ++i) {
    const Bytes code = i % 3 == 0 ? Bytes{0x60, static_cast<Byte>(i)} : Bytes{};
    std::vector<WorldState::Slot> storage;
    for (std::uint64_t slot = 0; slot < i % 2 * 5; ++slot) storage.emplace_back(slot, i + slot);
    out.allot(address_at(i), i, U256(1000 + i), code, storage);
  }
  return out;
}

TEST(Account, HasOneForm) {
  Account account;
  account.nonce = 7;
  account.balance = U256(1) << 200;
  const Bytes bytes = encode(account);
  EXPECT_EQ(decode_account(bytes), account);
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    EXPECT_FALSE(decode_account(ByteView(bytes).first(cut))) << cut;
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(decode_account(longer));
}

TEST(Account, OnlyStorageDoesNotCountAsContent) {
  Account account;
  EXPECT_TRUE(account.empty());
  account.storage_root = keccak256(as_bytes("some storage"));
  EXPECT_TRUE(account.empty());
  account.nonce = 1;
  EXPECT_FALSE(account.empty());
}

TEST(WorldState, RootOfNothing) {
  // Yellow Paper appendix D: Keccak-256 of RLP of the empty string.
  EXPECT_EQ(to_hex(WorldState().root()),
            "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
  EXPECT_EQ(to_hex(empty_code_hash()),
            "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
}

TEST(WorldState, AnOldVersionStaysAsItWas) {
  const WorldState old = world(40);
  const Hash256 root = old.root();
  WorldState next = old;
  Trie storage = next.storage_trie(address_at(1));
  set_slot(storage, 3, 99);
  next.set(address_at(1), *next.account(address_at(1)), storage);
  next.erase(address_at(2));
  EXPECT_EQ(next.storage(address_at(1), 3), U256(99));
  EXPECT_EQ(old.storage(address_at(1), 3), U256(4));
  EXPECT_FALSE(next.account(address_at(2)));
  EXPECT_TRUE(old.account(address_at(2)));
  EXPECT_NE(next.root(), root);
  EXPECT_EQ(old.root(), root);
  EXPECT_EQ(world(40).root(), root);
}

TEST(WorldState, TheRootDoesNotDependOnHistory) {
  const Hash256 want = world(300).root();
  WorldState other;
  for (std::uint64_t i = 600; i-- > 0;) {
    const WorldState one = world(1);
    other.allot(address_at(i), 1, U256(5), {}, {});
    if (i % 7 == 0) other.root();
  }
  for (std::uint64_t i = 0; i < 600; ++i) EXPECT_TRUE(other.erase(address_at(i)));
  EXPECT_FALSE(other.erase(address_at(0)));
  EXPECT_EQ(other.root(), empty_trie_root());
  for (std::uint64_t i = 300; i-- > 0;) {
    const WorldState source = world(300);
    if (const CodeRef code = source.code(address_at(i))) other.codes().put(code);
    other.set(address_at(i), *source.account(address_at(i)), source.storage_trie(address_at(i)));
  }
  EXPECT_EQ(other.root(), want);
  for (std::uint64_t i = 0; i < 300; ++i) {
    EXPECT_EQ(other.storage(address_at(i), 2), U256(i % 2 == 0 ? 0 : i + 2)) << i;
  }
}

TEST(WorldState, ErasedSlotsLeaveNoTrace) {
  Trie storage;
  for (std::uint64_t i = 0; i < 50; ++i) set_slot(storage, i, i + 1);
  for (std::uint64_t i = 0; i < 50; ++i) set_slot(storage, i, 0);
  EXPECT_EQ(storage.root(), empty_trie_root());
  EXPECT_TRUE(storage.empty());
}

TEST(CodeStore, KeepsOneObjectPerHash) {
  CodeStore store;
  const CodeRef first = store.put(Bytes{1, 2, 3});
  EXPECT_EQ(store.put(Bytes{1, 2, 3}), first);
  EXPECT_EQ(store.find(keccak256(Bytes{1, 2, 3})), first);
  EXPECT_EQ(store.find(keccak256(Bytes{1, 2})), nullptr);
  EXPECT_EQ(store.size(), 1u);
}

class Proof : public ::testing::Test {
 protected:
  WorldState state_ = world(200);
  Hash256 root_ = state_.root();
  std::array<U256, 3> keys_ = {U256(0), U256(4), U256(77)};
};

TEST_F(Proof, ShowsAccountsAndSlotsAndTheirAbsence) {
  for (const std::uint64_t i : {0u, 1u, 2u, 199u, 200u, 12345u}) {
    const AccountProof proof = state_.prove(address_at(i), keys_);
    EXPECT_EQ(proof.account.has_value(), i < 200);
    EXPECT_TRUE(verify(root_, proof)) << i;
  }
  const AccountProof proof = state_.prove(address_at(1), keys_);
  EXPECT_EQ(proof.storage[1].value, U256(5));
  EXPECT_EQ(proof.storage[2].value, U256());
}

TEST_F(Proof, FalseClaimsAreSeen) {
  const AccountProof good = state_.prove(address_at(1), keys_);
  const auto refused = [&](const auto& change) {
    AccountProof bad = good;
    change(bad);
    return !verify(root_, bad);
  };
  EXPECT_TRUE(refused([](auto& p) { p.account->balance += 1; }));
  EXPECT_TRUE(refused([](auto& p) { p.account->storage_root = empty_trie_root(); }));
  EXPECT_TRUE(refused([](auto& p) { p.account.reset(); }));
  EXPECT_TRUE(refused([](auto& p) { p.address = address_at(2); }));
  EXPECT_TRUE(refused([](auto& p) { p.storage[0].value += 1; }));
  EXPECT_TRUE(refused([](auto& p) { p.storage[0].value = 0; }));
  EXPECT_TRUE(refused([](auto& p) { p.storage[2].value = 1; }));
  EXPECT_TRUE(refused([](auto& p) { p.storage[0].proof.pop_back(); }));
  EXPECT_TRUE(refused([](auto& p) { p.proof.back().back() ^= 1; }));
  EXPECT_TRUE(refused([](auto& p) { p.proof.push_back({0x80}); }));
  EXPECT_TRUE(refused([&](auto& p) { p.proof = state_.prove(address_at(3), {}).proof; }));
  EXPECT_FALSE(verify(world(201).root(), good));
  AccountProof absent = state_.prove(address_at(9999), keys_);
  absent.account = Account();
  EXPECT_FALSE(verify(root_, absent));
}

}  // namespace
}  // namespace ledgerlab::ethereum
