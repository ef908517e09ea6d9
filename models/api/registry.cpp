#include "models/api/registry.hpp"

#include <stdexcept>

namespace ledgerlab {

std::string_view model_kind_name(ModelKind kind) {
  static constexpr std::string_view names[] = {"consensus", "ledger", "mempool",  "gossip",
                                               "discovery", "client", "workload", "behaviour",
                                               "contract",  "storage"};
  return names[static_cast<std::size_t>(kind)];
}

void Registry::add(ModelInfo info) {
  if (find(info.kind, info.name)) {
    throw std::logic_error("model " + std::string(model_kind_name(info.kind)) + "/" + info.name +
                           " is registered twice");
  }
  models_.push_back(std::move(info));
}

const ModelInfo* Registry::find(ModelKind kind, std::string_view name) const {
  for (const ModelInfo& m : models_) {
    if (m.kind == kind && m.name == name) return &m;
  }
  return nullptr;
}

std::vector<const ModelInfo*> Registry::all(ModelKind kind) const {
  std::vector<const ModelInfo*> out;
  for (const ModelInfo& m : models_) {
    if (m.kind == kind) out.push_back(&m);
  }
  return out;
}

std::vector<const ModelInfo*> Registry::all() const {
  std::vector<const ModelInfo*> out;
  for (const ModelInfo& m : models_) out.push_back(&m);
  return out;
}

const Registry& builtin_models() {
  static const Registry registry = [] {
    Registry r;
    register_all_models(r);
    return r;
  }();
  return registry;
}

}  // namespace ledgerlab
