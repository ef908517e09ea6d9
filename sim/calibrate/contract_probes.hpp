// The probes of the cost table's contract rows, for the engines that are registered.
#pragma once

#include "sim/calibrate/calibrate.hpp"

namespace ledgerlab {

std::vector<CostProbe> contract_probes();

}  // namespace ledgerlab
