#include "models/mempool/pool/queues.hpp"

#include <algorithm>

namespace ledgerlab::pool {

Sender& Queues::open(const Address& sender, std::uint64_t next) {
  const auto [found, made] = senders_.try_emplace(sender);
  if (made) found->next = found->end = found->first_waiting = next;
  return *found;
}

void Queues::insert(Item& item) {
  Sender& sender = *senders_.find(item.sender);
  item.state = Item::State::queued;
  sender.queue.emplace(item.nonce, &item);
  queued_.emplace_hint(queued_.end(), item.arrival, &item);
  ++count_;
  bytes_ += item.bytes();
  if (item.nonce == sender.end) extend(sender);
  refresh(sender);
}

void Queues::remove(Item& item) {
  Sender& sender = *senders_.find(item.sender);
  if (item.nonce >= sender.next && item.nonce < sender.end) cut(sender, item.nonce);
  take_out(sender, item);
  refresh(sender);
  close_if_empty(item.sender, sender);
}

void Queues::replace(Item& old, Item& item) {
  Sender& sender = *senders_.find(item.sender);
  const Height reserved = old.reserved;
  const bool was_waiting = old.waiting;
  take_out(sender, old);
  item.state = Item::State::queued;
  sender.queue.emplace(item.nonce, &item);
  queued_.emplace_hint(queued_.end(), item.arrival, &item);
  ++count_;
  bytes_ += item.bytes();
  item.reserved = reserved;
  if (reserved != 0) reserved_[reserved].emplace(item.arrival, &item);
  set_waiting(item, was_waiting);
  refresh(sender);
}

std::vector<Item*> Queues::set_next(const Address& address, std::uint64_t next) {
  std::vector<Item*> below;
  Sender* sender = senders_.find(address);
  if (!sender || sender->next == next) return below;
  if (next < sender->next) {
    // A reorganisation has undone transfers of this sender: until they are back, nothing is ready.
    cut(*sender, sender->next);
    sender->next = sender->end = sender->first_waiting = next;
  } else {
    while (!sender->queue.empty() && sender->queue.begin()->first < next) {
      Item& item = *sender->queue.begin()->second;
      take_out(*sender, item);
      below.push_back(&item);
    }
    sender->next = next;
    sender->end = std::max(sender->end, next);
    sender->first_waiting = std::max(sender->first_waiting, next);
  }
  extend(*sender);
  refresh(*sender);
  close_if_empty(address, *sender);
  return below;
}

std::vector<TxRef> Queues::take(Height height, std::uint32_t max_count, std::uint64_t max_bytes,
                                std::uint64_t max_weight) {
  // A candidate that does not fit holds back its sender only; after so many the block is full.
  constexpr std::size_t misfits_allowed = 16;
  std::vector<Item*> misfits;
  std::vector<TxRef> taken;
  auto& reserved = reserved_[height];
  std::uint64_t left = max_bytes;
  while (taken.size() < max_count && !candidates_.empty() && misfits.size() < misfits_allowed) {
    Item& item = *candidates_.begin()->second;
    Sender& sender = *senders_.find(item.sender);
    const std::uint64_t size = codec::encoded_size(item.tx);
    if (size > left || item.weight > max_weight) {
      candidates_.erase(candidates_.begin());
      misfits.push_back(&item);
      continue;
    }
    left -= size;
    max_weight -= item.weight;
    taken.push_back(item.tx);
    set_waiting(item, false);
    item.reserved = height;
    reserved.emplace(item.arrival, &item);
    sender.first_waiting = item.nonce + 1;
    refresh(sender);
  }
  for (Item* item : misfits) candidates_.emplace(rank(*item), item);
  if (reserved.empty()) reserved_.erase(height);
  return taken;
}

// --- reservations ------------------------------------------------------------------------------

/// A transfer cannot go before its predecessor: what follows is given up with it.
void Queues::release(Item& item) {
  Sender& sender = *senders_.find(item.sender);
  for (auto it = sender.queue.find(item.nonce);
       it != sender.queue.end() && it->first < sender.first_waiting; ++it) {
    Item& freed = *it->second;
    const auto list = reserved_.find(freed.reserved);
    if (list != reserved_.end()) list->second.erase(freed.arrival);
    freed.reserved = 0;
    set_waiting(freed, true);
  }
  sender.first_waiting = std::min(sender.first_waiting, item.nonce);
  refresh(sender);
}

template <class Range>
void Queues::release_heights(Range begin, Range end) {
  for (auto it = begin; it != end; ++it) {
    while (!it->second.empty()) release(*it->second.begin()->second);
  }
  reserved_.erase(begin, end);
}

void Queues::release_from(Height lowest) {
  release_heights(reserved_.lower_bound(lowest), reserved_.end());
}

void Queues::release_up_to(Height highest) {
  release_heights(reserved_.begin(), reserved_.upper_bound(highest));
}

std::vector<Item*> Queues::all() const {
  std::vector<Item*> out;
  out.reserve(queued_.size());
  for (const auto& entry : queued_) out.push_back(entry.second);
  return out;
}

// --- bookkeeping -------------------------------------------------------------------------------

void Queues::set_waiting(Item& item, bool waiting) {
  if (item.waiting == waiting) return;
  item.waiting = waiting;
  if (waiting) {
    waiting_.emplace_hint(waiting_.end(), item.arrival, &item);
    waiting_bytes_ += item.bytes();
  } else {
    waiting_.erase(item.arrival);
    waiting_bytes_ -= item.bytes();
  }
}

/// Moves `end` over what is there: it is ready now.
void Queues::extend(Sender& sender) {
  for (auto it = sender.queue.find(sender.end); it != sender.queue.end() && it->first == sender.end;
       ++it) {
    set_waiting(*it->second, true);
    ++sender.end;
  }
}

/// Nothing at `nonce` any more: what follows is neither ready nor reserved.
void Queues::cut(Sender& sender, std::uint64_t nonce) {
  for (auto it = sender.queue.lower_bound(nonce);
       it != sender.queue.end() && it->first < sender.end; ++it) {
    Item& item = *it->second;
    if (item.reserved != 0) {
      const auto list = reserved_.find(item.reserved);
      if (list != reserved_.end()) list->second.erase(item.arrival);
      item.reserved = 0;
    }
    set_waiting(item, false);
  }
  sender.end = nonce;
  sender.first_waiting = std::min(sender.first_waiting, nonce);
}

/// Brings the sender's entries among candidates and tails up to date.
void Queues::refresh(Sender& sender) {
  Item* candidate = sender.first_waiting < sender.end ? sender.at(sender.first_waiting) : nullptr;
  if (candidate != sender.candidate) {
    if (sender.candidate) candidates_.erase(rank(*sender.candidate));
    if (candidate) candidates_.emplace(rank(*candidate), candidate);
    sender.candidate = candidate;
  }
  Item* tail = sender.queue.empty() ? nullptr : sender.queue.rbegin()->second;
  if (tail && tail->reserved != 0) tail = nullptr;
  if (tail != sender.tail) {
    if (sender.tail) tails_.erase(rank(*sender.tail));
    if (tail) tails_.emplace(rank(*tail), tail);
    sender.tail = tail;
  }
}

/// Out of every list but the sender's bounds, which the caller moves.
void Queues::take_out(Sender& sender, Item& item) {
  if (sender.candidate == &item) {
    candidates_.erase(rank(item));
    sender.candidate = nullptr;
  }
  if (sender.tail == &item) {
    tails_.erase(rank(item));
    sender.tail = nullptr;
  }
  if (item.reserved != 0) {
    const auto list = reserved_.find(item.reserved);
    if (list != reserved_.end()) list->second.erase(item.arrival);
    item.reserved = 0;
  }
  set_waiting(item, false);
  sender.queue.erase(item.nonce);
  queued_.erase(item.arrival);
  --count_;
  bytes_ -= item.bytes();
}

void Queues::close_if_empty(const Address& address, Sender& sender) {
  if (sender.queue.empty()) senders_.erase(address);
}

}  // namespace ledgerlab::pool
