// A scenario file as read: a tree of values that remember line and column, free of the TOML
// library.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace ledgerlab {

/// Where a value stands; line 0 means it came from `--set`.
struct Place {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

struct Entry;

struct Value {
  enum class Type : std::uint8_t { text, integer, decimal, flag, array, table, other };
  Type type = Type::table;
  std::string text;            // text; decimal: as the shortest decimal that reads back equal
  std::int64_t integer = 0;    // integer, flag
  std::vector<Value> items;    // array
  std::vector<Entry> entries;  // table, in the order of the file
  Place place;

  const Entry* find(std::string_view key) const;
  Entry* find(std::string_view key);
};

/// "a text", "an integer", ... for messages.
std::string_view value_type_name(Value::Type type);

struct Entry {
  std::string key;
  Place place;
  Value value;
};

struct Document {
  std::filesystem::path file;
  std::string source;  // the text as read
  Value root;
};

/// One thing wrong with a scenario.
struct ScenarioError {
  std::string file;
  Place place;
  std::string key;         // dotted: "systems.raft.params.election_timeout_min"
  std::string message;     // what is wrong and what is expected
  std::string suggestion;  // the nearest key or name there is; may be empty
  bool missing_file = false;

  /// "file:12:3: network.nodess: unknown key; did you mean \"nodes\"?"
  std::string text() const;
};

/// Everything found wrong before giving up, in the order of the file.
class ScenarioErrors : public std::runtime_error {
 public:
  explicit ScenarioErrors(std::vector<ScenarioError> errors);
  const std::vector<ScenarioError>& errors() const { return errors_; }
  /// 66 if an input file is missing, else 65 (DESIGN 9).
  int exit_code() const;

 private:
  std::vector<ScenarioError> errors_;
};

/// The candidate nearest to `word` by edit distance, if it is near enough to be meant; else "".
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

/// Both throw ScenarioErrors on text that is no TOML, the second also when the file is not there.
Document parse_scenario(std::string text, const std::filesystem::path& file);
Document read_scenario(const std::filesystem::path& file);

/// `dotted.key=value`, the value as TOML or, if it is none, as a bare text ("20 ms"). Members of
/// arrays are named by index, systems also by name: "systems.raft.params.heartbeat=50 ms".
void apply_setting(Document& document, std::string_view setting);

/// The document as JSON text (for the schema test and for tools); decimals stay numbers.
std::string document_json(const Value& value);

}  // namespace ledgerlab
