// Parameters of a model: described once (type, unit, default, range, text), resolved by the
// scenario, read by the model's factory. Values are integers in base units; no floating point.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/time.hpp"

namespace ledgerlab {

/// integer: plain count. duration: nanoseconds, written "250 ms". size: bytes, "1 MiB". rate:
/// events per 1000 s, "200 tx/s". bandwidth: bits/s, "20 Mbit/s". ratio: parts per 10^9, written
/// "12.5 %" or 0.125. hash_rate: hashes/s, "1 MH/s". flag: true/false. choice: one of a list.
/// power: milliwatts, "40 W".
enum class ParamType : std::uint8_t {
  integer,
  duration,
  size,
  rate,
  bandwidth,
  ratio,
  hash_rate,
  flag,
  choice,
  text,
  power
};
std::string_view param_type_name(ParamType type);

struct ParamInfo {
  std::string key;
  ParamType type = ParamType::integer;
  std::string fallback;                  // default, as it would be written in a scenario
  std::string text;                      // one sentence, with the paper's name for it
  std::optional<std::string> low, high;  // inclusive range, written like the default
  std::vector<std::string> choices;      // choice only
  /// Came after plans of its model were digested: at its default it is not in the plan digest.
  bool late = false;
};

/// Resolved values of one model. Reading is recorded: a parameter that building the world never
/// read is an error (DESIGN 13.10).
class Params {
 public:
  void set(std::string key, std::int64_t value) { numbers_[std::move(key)] = value; }
  void set(std::string key, std::string value) { texts_[std::move(key)] = std::move(value); }

  /// These throw std::logic_error for a key the ModelInfo does not declare.
  std::int64_t integer(std::string_view key) const;
  std::uint64_t count(std::string_view key) const {
    return static_cast<std::uint64_t>(integer(key));
  }
  Duration duration(std::string_view key) const { return Duration{integer(key)}; }
  bool flag(std::string_view key) const { return integer(key) != 0; }
  const std::string& text(std::string_view key) const;

  std::vector<std::string> unread() const;
  const std::map<std::string, std::int64_t, std::less<>>& numbers() const { return numbers_; }
  const std::map<std::string, std::string, std::less<>>& texts() const { return texts_; }

 private:
  std::map<std::string, std::int64_t, std::less<>> numbers_;
  std::map<std::string, std::string, std::less<>> texts_;
  mutable std::set<std::string, std::less<>> read_;
};

/// Reads a written value ("250 ms", "20 Mbit/s", "12.5 %", "true") into base units; on failure the
/// message says what was expected, with an example.
struct ParsedValue {
  std::optional<std::int64_t> value;
  std::string error;
};
ParsedValue parse_value(ParamType type, std::string_view text);
/// The canonical way to write a value of this type, with its unit.
std::string format_value(ParamType type, std::int64_t value);

/// How a type is written: the units it takes (base unit first; empty: a bare number) and an
/// example. A bare decimal is also taken where `bare` says so.
struct ValueSyntax {
  std::vector<std::string_view> units;
  bool bare = false;
  std::string_view example;
};
ValueSyntax value_syntax(ParamType type);

}  // namespace ledgerlab
