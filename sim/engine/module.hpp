// Engines in loadable modules (DESIGN 13.7): a module exports one C function; it is opened only
// when a scenario asks for its engine, so that a machine without the simulator's package builds and
// runs everything else. A module links libledgerlab and carries no copy of it.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "sim/engine/engine.hpp"

namespace ledgerlab {

/// Raised when the meaning of the interface changes; what it is made of is in the build id.
inline constexpr std::uint32_t engine_interface = 1;

struct EngineModule {
  std::uint32_t interface_number;  // engine_interface
  const char* build;               // LEDGERLAB_ENGINE_BUILD, which CMake defines for a module
  const char* name;                // "simgrid"
  /// Of the adapter and its simulator, without starting it: part of the plan digest.
  std::string (*version)();
  /// Starts the simulator. Throws std::invalid_argument when the spec contradicts itself or asks for
  /// what the engine cannot do, EngineRefuses when a file it names cannot be used, and EngineBusy
  /// when this process has had its one run.
  std::unique_ptr<Engine> (*make)(const NetworkSpec& spec);
};

/// Name of the function every module exports: extern "C" const EngineModule* ledgerlab_engine().
inline constexpr const char* engine_entry = "ledgerlab_engine";
using EngineEntry = const EngineModule* (*)();

/// The engine cannot be had here; the text names the package or file that would help (exit code 69).
struct EngineMissing : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The simulator is process-global and this process has used it; another process can.
struct EngineBusy : std::logic_error {
  using std::logic_error::logic_error;
};

/// The run has come to what the engine can do; the text names the limit (exit code 65).
struct EngineLimit : std::length_error {
  using std::length_error::length_error;
};

/// The scenario asks for what the engine cannot do, or names a file it cannot use (exit code 65).
struct EngineRefuses : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Opens libledgerlab-engine-<name>.so in the folder `ledgerlab` beside libledgerlab.so, else in
/// ../lib/ledgerlab beside the program, else in the folders of LEDGERLAB_ENGINES (colons between
/// them); once a process. Throws EngineMissing.
const EngineModule& load_engine_module(const std::string& name);

}  // namespace ledgerlab
