// The catalogue: the clauses a system is judged by, one row each, with the level that the source
// document gives it. Levels stay apart in every count and report.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ledgerlab::conformance {

/// As the document words it. Implicit: stated as a fact, without "is required" or "is recommended";
/// it never counts as required.
enum class Level : std::uint8_t { required, recommended, optional, implicit, informative };
inline constexpr std::array<Level, 5> levels{Level::required, Level::recommended, Level::optional,
                                             Level::implicit, Level::informative};
std::string_view level_name(Level level);

struct CatalogueRow {
  std::string id;  // "F7512-7.1.5.1-a"
  std::string clause;
  std::string title;
  Level level = Level::informative;
  std::string ics;  // m, o, o.N (group of options), c:X (if X is claimed), i
  std::string component;
  std::string statement;  // in our own words
  std::string check;      // proposed; a purpose says what of it is realised
};

struct Catalogue {
  std::string name;     // "7.1.5"
  std::string version;  // "1"
  std::string source;   // "Recommendation ITU-T F.751.2 (08/2020)"
  std::string digest;   // hex SHA-256 of the catalogue file
  std::vector<CatalogueRow> rows;

  const CatalogueRow* find(std::string_view id) const;
};

/// Throws std::runtime_error that names the line of a row that is none.
Catalogue parse_catalogue(std::string_view text);
/// The one compiled in.
const Catalogue& catalogue();

}  // namespace ledgerlab::conformance
