#include "models/parts/behaviour/poison.hpp"

#include <algorithm>

namespace ledgerlab::behaviour {

Poison::Poison(const BehaviourContext& context) {
  for (const NodeId node : context.accomplices) {
    contacts_.push_back({node, overlay::id_of(*context.node.suite, node)});
  }
}

overlay::Nodes Poison::answer(const overlay::FindNode& question, NodeId asker,
                              const overlay::Id& sender, std::size_t count) const {
  overlay::Nodes out{question.query, sender, contacts_};
  std::erase_if(out.contacts, [&](const overlay::Contact& c) { return c.node == asker; });
  std::sort(out.contacts.begin(), out.contacts.end(),
            [&](const overlay::Contact& a, const overlay::Contact& b) {
              if (a.id == b.id) return a.node < b.node;
              return overlay::nearer(question.target, a.id, b.id);
            });
  out.contacts.resize(std::min({count, out.contacts.size(), overlay::contacts_max}));
  return out;
}

bool Poison::accomplice(NodeId node) const {
  const auto it = std::lower_bound(contacts_.begin(), contacts_.end(), node,
                                   [](const overlay::Contact& c, NodeId n) { return c.node < n; });
  return it != contacts_.end() && it->node == node;
}

}  // namespace ledgerlab::behaviour
