#include "models/mempool/pool/spends.hpp"

#include <algorithm>

namespace ledgerlab::pool {

void Spends::add(const Item& item, std::shared_ptr<const TxSpends> spends) {
  Node& node = nodes_[item.place];
  for (const Place32 parent : node.parents) {
    std::erase(nodes_.find(parent)->children, item.place);
  }
  node.parents = parents(*spends);
  for (const Hash256& output : spends->outputs) spender_[output] = item.place;
  node.spends = std::move(spends);
  for (const Place32 parent : node.parents) {
    nodes_.find(parent)->children.push_back(item.place);
  }
}

void Spends::remove(const Item& item) {
  const Node* node = nodes_.find(item.place);
  if (!node) return;
  for (const Place32 parent : node->parents) {
    std::erase(nodes_.find(parent)->children, item.place);
  }
  for (const Place32 child : node->children) std::erase(nodes_.find(child)->parents, item.place);
  for (const Hash256& output : node->spends->outputs) spender_.erase(output);
  nodes_.erase(item.place);
}

std::vector<Place32> Spends::conflicts(const TxSpends& spends) const {
  std::vector<Place32> out;
  for (const Hash256& output : spends.outputs) {
    const Place32* who = spender_.find(output);
    if (who && std::find(out.begin(), out.end(), *who) == out.end()) out.push_back(*who);
  }
  return out;
}

std::vector<Place32> Spends::parents(const TxSpends& spends) const {
  std::vector<Place32> out;
  for (const TxId& id : spends.parents) {
    const Item* item = items_.find(id);
    if (item && nodes_.contains(item->place)) out.push_back(item->place);
  }
  return out;
}

std::vector<Place32> Spends::reach(const std::vector<Place32>& from, Side side) const {
  std::vector<Place32> out;
  for (const Place32 place : from) {
    if (std::find(out.begin(), out.end(), place) == out.end()) out.push_back(place);
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    const Node* node = nodes_.find(out[i]);
    if (!node) continue;
    for (const Place32 next : node->*side) {
      if (std::find(out.begin(), out.end(), next) == out.end()) out.push_back(next);
    }
  }
  return in_order(std::move(out));
}

/// Parents first; otherwise by admission. A reorganisation may bring parents back after children.
std::vector<Place32> Spends::in_order(std::vector<Place32> places) const {
  std::sort(places.begin(), places.end(),
            [&](Place32 a, Place32 b) { return items_[a].arrival < items_[b].arrival; });
  std::vector<Place32> out;
  while (!places.empty()) {
    const auto free = std::find_if(places.begin(), places.end(), [&](Place32 place) {
      const Node* node = nodes_.find(place);
      return !node || std::none_of(node->parents.begin(), node->parents.end(), [&](Place32 parent) {
        return std::find(places.begin(), places.end(), parent) != places.end();
      });
    });
    out.push_back(*free);
    places.erase(free);
  }
  return out;
}

std::vector<Place32> Spends::ancestors(const std::vector<Place32>& of) const {
  return reach(of, &Node::parents);
}

std::vector<Place32> Spends::descendants(const std::vector<Place32>& of) const {
  return reach(of, &Node::children);
}

bool Spends::replaceable(Place32 place) const {
  const std::vector<Place32> all = ancestors({place});
  return std::any_of(all.begin(), all.end(), [&](Place32 at) { return spends(at).replaceable; });
}

}  // namespace ledgerlab::pool
