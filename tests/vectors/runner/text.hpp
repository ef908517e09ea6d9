// The text formats that vectors come in: JSON, hexadecimal, blocks of "key = value" lines, CSV.
// What cannot be read throws; the runner makes that a failure.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/bytes.hpp"

namespace ledgerlab::vectors {

using Json = nlohmann::json;

/// The bytes as they are.
std::string read_file(const std::filesystem::path& file);
/// Without a byte order mark, and with every line ended by a line feed alone.
std::string read_text(const std::filesystem::path& file);
Json read_json(const std::filesystem::path& file);

/// Hexadecimal text, with or without 0x.
Bytes unhex(std::string_view text);
/// The hexadecimal text of a member.
Bytes unhex(const Json& object, const char* key);

Bytes base64(const std::string& text);

template <std::size_t N>
FixedBytes<N> unhex_fixed(std::string_view text) {
  const auto bytes = fixed_from_hex<N>(text);
  if (!bytes) throw std::runtime_error("not " + std::to_string(N) + " bytes: " + std::string(text));
  return *bytes;
}

/// One block of a file of "Key = value" lines; blocks end at empty lines.
struct Block {
  std::string section;                                      // the last [section] before it
  std::vector<std::pair<std::string, std::string>> values;  // in order; keys may repeat
  int line = 0;                                             // where it begins
  /// The first value of this key, or null.
  const std::string* find(std::string_view key) const;
  const std::string& at(std::string_view key) const;
};
std::vector<Block> read_blocks(const std::filesystem::path& file);

/// Rows of a CSV file, quotes understood; the first row names the columns.
std::vector<std::map<std::string, std::string>> read_csv(const std::filesystem::path& file);

/// Empty if the two are equal, else "GOT instead of WANT".
std::string differs(std::string_view got, std::string_view want);

}  // namespace ledgerlab::vectors
