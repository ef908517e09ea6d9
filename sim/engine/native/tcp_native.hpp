// The native engine with transport "tcp": messages are parts of a connection's stream, with
// handshake, slow start and window. Integers only, a few events for each flight of segments, none
// for a packet.
#pragma once

#include <memory>

#include "sim/engine/engine.hpp"

namespace ledgerlab::native {

/// The spec is one that make_native_engine() has checked.
std::unique_ptr<Engine> make_tcp_engine(const NetworkSpec& spec);

}  // namespace ledgerlab::native
