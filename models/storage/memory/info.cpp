// Registration of the storage mode `memory`, with what worlds charge for it (measured: README.md).
#include "models/api/registry.hpp"
#include "models/storage/memory/memory.hpp"

namespace ledgerlab {

void register_storage_memory(Registry& registry) {
  ModelInfo info;
  info.name = "memory";
  info.kind = ModelKind::storage;
  info.slot = Slot::application;
  info.family = "memory";
  info.summary = "Nothing is written: gone with the process, and with a crash.";
  info.f751 = {};
  info.storage_charge = {0, 0, 0, 0, true};
  info.open_store = [](std::shared_ptr<files::Folder>) { return storage::open_memory(); };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
