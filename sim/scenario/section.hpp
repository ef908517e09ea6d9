// Reading one table of a scenario by its key table: types, units, ranges, choices, unknown keys.
// Private to this folder.
#pragma once

#include <string>
#include <vector>

#include "models/api/registry.hpp"
#include "sim/scenario/document.hpp"
#include "sim/scenario/keys.hpp"

namespace ledgerlab {

/// Everything found wrong so far.
class Problems {
 public:
  explicit Problems(std::string file) : file_(std::move(file)) {}
  void add(Place place, std::string key, std::string message, std::string suggestion = "");
  void missing_file(Place place, std::string key, std::string message);
  bool any() const { return !errors_.empty(); }
  std::size_t count() const { return errors_.size(); }
  /// Throws ScenarioErrors, in the order of the file, if there is anything to tell.
  void raise_if_any();

 private:
  std::string file_;
  std::vector<ScenarioError> errors_;
};

class Section {
 public:
  /// `table` may be null: every key then has its default.
  Section(Problems& problems, const Value* table, std::string path, Place place);

  /// Reads scalars, written or default; notes which keys there are.
  void read(const KeyTable& keys);
  /// The parameters of a model, standing in this table.
  Params read_params(const std::vector<ParamInfo>& infos);
  /// Reports keys that no read() named.
  void refuse_unknown();

  bool given(std::string_view key) const { return raw(key) != nullptr; }
  const Value* raw(std::string_view key) const;
  Place place(std::string_view key) const;  // of the value, or of the table
  Place place() const { return place_; }
  std::string path(std::string_view key) const;
  void problem(std::string_view key, std::string message, std::string suggestion = "") {
    problems_->add(place(key), path(key), std::move(message), std::move(suggestion));
  }
  Problems& problems() { return *problems_; }

  std::int64_t number(std::string_view key) const { return values_.integer(key); }
  std::uint64_t count(std::string_view key) const { return values_.count(key); }
  Duration duration(std::string_view key) const { return values_.duration(key); }
  const std::string& text(std::string_view key) const { return values_.text(key); }
  /// False for a required key that is not there or a value that was refused.
  bool good(std::string_view key) const;

 private:
  void read_one(const ParamInfo& info, bool required, Params& into);

  Problems* problems_;
  const Value* table_;
  std::string path_;
  Place place_;
  Params values_;
  std::vector<std::string> known_;
  std::vector<std::string> bad_;
};

/// The value of a scalar, or nothing after telling `problems` why.
struct ReadValue {
  std::optional<std::int64_t> number;
  std::optional<std::string> text;
  bool ok() const { return number.has_value() || text.has_value(); }
};
ReadValue read_scalar(Problems& problems, const ParamInfo& info, const Value& value,
                      const std::string& path);

/// Finds a model, or tells `problems` which there are.
const ModelInfo* choose_model(Problems& problems, const Registry& registry, ModelKind kind,
                              const std::string& name, Place place, const std::string& path);

/// 'a, b or c'.
std::string alternatives(const std::vector<std::string>& words);

}  // namespace ledgerlab
