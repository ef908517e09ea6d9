// The transactions of a pool in their order: one queue of nonces for each sender, and over all
// senders the best that may be handed out, the worst that may be thrown out, the oldest that waits.
// No clock, no messages: the pool module drives it.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "models/api/block.hpp"
#include "models/api/message.hpp"
#include "models/base/lookup.hpp"
#include "models/base/time.hpp"

namespace ledgerlab::pool {

/// Everything the pool knows of one transaction.
struct Item {
  /// checking: the ledger has been asked. queued: in the queues. included: in the adopted history,
  /// not final. used: its nonce is taken, perhaps by itself in a block this pool has not seen.
  enum class State : std::uint8_t { checking, queued, included, used };

  TxRef tx;
  State state = State::checking;
  bool spread = false;   // to be published once admitted
  bool waiting = false;  // ready, and in no undecided block
  Height reserved = 0;   // handed out for the block of this height; 0: not
  Address sender;
  std::uint64_t nonce = 0;
  std::uint64_t fee = 0;
  std::uint64_t weight = 0;   // of a block's, as the ledger says
  std::uint64_t arrival = 0;  // order of admission
  Time entered{};
  MessageRef content;          // as it was relayed here
  std::vector<NodeId> askers;  // clients that wait for the reply

  std::uint64_t bytes() const { return tx->bytes.size(); }
};

/// One sender's transactions by nonce. [next, end) are there without a gap: ready. Of these,
/// [next, first_waiting) are reserved in undecided blocks.
struct Sender {
  std::map<std::uint64_t, Item*> queue;
  std::uint64_t next = 0;  // nonce of the adopted state
  std::uint64_t end = 0;
  std::uint64_t first_waiting = 0;
  Item* candidate = nullptr;  // as it stands in Queues::candidates_
  Item* tail = nullptr;       // as it stands in Queues::tails_

  Item* at(std::uint64_t nonce) const {
    const auto it = queue.find(nonce);
    return it == queue.end() ? nullptr : it->second;
  }
};

class Queues {
 public:
  Sender* find(const Address& sender) { return senders_.find(sender); }
  /// The sender's queue, new with this nonce of the adopted state if there was none.
  Sender& open(const Address& sender, std::uint64_t next);

  /// Puts an item at its nonce, which must be free. Its sender must be open.
  void insert(Item& item);
  /// Takes an item out; what follows it is not ready any more.
  void remove(Item& item);
  /// Puts `item` where `old` was; a reservation passes over to it.
  void replace(Item& old, Item& item);
  /// The adopted state has another next nonce; returns the items below it, taken out.
  std::vector<Item*> set_next(const Address& sender, std::uint64_t next);

  /// Hands out the best transactions for the block of a height: highest fee first, then oldest,
  /// each sender's in the order of nonces.
  std::vector<TxRef> take(Height height, std::uint32_t max_count, std::uint64_t max_bytes,
                          std::uint64_t max_weight = ~std::uint64_t{0});
  /// Gives up the reservation of an item and of all that follow it.
  void release(Item& item);
  void release_from(Height lowest);
  void release_up_to(Height highest);
  void release_all() { release_from(0); }

  /// What may be thrown out first: lowest fee, then newest, last of its sender and not reserved.
  Item* worst() const { return tails_.empty() ? nullptr : tails_.begin()->second; }
  /// First of each sender's queue, then all: what should be checked again.
  std::vector<Item*> all() const;

  std::size_t count() const { return count_; }
  std::uint64_t bytes() const { return bytes_; }
  std::size_t waiting_count() const { return waiting_.size(); }
  std::uint64_t waiting_bytes() const { return waiting_bytes_; }
  std::size_t senders() const { return senders_.size(); }
  /// Null if nothing waits.
  const Item* oldest_waiting() const {
    return waiting_.empty() ? nullptr : waiting_.begin()->second;
  }

 private:
  /// Orders by fee and arrival; arrivals are unique.
  struct Rank {
    std::uint64_t fee;
    std::uint64_t arrival;
  };
  struct BestFirst {
    bool operator()(const Rank& a, const Rank& b) const {
      return a.fee != b.fee ? a.fee > b.fee : a.arrival < b.arrival;
    }
  };
  struct WorstFirst {
    bool operator()(const Rank& a, const Rank& b) const {
      return a.fee != b.fee ? a.fee < b.fee : a.arrival > b.arrival;
    }
  };
  static Rank rank(const Item& item) { return {item.fee, item.arrival}; }

  void set_waiting(Item& item, bool waiting);
  void extend(Sender& sender);
  void cut(Sender& sender, std::uint64_t nonce);
  void refresh(Sender& sender);
  void take_out(Sender& sender, Item& item);
  void close_if_empty(const Address& address, Sender& sender);
  template <class Range>
  void release_heights(Range begin, Range end);

  Lookup<Address, Sender, TagHash> senders_;
  std::map<Rank, Item*, BestFirst> candidates_;  // of each sender the first that waits
  std::map<Rank, Item*, WorstFirst> tails_;      // of each sender the last, if not reserved
  std::map<std::uint64_t, Item*> waiting_;       // by arrival
  std::map<std::uint64_t, Item*> queued_;        // by arrival
  std::map<Height, std::map<std::uint64_t, Item*>> reserved_;  // height, arrival
  std::size_t count_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t waiting_bytes_ = 0;
};

}  // namespace ledgerlab::pool
