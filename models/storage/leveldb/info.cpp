// Registration of the storage mode `leveldb`, with what worlds charge for it (measured: README.md).
#include "models/api/registry.hpp"
#include "models/storage/leveldb/leveldb_store.hpp"

namespace ledgerlab {

void register_storage_leveldb(Registry& registry) {
  ModelInfo info;
  info.name = "leveldb";
  info.kind = ModelKind::storage;
  info.slot = Slot::application;
  info.family = "key-value";
  info.summary = "LevelDB: a log-structured merge tree, a synchronous write for each batch.";
  info.f751 = {"F7512-7.1.4.1-a", "F7512-7.1.4.1-d"};
  info.storage_charge = {2300, 60, 120, 1040};
  info.open_store = [](std::shared_ptr<files::Folder> folder) {
    return storage::open_leveldb(std::move(folder));
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
