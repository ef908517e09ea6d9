// Written values with units, read and written exactly in integers; the resolved values of a model.
#include "models/api/params.hpp"

#include <array>
#include <limits>
#include <span>
#include <stdexcept>

#include "models/base/int128.hpp"

namespace ledgerlab {
namespace {

/// One unit is numerator / denominator base units.
struct Unit {
  std::string_view name;
  std::uint64_t numerator;
  std::uint64_t denominator = 1;
};

constexpr std::uint64_t kilo = 1'000, mega = 1'000'000, giga = 1'000'000'000,
                        tera = 1'000'000'000'000, peta = 1'000'000'000'000'000;

constexpr std::array<Unit, 7> duration_units{{{"ns", 1},
                                              {"us", kilo},
                                              {"ms", mega},
                                              {"s", giga},
                                              {"min", 60 * giga},
                                              {"h", 3'600 * giga},
                                              {"d", 86'400 * giga}}};
constexpr std::array<Unit, 9> size_units{{{"B", 1},
                                          {"kB", kilo},
                                          {"MB", mega},
                                          {"GB", giga},
                                          {"TB", tera},
                                          {"KiB", 1ull << 10},
                                          {"MiB", 1ull << 20},
                                          {"GiB", 1ull << 30},
                                          {"TiB", 1ull << 40}}};
constexpr std::array<Unit, 6> rate_units{{{"tx/s", 1'000},
                                          {"1/s", 1'000},
                                          {"ktx/s", mega},
                                          {"tx/min", 1'000, 60},
                                          {"1/min", 1'000, 60},
                                          {"1/h", 1'000, 3'600}}};
constexpr std::array<Unit, 9> bandwidth_units{{{"bit/s", 1},
                                               {"kbit/s", kilo},
                                               {"Mbit/s", mega},
                                               {"Gbit/s", giga},
                                               {"Tbit/s", tera},
                                               {"B/s", 8},
                                               {"kB/s", 8 * kilo},
                                               {"MB/s", 8 * mega},
                                               {"GB/s", 8 * giga}}};
constexpr std::array<Unit, 3> ratio_units{{{"", giga}, {"%", giga / 100}, {"ppm", kilo}}};
constexpr std::array<Unit, 7> hash_rate_units{{{"H/s", 1},
                                               {"kH/s", kilo},
                                               {"MH/s", mega},
                                               {"GH/s", giga},
                                               {"TH/s", tera},
                                               {"PH/s", peta},
                                               {"EH/s", peta* kilo}}};
constexpr std::array<Unit, 3> power_units{{{"mW", 1}, {"W", kilo}, {"kW", mega}}};
constexpr std::array<Unit, 1> integer_units{{{"", 1}}};

struct TypeFacts {
  ParamType type;
  std::string_view name;
  std::span<const Unit> units;
  std::string_view example;
};

constexpr std::array<TypeFacts, 11> facts{{
    {ParamType::integer, "integer", integer_units, "42"},
    {ParamType::duration, "duration", duration_units, "250 ms"},
    {ParamType::size, "size", size_units, "1 MiB"},
    {ParamType::rate, "rate", rate_units, "200 tx/s"},
    {ParamType::bandwidth, "bandwidth", bandwidth_units, "20 Mbit/s"},
    {ParamType::ratio, "ratio", ratio_units, "12.5 %"},
    {ParamType::hash_rate, "hash_rate", hash_rate_units, "1 MH/s"},
    {ParamType::flag, "flag", {}, "true"},
    {ParamType::choice, "choice", {}, ""},
    {ParamType::text, "text", {}, ""},
    {ParamType::power, "power", power_units, "40 W"},
}};

const TypeFacts& facts_of(ParamType type) {
  const TypeFacts& row = facts[static_cast<std::size_t>(type)];
  if (row.type != type) throw std::logic_error("params: the table of types is out of order");
  return row;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// sign * mantissa / 10^decimals, then what follows it.
struct Decimal {
  bool negative = false;
  std::uint64_t mantissa = 0;
  unsigned decimals = 0;
  std::string_view rest;
};

enum class DecimalError : std::uint8_t { none, malformed, too_long };

DecimalError read_decimal(std::string_view text, Decimal& out) {
  if (!text.empty() && text.front() == '-') {
    out.negative = true;
    text.remove_prefix(1);
  }
  bool point = false, digits = false, after = false;
  for (; !text.empty(); text.remove_prefix(1)) {
    const char c = text.front();
    if (c == '.' && !point && digits) {
      point = true;
      continue;
    }
    if (!is_digit(c)) break;
    digits = true;
    after = after || point;
    if (out.mantissa > (std::numeric_limits<std::uint64_t>::max() - 9) / 10) {
      return DecimalError::too_long;
    }
    out.mantissa = out.mantissa * 10 + static_cast<std::uint64_t>(c - '0');
    if (point) ++out.decimals;
  }
  if (!digits || (point && !after)) return DecimalError::malformed;
  out.rest = trim(text);
  return DecimalError::none;
}

/// 'a duration such as "250 ms" (units: ns, us, ms, s, min, h, d)'.
std::string expectation(const TypeFacts& f) {
  const std::string article = f.type == ParamType::integer ? "an " : "a ";
  std::string out = "expected " + article + std::string(f.name);
  if (f.type == ParamType::hash_rate) out = "expected a hash rate";
  if (f.type == ParamType::integer) return out + " such as 42";
  out += " such as \"" + std::string(f.example) + "\"";
  std::string units;
  for (const Unit& u : f.units) {
    if (u.name.empty()) continue;
    units += (units.empty() ? "" : ", ") + std::string(u.name);
  }
  if (f.type == ParamType::ratio) return out + " or 0.125 (units: " + units + ", or none)";
  return out + " (units: " + units + ")";
}

ParsedValue failure(std::string error) { return {std::nullopt, std::move(error)}; }

ParsedValue scaled(const Decimal& d, const Unit& unit, const TypeFacts& f, std::string_view text) {
  // mantissa < 2^64 and numerator < 2^60: the product fits; the divisor below 10^20 * 3600 too.
  const Uint128 product = Uint128{d.mantissa} * unit.numerator;
  Uint128 divisor = unit.denominator;
  for (unsigned i = 0; i < d.decimals; ++i) divisor *= 10;
  const std::string quoted = "\"" + std::string(text) + "\"";
  if (product % divisor != 0) {
    const std::string_view base = f.units.front().name;
    return failure(quoted + " is finer than this simulator keeps (" +
                   (f.type == ParamType::integer ? "whole numbers"
                    : f.type == ParamType::rate  ? "0.001 tx/s"
                    : f.type == ParamType::ratio ? "parts per 10^9"
                                                 : "1 " + std::string(base)) +
                   "); " + expectation(f));
  }
  const Uint128 magnitude = product / divisor;
  if (magnitude > static_cast<Uint128>(std::numeric_limits<std::int64_t>::max())) {
    return failure(quoted + " is too large; " + expectation(f));
  }
  const auto value = static_cast<std::int64_t>(magnitude);
  return {d.negative ? -value : value, {}};
}

/// value / 10^digits as a plain decimal without trailing zeros.
std::string decimal_text(std::uint64_t value, unsigned digits) {
  std::string text = std::to_string(value);
  if (digits == 0) return text;
  if (text.size() <= digits) text.insert(0, digits + 1 - text.size(), '0');
  text.insert(text.size() - digits, 1, '.');
  while (text.back() == '0') text.pop_back();
  if (text.back() == '.') text.pop_back();
  return text;
}

/// The largest decimal unit of at least one whole that needs at most three decimals.
std::string decimal_prefixed(std::uint64_t value, std::span<const Unit> units) {
  for (std::size_t i = units.size(); i-- > 1;) {
    const std::uint64_t unit = units[i].numerator;
    if (value < unit || value % (unit / 1'000) != 0) continue;
    return decimal_text(value / (unit / 1'000), 3) + " " + std::string(units[i].name);
  }
  return std::to_string(value) + " " + std::string(units.front().name);
}

std::string format_duration(std::uint64_t value) {
  for (const std::size_t i : {std::size_t{5}, std::size_t{4}}) {
    if (value >= duration_units[i].numerator && value % duration_units[i].numerator == 0) {
      return std::to_string(value / duration_units[i].numerator) + " " +
             std::string(duration_units[i].name);
    }
  }
  return decimal_prefixed(value, std::span(duration_units).first(4));
}

std::string format_size(std::uint64_t value) {
  for (const std::size_t i : {8, 7, 6, 5}) {
    const std::uint64_t unit = size_units[i].numerator;
    if (value >= unit && value % unit == 0) {
      return std::to_string(value / unit) + " " + std::string(size_units[i].name);
    }
  }
  return decimal_prefixed(value, std::span(size_units).first(5));
}

}  // namespace

std::string_view param_type_name(ParamType type) { return facts_of(type).name; }

ValueSyntax value_syntax(ParamType type) {
  const TypeFacts& f = facts_of(type);
  ValueSyntax syntax;
  syntax.example = f.example;
  for (const Unit& unit : f.units) {
    if (unit.name.empty()) {
      syntax.bare = true;
    } else {
      syntax.units.push_back(unit.name);
    }
  }
  return syntax;
}

ParsedValue parse_value(ParamType type, std::string_view text) {
  const TypeFacts& f = facts_of(type);
  text = trim(text);
  const std::string quoted = "\"" + std::string(text) + "\"";
  if (type == ParamType::flag) {
    if (text == "true") return {1, {}};
    if (text == "false") return {0, {}};
    return failure(quoted + " is not a flag; expected true or false");
  }
  if (f.units.empty()) throw std::logic_error("params: a choice or a text is not a number");
  if (type == ParamType::bandwidth && text == "unlimited") return {0, {}};
  Decimal d;
  switch (read_decimal(text, d)) {
    case DecimalError::too_long:
      return failure(quoted + " has too many digits; " + expectation(f));
    case DecimalError::malformed:
      return failure(quoted + " does not start with a number; " + expectation(f));
    case DecimalError::none:
      break;
  }
  for (const Unit& unit : f.units) {
    if (unit.name != d.rest) continue;
    ParsedValue parsed = scaled(d, unit, f, text);
    // Zero stands for "unlimited" inside; written, it is a link that carries nothing.
    if (type == ParamType::bandwidth && parsed.value && *parsed.value == 0) {
      return failure(quoted + " carries nothing; write \"unlimited\", or cut links by a fault");
    }
    return parsed;
  }
  if (d.rest.empty()) return failure(quoted + " lacks a unit; " + expectation(f));
  return failure(quoted + " has the unknown unit \"" + std::string(d.rest) + "\"; " +
                 expectation(f));
}

std::string format_value(ParamType type, std::int64_t value) {
  if (value < 0) return "-" + format_value(type, -value);
  const auto v = static_cast<std::uint64_t>(value);
  switch (type) {
    case ParamType::duration:
      return format_duration(v);
    case ParamType::size:
      return format_size(v);
    case ParamType::rate:
      return decimal_text(v, 3) + " tx/s";
    case ParamType::bandwidth:
      return v == 0 ? "unlimited" : decimal_prefixed(v, std::span(bandwidth_units).first(5));
    case ParamType::ratio:
      // Factors are no percentages.
      return v > giga ? decimal_text(v, 9) : decimal_text(v, 7) + " %";
    case ParamType::hash_rate:
      return decimal_prefixed(v, hash_rate_units);
    case ParamType::power:
      return decimal_text(v, 3) + " W";
    case ParamType::flag:
      return v != 0 ? "true" : "false";
    case ParamType::integer:
      return std::to_string(v);
    case ParamType::choice:
    case ParamType::text:
      break;
  }
  throw std::logic_error("params: a choice or a text is not a number");
}

std::int64_t Params::integer(std::string_view key) const {
  const auto found = numbers_.find(key);
  if (found == numbers_.end()) {
    throw std::logic_error("parameter \"" + std::string(key) + "\" is not declared as a number");
  }
  read_.emplace(key);
  return found->second;
}

const std::string& Params::text(std::string_view key) const {
  const auto found = texts_.find(key);
  if (found == texts_.end()) {
    throw std::logic_error("parameter \"" + std::string(key) + "\" is not declared as a text");
  }
  read_.emplace(key);
  return found->second;
}

std::vector<std::string> Params::unread() const {
  std::vector<std::string> out;
  for (const auto& entry : numbers_) {
    if (!read_.contains(entry.first)) out.push_back(entry.first);
  }
  for (const auto& entry : texts_) {
    if (!read_.contains(entry.first)) out.push_back(entry.first);
  }
  return out;
}

}  // namespace ledgerlab
