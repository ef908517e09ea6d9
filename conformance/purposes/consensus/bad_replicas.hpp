// Known-bad replicas that several purposes use as twins.
#pragma once

#include "conformance/suite/wrapped.hpp"

namespace ledgerlab::conformance {

/// Announces a block of its own making at height 3.
class DecidesOtherwise final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  void step(const Input& input, Effects& effects) override;
};

/// Adds a transaction that no client sent to every block it announces.
class InventsTransactions final : public Wrapped {
 public:
  using Wrapped::Wrapped;
  void step(const Input& input, Effects& effects) override;
};

/// This node takes no message from `from` on.
Wrap deaf_from(NodeId node, Time from);
/// Nodes from `first` to before `end` do nothing at all from `from` on.
Wrap asleep_from(NodeId first, NodeId end, Time from);
/// Every replica takes every vote this much later.
Wrap hold_votes(Duration by);

}  // namespace ledgerlab::conformance
