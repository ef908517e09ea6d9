// Storage mode `files`: the node's own append-only files ("self-organized file mode" of F.751.2
// 7.1.4.1). One record a batch; an index of all keys in memory; when more than half of the bytes are
// of entries that were replaced, what lives is written into files of the next generation.
//
// File <generation>-<number>.log, numbers from 0. Record: magic, length of the body, XXH3-64 of those
// two and of the record's place, body, XXH3-128 of the body. Body: kind (a batch, entries taken over
// from the generation before, or the end of those), writes. A generation counts once its "end" record
// is durable; others are removed when the store is opened. A record that is cut off at the very end
// was torn by a crash and is written over; a bad record anywhere else is damage.
#pragma once

#include "models/parts/storage/key_value.hpp"

namespace ledgerlab::storage {

struct LogFilesOptions {
  std::uint64_t file_bytes = std::uint64_t{64} << 20;  // a new file is begun beyond this
  std::uint64_t compact_above = std::uint64_t{1} << 20;  // bytes below which nothing is rewritten
};

std::unique_ptr<Store> open_log_files(files::FolderRef folder, LogFilesOptions options = {});

}  // namespace ledgerlab::storage
