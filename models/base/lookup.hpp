// A hash table that can only be looked up: it has no begin and no end, so that no effect and no
// trace can depend on the order in which it keeps its entries.
#pragma once

#include <cstddef>
#include <unordered_map>
#include <utility>

namespace ledgerlab {

template <class Key, class Value, class Hash = std::hash<Key>>
class Lookup {
 public:
  std::size_t size() const { return map_.size(); }
  bool empty() const { return map_.empty(); }
  bool contains(const Key& key) const { return map_.count(key) != 0; }
  /// Null if the key is not there. The pointer holds until the entry is erased.
  Value* find(const Key& key) {
    const auto it = map_.find(key);
    return it == map_.end() ? nullptr : &it->second;
  }
  const Value* find(const Key& key) const {
    const auto it = map_.find(key);
    return it == map_.end() ? nullptr : &it->second;
  }
  /// The entry of the key, made from `arguments` if there was none; true if it was made.
  template <class... A>
  std::pair<Value*, bool> try_emplace(const Key& key, A&&... arguments) {
    const auto [it, made] = map_.try_emplace(key, std::forward<A>(arguments)...);
    return {&it->second, made};
  }
  Value& operator[](const Key& key) { return map_[key]; }
  bool erase(const Key& key) { return map_.erase(key) != 0; }
  void clear() { map_.clear(); }
  void reserve(std::size_t count) { map_.reserve(count); }

 private:
  std::unordered_map<Key, Value, Hash> map_;
};

}  // namespace ledgerlab
