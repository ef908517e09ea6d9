#include "models/discovery/kademlia/table.hpp"

#include <algorithm>

namespace ledgerlab::kademlia {

Bucket* Table::bucket(const Id& id) {
  const int number = overlay::bucket_of(self_, id);
  if (number < 0) return nullptr;
  auto at = std::lower_bound(buckets_.begin(), buckets_.end(), number,
                             [](const Bucket& b, int n) { return b.number < n; });
  if (at == buckets_.end() || at->number != number) {
    at = buckets_.insert(at, Bucket{});
    at->number = number;
  }
  return &*at;
}

const Entry* Table::find(NodeId node) const {
  for (const Bucket& b : buckets_) {
    for (const Entry& e : b.entries) {
      if (e.contact.node == node) return &e;
    }
  }
  return nullptr;
}

bool Table::group_has_room(const Bucket& bucket, NodeId node) const {
  if (groups_.empty() || (bucket_limit_ == 0 && table_limit_ == 0)) return true;
  const std::uint16_t group = groups_[node];
  const auto same_in = [&](const Bucket& b) {
    return static_cast<std::size_t>(
        std::count_if(b.entries.begin(), b.entries.end(),
                      [&](const Entry& e) { return groups_[e.contact.node] == group; }));
  };
  if (bucket_limit_ != 0 && same_in(bucket) >= bucket_limit_) return false;
  if (table_limit_ == 0) return true;
  std::size_t same = 0;
  for (const Bucket& b : buckets_) same += same_in(b);
  return same < table_limit_;
}

Table::Taken Table::heard(const Contact& contact, Time now) {
  Bucket* b = bucket(contact.id);
  if (b == nullptr) return Taken::refused;
  const auto known = std::find_if(b->entries.begin(), b->entries.end(), [&](const Entry& e) {
    return e.contact.node == contact.node;
  });
  if (known != b->entries.end()) {
    // Section 2.2: "moves it to the tail of the list".
    known->heard = now;
    std::rotate(known, known + 1, b->entries.end());
    return Taken::known;
  }
  if (contains(contact.node)) return Taken::refused;  // it goes by another id already
  if (!group_has_room(*b, contact.node)) return Taken::refused;
  if (b->entries.size() >= k_) return Taken::full;
  b->entries.push_back({contact, now});
  ++size_;
  return Taken::inserted;
}

bool Table::remove(NodeId node) {
  for (Bucket& b : buckets_) {
    const std::size_t gone =
        std::erase_if(b.entries, [&](const Entry& e) { return e.contact.node == node; });
    size_ -= gone;
    if (gone != 0) return true;
  }
  return false;
}

std::vector<Contact> Table::closest(const Id& target, std::size_t count, NodeId but) const {
  thread_local std::vector<std::pair<std::uint64_t, const Contact*>> all;  // scratch
  all.clear();
  const std::uint64_t t = overlay::word_of(target, 0);
  for (const Bucket& b : buckets_) {
    for (const Entry& e : b.entries) {
      if (e.contact.node == but) continue;
      all.emplace_back(t ^ overlay::word_of(e.contact.id, 0), &e.contact);
    }
  }
  const std::size_t wanted = std::min(count, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(wanted), all.end(),
                    [&](const auto& a, const auto& b) {
                      if (a.first != b.first) return a.first < b.first;
                      if (a.second->id != b.second->id) {
                        return overlay::nearer(target, a.second->id, b.second->id);
                      }
                      return a.second->node < b.second->node;
                    });
  std::vector<Contact> out;
  out.reserve(wanted);
  for (std::size_t i = 0; i < wanted; ++i) out.push_back(*all[i].second);
  return out;
}

int Table::nearest_bucket() const {
  for (const Bucket& b : buckets_) {
    if (!b.entries.empty()) return b.number;
  }
  return -1;
}

}  // namespace ledgerlab::kademlia
