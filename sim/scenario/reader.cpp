// TOML text to Document: the only file that sees toml++.
#include <toml++/toml.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

#include "sim/scenario/document.hpp"

namespace ledgerlab {
namespace {

Place place_of(const toml::source_region& source) {
  return {static_cast<std::uint32_t>(source.begin.line),
          static_cast<std::uint32_t>(source.begin.column)};
}

/// Shortest decimal that reads back as the same number, without exponent: what the author wrote.
std::string decimal_text(double number) {
  char buffer[400];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::fixed);
  return std::string(buffer, end.ptr);
}

Value convert(const toml::node& node);

Value convert_table(const toml::table& table) {
  Value value;
  value.type = Value::Type::table;
  for (auto&& [key, child] : table) {
    value.entries.push_back({std::string(key.str()), place_of(key.source()), convert(child)});
  }
  // toml++ keeps tables sorted by key; people read errors in the order of the file.
  std::stable_sort(value.entries.begin(), value.entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
  });
  return value;
}

Value convert(const toml::node& node) {
  Value value;
  if (const auto* table = node.as_table()) {
    value = convert_table(*table);
  } else if (const auto* array = node.as_array()) {
    value.type = Value::Type::array;
    for (const toml::node& item : *array) value.items.push_back(convert(item));
  } else if (const auto* text = node.as_string()) {
    value.type = Value::Type::text;
    value.text = text->get();
  } else if (const auto* number = node.as_integer()) {
    value.type = Value::Type::integer;
    value.integer = number->get();
  } else if (const auto* decimal = node.as_floating_point()) {
    value.type = decimal->get() - decimal->get() == 0 ? Value::Type::decimal : Value::Type::other;
    if (value.type == Value::Type::decimal) value.text = decimal_text(decimal->get());
  } else if (const auto* flag = node.as_boolean()) {
    value.type = Value::Type::flag;
    value.integer = flag->get() ? 1 : 0;
  } else {
    value.type = Value::Type::other;
  }
  value.place = place_of(node.source());
  return value;
}

[[noreturn]] void fail(ScenarioError error) { throw ScenarioErrors({std::move(error)}); }

/// The named member of an array: by index, or, of tables, by its `name` or its `consensus`.
Value* member(Value& array, const std::string& name) {
  std::size_t index = 0;
  const auto end = name.data() + name.size();
  const auto [stop, code] = std::from_chars(name.data(), end, index);
  if (code == std::errc{} && stop == end) {
    return index < array.items.size() ? &array.items[index] : nullptr;
  }
  for (const char* key : {"name", "consensus"}) {
    for (Value& item : array.items) {
      const Entry* entry = item.find(key);
      if (entry != nullptr && entry->value.text == name) return &item;
    }
  }
  return nullptr;
}

Value setting_value(const std::string& text) {
  try {
    const toml::table table = toml::parse("value = " + text + "\n");
    if (table.size() == 1) {
      Value value = convert(*table.get("value"));
      return value;
    }
  } catch (const toml::parse_error&) {
    // not TOML: taken as a bare text below
  }
  Value value;
  value.type = Value::Type::text;
  value.text = text;
  return value;
}

void forget_places(Value& value) {
  value.place = {};
  for (Value& item : value.items) forget_places(item);
  for (Entry& entry : value.entries) {
    entry.place = {};
    forget_places(entry.value);
  }
}

}  // namespace

Document parse_scenario(std::string text, const std::filesystem::path& file) {
  Document document;
  document.file = file;
  document.source = std::move(text);
  try {
    const toml::table table = toml::parse(std::string_view(document.source));
    document.root = convert_table(table);
  } catch (const toml::parse_error& error) {
    fail({file.string(), place_of(error.source()), "",
          "not valid TOML: " + std::string(error.description()), "", false});
  }
  return document;
}

Document read_scenario(const std::filesystem::path& file) {
  std::error_code ignored;
  std::ifstream stream(file, std::ios::binary);
  if (std::filesystem::is_directory(file, ignored)) {
    fail({file.string(), {}, "", "is a directory; name the scenario file in it", "", true});
  }
  if (!stream) {
    fail({file.string(), {}, "", "the scenario file cannot be read; is the path right?", "", true});
  }
  std::ostringstream text;
  text << stream.rdbuf();
  return parse_scenario(std::move(text).str(), file);
}

void apply_setting(Document& document, std::string_view setting) {
  const std::size_t equals = setting.find('=');
  const std::string path(setting.substr(0, equals));
  const auto bad = [&](const std::string& message) {
    fail({"--set " + std::string(setting), {}, path, message, "", false});
  };
  if (equals == std::string_view::npos || equals == 0) {
    bad("expected dotted.key=value, such as network.nodes=7");
  }
  Value* at = &document.root;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t dot = std::min(path.find('.', begin), path.size());
    const std::string key = path.substr(begin, dot - begin);
    begin = dot + 1;
    if (key.empty()) bad("an empty part in the dotted key");
    if (at->type == Value::Type::array) {
      at = member(*at, key);
      if (at == nullptr) {
        bad("there is no member \"" + key + "\" in this list of the scenario; name one by its number "
            "from 0 or by its name, such as systems.0.params.KEY=VALUE");
      }
      continue;
    }
    if (at->type != Value::Type::table)
      bad("\"" + key + "\" lies below something that is no table");
    Entry* entry = at->find(key);
    if (entry == nullptr) {
      at->entries.push_back({key, {}, {}});
      entry = &at->entries.back();
    }
    entry->place = {};
    at = &entry->value;
  }
  *at = setting_value(std::string(setting.substr(equals + 1)));
  forget_places(*at);
}

}  // namespace ledgerlab
