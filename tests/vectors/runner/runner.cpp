// The parts of the runner that families use.
#include "tests/vectors/runner/runner.hpp"

#include <algorithm>
#include <exception>

namespace ledgerlab::vectors {

namespace fs = std::filesystem;

std::vector<fs::path> Run::files(std::string_view extension) const {
  std::vector<fs::path> all;
  if (fs::is_directory(path)) {
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (!entry.is_regular_file()) continue;
      if (extension.empty() || entry.path().extension() == extension) all.push_back(entry.path());
    }
  } else {
    all.push_back(path);
  }
  std::sort(all.begin(), all.end());
  if (shares == 1) return all;
  std::vector<fs::path> mine;
  for (std::size_t i = share; i < all.size(); i += shares) mine.push_back(all[i]);
  return mine;
}

std::string Run::name_of(const fs::path& file) const {
  return file.lexically_relative(root).generic_string();
}

bool Run::too_slow(const fs::path& file) const {
  return !soak && oracle_slow != nullptr && oracle_slow->contains(name_of(file));
}

void judge(const Run& run, Report& report, std::string_view name,
           const std::function<std::string()>& body) {
  if (!run.wanted(name)) return;
  std::string why;
  try {
    why = body();
  } catch (const std::exception& fault) {
    why = std::string("exception: ") + fault.what();
  }
  if (why.empty()) {
    report.pass(name);
  } else {
    report.fail(name, why);
  }
}

}  // namespace ledgerlab::vectors
