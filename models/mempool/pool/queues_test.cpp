// Random operations on the queues against a plain model that recomputes everything; and their
// speed.
#include "models/mempool/pool/queues.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "models/base/draw.hpp"

namespace ledgerlab::pool {
namespace {

Address address_of(std::uint64_t sender) {
  Address address;
  for (int i = 0; i < 8; ++i) address.data[static_cast<std::size_t>(i)] = Byte(sender >> (8 * i));
  address.data[19] = 1;
  return address;
}

Item* item(Items& items, std::uint64_t sender, std::uint64_t nonce, std::uint64_t fee,
           std::uint64_t arrival) {
  Bytes bytes;
  codec::Writer writer(bytes);
  writer(std::uint64_t{1}, sender, nonce, fee, arrival);
  bytes.resize(bytes.size() + 65);
  Item* out = items.try_emplace(make_transaction(std::move(bytes))).first;
  items.learn(*out, address_of(sender), nonce, fee, 0);
  out->admit(arrival);
  return out;
}

std::uint64_t sender_of(const Item& item) {
  codec::Reader reader(item.tx()->bytes);
  std::uint64_t version = 0, sender = 0;
  reader(version, sender);
  return sender;
}

/// The same pool as a list of items and the senders' nonces.
struct Model {
  std::vector<Item*> items;
  std::map<std::uint64_t, std::uint64_t> next;
  std::map<const Item*, Height> reserved;

  Item* at(std::uint64_t sender, std::uint64_t nonce) const {
    for (Item* i : items) {
      if (sender_of(*i) == sender && i->nonce() == nonce) return i;
    }
    return nullptr;
  }
  /// Ready and not reserved, in the order in which they may be handed out.
  std::vector<Item*> take_order() const {
    std::map<std::uint64_t, std::uint64_t> at_nonce = next;
    std::vector<Item*> out;
    for (;;) {
      Item* best = nullptr;
      std::uint64_t whose = 0;
      for (auto& [sender, nonce] : at_nonce) {
        Item* candidate = at(sender, nonce);
        while (candidate && reserved.count(candidate)) candidate = at(sender, ++nonce);
        if (!candidate) continue;
        if (!best || candidate->fee() > best->fee() ||
            (candidate->fee() == best->fee() && candidate->arrival < best->arrival)) {
          best = candidate;
          whose = sender;
        }
      }
      if (!best) return out;
      out.push_back(best);
      ++at_nonce[whose];
    }
  }
  Item* worst() const {
    Item* out = nullptr;
    for (Item* i : items) {
      const bool tail = std::none_of(items.begin(), items.end(), [&](const Item* other) {
        return sender_of(*other) == sender_of(*i) && other->nonce() > i->nonce();
      });
      if (!tail || reserved.count(i)) continue;
      if (!out || i->fee() < out->fee() || (i->fee() == out->fee() && i->arrival > out->arrival)) {
        out = i;
      }
    }
    return out;
  }
  void release_after(const Item& first) {
    for (Item* i : items) {
      if (sender_of(*i) == sender_of(first) && i->nonce() >= first.nonce()) reserved.erase(i);
    }
  }
  /// Reservations without a gap before them hold; the others are gone.
  void drop_unready(std::uint64_t sender) {
    std::uint64_t end = next[sender];
    while (at(sender, end)) ++end;
    for (Item* i : items) {
      if (sender_of(*i) == sender && i->nonce() >= end) reserved.erase(i);
    }
  }
  void erase(const Item* gone) {
    reserved.erase(gone);
    std::erase(items, gone);
  }
};

class Walk {
 public:
  explicit Walk(std::uint64_t seed) : seed_(seed) {}

  void run(int steps) {
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
      one_step();
      compare();
    }
  }

 private:
  std::uint64_t draw(std::uint64_t n) {
    return draw_below(draw64(seed_, 1, Purpose("t"), ++c_), n);
  }

  void one_step() {
    const std::uint64_t sender = draw(4), what = draw(12);
    if (what < 6) {
      const std::uint64_t nonce = model_.next[sender] + draw(5);
      Item* made = item(items_, sender, nonce, draw(6), ++arrival_);
      Item* old = model_.at(sender, nonce);
      if (old && what > 2) {
        const auto held = model_.reserved.find(old);
        if (held != model_.reserved.end()) model_.reserved[made] = held->second;
        queues_.replace(*old, *made);
        erase(old);
      } else if (!old) {
        queues_.insert(*made, model_.next[sender]);
      } else {
        items_.erase(*made);
        return;
      }
      model_.items.push_back(made);
    } else if (what < 8) {
      take();
    } else if (what < 9) {
      if (model_.items.empty()) return;
      Item* gone = model_.items[draw(model_.items.size())];
      queues_.remove(*gone);
      const std::uint64_t whose = sender_of(*gone);
      erase(gone);
      model_.drop_unready(whose);
    } else if (what < 11) {
      set_next(sender, model_.next[sender] + draw(3) - (draw(4) == 0 && model_.next[sender] > 0));
    } else {
      release(draw(6));
    }
  }

