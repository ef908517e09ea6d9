#include "sim/engine/module.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <vector>

namespace ledgerlab {
namespace {

namespace fs = std::filesystem;

/// The Debian package whose headers the module is built with.
std::string package_of(const std::string& engine) {
  return engine == "ns3" ? "libns3-dev" : "lib" + engine + "-dev";
}

std::vector<fs::path> module_folders() {
  std::vector<fs::path> out;
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&load_engine_module), &info) != 0 && info.dli_fname) {
    std::error_code ignored;
    out.push_back(fs::weakly_canonical(info.dli_fname, ignored).parent_path() / "ledgerlab");
  }
  if (const char* set = std::getenv("LEDGERLAB_ENGINES")) {
    const std::string list = set;
    for (std::size_t from = 0; from <= list.size();) {
      const std::size_t to = std::min(list.find(':', from), list.size());
      if (to > from) out.emplace_back(list.substr(from, to - from));
      from = to + 1;
    }
  }
  return out;
}

const EngineModule& open_module(const std::string& name, const fs::path& file) {
  const std::string what = "engine module " + file.string();
  void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) throw EngineMissing(what + " cannot be opened: " + dlerror());
  const auto entry = reinterpret_cast<EngineEntry>(dlsym(handle, engine_entry));
  if (entry == nullptr) throw EngineMissing(what + " exports no " + engine_entry + "()");
  const EngineModule& module = *entry();
  if (module.interface_number != engine_interface) {
    throw EngineMissing(what + " has interface " + std::to_string(module.interface_number) +
                        ", this ledgerlab has " + std::to_string(engine_interface) +
                        "; build both from one source");
  }
  if (module.layout != engine_layout || std::string(module.compiler) != engine_compiler) {
    throw EngineMissing(what + " was built from another source or by another compiler (" +
                        module.compiler + "); build both together");
  }
  if (module.name != name) throw EngineMissing(what + " is the engine " + module.name);
  return module;
}

}  // namespace

const EngineModule& load_engine_module(const std::string& name) {
  static std::map<std::string, const EngineModule*> loaded;
  if (const auto known = loaded.find(name); known != loaded.end()) return *known->second;
  std::string looked;
  for (const fs::path& folder : module_folders()) {
    const fs::path file = folder / ("libledgerlab-engine-" + name + ".so");
    std::error_code ignored;
    if (fs::is_regular_file(file, ignored)) {
      const EngineModule& module = open_module(name, file);
      loaded.emplace(name, &module);
      return module;
    }
    looked += (looked.empty() ? "" : ", ") + folder.string();
  }
  throw EngineMissing("the engine \"" + name + "\" is not here: it is built where the Debian package " +
                      package_of(name) + " is installed (apt-get install " + package_of(name) +
                      ", then ./lab build); looked in " + looked +
                      " and LEDGERLAB_ENGINES. network.engine = \"native\" needs nothing");
}

}  // namespace ledgerlab
