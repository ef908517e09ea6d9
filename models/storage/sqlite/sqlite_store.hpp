// Storage mode `sqlite`: a relational database (F.751.2 7.1.4.1), one table a class, write-ahead log
// with full synchronisation, through SQLite's own VFS seam. `ledger.sqlite` can be read by any tool
// while no node holds it; values end in a 16-byte checksum.
#pragma once

#include "models/parts/storage/key_value.hpp"

namespace ledgerlab::storage {

std::unique_ptr<Store> open_sqlite(files::FolderRef folder);

}  // namespace ledgerlab::storage
