// Storage mode `leveldb`: a key-value database (F.751.2 7.1.4.1), a log-structured merge tree;
// classes are told apart by the first byte of a key. Through LevelDB's own Env seam.
#pragma once

#include "models/parts/storage/key_value.hpp"

namespace ledgerlab::storage {

std::unique_ptr<Store> open_leveldb(files::FolderRef folder);

}  // namespace ledgerlab::storage
