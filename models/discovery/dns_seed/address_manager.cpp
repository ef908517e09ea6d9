#include "models/discovery/dns_seed/address_manager.hpp"

#include <algorithm>

#include "models/base/draw.hpp"
#include "models/crypto/hash128.hpp"

namespace ledgerlab::dns_seed {
namespace {

std::uint64_t hashed(std::uint64_t key, std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  std::array<Byte, 32> text;
  std::size_t at = 0;
  for (const std::uint64_t value : {key, a, b, c}) {
    for (int i = 0; i < 8; ++i) text[at++] = static_cast<Byte>(value >> (8 * i));
  }
  return hash128(text).tag();
}

}  // namespace

AddressManager::Place AddressManager::new_place(NodeId address, NodeId source) const {
  // Addresses that one source group tells of share 64 buckets.
  const std::uint64_t part = hashed(key_, 1, group(source), group(address)) % 64;
  const std::uint64_t bucket = hashed(key_, 2, group(source), part) % sizes_.new_buckets;
  return bucket * sizes_.bucket + hashed(key_, 3, bucket, address) % sizes_.bucket;
}

AddressManager::Place AddressManager::tried_place(NodeId address) const {
  // Addresses of one group share 8 buckets.
  const std::uint64_t part = hashed(key_, 4, address, 0) % 8;
  const std::uint64_t bucket = hashed(key_, 5, group(address), part) % sizes_.tried_buckets;
  return bucket * sizes_.bucket + hashed(key_, 6, bucket, address) % sizes_.bucket;
}

bool AddressManager::add(NodeId address, NodeId source) {
  if (entries_.contains(address)) return false;
  const Place place = new_place(address, source);
  if (const auto holder = new_.find(place); holder != new_.end()) {
    if (!terrible(entries_.at(holder->second))) return false;
    forget(holder->second);
  }
  new_[place] = address;
  list(address, entries_[address] = {place});
  return true;
}

void AddressManager::attempt(NodeId address) {
  const auto at = entries_.find(address);
  if (at != entries_.end()) ++at->second.failures;
}

void AddressManager::good(NodeId address) {
  auto at = entries_.find(address);
  if (at == entries_.end()) {
    // It came by itself and is not in the tables: heard of from itself.
    if (!add(address, address)) return;
    at = entries_.find(address);
  }
  at->second.failures = 0;
  at->second.answered = true;
  if (at->second.tried) {
    waiting_.erase(at->second.place);  // it was tested, and stays
    return;
  }
  const Place place = tried_place(address);
  if (tried_.contains(place)) {
    waiting_[place] = address;
    return;
  }
  put_tried(address, place);
}

void AddressManager::put_tried(NodeId address, Place place) {
  Entry& entry = entries_.at(address);
  unlist(entry);
  new_.erase(entry.place);
  entry.place = place;
  entry.tried = true;
  tried_[place] = address;
  list(address, entry);
}

void AddressManager::list(NodeId address, Entry& entry) {
  entry.at = lists_[entry.tried].size();
  lists_[entry.tried].push_back(address);
}

void AddressManager::unlist(const Entry& entry) {
  std::vector<NodeId>& all = lists_[entry.tried];
  all[entry.at] = all.back();
  entries_.at(all[entry.at]).at = entry.at;
  all.pop_back();
}

void AddressManager::forget(NodeId address) {
  const auto at = entries_.find(address);
  unlist(at->second);
  (at->second.tried ? tried_ : new_).erase(at->second.place);
  entries_.erase(at);
}

void AddressManager::bad(NodeId address) {
  const auto at = entries_.find(address);
  if (at == entries_.end() || !at->second.tried) return;
  const Place place = at->second.place;
  const auto next = waiting_.find(place);
  if (next == waiting_.end()) return;
  const NodeId successor = next->second;
  waiting_.erase(next);
  forget(address);
  if (entries_.contains(successor)) put_tried(successor, place);
}

std::optional<NodeId> AddressManager::to_test() const {
  if (waiting_.empty()) return std::nullopt;
  return tried_.at(waiting_.begin()->first);
}

std::optional<NodeId> AddressManager::select(bool only_new, std::uint64_t draw) const {
  const bool tried = !only_new && (draw & 1) == 0;
  for (const bool table : {tried, !tried}) {
    const std::vector<NodeId>& all = lists_[table];
    if (!all.empty()) return all[draw_below(hashed(draw, 7, 0, 0), all.size())];
    if (only_new) break;
  }
  return std::nullopt;
}

std::vector<NodeId> AddressManager::some(std::size_t limit, std::uint64_t draw) const {
  std::vector<std::pair<std::uint64_t, NodeId>> drawn;
  for (const auto& [address, entry] : entries_) {
    if (!terrible(entry)) drawn.emplace_back(hashed(draw, 8, address, 0), address);
  }
  std::sort(drawn.begin(), drawn.end());
  if (drawn.size() > limit) drawn.resize(limit);
  std::vector<NodeId> out;
  for (const auto& one : drawn) out.push_back(one.second);
  return out;
}

bool AddressManager::is_tried(NodeId address) const {
  const auto at = entries_.find(address);
  return at != entries_.end() && at->second.tried;
}

}  // namespace ledgerlab::dns_seed
