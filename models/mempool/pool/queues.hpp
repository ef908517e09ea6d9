// The transactions of a pool in their order: one queue of nonces for each sender, and over all
// senders the best that may be handed out, the worst that may be thrown out, the oldest that waits.
// No clock, no messages: the pool module drives it.
#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "models/mempool/pool/items.hpp"
#include "models/mempool/pool/spends.hpp"

namespace ledgerlab::pool {

/// One sender's transactions by nonce. The first `ready` follow each other without a gap from
/// `next`; of these the first `taken` are reserved in undecided blocks.
struct Sender {
  const SenderFacts* facts = nullptr;
  std::uint32_t ready = 0;
  std::uint32_t taken = 0;
  std::uint64_t next = 0;  // nonce of the adopted state
  PlaceList queue;

  /// Of the first nonce that is not ready.
  std::uint64_t end() const { return next + ready; }
};

/// Items in order of admission, and which of them wait: what all kinds of queues have in common.
class Arrivals {
 public:
  explicit Arrivals(Items& items) : items_(items) {}
  void add(Item& item);  // admitted after all that are there
  void remove(Item& item);
  void set_waiting(Item& item, bool waiting);

  void reserve(Item& item, Height height);
  /// What is still reserved for these heights, taken out of the lists.
  std::vector<Item*> reserved(Height lowest, Height highest);
  /// It is not handed out any more.
  void free(Item& item);
  /// 0: it is not handed out.
  Height height_of(const Item& item) const {
    return item.reserved ? *handed_out_->heights.find(item.place) : 0;
  }

  std::size_t count() const { return count_; }
  std::uint64_t bytes() const { return bytes_; }
  std::size_t waiting_count() const { return waiting_; }
  std::uint64_t waiting_bytes() const { return waiting_bytes_; }
  const Item* oldest_waiting() const;
  std::vector<Item*> all() const;
  /// The first of them; the others follow by Item::after.
  Place32 first() const { return first_; }

 private:
  Items& items_;
  Place32 first_ = nowhere;
  Place32 last_ = nowhere;
  mutable Place32 oldest_ = nowhere;  // nothing that waits is older
  std::size_t count_ = 0;
  std::size_t waiting_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t waiting_bytes_ = 0;
  struct HandedOut {
    std::map<Height, std::vector<Place32>> by_height;  // and some that are not any more
    Lookup<Place32, Height> heights;
  };
  std::unique_ptr<HandedOut> handed_out_;  // null: nothing ever was, most nodes make no blocks
};

/// A heap that exists only while somebody asks it often enough: it is made when the top is wanted,
/// and goes when more has been added since than making it costs. It may hold what is out of date or
/// twice; who asks for the top says what still holds.
template <class Better>
class Ranking {
 public:
  struct Entry {
    std::uint64_t rank;
    std::uint64_t arrival;
    Place32 place;
  };
  bool kept() const { return heap_ != nullptr; }
  void add(const Item& item, std::uint64_t rank, std::size_t size) {
    if (!kept()) return;
    if (++added_ > size + 64 || heap_->size() > 2 * size + 128) return drop();
    push(item, rank);
  }
  void push(const Item& item, std::uint64_t rank) {
    heap_->push_back({rank, item.arrival, item.place});
    std::push_heap(heap_->begin(), heap_->end(), after);
  }
  /// From every item that `each(visitor)` shows.
  template <class Each>
  void make(const Each& each) {
    added_ = 0;
    if (kept()) return;
    heap_ = std::make_unique<std::vector<Entry>>();
    each([&](const Item& item, std::uint64_t rank) {
      heap_->push_back({rank, item.arrival, item.place});
    });
    std::make_heap(heap_->begin(), heap_->end(), after);
  }
  /// The best that holds; what does not is gone. Null: there is none.
  template <class Holds>
  const Entry* top(const Holds& holds) {
    while (!heap_->empty() && !holds(heap_->front())) pop();
    return heap_->empty() ? nullptr : &heap_->front();
  }
  void pop() {
    std::pop_heap(heap_->begin(), heap_->end(), after);
    heap_->pop_back();
  }
  void drop() { heap_.reset(); }

 private:
  static bool after(const Entry& a, const Entry& b) { return Better()(b, a); }
  std::unique_ptr<std::vector<Entry>> heap_;
  std::size_t added_ = 0;  // since it was asked
};

/// By rank (a fee) and arrival; arrivals are unique.
struct BestFirst {
  template <class E>
  bool operator()(const E& a, const E& b) const {
    return a.rank != b.rank ? a.rank > b.rank : a.arrival < b.arrival;
  }
};
struct WorstFirst {
  template <class E>
  bool operator()(const E& a, const E& b) const {
    return a.rank != b.rank ? a.rank < b.rank : a.arrival > b.arrival;
  }
};

class Queues {
 public:
  explicit Queues(Items& items) : items_(items), arrivals_(items), spends_(items) {}

