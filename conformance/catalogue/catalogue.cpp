#include "conformance/catalogue/catalogue.hpp"

#include <catalogue_text.hpp>
#include <stdexcept>

#include "models/crypto/hash.hpp"

namespace ledgerlab::conformance {
namespace {

constexpr std::array<std::string_view, levels.size()> level_names{
    "required", "recommended", "optional", "implicit", "informative"};

std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields;
  while (true) {
    const std::size_t tab = line.find('\t');
    fields.emplace_back(line.substr(0, tab));
    if (tab == std::string_view::npos) return fields;
    line.remove_prefix(tab + 1);
  }
}

[[noreturn]] void refuse(std::size_t line, const std::string& what) {
  throw std::runtime_error("catalogue, line " + std::to_string(line) + ": " + what);
}

CatalogueRow row_of(std::string_view text, std::size_t line) {
  const std::vector<std::string> f = fields_of(text);
  if (f.size() != 8) refuse(line, "has " + std::to_string(f.size()) + " fields, 8 are wanted");
  CatalogueRow row{f[0], f[1], f[2], {}, f[4], f[5], f[6], f[7]};
  std::size_t level = 0;
  while (level < level_names.size() && level_names[level] != f[3]) ++level;
  if (level == level_names.size()) refuse(line, "\"" + f[3] + "\" is no level");
  row.level = levels[level];
  for (const std::string& field : f) {
    if (field.empty()) refuse(line, "has an empty field");
  }
  return row;
}

/// "# Catalogue 7.1.5, version 1: ..." and "# Source: Recommendation ... . ..."
void read_head(std::string_view line, Catalogue& into) {
  const auto after = [&](std::string_view word, std::string_view end) -> std::string {
    const std::size_t at = line.find(word);
    if (at == std::string_view::npos) return {};
    const std::string_view rest = line.substr(at + word.size());
    return std::string(rest.substr(0, rest.find(end)));
  };
  if (into.name.empty()) into.name = after("# Catalogue ", ",");
  if (into.version.empty()) into.version = after(", version ", ":");
  if (into.source.empty()) into.source = after("# Source: ", ". ");
}

}  // namespace

std::string_view level_name(Level level) { return level_names[static_cast<std::size_t>(level)]; }

const CatalogueRow* Catalogue::find(std::string_view id) const {
  for (const CatalogueRow& row : rows) {
    if (row.id == id) return &row;
  }
  return nullptr;
}

Catalogue parse_catalogue(std::string_view text) {
  Catalogue out;
  const auto* bytes = reinterpret_cast<const Byte*>(text.data());
  out.digest = to_hex(sha256({bytes, text.size()}));
  bool columns_read = false;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (line.empty()) continue;
    if (line.front() == '#') {
      read_head(line, out);
    } else if (!columns_read) {
      columns_read = true;
      if (line != "id\tclause\ttitle\tlevel\tics\tcomponent\tstatement\tcheck") {
        refuse(number, "the columns are not id, clause, title, level, ics, component, ...");
      }
    } else {
      CatalogueRow row = row_of(line, number);
      if (out.find(row.id)) refuse(number, row.id + " is there twice");
      out.rows.push_back(std::move(row));
    }
  }
  if (out.name.empty() || out.version.empty() || out.source.empty() || out.rows.empty()) {
    throw std::runtime_error("catalogue: name, version, source or rows are missing");
  }
  return out;
}

const Catalogue& catalogue() {
  static const Catalogue one = parse_catalogue({catalogue_text, sizeof catalogue_text - 1});
  return one;
}

}  // namespace ledgerlab::conformance
