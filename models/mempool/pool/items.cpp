#include "models/mempool/pool/items.hpp"

#include <algorithm>

namespace ledgerlab::pool {

// --- PlaceIndex ----------------------------------------------------------------------------------

void PlaceIndex::insert(std::uint64_t hash, Place32 place) {
  if (4 * (count_ + 1) > 3 * slots_.size()) {
    const std::vector<Entry> old =
        std::exchange(slots_, std::vector<Entry>(slots_.empty() ? 16 : 2 * slots_.size()));
    mask_ = slots_.size() - 1;
    for (const Entry& entry : old) {
      if (entry.place != nowhere) put(entry);
    }
  }
  ++count_;
  put({static_cast<std::uint32_t>(hash), place});
}

void PlaceIndex::put(Entry entry) {
  std::size_t at = entry.tag & mask_;
  while (slots_[at].place != nowhere) at = (at + 1) & mask_;
  slots_[at] = entry;
}

void PlaceIndex::erase(std::uint64_t hash, Place32 place) {
  std::size_t hole = static_cast<std::uint32_t>(hash) & mask_;
  while (slots_[hole].place != place) hole = (hole + 1) & mask_;
  // What would not be found any more across the hole moves into it.
  for (std::size_t at = (hole + 1) & mask_; slots_[at].place != nowhere; at = (at + 1) & mask_) {
    const std::size_t home = slots_[at].tag & mask_;
    if (((at - home) & mask_) < ((at - hole) & mask_)) continue;
    slots_[hole] = slots_[at];
    hole = at;
  }
  slots_[hole] = {};
  // After a flood the memory goes back.
  if (--count_ == 0 && slots_.size() > 64) slots_ = {};
}

// --- Items ---------------------------------------------------------------------------------------

Item* Items::find(const TxId& id) {
  const Place32 place =
      index_.find(WordHash()(id), [&](Place32 at) { return slab_[at].tx->id == id; });
  return place == nowhere ? nullptr : &slab_[place];
}

std::pair<Item*, bool> Items::try_emplace(const TxRef& tx) {
  if (Item* item = find(tx->id)) return {item, false};
  const Place32 place = slab_.make();
  Item& item = slab_[place];
  item.tx = tx;
  item.place = place;
  index_.insert(WordHash()(tx->id), place);
  return {&item, true};
}

void Items::erase(const Item& item) {
  const Place32 place = item.place;
  index_.erase(WordHash()(item.tx->id), place);
  slab_.give_back(place);
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
