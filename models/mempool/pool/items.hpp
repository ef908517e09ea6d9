// Everything a pool knows of its transactions, in little memory: a simulated network has as many
// pools as nodes. Items lie in chunks and are found by 32-bit places; references stay valid.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "models/api/block.hpp"
#include "models/api/message.hpp"
#include "models/base/flat_map.hpp"
#include "models/base/time.hpp"

namespace ledgerlab::pool {

/// The place of an item or a sender among its kind.
using Place32 = std::uint32_t;
inline constexpr Place32 nowhere = ~Place32{0};

struct Item {
  /// checking: the ledger has been asked. queued: in the queues. included: in the adopted history,
  /// not final. used: its nonce is taken, perhaps by itself in a block this pool has not seen.
  enum class State : std::uint8_t { checking, queued, included, used };

  TxRef tx;
  MessageRef content;  // as it was relayed here, until it is passed on
  std::uint64_t nonce = 0;
  std::uint64_t fee = 0;
  std::uint64_t weight = 0;   // of a block's, as the ledger says
  std::uint64_t arrival = 0;  // order of admission; 0: not admitted
  Time entered{};
  Height reserved = 0;       // handed out for the block of this height; 0: not
  Place32 place = nowhere;   // its own
  Place32 sender = nowhere;  // among the senders, while it is queued
  Place32 before = nowhere;  // admitted before it, of those queued
  Place32 after = nowhere;
  NodeId asker = no_node;  // the first client that waits for the reply
  State state = State::checking;
  bool spread = false;   // to be published once admitted
  bool waiting = false;  // ready, and in no undecided block
  bool more_askers = false;

  std::uint64_t bytes() const { return tx->bytes.size(); }
};

/// Objects by place. A place is used again after it was given back.
template <class T>
class Slab {
 public:
  T& operator[](Place32 place) { return (*chunks_[place / chunk])[place % chunk]; }
  const T& operator[](Place32 place) const { return (*chunks_[place / chunk])[place % chunk]; }
  std::size_t size() const { return made_ - free_.size(); }
  /// Something lies there, or lay there.
  bool holds(Place32 place) const { return place < made_; }
  /// The place of an object as if new.
  Place32 make() {
    if (!free_.empty()) {
      const Place32 place = free_.back();
      free_.pop_back();
      return place;
    }
    if (made_ % chunk == 0) chunks_.push_back(std::make_unique<Chunk>());
    return made_++;
  }
  void give_back(Place32 place) {
    (*this)[place] = T();
    free_.push_back(place);
    if (free_.size() == made_ && made_ > chunk) *this = Slab();  // after a flood the memory goes
  }

 private:
  static constexpr Place32 chunk = 32;
  using Chunk = std::array<T, chunk>;
  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::vector<Place32> free_;
  Place32 made_ = 0;
};

/// Places by a hash of what lies there: open addressing, linear probing, no tombstones.
class PlaceIndex {
 public:
  /// The place with this hash for which `same(place)` holds, or `nowhere`.
  template <class Same>
  Place32 find(std::uint64_t hash, const Same& same) const {
    if (slots_.empty()) return nowhere;
    const auto tag = static_cast<std::uint32_t>(hash);
    for (std::size_t at = tag & mask_;; at = (at + 1) & mask_) {
      const Entry& entry = slots_[at];
      if (entry.place == nowhere || (entry.tag == tag && same(entry.place))) return entry.place;
    }
  }
  /// It is not there yet.
  void insert(std::uint64_t hash, Place32 place);
  /// It is there.
  void erase(std::uint64_t hash, Place32 place);

 private:
  struct Entry {
    std::uint32_t tag = 0;
    Place32 place = nowhere;
  };
  void put(Entry entry);

  std::vector<Entry> slots_;
  std::size_t mask_ = 0;
  std::size_t count_ = 0;
};

/// The items of one pool, by the id of the transaction.
class Items {
 public:
  Item& operator[](Place32 place) { return slab_[place]; }
  const Item& operator[](Place32 place) const { return slab_[place]; }
  std::size_t size() const { return slab_.size(); }
  bool empty() const { return size() == 0; }
  bool holds(Place32 place) const { return slab_.holds(place); }
  /// Null if it is not there.
  Item* find(const TxId& id);
  const Item* find(const TxId& id) const { return const_cast<Items*>(this)->find(id); }
  /// The transaction's item, new if there was none; true if it was made.
  std::pair<Item*, bool> try_emplace(const TxRef& tx);
  void erase(const Item& item);

 private:
  Slab<Item> slab_;
  PlaceIndex index_;
};

/// Places in order, few as a rule: two take no memory of their own.
class PlaceList {
 public:
  PlaceList() = default;
  PlaceList(const PlaceList&) = delete;
  PlaceList& operator=(PlaceList&& other) noexcept {
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    std::swap(few_, other.few_);
    return *this;
  }
  ~PlaceList() {
    if (capacity_ > few) delete[] many();
  }
  std::uint32_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Place32 operator[](std::uint32_t i) const { return data()[i]; }
  void set(std::uint32_t i, Place32 place) { data()[i] = place; }
  Place32 back() const { return data()[size_ - 1]; }
  void insert(std::uint32_t at, Place32 place);
  void erase(std::uint32_t at, std::uint32_t count = 1);

 private:
  static constexpr std::uint32_t few = 2;
  Place32* many() const { return few_.pointer; }
  Place32* data() { return capacity_ > few ? few_.pointer : few_.places; }
  const Place32* data() const { return capacity_ > few ? few_.pointer : few_.places; }

  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = few;
  union Storage {
    Place32 places[few];
    Place32* pointer;
  } few_{{nowhere, nowhere}};
};

}  // namespace ledgerlab::pool
