// Registration of the storage mode `sqlite`, with what worlds charge for it (measured: README.md).
#include "models/api/registry.hpp"
#include "models/storage/sqlite/sqlite_store.hpp"

namespace ledgerlab {

void register_storage_sqlite(Registry& registry) {
  ModelInfo info;
  info.name = "sqlite";
  info.kind = ModelKind::storage;
  info.slot = Slot::application;
  info.family = "relational";
  info.summary = "SQLite: one table a class, write-ahead log, full synchronisation.";
  info.f751 = {"F7512-7.1.4.1-a", "F7512-7.1.4.1-c"};
  info.storage_charge = {2050, 6600, 11000, 1020};
  info.open_store = [](std::shared_ptr<files::Folder> folder) {
    return storage::open_sqlite(std::move(folder));
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
