// Unpacking goes to a folder that gets its name when it is complete; a lock makes a second process
// wait for the first.
#include "tests/vectors/runner/sets.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "models/crypto/hash.hpp"
#include "tests/vectors/runner/text.hpp"

namespace ledgerlab::vectors {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> out;
  std::istringstream in(line);
  for (std::string cell; std::getline(in, cell, '\t');) out.push_back(cell);
  return out;
}

/// Columns are found by the names in the first line.
std::vector<Row> read_index(const fs::path& file) {
  std::istringstream lines(read_text(file));
  std::string line;
  if (!std::getline(lines, line)) throw SetsError(file.string() + " is empty");
  const auto names = cells_of(line);
  const auto column = [&](std::string_view name) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) {
      throw SetsError(file.string() + ":1: there is no column '" + std::string(name) + "'");
    }
    return static_cast<std::size_t>(found - names.begin());
  };
  const std::size_t path = column("path"), cases = column("cases");
  const std::size_t checks = column("what_it_checks");
  std::vector<Row> rows;
  for (int number = 2; std::getline(lines, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    const auto cells = cells_of(line);
    const auto cell = [&](std::size_t i) { return i < cells.size() ? cells[i] : std::string(); };
    Row row{cell(path), 0, cell(checks)};
    while (row.path.ends_with('/')) row.path.pop_back();
    const std::string count = cell(cases);
    if (row.path.empty() || count.empty() || count.size() > 12 ||
        count.find_first_not_of("0123456789") != std::string::npos) {
      throw SetsError(file.string() + ":" + std::to_string(number) +
                      ": wants a path and a number of cases");
    }
    row.cases = std::stoull(count);
    rows.push_back(row);
  }
  if (rows.empty()) {
    throw SetsError(file.string() + " names no family: there is nothing below its first line");
  }
  return rows;
}

std::set<std::string> read_oracle(const fs::path& file) {
  std::set<std::string> slow;
  if (!fs::exists(file)) return slow;
  std::istringstream lines(read_text(file));
  for (std::string line; std::getline(lines, line);) {
    const auto cells = cells_of(line);
    if (cells.size() >= 2 && cells[1] == "-") slow.insert(cells[0]);
  }
  return slow;
}

/// What unpacks a file of this name; empty if it is no archive. tar sees the compression itself.
std::vector<std::string> unpacking(const std::string& from, const std::string& to) {
  for (const char* end : {".tar", ".tar.xz", ".tar.gz", ".tgz", ".tar.bz2", ".tar.zst"}) {
    if (from.ends_with(end)) return {"tar", "-x", "-f", from, "-C", to};
  }
  if (from.ends_with(".zip")) return {"unzip", "-q", "-o", from, "-d", to};
  return {};
}

std::vector<fs::path> archives_in(const fs::path& home) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(home)) {
    if (entry.is_regular_file() && !unpacking(entry.path().string(), {}).empty()) {
      out.push_back(entry.path());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string digest_of(const std::vector<fs::path>& archives) {
  Bytes all;
  for (const auto& archive : archives) {
    const std::string name = archive.filename().string();
    const std::string content = read_file(archive);
    const Hash256 hash = sha256(as_bytes(content));
    all.insert(all.end(), name.begin(), name.end());
    all.push_back(0);
    all.insert(all.end(), hash.data.begin(), hash.data.end());
  }
  return to_hex(sha256(all)).substr(0, 16);
}

void unpack(const fs::path& archive, const fs::path& target) {
  const std::string from = archive.string();
  auto words = unpacking(from, target.string());
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  int status = 0;
  if (::posix_spawnp(&child, arguments[0], nullptr, nullptr, arguments.data(), environ) != 0) {
    throw SetsError("there is no " + words[0] + " here to unpack " + from);
  }
  if (::waitpid(child, &status, 0) != child || status != 0) {
    throw SetsError(words[0] + " could not unpack " + from +
                    ": is it complete? (.tar.xz needs xz-utils)");
  }
}

/// Held as long as the object lives.
class FolderLock {
 public:
  explicit FolderLock(const fs::path& folder)
      : file_(::open((folder / ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (file_ < 0 || ::flock(file_, LOCK_EX) != 0) {
      throw SetsError("cannot write " + folder.string());
    }
  }
  ~FolderLock() { ::close(file_); }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int file_;
};

/// What was unpacked from this home before is removed when its archives have changed.
fs::path unpacked(const fs::path& home, const std::vector<fs::path>& archives,
                  const fs::path& cache) {
  fs::create_directories(cache);
  const std::string place =
      to_hex(sha256(as_bytes(fs::canonical(home).string()))).substr(0, 8) + "-";
  const fs::path target = cache / (place + digest_of(archives));
  const FolderLock lock(cache);
  if (fs::exists(target)) return target;
  for (const auto& entry : fs::directory_iterator(cache)) {
    if (entry.path().filename().string().starts_with(place)) fs::remove_all(entry.path());
  }
  const fs::path partial = target.string() + ".partial";
  fs::create_directories(partial);
  for (const auto& archive : archives) unpack(archive, partial);
  fs::rename(partial, target);
  return target;
}

}  // namespace

fs::path sets_home() {
  if (const char* home = std::getenv("LEDGERLAB_VECTORS"); home != nullptr && *home != '\0') {
    return home;
  }
  return fs::path(LEDGERLAB_SOURCE_DIR) / ".." / "shared" / "vectors";
}

std::optional<Sets> open_sets(const fs::path& home, const fs::path& cache) {
  if (!fs::exists(home / "INDEX.tsv")) return std::nullopt;
  Sets sets;
  sets.home = home;
  sets.rows = read_index(home / "INDEX.tsv");
  sets.oracle_slow = read_oracle(home / "ORACLE-ethereumjs.tsv");
  const auto rows_in = [&](const fs::path& root) {
    return std::count_if(sets.rows.begin(), sets.rows.end(),
                         [&](const Row& row) { return fs::exists(root / row.path); });
  };
  // Unpacked beside the archives, or some of both: where there are more.
  sets.root = home;
  const auto open = rows_in(home);
  const auto archives = archives_in(home);
  if (archives.empty() || open == std::ssize(sets.rows)) return sets;
  const fs::path made = unpacked(home, archives, cache);
  if (rows_in(made) > open) sets.root = made;
  return sets;
}

}  // namespace ledgerlab::vectors