  /// Null if nothing of the sender's is queued.
  Sender* find(const Address& address);
  bool has(const Address& address) const { return items_.sender(address) != nowhere; }
  Sender& sender_of(const Item& item) {
    return item.sender == nowhere ? open(item) : senders_[item.sender];
  }
  /// Nonce of the adopted state of a queued item's sender.
  std::uint64_t next_of(const Item& item) const {
    return item.sender == nowhere ? item.nonce() : senders_[item.sender].next;
  }
  /// The sender's transaction with this nonce; null if there is none.
  Item* at(const Sender& sender, std::uint64_t nonce);
  /// The last of the sender's queue if it is not reserved, else null.
  Item* tail(const Sender& sender);

  /// Puts an item at its nonce, which must be free, into its sender's queue: a new one with this
  /// next nonce of the adopted state if there was none. `spends`: of a ledger that goes by it.
  void insert(Item& item, std::uint64_t next, std::shared_ptr<const TxSpends> spends = {});
  /// What the item spends is asked for anew: of its parents others are in no block now.
  void tie_again(Item& item, std::shared_ptr<const TxSpends> spends);
  /// Takes an item out; what follows it is not ready any more. What spends from it stays, as if its
  /// outputs were in the adopted state.
  void remove(Item& item);
  /// Puts `item` where `old` was; a reservation passes over to it.
  void replace(Item& old, Item& item);
  /// The adopted state has another next nonce; returns the items below it, taken out.
  std::vector<Item*> set_next(const Address& address, std::uint64_t next);

  /// Hands out the best transactions for the block of a height: highest fee first, then oldest,
  /// each sender's in the order of nonces, and none before those that it spends from: these come
  /// with it, and it counts with what the package pays.
  std::vector<TxRef> take(Height height, std::uint32_t max_count, std::uint64_t max_bytes,
                          std::uint64_t max_weight = ~std::uint64_t{0});
  /// Gives up the reservation of an item and of all that follow it.
  void release(Item& item);
  void release_from(Height lowest) { release_heights(lowest, ~Height{0}); }
  void release_up_to(Height highest) { release_heights(0, highest); }
  void release_all() { release_from(0); }

  /// What may be thrown out first: lowest fee, then newest, last of its sender and not reserved.
  /// Where others spend from it, what they pay together counts if that is more.
  Item* worst();
  /// What it counts for there.
  std::uint64_t worth(const Item& item) const;
  /// In the order of their admission.
  std::vector<Item*> all() const { return arrivals_.all(); }

  std::size_t count() const { return arrivals_.count(); }
  std::uint64_t bytes() const { return arrivals_.bytes(); }
  std::size_t waiting_count() const { return arrivals_.waiting_count(); }
  std::uint64_t waiting_bytes() const { return arrivals_.waiting_bytes(); }
  const Spends& spends() const { return spends_; }
  std::size_t senders() const { return senders_.size() + lone_; }
  Height reserved_for(const Item& item) const { return arrivals_.height_of(item); }
  /// Null if nothing waits.
  const Item* oldest_waiting() const { return arrivals_.oldest_waiting(); }

 private:
  /// A sender whose only transaction is ready and not handed out is kept as the item's place, the
  /// others as the place of a queue and this bit.
  static constexpr Place32 queue_bit = 0x8000'0000;
  Sender* queue_of(const SenderFacts& facts);
  /// Gives a lone item's sender a queue.
  Sender& open(const Item& item);
  void add_lone(Item& item);
  void remove_lone(Item& item);
  /// Where a nonce is in the queue, or would be.
  std::uint32_t position(const Sender& sender, std::uint64_t nonce) const;
  Item* candidate(const Sender& sender);
  void extend(Sender& sender);
  void cut(Sender& sender, std::uint32_t position);
  void note(Sender& sender);
  void untie(Item& item);
  void hand_out(Item& item, Height height, std::vector<TxRef>& taken);
  void note_below(const Item& item);
  std::uint64_t offer(const Item& item) const;
  std::vector<Place32> package(const Item& item) const;
  void close_if_empty(Sender& sender);
  void release_heights(Height lowest, Height highest);

  // What every transaction touches comes first.
  Items& items_;
  std::size_t lone_ = 0;           // senders without a queue
  Ranking<BestFirst> candidates_;  // of each sender the first that waits
  Ranking<WorstFirst> tails_;      // of each sender the last, if not reserved
  Arrivals arrivals_;
  Slab<Sender> senders_;
  Spends spends_;
};

}  // namespace ledgerlab::pool
