// Scenario errors as people read them, and the search for the word that was meant.
#include "sim/scenario/document.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ledgerlab {
namespace {

/// Optimal string alignment distance: insert, delete, replace, swap of neighbours.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

std::string joined(const std::vector<ScenarioError>& errors) {
  std::string out;
  for (const ScenarioError& error : errors) out += (out.empty() ? "" : "\n") + error.text();
  return out;
}

void json_text(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (code < 0x20) {
      out += "\\u00";
      out += hex[code >> 4];
      out += hex[code & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

void json(std::string& out, const Value& value) {
  switch (value.type) {
    case Value::Type::text:
      return json_text(out, value.text);
    case Value::Type::integer:
      out += std::to_string(value.integer);
      return;
    case Value::Type::decimal:
      out += value.text;
      if (value.text.find('.') == std::string::npos) out += ".0";
      return;
    case Value::Type::flag:
      out += value.integer != 0 ? "true" : "false";
      return;
    case Value::Type::other:
      out += "null";
      return;
    case Value::Type::array:
      out += '[';
      for (std::size_t i = 0; i < value.items.size(); ++i) {
        if (i != 0) out += ',';
        json(out, value.items[i]);
      }
      out += ']';
      return;
    case Value::Type::table:
      out += '{';
      for (std::size_t i = 0; i < value.entries.size(); ++i) {
        if (i != 0) out += ',';
        json_text(out, value.entries[i].key);
        out += ':';
        json(out, value.entries[i].value);
      }
      out += '}';
  }
}

}  // namespace

const Entry* Value::find(std::string_view key) const {
  for (const Entry& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

Entry* Value::find(std::string_view key) {
  return const_cast<Entry*>(std::as_const(*this).find(key));
}

std::string_view value_type_name(Value::Type type) {
  constexpr std::array<std::string_view, 7> names{"a text",        "an integer", "a decimal number",
                                                  "a flag",        "an array",   "a table",
                                                  "a date or time"};
  return names[static_cast<std::size_t>(type)];
}

std::string ScenarioError::text() const {
  std::string out = file;
  if (place.line != 0) {
    out += ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
  }
  out += ": ";
  if (!key.empty()) out += key + ": ";
  out += message;
  if (!suggestion.empty()) out += "; did you mean \"" + suggestion + "\"?";
  return out;
}

ScenarioErrors::ScenarioErrors(std::vector<ScenarioError> errors)
    : std::runtime_error(joined(errors)), errors_(std::move(errors)) {}

int ScenarioErrors::exit_code() const {
  for (const ScenarioError& error : errors_) {
    if (error.missing_file) return 66;
  }
  return 65;
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= best_distance || distance >= candidate.size()) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

std::string document_json(const Value& value) {
  std::string out;
  json(out, value);
  return out;
}

}  // namespace ledgerlab
