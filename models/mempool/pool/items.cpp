#include "models/mempool/pool/items.hpp"

#include <algorithm>

namespace ledgerlab::pool {

// --- Items ---------------------------------------------------------------------------------------

Items::~Items() {
  for (Place32 place = 0; place < slab_.made(); ++place) {
    if (const Facts* facts = slab_[place].facts) catalogue_->let_go(facts);
  }
}

Item* Items::find(const TxId& id) {
  if (empty()) return nullptr;
  const Facts* facts = catalogue_->find(id);
  const Place32 place = facts ? index_.find(facts->shared->number) : nowhere;
  return place == nowhere ? nullptr : &slab_[place];
}

std::pair<Item*, bool> Items::try_emplace(const TxRef& tx) {
  if (Item* item = find(tx->id)) return {item, false};
  const Place32 place = slab_.make();
  Item& item = slab_[place];
  item.facts = catalogue_->hold(tx);
  item.place = place;
  index_.insert(item.facts->number, place);
  return {&item, true};
}

void Items::erase(const Item& item) {
  index_.erase(item.facts->number);
  catalogue_->let_go(item.facts);
  slab_.give_back(item.place);
}

void Items::learn(Item& item, const Address& sender, std::uint64_t nonce, std::uint64_t fee,
                  std::uint64_t weight) {
  item.facts = catalogue_->learn(item.facts, sender, nonce, fee, weight);
}

void Items::replace(Item& item, const TxRef& tx) {
  item.facts = catalogue_->replace(item.facts, tx);
}

// --- PlaceList -----------------------------------------------------------------------------------

void PlaceList::insert(std::uint32_t at, Place32 place) {
  if (size_ == capacity_) {
    auto* wider = new Place32[2 * capacity_];
    std::copy_n(data(), size_, wider);
    if (capacity_ > few) delete[] many();
    few_.pointer = wider;
    capacity_ *= 2;
  }
  Place32* const places = data();
  std::copy_backward(places + at, places + size_, places + size_ + 1);
  places[at] = place;
  ++size_;
}

void PlaceList::erase(std::uint32_t at, std::uint32_t count) {
  Place32* const places = data();
  std::copy(places + at + count, places + size_, places + at);
  size_ -= count;
}

}  // namespace ledgerlab::pool
