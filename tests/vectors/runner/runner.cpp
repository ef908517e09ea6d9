// The parts of the runner that families use.
#include "tests/vectors/runner/runner.hpp"

#include <algorithm>
#include <exception>

namespace ledgerlab::vectors {

namespace fs = std::filesystem;

namespace {

/// What lies beside cases of every extension without being one.
bool about_the_files(const fs::path& file) {
  const std::string name = file.filename().string();
  return name.starts_with('.') || name.starts_with("README") || name.starts_with("LICENSE") ||
         file.extension() == ".md";
}

}  // namespace

std::vector<fs::path> Run::files(std::string_view extension) const {
  std::vector<fs::path> all;
  if (fs::is_directory(path)) {
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (!entry.is_regular_file()) continue;
      const fs::path& file = entry.path();
      if (extension.empty() ? !about_the_files(file) : file.extension() == extension) {
        all.push_back(file);
      }
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
  if (!run.wanted(name) || !report.begin(name)) return;
  std::string why;
  try {
    why = body();
  } catch (const Unjudged& reason) {
    report.skip(name, reason.what());
    return;
  } catch (const std::exception& fault) {
    why = std::string("exception: ") + fault.what();
  }
  if (why.empty()) {
    report.pass(name);
  } else {
    report.fail(name, why);
  }
}

void each_file(const Run& run, Report& report, std::string_view extension,
               const std::function<void(const fs::path&)>& body) {
  for (const auto& file : run.files(extension)) {
    const std::string name = run.name_of(file);
    if (!report.open(name)) continue;
    try {
      body(file);
    } catch (const Unjudged& reason) {
      report.skip(name, reason.what());
    } catch (const std::exception& fault) {
      if (report.begin(name)) report.fail(name, std::string("exception: ") + fault.what());
    }
  }
}

}  // namespace ledgerlab::vectors
