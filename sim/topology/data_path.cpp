// The search for data files. LEDGERLAB_SOURCE_DATA is set by this folder's CMakeLists.txt.
#include "sim/topology/data_path.hpp"

#include <dlfcn.h>

#include <cstdlib>
#include <vector>

namespace ledgerlab {

namespace fs = std::filesystem;

namespace {

/// <prefix>/share/ledgerlab/scenarios/data for a library in <prefix>/lib or <prefix>/lib/<triplet>.
std::vector<fs::path> installed_folders() {
  std::vector<fs::path> out;
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&find_data), &info) == 0 || info.dli_fname == nullptr) {
    return out;
  }
  std::error_code ignored;
  const fs::path library = fs::weakly_canonical(info.dli_fname, ignored);
  for (const char* up : {"..", "../.."}) {
    out.push_back(
        (library.parent_path() / up / "share/ledgerlab/scenarios/data").lexically_normal());
  }
  return out;
}

}  // namespace

fs::path find_data(const std::string& name, const fs::path& scenario) {
  std::vector<fs::path> folders;
  if (fs::path(name).is_absolute()) {
    folders.emplace_back();
  } else {
    const fs::path beside = scenario.parent_path();
    folders.push_back(beside.empty() ? fs::path(".") : beside);
    if (const char* set = std::getenv("LEDGERLAB_DATA"); set != nullptr && *set != '\0') {
      folders.emplace_back(set);
    }
    for (fs::path& folder : installed_folders()) folders.push_back(std::move(folder));
#ifdef LEDGERLAB_SOURCE_DATA
    folders.emplace_back(LEDGERLAB_SOURCE_DATA);
#endif
  }
  std::string looked;
  for (const fs::path& folder : folders) {
    for (const char* ending : {"", ".latency"}) {
      const fs::path candidate = folder / (name + ending);
      std::error_code ignored;
      if (!name.empty() && fs::is_regular_file(candidate, ignored)) return candidate;
    }
    looked += (looked.empty() ? "" : ", ") + (folder.empty() ? name : folder.string());
  }
  throw DataNotFoundError("data file \"" + name + "\" is not there; looked at " + looked +
                          "; name it relative to the scenario or set LEDGERLAB_DATA");
}

}  // namespace ledgerlab
