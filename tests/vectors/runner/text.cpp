// Readers of the vectors' text formats.
#include "tests/vectors/runner/text.hpp"

#include <sodium/utils.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace ledgerlab::vectors {
namespace {

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

std::vector<std::vector<std::string>> csv_rows(const std::string& text) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row{""};
  bool quoted = false;
  const auto close = [&] {
    if (row.size() > 1 || !row[0].empty()) rows.push_back(row);
    row = {""};
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"') {
        row.back() += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        row.back() += text[++i];
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      row.emplace_back();
    } else if (c == '\n') {
      close();
    } else if (c != '\r') {
      row.back() += c;
    }
  }
  close();
  return rows;
}

}  // namespace

std::string read_file(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

std::string read_text(const std::filesystem::path& file) {
  std::string text = read_file(file);
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
  std::size_t end = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool pair = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (!pair) text[end++] = text[i];
  }
  text.resize(end);
  return text;
}

Json read_json(const std::filesystem::path& file) {
  const std::string text = read_text(file);
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
    throw std::runtime_error("an empty file: " + file.string());
  }
  return Json::parse(text);
}

Bytes unhex(std::string_view text) {
  auto bytes = from_hex(text);
  if (!bytes) throw std::runtime_error("not hexadecimal: " + std::string(text));
  return *std::move(bytes);
}

Bytes unhex(const Json& object, const char* key) {
  return unhex(object.at(key).get_ref<const std::string&>());
}

const std::string* Block::find(std::string_view key) const {
  for (const auto& [name, value] : values) {
    if (name == key) return &value;
  }
  return nullptr;
}

const std::string& Block::at(std::string_view key) const {
  if (const std::string* value = find(key)) return *value;
  throw std::runtime_error("line " + std::to_string(line) + ": no " + std::string(key));
}

std::vector<Block> read_blocks(const std::filesystem::path& file) {
  std::vector<Block> out;
  std::istringstream lines(read_text(file));
  Block block;
  const auto close = [&] {
    if (!block.values.empty()) out.push_back(block);
    block.values.clear();
  };
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    line = trimmed(line);
    if (line.empty()) {
      close();
    } else if (line[0] == '[') {
      close();
      block.section = line.substr(1, line.find(']') - 1);
    } else if (line[0] != '#') {
      const auto equals = line.find('=');
      if (equals == std::string::npos) continue;
      if (block.values.empty()) block.line = number;
      block.values.emplace_back(trimmed(std::string_view(line).substr(0, equals)),
                                trimmed(std::string_view(line).substr(equals + 1)));
    }
  }
  close();
  return out;
}

std::vector<std::map<std::string, std::string>> read_csv(const std::filesystem::path& file) {
  const auto rows = csv_rows(read_text(file));
  std::vector<std::map<std::string, std::string>> out;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    auto& row = out.emplace_back();
    for (std::size_t k = 0; k < rows[0].size() && k < rows[i].size(); ++k) {
      row[rows[0][k]] = rows[i][k];
    }
  }
  return out;
}

Bytes base64(const std::string& text) {
  Bytes bytes(text.size() + 1);
  std::size_t size = 0;
  if (sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &size,
                        nullptr, sodium_base64_VARIANT_ORIGINAL) != 0) {
    throw std::runtime_error("not base64: " + text);
  }
  bytes.resize(size);
  return bytes;
}

std::string differs(std::string_view got, std::string_view want) {
  if (got == want) return {};
  return std::string(got) + " instead of " + std::string(want);
}

}  // namespace ledgerlab::vectors
