// The model card: what of a run was real, costed or modelled, made from the plan (DESIGN 13.10).
#pragma once

#include <string>
#include <vector>

#include "sim/scenario/build.hpp"
#include "sim/scenario/plan.hpp"

namespace ledgerlab {

/// One line a part: "consensus raft@1: real (Ongaro, Ousterhout 2014)".
std::vector<std::string> model_card(const Plan& plan, const SystemPlan& system, BuiltWorld& built,
                                    bool share_results);

}  // namespace ledgerlab
