// The folder of vector sets: INDEX.tsv, the archives (unpacked once into the build folder) and the
// files that the oracle found too slow.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace ledgerlab::vectors {

/// A folder that cannot be used as vectors; the text says why.
struct SetsError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Row {
  std::string path;
  std::uint64_t cases = 0;
  std::string checks;  // last column: what the family is about
};

struct Sets {
  std::filesystem::path home;  // of INDEX.tsv
  std::filesystem::path root;  // of the unpacked files
  std::vector<Row> rows;       // in the order of INDEX.tsv
  std::set<std::string> oracle_slow;
};

/// LEDGERLAB_VECTORS, or ../shared/vectors beside the source.
std::filesystem::path sets_home();

/// Nothing if there is no INDEX.tsv in `home`. Archives are unpacked below `cache`, in a folder
/// named after `home` and the digest of their names and contents: other archives, another folder.
std::optional<Sets> open_sets(const std::filesystem::path& home,
                              const std::filesystem::path& cache);

}  // namespace ledgerlab::vectors
