// A replica without stake that believes it has some: it proves true values of its own VRF, leads the
// slots they win against a wrong distribution, and signs its blocks.
#pragma once

#include "models/api/registry.hpp"

namespace ledgerlab::conformance {

/// The behaviour "usurper", for scenarios of the suite.
void add_usurper(Registry& registry);

}  // namespace ledgerlab::conformance
