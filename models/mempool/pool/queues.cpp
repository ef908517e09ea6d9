#include "models/mempool/pool/queues.hpp"

namespace ledgerlab::pool {

// --- Arrivals ------------------------------------------------------------------------------------

void Arrivals::add(Item& item) {
  item.state = Item::State::queued;
  item.before = last_;
  item.after = nowhere;
  (last_ == nowhere ? first_ : items_[last_].after) = item.place;
  last_ = item.place;
  ++count_;
  bytes_ += item.bytes();
}

void Arrivals::remove(Item& item) {
  set_waiting(item, false);
  free(item);
  if (oldest_ == item.place) oldest_ = item.after;
  (item.before == nowhere ? first_ : items_[item.before].after) = item.after;
  (item.after == nowhere ? last_ : items_[item.after].before) = item.before;
  --count_;
  bytes_ -= item.bytes();
}

void Arrivals::set_waiting(Item& item, bool waiting) {
  if (item.waiting == waiting) return;
  item.waiting = waiting;
  if (waiting) {
    ++waiting_;
    waiting_bytes_ += item.bytes();
    if (oldest_ == nowhere || item.arrival < items_[oldest_].arrival) oldest_ = item.place;
  } else {
    --waiting_;
    waiting_bytes_ -= item.bytes();
  }
}

const Item* Arrivals::oldest_waiting() const {
  if (waiting_ == 0) return nullptr;
  while (!items_[oldest_].waiting) oldest_ = items_[oldest_].after;
  return &items_[oldest_];
}

std::vector<Item*> Arrivals::all() const {
  std::vector<Item*> out;
  out.reserve(count_);
  for (Place32 at = first_; at != nowhere; at = items_[at].after) out.push_back(&items_[at]);
  return out;
}

void Arrivals::reserve(Item& item, Height height) {
  if (height == 0) return free(item);
  item.reserved = true;
  if (!handed_out_) handed_out_ = std::make_unique<HandedOut>();
  handed_out_->heights[item.place] = height;
  handed_out_->by_height[height].push_back(item.place);
}

void Arrivals::free(Item& item) {
  if (!item.reserved) return;
  item.reserved = false;
  handed_out_->heights.erase(item.place);
}

std::vector<Item*> Arrivals::reserved(Height lowest, Height highest) {
  std::vector<Item*> out;
  if (!handed_out_) return out;
  auto& all = handed_out_->by_height;
  const auto begin = all.lower_bound(lowest), end = all.upper_bound(highest);
  for (auto it = begin; it != end; ++it) {
    for (const Place32 place : it->second) {
      // Whatever lies there now: it counts only if it is reserved for this height.
      if (items_.holds(place) && height_of(items_[place]) == it->first)
        out.push_back(&items_[place]);
    }
  }
  all.erase(begin, end);
  return out;
}

// --- Queues --------------------------------------------------------------------------------------

Sender* Queues::find(const Address& address) {
  const Place32 kept = items_.sender(address);
  if (kept == nowhere) return nullptr;
  return (kept & queue_bit) != 0 ? &senders_[kept & ~queue_bit] : &open(items_[kept]);
}

Sender* Queues::queue_of(const SenderFacts& facts) {
  const Place32 kept = items_.sender(facts);
  if (kept == nowhere) return nullptr;
  return (kept & queue_bit) != 0 ? &senders_[kept & ~queue_bit] : &open(items_[kept]);
}

Sender& Queues::open(const Item& item) {
  const Place32 place = senders_.make();
  Sender& sender = senders_[place];
  sender.facts = item.facts->sender;
  sender.next = item.nonce();
  sender.ready = 1;
  sender.queue.insert(0, item.place);
  items_[item.place].sender = place;
  items_.replace_sender(*sender.facts, place | queue_bit);
  --lone_;
  return sender;
}

void Queues::add_lone(Item& item) {
  item.sender = nowhere;  // it may have been queued before a reorganisation brought it back
  items_.add_sender(*item.facts->sender, item.place);
  ++lone_;
  arrivals_.add(item);
  arrivals_.set_waiting(item, true);
}

void Queues::remove_lone(Item& item) {
  items_.drop_sender(*item.facts->sender);
  --lone_;
  arrivals_.remove(item);
}

std::uint32_t Queues::position(const Sender& sender, std::uint64_t nonce) const {
  if (nonce - sender.next < sender.ready) return static_cast<std::uint32_t>(nonce - sender.next);
  std::uint32_t low = sender.ready, high = sender.queue.size();
  while (low < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    if (items_[sender.queue[middle]].nonce() < nonce) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

Item* Queues::at(const Sender& sender, std::uint64_t nonce) {
  const std::uint32_t at = position(sender, nonce);
  if (at == sender.queue.size()) return nullptr;
  Item& item = items_[sender.queue[at]];
  return item.nonce() == nonce ? &item : nullptr;
}

Item* Queues::tail(const Sender& sender) {
  if (sender.queue.empty()) return nullptr;
  Item& item = items_[sender.queue.back()];
  return !item.reserved ? &item : nullptr;
}

Item* Queues::candidate(const Sender& sender) {
  return sender.taken < sender.ready ? &items_[sender.queue[sender.taken]] : nullptr;
}

void Queues::insert(Item& item, std::uint64_t next, std::shared_ptr<const TxSpends> spends) {
  const SenderFacts& whose = *item.facts->sender;
  Sender* sender = queue_of(whose);
  if (sender) {
    item.sender = items_[sender->queue[0]].sender;
  } else if (item.nonce() == next && !spends && !candidates_.kept() && !tails_.kept()) {
    return add_lone(item);
  } else {
    item.sender = senders_.make();
    sender = &senders_[item.sender];
    sender->facts = &whose;
    sender->next = next;
    items_.add_sender(whose, item.sender | queue_bit);
  }
  arrivals_.add(item);
  sender->queue.insert(position(*sender, item.nonce()), item.place);
  if (item.nonce() == sender->end()) extend(*sender);
  if (spends) {
    tie_again(item, std::move(spends));
  } else {
    note(*sender);
  }
}

void Queues::tie_again(Item& item, std::shared_ptr<const TxSpends> spends) {
  spends_.add(item, std::move(spends));
  for (const Place32 place : spends_.ancestors({item.place})) note(sender_of(items_[place]));
}

/// What was tied to it counts for something else now.
void Queues::untie(Item& item) {
  if (!spends_.holds(item)) return;
  std::vector<Place32> tied = spends_.ancestors({item.place});
  const std::vector<Place32> below = spends_.descendants({item.place});
  tied.insert(tied.end(), below.begin(), below.end());
  spends_.remove(item);
  for (const Place32 place : tied) {
    if (place != item.place) note(sender_of(items_[place]));
  }
}

void Queues::remove(Item& item) {
  if (item.sender == nowhere) return remove_lone(item);
  Sender& sender = sender_of(item);
  const std::uint32_t at = position(sender, item.nonce());
  if (at < sender.ready) cut(sender, at);
  untie(item);
  arrivals_.remove(item);
  sender.queue.erase(at);
  note(sender);
  close_if_empty(sender);
}

void Queues::replace(Item& old, Item& item) {
  Sender& sender = sender_of(old);
  item.sender = old.sender;
  const Height reserved = arrivals_.height_of(old);
  const bool was_waiting = old.waiting;
  arrivals_.remove(old);
  arrivals_.add(item);
  sender.queue.set(position(sender, item.nonce()), item.place);
  arrivals_.reserve(item, reserved);
  arrivals_.set_waiting(item, was_waiting);
  note(sender);
}

std::vector<Item*> Queues::set_next(const Address& address, std::uint64_t next) {
  std::vector<Item*> below;
  const Place32 kept = items_.sender(address);
  if (kept == nowhere) return below;
  if ((kept & queue_bit) == 0 && next >= items_[kept].nonce()) {
    Item& lone = items_[kept];
    if (next == lone.nonce()) return below;
    remove_lone(lone);
    return {&lone};
  }
  Sender* sender = find(address);
  if (sender->next == next) return below;
  if (next < sender->next) {
    // A reorganisation has undone transfers of this sender: until they are back, nothing is ready.
    cut(*sender, 0);
  } else {
    const auto passed =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(next - sender->next, ~std::uint32_t{0}));
    for (std::uint32_t i = 0; i < sender->queue.size(); ++i) {
      Item& item = items_[sender->queue[i]];
      if (item.nonce() >= next) break;
      untie(item);
      arrivals_.remove(item);
      below.push_back(&item);
    }
    sender->ready -= std::min(sender->ready, passed);
    sender->taken -= std::min(sender->taken, passed);
    sender->queue.erase(0, static_cast<std::uint32_t>(below.size()));
  }
  sender->next = next;
  extend(*sender);
  note(*sender);
  close_if_empty(*sender);
  return below;
}

std::vector<TxRef> Queues::take(Height height, std::uint32_t max_count, std::uint64_t max_bytes,
                                std::uint64_t max_weight) {
  // A candidate that does not fit holds back its sender only; after so many the block is full.
  constexpr std::size_t misfits_allowed = 16;
  const auto each = [&](const auto& visit) {
    for (Place32 at = arrivals_.first(); at != nowhere; at = items_[at].after) {
      const Item& item = items_[at];
      if (item.waiting && candidate(sender_of(item)) == &item) visit(item, offer(item));
    }
  };
  const auto holds = [&](const auto& entry) {
    if (!items_.holds(entry.place)) return false;
    const Item& item = items_[entry.place];
    return item.waiting && item.arrival == entry.arrival && candidate(sender_of(item)) == &item;
  };
  std::vector<Item*> misfits;
  std::vector<TxRef> taken;
  std::uint64_t left = max_bytes;
  while (taken.size() < max_count && misfits.size() < misfits_allowed) {
    candidates_.make(each);  // a long chain of what spends one another may have ended it
    const auto* top = candidates_.top(holds);
    if (!top) break;
    const auto [rank, arrival, place] = *top;
    candidates_.pop();
    Item& item = items_[place];
    if (!misfits.empty() && misfits.back() == &item) continue;  // it was there twice
    if (const std::uint64_t now = offer(item); now < rank) {    // what it came with has gone ahead
      candidates_.push(item, now);
      continue;
    }
    const std::vector<Place32> together = package(item);
    std::uint64_t size = 0, weight = 0;
    for (const Place32 at : together) {
      size += codec::encoded_size(items_[at].tx());
      weight += items_[at].weight();
    }
    if (size > left || weight > max_weight || taken.size() + together.size() > max_count) {
      misfits.push_back(&item);
      continue;
    }
    left -= size;
    max_weight -= weight;
    for (const Place32 at : together) hand_out(items_[at], height, taken);
    note_below(item);
  }
  if (candidates_.kept()) {
    for (const Item* item : misfits) candidates_.push(*item, offer(*item));
  }
  return taken;
}

void Queues::hand_out(Item& item, Height height, std::vector<TxRef>& taken) {
  Sender& sender = sender_of(item);
  taken.push_back(item.tx());
  arrivals_.set_waiting(item, false);
  arrivals_.reserve(item, height);
  ++sender.taken;
  if (const Item* following = candidate(sender)) candidates_.push(*following, offer(*following));
}

/// It and what it spends from that is not handed out yet.
std::vector<Place32> Queues::package(const Item& item) const {
  if (!spends_.holds(item)) return {item.place};
  std::vector<Place32> out = spends_.ancestors({item.place});
  std::erase_if(out, [&](Place32 at) { return items_[at].reserved; });
  return out;
}

/// What it counts for when payloads are made.
std::uint64_t Queues::offer(const Item& item) const {
  if (spends_.empty() || !spends_.holds(item)) return item.fee();
  const std::vector<Place32> together = package(item);
  if (together.size() == 1) return item.fee();
  Package sum;
  for (const Place32 at : together) sum.add(items_[at]);
  return sum.rate();
}

std::uint64_t Queues::worth(const Item& item) const {
  if (spends_.empty() || !spends_.holds(item)) return item.fee();
  const std::vector<Place32> together = spends_.descendants({item.place});
  if (together.size() == 1) return item.fee();
  Package sum;
  for (const Place32 at : together) sum.add(items_[at]);
  return std::max(item.fee(), sum.rate());
}

Item* Queues::worst() {
  tails_.make([&](const auto& visit) {
    for (Place32 at = arrivals_.first(); at != nowhere; at = items_[at].after) {
      const Item& item = items_[at];
      if (tail(sender_of(item)) == &item) visit(item, worth(item));
    }
  });
  for (;;) {
    const auto* top = tails_.top([&](const auto& entry) {
      if (!items_.holds(entry.place)) return false;
      const Item& item = items_[entry.place];
      return item.state == Item::State::queued && item.arrival == entry.arrival &&
             tail(sender_of(item)) == &item;
    });
    if (!top) return nullptr;
    Item& item = items_[top->place];
    const std::uint64_t now = worth(item);
    if (now <= top->rank) return &item;
    tails_.pop();  // others spend from it since
    tails_.push(item, now);
  }
}

// --- reservations ------------------------------------------------------------------------------

/// A transfer cannot go before its predecessor: what follows is given up with it, and what spends
/// from it.
void Queues::release(Item& item) {
  Sender& sender = sender_of(item);
  const std::uint32_t at = position(sender, item.nonce());
  for (std::uint32_t i = at; i < sender.taken; ++i) {
    Item& freed = items_[sender.queue[i]];
    arrivals_.free(freed);
    arrivals_.set_waiting(freed, true);
  }
  sender.taken = std::min(sender.taken, at);
  note(sender);
  if (!spends_.holds(item)) return;
  for (const Place32 below : spends_.descendants({item.place})) {
    if (items_[below].reserved) release(items_[below]);
  }
  note_below(item);
}

/// What spends from it counts for something else now.
void Queues::note_below(const Item& item) {
  if (spends_.empty() || !spends_.holds(item)) return;
  for (const Place32 at : spends_.descendants({item.place})) note(sender_of(items_[at]));
}

void Queues::release_heights(Height lowest, Height highest) {
  for (Item* item : arrivals_.reserved(lowest, highest)) {
    if (item->reserved) release(*item);
  }
}

// --- bookkeeping -------------------------------------------------------------------------------

/// What is there without a gap is ready now.
void Queues::extend(Sender& sender) {
  while (sender.ready < sender.queue.size()) {
    Item& item = items_[sender.queue[sender.ready]];
    if (item.nonce() != sender.end()) return;
    arrivals_.set_waiting(item, true);
    ++sender.ready;
  }
}

/// Nothing at this position any more: what follows is neither ready nor reserved.
void Queues::cut(Sender& sender, std::uint32_t position) {
  for (std::uint32_t i = position; i < sender.ready; ++i) {
    Item& item = items_[sender.queue[i]];
    arrivals_.free(item);
    arrivals_.set_waiting(item, false);
  }
  sender.ready = std::min(sender.ready, position);
  sender.taken = std::min(sender.taken, position);
}

/// The sender's first that waits or its last may be another one now.
void Queues::note(Sender& sender) {
  if (candidates_.kept()) {
    if (const Item* item = candidate(sender)) candidates_.add(*item, offer(*item), senders());
  }
  if (tails_.kept()) {
    if (const Item* item = tail(sender)) tails_.add(*item, worth(*item), senders());
  }
}

void Queues::close_if_empty(Sender& sender) {
  if (!sender.queue.empty()) return;
  const Place32 place = items_.sender(*sender.facts) & ~queue_bit;
  items_.drop_sender(*sender.facts);
  senders_.give_back(place);
}

}  // namespace ledgerlab::pool
