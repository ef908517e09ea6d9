// External test vectors: finds their archives (environment LEDGERLAB_VECTORS, else
// ../shared/vectors beside the source), unpacks each once into the build folder and reads their
// text formats.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "models/base/bytes.hpp"

namespace ledgerlab::test {

/// The folder into which `archive` ("crypto": crypto.tar.xz) is unpacked, or the vectors' folder
/// itself if it holds `probe` unpacked; nothing when there are no vectors on this machine.
std::optional<std::filesystem::path> vectors(const std::string& archive, const std::string& probe);

/// The whole file; a failed test and an empty text if it cannot be read.
std::string read_text(const std::filesystem::path& file);

/// One block of a file of "Key = value" lines; blocks end at empty lines.
struct VectorBlock {
  std::string section;  // the last [section] before it
  std::map<std::string, std::string> values;
};
std::vector<VectorBlock> read_blocks(const std::filesystem::path& file);

/// Hexadecimal text that has to be well formed.
Bytes unhex(const std::string& text);

}  // namespace ledgerlab::test

/// Declares `root`, or skips the test and says so.
#define LEDGERLAB_VECTORS_OR_SKIP(root, archive, probe)                                    \
  const auto root##_found = ::ledgerlab::test::vectors(archive, probe);                    \
  if (!root##_found) {                                                                     \
    GTEST_SKIP() << "VECTORS ABSENT: set LEDGERLAB_VECTORS to the folder of " << (archive) \
                 << ".tar.xz; nothing of " << (probe) << " was checked";                   \
  }                                                                                        \
  const std::filesystem::path& root = *root##_found
