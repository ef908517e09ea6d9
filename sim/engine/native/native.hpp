// The native engine: access-link queues both ways, latency between regions, jitter that never
// overtakes, packet loss as retransmission delay. From 2 to 2^20 nodes.
#pragma once

#include <memory>

#include "sim/engine/engine.hpp"

namespace ledgerlab {

/// Throws std::invalid_argument when the spec contradicts itself (sizes, negative latency).
std::unique_ptr<Engine> make_native_engine(const NetworkSpec& spec);

}  // namespace ledgerlab