  void erase(Item* gone) {
    model_.erase(gone);
    items_.erase(*gone);
  }

  void take() {
    const Height height = 1 + draw(5);
    release(height);
    const auto order = model_.take_order();
    const auto count = static_cast<std::uint32_t>(draw(5));
    const auto taken = queues_.take(height, count, 1'000'000);
    ASSERT_EQ(taken.size(), std::min<std::size_t>(count, order.size()));
    for (std::size_t i = 0; i < taken.size(); ++i) {
      ASSERT_EQ(taken[i], order[i]->tx());
      model_.reserved[order[i]] = height;
    }
  }

  void release(Height lowest) {
    queues_.release_from(lowest);
    for (Item* i : model_.items) {
      const auto held = model_.reserved.find(i);
      if (held != model_.reserved.end() && held->second >= lowest) model_.release_after(*i);
    }
  }

  void set_next(std::uint64_t sender, std::uint64_t next) {
    // A sender without transactions has no queue; its nonce comes with the next one.
    if (next < model_.next[sender]) {
      for (Item* i : model_.items) {
        if (sender_of(*i) == sender) model_.reserved.erase(i);
      }
    }
    model_.next[sender] = next;
    for (Item* below : queues_.set_next(address_of(sender), next)) {
      ASSERT_LT(below->nonce(), next);
      erase(below);
    }
    model_.drop_unready(sender);
  }

  void compare() {
    const auto order = model_.take_order();
    ASSERT_EQ(queues_.count(), model_.items.size());
    ASSERT_EQ(queues_.waiting_count(), order.size());
    std::uint64_t bytes = 0, waiting = 0;
    const Item* oldest = nullptr;
    for (Item* i : model_.items) {
      ASSERT_GE(i->nonce(), model_.next[sender_of(*i)]);
      bytes += i->bytes();
      ASSERT_EQ(queues_.reserved_for(*i), model_.reserved.count(i) ? model_.reserved[i] : 0);
    }
    for (const Item* i : order) {
      waiting += i->bytes();
      if (!oldest || i->arrival < oldest->arrival) oldest = i;
    }
    ASSERT_EQ(queues_.bytes(), bytes);
    ASSERT_EQ(queues_.waiting_bytes(), waiting);
    ASSERT_EQ(queues_.oldest_waiting(), oldest);
    ASSERT_EQ(queues_.worst(), model_.worst());
  }

  std::uint64_t seed_;
  std::uint64_t c_ = 0;
  std::uint64_t arrival_ = 0;
  Model model_;
  Items items_;
  Queues queues_{items_};
};

TEST(Queues, RandomWalksAgreeWithThePlainModel) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Walk(seed).run(400);
    if (HasFailure()) return;
  }
}

TEST(Queues, ABlockTakesNoMoreWeightThanItHas) {
  Items items;
  Queues queues(items);
  std::vector<Item*> made;
  // By fee: 60, 50 (does not fit any more), 40 of another sender, 10.
  for (const auto& [fee, weight] : {std::pair{9u, 60u}, {8u, 50u}, {7u, 40u}, {6u, 10u}}) {
    made.push_back(item(items, fee, 0, fee, made.size() + 1));
    items.learn(*made.back(), address_of(fee), 0, fee, weight);
    queues.insert(*made.back(), 0);
  }
  const auto taken = queues.take(1, 10, 1 << 20, 105);
  ASSERT_EQ(taken.size(), 2u);
  EXPECT_EQ(taken[0], made[0]->tx());
  EXPECT_EQ(taken[1], made[2]->tx());
  EXPECT_EQ(queues.take(2, 10, 1 << 20, 105).size(), 2u);  // the others wait for the next
}

TEST(Queues, AHundredThousandGoInOutAndAreDecided) {
  constexpr std::uint64_t count = 100'000, senders = 1'000;
  Items items;
  std::vector<Item*> made;
  for (std::uint64_t i = 0; i < count; ++i) {
    made.push_back(
        item(items, i % senders, i / senders, draw64(1, 1, Purpose("fee"), i) % 100, i + 1));
  }
  Queues queues(items);
  for (Item* i : made) {
    queues.insert(*i, 0);
  }
  for (Height height = 1; queues.waiting_count() > 0; ++height) {
    ASSERT_EQ(queues.take(height, 1'000, 1 << 30).size(), 1'000u);
  }
  for (Item* i : made) queues.set_next(address_of(sender_of(*i)), i->nonce() + 1);
  EXPECT_EQ(queues.count(), 0u);
}

}  // namespace
}  // namespace ledgerlab::pool
