// Unpacking goes to a folder of its own that is renamed when complete, so that test programs may
// run side by side.
#include "tests/support/vectors.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace ledgerlab::test {
namespace {

namespace fs = std::filesystem;

fs::path vectors_home() {
  if (const char* home = std::getenv("LEDGERLAB_VECTORS"); home != nullptr && *home != '\0') {
    return home;
  }
  return fs::path(LEDGERLAB_SOURCE_DIR) / ".." / "shared" / "vectors";
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

}  // namespace

std::optional<fs::path> vectors(const std::string& archive, const std::string& probe) {
  const fs::path home = vectors_home();
  if (fs::exists(home / probe)) return home;
  const fs::path packed = home / (archive + ".tar.xz");
  if (!fs::exists(packed)) return std::nullopt;
  // Another archive of the same name (LEDGERLAB_VECTORS may change) is another folder.
  const std::string stamp = std::to_string(fs::file_size(packed));
  const fs::path target = fs::path(LEDGERLAB_BINARY_DIR) / "vectors" / (archive + "-" + stamp);
  if (!fs::exists(target)) {
    const fs::path partial = target.string() + "." + std::to_string(::getpid());
    fs::create_directories(partial);
    const std::string command = "tar xf '" + packed.string() + "' -C '" + partial.string() + "'";
    if (std::system(command.c_str()) != 0) {
      ADD_FAILURE() << "cannot unpack: " << command;
      fs::remove_all(partial);
      return std::nullopt;
    }
    std::error_code taken;
    fs::rename(partial, target, taken);
    if (taken) fs::remove_all(partial);  // another test program was faster
  }
  return target;
}

std::string read_text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  EXPECT_TRUE(in) << file;
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::vector<VectorBlock> read_blocks(const fs::path& file) {
  std::vector<VectorBlock> out;
  std::istringstream lines(read_text(file));
  VectorBlock block;
  std::string line;
  const auto close = [&] {
    if (!block.values.empty()) out.push_back(block);
    block.values.clear();
  };
  while (std::getline(lines, line)) {
    line = trimmed(line);
    if (line.empty()) {
      close();
    } else if (line[0] == '[') {
      close();
      block.section = line.substr(1, line.find(']') - 1);
    } else if (line[0] != '#') {
      const auto equals = line.find('=');
      if (equals == std::string::npos) continue;
      block.values[trimmed(line.substr(0, equals))] = trimmed(line.substr(equals + 1));
    }
  }
  close();
  return out;
}

Bytes unhex(const std::string& text) {
  const auto bytes = from_hex(text);
  EXPECT_TRUE(bytes) << text;
  return bytes.value_or(Bytes());
}

}  // namespace ledgerlab::test
