// Everything a pool knows of its transactions, in little memory: a simulated network has as many
// pools as nodes. Items lie in chunks and are found by 32-bit places; references stay valid.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "models/api/message.hpp"
#include "models/base/time.hpp"
#include "models/mempool/pool/facts.hpp"
#include "models/parts/dense/dense_index.hpp"

namespace ledgerlab::pool {

/// The place of an item or a sender among its kind.
using Place32 = std::uint32_t;
inline constexpr Place32 nowhere = ~Place32{0};

struct Item {
  /// checking: the ledger has been asked. queued: in the queues. included: in the adopted history,
  /// not final. used: its nonce is taken, perhaps by itself in a block this pool has not seen.
  enum class State : std::uint8_t { checking, queued, included, used };

  const Facts* facts = nullptr;
  Time entered{};
  Place32 place = nowhere;   // its own
  Place32 sender = nowhere;  // among the senders, while it is queued and not its sender's only one
  Place32 before = nowhere;  // admitted before it, of those queued
  Place32 after = nowhere;
  std::uint64_t arrival : 48 = 0;  // order of admission; 0: not admitted
  State state : 8 = State::checking;
  bool spread : 1 = false;    // to be published once admitted
  bool waiting : 1 = false;   // ready, and in no undecided block
  bool reserved : 1 = false;  // handed out for a block
  bool asked : 1 = false;     // clients wait for the reply
  bool relayed : 1 = false;   // the content is kept as it came, until it is passed on

  /// As one that was admitted after `count - 1` others; there is room for 2^48.
  void admit(std::uint64_t count) { arrival = count & 0xffff'ffff'ffff; }
  const TxRef& tx() const { return facts->tx; }
  std::uint64_t nonce() const { return facts->nonce; }
  std::uint64_t fee() const { return facts->fee; }
  std::uint64_t weight() const { return facts->weight; }
  std::uint64_t bytes() const { return tx()->bytes.size(); }
};
static_assert(sizeof(Item) == 40);

/// Objects by place. A place is used again after it was given back.
template <class T>
class Slab {
 public:
  T& operator[](Place32 place) { return (*chunks_[place / chunk])[place % chunk]; }
  const T& operator[](Place32 place) const { return (*chunks_[place / chunk])[place % chunk]; }
  std::size_t size() const { return made_ - free_.size(); }
  /// Something lies there, or lay there.
  bool holds(Place32 place) const { return place < made_; }
  /// Every place at which something lies or lay.
  Place32 made() const { return made_; }
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

/// The items of one pool, by the id of the transaction; and where its senders are.
class Items {
 public:
  explicit Items(std::shared_ptr<Catalogue> catalogue = std::make_shared<Catalogue>())
      : catalogue_(std::move(catalogue)) {}
  Items(const Items&) = delete;
  Items& operator=(const Items&) = delete;
  ~Items();
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
  /// What the ledger says of it.
  void learn(Item& item, const Address& sender, std::uint64_t nonce, std::uint64_t fee,
             std::uint64_t weight);
  /// It came with another witness.
  void replace(Item& item, const TxRef& tx);

  /// What is kept of a sender, or `nowhere`.
  Place32 sender(const Address& address) const {
    const SenderFacts* facts = catalogue_->find(address);
    return facts ? sender(*facts) : nowhere;
  }
  Place32 sender(const SenderFacts& facts) const { return index_.find(facts.number); }
  void add_sender(const SenderFacts& facts, Place32 kept) { index_.insert(facts.number, kept); }
  void replace_sender(const SenderFacts& facts, Place32 kept) {
    index_.replace(facts.number, kept);
  }
  void drop_sender(const SenderFacts& facts) { index_.erase(facts.number); }

 private:
  Slab<Item> slab_;
  DenseIndex index_;  // by the numbers of the facts
  std::shared_ptr<Catalogue> catalogue_;
};
static_assert(nowhere == DenseIndex::none);

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
