// The registry of models: filled by the generated call list (cmake/Ledgerlab.cmake), one
// registration function per model folder, in sorted order.
#pragma once

#include <deque>
#include <string_view>
#include <vector>

#include "models/api/model_info.hpp"

namespace ledgerlab {

class Registry {
 public:
  /// Throws std::logic_error when kind and name are taken.
  void add(ModelInfo info);
  const ModelInfo* find(ModelKind kind, std::string_view name) const;
  std::vector<const ModelInfo*> all(ModelKind kind) const;
  std::vector<const ModelInfo*> all() const;

 private:
  std::deque<ModelInfo> models_;
};

/// Generated: calls register_<kind>_<name> of every model folder.
void register_all_models(Registry& registry);

/// The registry with every built-in model, filled once.
const Registry& builtin_models();

}  // namespace ledgerlab
