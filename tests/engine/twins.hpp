// Engines that are wrong on purpose: each breaks one promise of the contract, and the suite must
// catch it.
#pragma once

#include <memory>
#include <vector>

#include "sim/engine/engine.hpp"

namespace ledgerlab::engine_contract {

enum class Wrong {
  loses,         // one message in a thousand
  duplicates,    // likewise
  swaps,         // two that arrive one after the other on one link
  hurries,       // latencies are a quarter less
  oversleeps,    // wake-ups come a nanosecond late
  overruns,      // run_until() goes a millisecond further
  rounds_slices, // what is due within 10 us of a limit comes at the limit (SimGrid's run_until does)
  forgets_stop,  // request_stop() is not heard
  differs,       // no two engines draw the same
  favours_low,   // what falls together comes in an order of its own
};

/// The native engine with this fault.
std::unique_ptr<Engine> make_wrong(Wrong wrong, const NetworkSpec& spec);

}  // namespace ledgerlab::engine_contract
