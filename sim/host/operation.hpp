// What an operator asks of a running protocol: when, what, of which node.
#pragma once

#include "models/api/calls.hpp"
#include "sim/host/fault.hpp"

namespace ledgerlab {

/// One scheduled operation: a local call to the consensus slot of the target, found as a fault's
/// is.
struct OperationPlan {
  Time at{};
  FaultTarget target;
  Operate operate;
};

}  // namespace ledgerlab
