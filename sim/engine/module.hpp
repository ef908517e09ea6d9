// Engines in loadable modules (DESIGN 13.7): a module exports one C function; it is opened only
// when a scenario asks for its engine, so that a machine without the simulator's package builds and
// runs everything else. A module links libledgerlab and carries no copy of it.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "sim/engine/engine.hpp"

namespace ledgerlab {

/// Raised with every change of this header or of engine.hpp.
inline constexpr std::uint32_t engine_interface = 1;

/// What a module must share with the library besides the number: the layout of what goes through
/// the interface, and the compiler whose classes it is made of.
inline constexpr std::uint64_t engine_layout =
    std::uint64_t{sizeof(NetworkSpec)} << 32 | sizeof(EngineCapabilities);
inline constexpr const char* engine_compiler = __VERSION__;

struct EngineModule {
  std::uint32_t interface_number;
  std::uint64_t layout;
  const char* compiler;
  const char* name;      // "simgrid"
  /// Version of the simulator, and of our adapter: part of the plan digest.
  std::string (*version)();
  /// Throws std::invalid_argument when the spec contradicts itself or the engine cannot do it, and
  /// std::runtime_error when a file it names cannot be read.
  std::unique_ptr<Engine> (*make)(const NetworkSpec& spec);
};

/// Name of the function every module exports: extern "C" const EngineModule* ledgerlab_engine().
inline constexpr const char* engine_entry = "ledgerlab_engine";
using EngineEntry = const EngineModule* (*)();

/// The engine cannot be had here; the text says which package or file would help (exit code 69).
struct EngineMissing : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Opens libledgerlab-engine-<name>.so in the folder `ledgerlab` beside libledgerlab.so, else in the
/// folders of LEDGERLAB_ENGINES (colons between them); once a process. Throws EngineMissing.
const EngineModule& load_engine_module(const std::string& name);

}  // namespace ledgerlab
