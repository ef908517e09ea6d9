// Reading one table of a scenario by its key table.
#include "sim/scenario/section.hpp"

#include <algorithm>
#include <stdexcept>

#include "sim/scenario/resolver.hpp"

namespace ledgerlab {
namespace {

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// A limit of a range as a number; a limit that does not parse is a fault of the model's author.
std::optional<std::int64_t> limit(const ParamInfo& info, const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  const ParsedValue parsed = parse_value(info.type, *text);
  if (!parsed.value) {
    throw std::logic_error("limit of parameter \"" + info.key + "\": " + parsed.error);
  }
  return parsed.value;
}

std::string range_text(const ParamInfo& info) {
  if (info.low && info.high) return "from " + *info.low + " to " + *info.high;
  if (info.low) return "at least " + *info.low;
  return "at most " + info.high.value_or("");
}

/// How the value would be written as text, for parse_value.
std::optional<std::string> written(ParamType type, const Value& value) {
  switch (value.type) {
    case Value::Type::text:
      // A number in quotes is a slip where a bare number is asked for.
      if (type == ParamType::integer || type == ParamType::flag) return std::nullopt;
      return value.text;
    case Value::Type::integer:
      return std::to_string(value.integer);
    case Value::Type::decimal:
      return value.text;
    case Value::Type::flag:
      if (type != ParamType::flag) return std::nullopt;
      return value.integer != 0 ? "true" : "false";
    default:
      return std::nullopt;
  }
}

/// What to write in place of a bare number or flag where a text stands.
std::string in_quotes(const ParamInfo& info, const Value& value) {
  const auto bare =
      written(value.type == Value::Type::flag ? ParamType::flag : ParamType::size, value);
  if (value.type == Value::Type::text || !bare) return "";
  if (info.type == ParamType::choice && !contains(info.choices, *bare)) {
    return ": there are " + alternatives(info.choices);
  }
  return ": write \"" + *bare + "\"";
}

std::string expected(ParamType type) {
  if (type == ParamType::flag) return "expected true or false";
  if (type == ParamType::integer) return "expected an integer such as 42";
  if (type == ParamType::text || type == ParamType::choice) return "expected a text in quotes";
  return "expected a " + std::string(param_type_name(type)) + " such as \"" +
         std::string(value_syntax(type).example) + "\"";
}

}  // namespace

void Problems::add(Place place, std::string key, std::string message, std::string suggestion) {
  errors_.push_back({place.line == 0 ? file_ + " (with --set)" : file_, place, std::move(key),
                     std::move(message), std::move(suggestion), false});
}

void Problems::missing_file(Place place, std::string key, std::string message) {
  add(place, std::move(key), std::move(message));
  errors_.back().missing_file = true;
}

void Problems::raise_if_any() {
  if (errors_.empty()) return;
  std::stable_sort(
      errors_.begin(), errors_.end(), [](const ScenarioError& a, const ScenarioError& b) {
        return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
      });
  throw ScenarioErrors(std::move(errors_));
}

Section::Section(Problems& problems, const Value* table, std::string path, Place place)
    : problems_(&problems), table_(table), path_(std::move(path)), place_(place) {
  if (table_ == nullptr) return;
  place_ = table_->place;
  if (table_->type == Value::Type::table) return;
  problems.add(place_, path_,
               "expected a table, found " + std::string(value_type_name(table_->type)));
  table_ = nullptr;
}

const Value* Section::raw(std::string_view key) const {
  const Entry* entry = table_ == nullptr ? nullptr : table_->find(key);
  return entry == nullptr ? nullptr : &entry->value;
}

Place Section::place(std::string_view key) const {
  const Value* value = raw(key);
  return value == nullptr ? place_ : value->place;
}

std::string Section::path(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

bool Section::good(std::string_view key) const { return !contains(bad_, key); }

void Section::read_one(const ParamInfo& info, bool required, Params& into) {
  known_.push_back(info.key);
  const bool is_text = info.type == ParamType::text || info.type == ParamType::choice;
  ReadValue read;
  if (const Value* value = raw(info.key)) {
    read = read_scalar(*problems_, info, *value, path(info.key));
    if (!read.ok()) bad_.push_back(info.key);
  } else if (required) {
    problems_->add(place_, path(info.key), "is required: " + info.text);
    bad_.push_back(info.key);
  }
  if (is_text) {
    into.set(info.key, read.text.value_or(info.fallback));
  } else {
    if (!read.number && !info.fallback.empty()) {
      const ParsedValue parsed = parse_value(info.type, info.fallback);
      if (!parsed.value) {
        throw std::logic_error("default of parameter \"" + info.key + "\": " + parsed.error);
      }
      read.number = parsed.value;
    }
    into.set(info.key, read.number.value_or(0));
  }
}

void Section::read(const KeyTable& keys) {
  for (const KeyInfo& info : keys) {
    if (info.shape.empty()) {
      read_one(info.param, info.required, values_);
      continue;
    }
    known_.push_back(info.param.key);
    if (info.required && !given(info.param.key)) {
      problems_->add(place_, path(info.param.key), "is required: " + info.param.text);
      bad_.push_back(info.param.key);
    }
  }
}

Params Section::read_params(const std::vector<ParamInfo>& infos) {
  Params params;
  for (const ParamInfo& info : infos) read_one(info, false, params);
  return params;
}

void Section::refuse_unknown() {
  if (table_ == nullptr) return;
  for (const Entry& entry : table_->entries) {
    if (contains(known_, entry.key)) continue;
    std::vector<std::string> sorted = known_;
    std::sort(sorted.begin(), sorted.end());
    std::string suggestion = nearest(entry.key, sorted);
    std::string message = "unknown key";
    if (sorted.empty()) {
      message += ": there are none here";
    } else if (suggestion.empty()) {
      message += "; there are " + alternatives(sorted);
    }
    problems_->add(entry.place, path(entry.key), std::move(message), std::move(suggestion));
  }
}

ReadValue read_scalar(Problems& problems, const ParamInfo& info, const Value& value,
                      const std::string& path) {
  const auto refuse = [&](std::string message, std::string suggestion = "") {
    problems.add(value.place, path, std::move(message), std::move(suggestion));
    return ReadValue{};
  };
  if (info.type == ParamType::text || info.type == ParamType::choice) {
    if (value.type != Value::Type::text) {
      return refuse(expected(info.type) + ", found " + std::string(value_type_name(value.type)) +
                    in_quotes(info, value));
    }
    if (info.type == ParamType::choice && !contains(info.choices, value.text)) {
      return refuse("\"" + value.text + "\" is none of " + alternatives(info.choices),
                    nearest(value.text, info.choices));
    }
    return {std::nullopt, value.text};
  }
  const std::optional<std::string> text = written(info.type, value);
  if (!text) {
    return refuse(expected(info.type) + ", found " + std::string(value_type_name(value.type)));
  }
  const ParsedValue parsed = parse_value(info.type, *text);
  if (!parsed.value) return refuse(parsed.error);
  const auto low = limit(info, info.low), high = limit(info, info.high);
  if ((low && *parsed.value < *low) || (high && *parsed.value > *high)) {
    return refuse("\"" + *text + "\" is out of range: " + range_text(info));
  }
  return {parsed.value, std::nullopt};
}

const ModelInfo* choose_model(Problems& problems, const Registry& registry, ModelKind kind,
                              const std::string& name, Place place, const std::string& path) {
  if (const ModelInfo* info = registry.find(kind, name)) return info;
  if (kind == ModelKind::consensus && name.starts_with("python:")) {
    throw EngineUnavailable(path + " = \"" + name +
                            "\" is a protocol written in Python, which needs a Python around it: "
                            "run this scenario with `python3 -m ledgerlab run FILE`, or from a "
                            "program with ledgerlab.run() (docs/python.md)");
  }
  std::vector<std::string> names;
  for (const ModelInfo* info : registry.all(kind)) names.push_back(info->name);
  std::sort(names.begin(), names.end());
  std::string message = "there is no " + std::string(model_kind_name(kind)) + " model \"" + name +
                        "\"; there " + (names.size() == 1 ? "is " : "are ") +
                        (names.empty() ? "none" : alternatives(names));
  problems.add(place, path, std::move(message), nearest(name, names));
  return nullptr;
}

std::string alternatives(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    out += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  }
  return out;
}

}  // namespace ledgerlab
