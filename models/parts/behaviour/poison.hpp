// What attacks on discovery share: answers to FIND_NODE that name accomplices and nobody else.
#pragma once

#include <vector>

#include "models/parts/behaviour/behaviour.hpp"
#include "models/parts/overlay/distance.hpp"

namespace ledgerlab::behaviour {

/// The accomplices as contacts, `count` of them nearest to the target, without the asker.
class Poison {
 public:
  explicit Poison(const BehaviourContext& context);
  overlay::Nodes answer(const overlay::FindNode& question, NodeId asker, const overlay::Id& sender,
                        std::size_t count) const;
  bool accomplice(NodeId node) const;
  const std::vector<overlay::Contact>& contacts() const { return contacts_; }
  std::vector<overlay::Contact>& contacts() { return contacts_; }

 private:
  std::vector<overlay::Contact> contacts_;  // ascending by node
};

}  // namespace ledgerlab::behaviour
