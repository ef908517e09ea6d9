// `plot`: the figures of the Python package (pybind/ledgerlab/plot.py), drawn by the system's
// Python.
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "cli/commands.hpp"

namespace ledgerlab::cli {
namespace {

namespace fs = std::filesystem;
constexpr const char* interpreter = "/usr/bin/python3";

/// Tells what is missing, then does what the module's main says.
constexpr const char* program = R"(import sys
try:
    from ledgerlab.plot import main
except ModuleNotFoundError as error:
    packages = {"matplotlib": "python3-matplotlib", "pandas": "python3-pandas"}
    name = (error.name or "").partition(".")[0]
    if name in packages:
        sys.exit(sys.stderr.write("ledgerlab: plot: Python has no " + name + "; install the Debian "
                                  "package " + packages[name] + "\n") and 69)
    if name != "ledgerlab":
        raise
    sys.exit(sys.stderr.write("ledgerlab: plot: the Python package of ledgerlab is not there: "
                              "`./lab python` builds it (docs/python.md)\n") and 69)
sys.exit(main())
)";

/// The folder that holds the package: in a build tree or beside an installed program. Empty: Python
/// finds it by itself, or nobody does.
fs::path package_folder() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (error) return {};
  for (const char* place : {"../python", "../lib/python3/dist-packages"}) {
    const fs::path folder = (self.parent_path() / place).lexically_normal();
    for (const auto& entry : fs::directory_iterator(folder / "ledgerlab", error)) {
      if (entry.path().filename().string().starts_with("_core.")) return folder;
    }
  }
  return {};
}

}  // namespace

int plot(const PlotArguments& arguments) {
  if (std::error_code ignored; !fs::exists(arguments.results, ignored)) {
    complain("plot: there is no " + arguments.results.string() +
             "; name the run directory or results.json of a run");
    return exit_missing_input;
  }
  if (access(interpreter, X_OK) != 0) {
    complain(std::string("plot: there is no ") + interpreter +
             "; install the Debian package python3-matplotlib");
    return exit_no_engine;
  }
  if (const fs::path folder = package_folder(); !folder.empty()) {
    const char* set = std::getenv("PYTHONPATH");
    const std::string path =
        folder.string() + (set != nullptr && *set != '\0' ? std::string(":") + set : "");
    setenv("PYTHONPATH", path.c_str(), 1);
  }
  std::vector<std::string> words = {interpreter, "-c", program, arguments.results.string(),
                                    "--kind",    arguments.kind};
  if (!arguments.out.empty()) words.insert(words.end(), {"--out", arguments.out.string()});
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execv(interpreter, argv.data());
  complain(std::string("plot: ") + interpreter + " cannot be run: " + std::strerror(errno));
  return exit_no_engine;
}

}  // namespace ledgerlab::cli
