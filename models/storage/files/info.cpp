// Registration of the storage mode `files`, with what worlds charge for it (measured: README.md).
#include "models/api/registry.hpp"
#include "models/storage/files/log_files.hpp"

namespace ledgerlab {

void register_storage_files(Registry& registry) {
  ModelInfo info;
  info.name = "files";
  info.kind = ModelKind::storage;
  info.slot = Slot::application;
  info.family = "self-organised files";
  info.summary = "Append-only files with checksums, an index in memory, rewritten when half of them is dead.";
  info.f751 = {"F7512-7.1.4.1-a", "F7512-7.1.4.1-e"};
  info.storage_charge = {1000, 60, 130, 1000};
  info.open_store = [](std::shared_ptr<files::Folder> folder) {
    return storage::open_log_files(std::move(folder));
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
