// Contracts as separate operating-system processes, in any language, over a small framed protocol
// (docs/contracts.md): for user code that no interpreter of ours can meter. Two runs of one call
// may differ (a deadline, a bug, a clock that was read), so results are never shared between nodes.
#pragma once

#include <memory>
#include <string>

#include "models/api/params.hpp"
#include "models/parts/contract/frame.hpp"
#include "models/parts/contract/unavailable.hpp"

namespace ledgerlab::process {

/// required: no sandbox, no engine. preferred: without one only limits of CPU time and memory hold,
/// and the engine says so on standard error. none: those limits are all.
enum class Sandbox : std::uint8_t { required, preferred, none };

struct Options {
  Sandbox sandbox = Sandbox::required;
  std::uint32_t reply_ms = 5'000;  // real time, of its own in a frame; then it is killed
  std::uint32_t cpu_seconds = 10;  // of one process in its life
  std::uint64_t memory_bytes = std::uint64_t{512} << 20;  // address space of one process
  std::uint32_t frames = 1;  // frames one process serves; 1: nothing outlives a frame
  /// Folder of the programs that "#!native NAME SHA256" may name; empty: there are none.
  std::string programs;
};

inline constexpr contract::Limits default_limits = {.frame_gas = 100'000, .step_gas = 1};

/// Throws contract::Unavailable where a sandbox is required and cannot be had.
std::unique_ptr<contract::CodeEngine> make_process(Options options,
                                                   contract::Limits limits = default_limits);

/// The parameter `sandbox`; without parameters: required.
Sandbox sandbox_of(const Params& params);

/// What holds a contract process here and now, for people (the model card).
std::string standing(Sandbox sandbox);

}  // namespace ledgerlab::process
