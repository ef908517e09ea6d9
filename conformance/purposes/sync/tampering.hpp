// A serving peer that lies: it alters, swaps and replaces what it sends to a node that comes back.
#pragma once

#include <memory>
#include <vector>

#include "conformance/suite/wrapped.hpp"
#include "models/api/message.hpp"
#include "sim/scenario/plan.hpp"

namespace ledgerlab::conformance {

/// All message types that can be in a frame of this system.
MessageCatalog catalog_of(const SystemPlan& system);

/// Keeps the first frames that a node was sent in one world, to be told in another.
class Overheard {
 public:
  Overheard(NodeId listener, Time from);
  Wrap wrap() const;
  const std::vector<Bytes>& frames() const { return *frames_; }

 private:
  NodeId listener_;
  Time from_;
  std::shared_ptr<std::vector<Bytes>> frames_;
};

class Tampering {
 public:
  struct Counts {
    std::uint64_t altered = 0, swapped = 0, foreign = 0;
  };
  Tampering(const Plan& plan, NodeId liar, NodeId victim, Time from, std::vector<Bytes> foreign);
  Wrap wrap() const;
  const Counts& counts() const;

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace ledgerlab::conformance
