// Registration of the storage mode `sqlite`, with what worlds charge for it (measured: README.md).
#include "models/api/registry.hpp"
#include "models/storage/sqlite/sqlite_store.hpp"

namespace ledgerlab {

void register_storage_sqlite(Registry& registry) {
  ModelInfo info;
  info.name = "sqlite";
  info.version = 2;
  info.kind = ModelKind::storage;
  info.slot = Slot::application;
  info.family = "relational";
  info.summary = "SQLite: one table a class, write-ahead log, full synchronisation.";
  info.f751 = {"F7512-7.1.4.1-a", "F7512-7.1.4.1-c"};
  info.storage_charge = {2100, 17500, 8000, 1000};
  // A row under 660 bytes shares its page with others; the log is carried over every 4 MiB.
  info.storage_charge.small_permille = 21000;
  info.storage_charge.small_per_record = 5000;
  info.storage_charge.syncs_permille_per_mib = 420;
  info.storage_charge.more_syncs_permille_most = 2500;
  info.open_store = [](std::shared_ptr<files::Folder> folder) {
    return storage::open_sqlite(std::move(folder));
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
