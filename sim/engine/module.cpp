#include "sim/engine/module.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <vector>

namespace ledgerlab {
namespace {

namespace fs = std::filesystem;

/// The Debian package an engine is built with.
std::string package_of(const std::string& engine) { return "lib" + engine + "-dev"; }

std::string with_package(const std::string& engine) {
  return "Debian package " + package_of(engine) + " (apt-get install " + package_of(engine) +
         "; ./lab engines installs and builds it)";
}

std::vector<fs::path> module_folders() {
  std::vector<fs::path> out;
  const auto add = [&](fs::path folder) {
    if (std::find(out.begin(), out.end(), folder) == out.end()) out.push_back(std::move(folder));
  };
  std::error_code ignored;
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&load_engine_module), &info) != 0 && info.dli_fname) {
    add(fs::weakly_canonical(info.dli_fname, ignored).parent_path() / "ledgerlab");
  }
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  if (!program.empty()) add(program.parent_path().parent_path() / "lib" / "ledgerlab");
  if (const char* set = std::getenv("LEDGERLAB_ENGINES")) {
    const std::string list = set;
    for (std::size_t from = 0; from < list.size();) {
      const std::size_t to = std::min(list.find(':', from), list.size());
      if (to > from) add(list.substr(from, to - from));
      from = to + 1;
    }
  }
  return out;
}

const EngineModule& open_module(const std::string& name, const fs::path& file) {
  const std::string what = "engine module " + file.string();
  void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    throw EngineMissing(what + " cannot be opened: " + dlerror() + "; it needs the " +
                        with_package(name));
  }
  const auto entry = reinterpret_cast<EngineEntry>(dlsym(handle, engine_entry));
  if (entry == nullptr) throw EngineMissing(what + " exports no " + engine_entry + "()");
  const EngineModule& module = *entry();
  if (module.interface_number != engine_interface) {
    throw EngineMissing(what + " has interface " + std::to_string(module.interface_number) +
                        ", this ledgerlab has " + std::to_string(engine_interface) +
                        "; build both from one source (./lab engines)");
  }
  if (std::strcmp(module.build, LEDGERLAB_ENGINE_BUILD) != 0) {
    throw EngineMissing(what + " is of another build than this ledgerlab (" + module.build +
                        ", not " LEDGERLAB_ENGINE_BUILD "); build both together (./lab engines)");
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
  throw EngineMissing("the engine \"" + name + "\" is not in this build: it needs the " +
                      with_package(name) + "; looked in " + looked +
                      (std::getenv("LEDGERLAB_ENGINES") ? "" : " (and LEDGERLAB_ENGINES, not set)") +
                      ". network.engine = \"native\" needs no package");
}

}  // namespace ledgerlab
