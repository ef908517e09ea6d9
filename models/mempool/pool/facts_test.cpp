// What pools share: random pools that hold, hear of and let go the same transactions against a
// plain record of what each of them was told.
#include "models/mempool/pool/facts.hpp"

#include <gtest/gtest.h>

#include <map>

#include "models/base/draw.hpp"

namespace ledgerlab::pool {
namespace {

Address address_of(std::uint64_t sender) {
  Address address;
  address.data[0] = static_cast<Byte>(sender);
  return address;
}

/// `witness`: of the signature, which the id does not cover.
TxRef transaction(std::uint64_t number, std::uint64_t witness) {
  Bytes bytes(70);
  bytes[0] = static_cast<Byte>(number);
  bytes[69] = static_cast<Byte>(witness);
  return make_transaction(bytes);
}

struct Told {
  const Facts* facts = nullptr;
  Bytes bytes;
  std::uint64_t sender = 0, nonce = 0, fee = 0, weight = 0;
  bool known = false;
};

TEST(Catalogue, EveryHolderHasWhatItWasTold) {
  constexpr std::uint64_t pools = 4, transactions = 6;
  Catalogue catalogue;
  std::map<std::pair<std::uint64_t, std::uint64_t>, Told> held;
  std::uint64_t c = 0;
  const auto draw = [&](std::uint64_t n) { return draw_below(draw64(1, 1, Purpose("t"), ++c), n); };
  for (int step = 0; step < 30'000; ++step) {
    const std::uint64_t number = draw(transactions);
    const auto key = std::pair{draw(pools), number};
    Told& told = held[key];
    const std::uint64_t what = draw(8);
    // Mostly all are told the same, as nodes with one ledger are.
    const std::uint64_t odd = draw(6) == 0 ? 1 + draw(2) : 0;
    if (!told.facts) {
      const TxRef tx = transaction(number, odd);
      told = {catalogue.hold(tx), tx->bytes};
    } else if (what == 0) {
      catalogue.let_go(told.facts);
      told = {};
    } else if (what == 1) {
      const TxRef tx = transaction(number, odd);
      told.facts = catalogue.replace(told.facts, tx);
      told.bytes = tx->bytes;
    } else {
      told.sender = (number + odd) % 3;
      told.nonce = number + odd;
      told.fee = odd;
      told.weight = 7;
      told.known = true;
      told.facts = catalogue.learn(told.facts, address_of(told.sender), told.nonce, told.fee, 7);
    }
    std::map<std::uint32_t, const void*> numbers;
    for (const auto& [whose, has] : held) {
      if (!has.facts) continue;
      ASSERT_EQ(has.facts->tx->bytes, has.bytes);
      ASSERT_EQ(catalogue.find(has.facts->tx->id), has.facts->shared);
      ASSERT_EQ(has.facts->number, has.facts->shared->number);
      if (has.known) {
        ASSERT_TRUE(has.facts->says(address_of(has.sender), has.nonce, has.fee, has.weight));
      }
      const auto named = [&](std::uint32_t name, const void* thing) {
        return numbers.try_emplace(name, thing).first->second == thing;
      };
      ASSERT_TRUE(named(has.facts->number, has.facts->shared));
      if (!has.facts->sender) continue;
      ASSERT_TRUE(named(has.facts->sender->number, has.facts->sender));
      ASSERT_EQ(catalogue.find(has.facts->sender->address), has.facts->sender);
    }
  }
  for (auto& [whose, has] : held) {
    if (has.facts) catalogue.let_go(has.facts);
  }
  EXPECT_EQ(catalogue.size(), 0u);
  EXPECT_EQ(catalogue.senders(), 0u);
}

TEST(Catalogue, IsOneForAWorldAndNoOther) {
  const auto* one = reinterpret_cast<const CryptoSuite*>(16);
  const auto* other = reinterpret_cast<const CryptoSuite*>(32);
  const auto first = Catalogue::of(one);
  EXPECT_EQ(Catalogue::of(one), first);
  EXPECT_NE(Catalogue::of(other), first);
  EXPECT_NE(Catalogue::of(nullptr), Catalogue::of(nullptr));
}

}  // namespace
}  // namespace ledgerlab::pool
