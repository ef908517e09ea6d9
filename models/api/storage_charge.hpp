// What a storage mode takes from the disk beyond the bytes it is given, as measured on the mode
// itself (tests/bench/storage_bench.cpp): how worlds charge it (DESIGN 13.9).
#pragma once

#include <cstdint>

namespace ledgerlab {

/// Bytes written = given * bytes_permille / 1000 + bytes_per_record for each record + bytes_per_sync
/// for each group of records that is made durable together; waits = syncs_permille / 1000 a group.
struct StorageCharge {
  std::uint32_t bytes_permille = 1000;
  std::uint32_t bytes_per_record = 0;
  std::uint32_t bytes_per_sync = 0;
  std::uint32_t syncs_permille = 1000;
  bool keeps_nothing = false;  // a crash loses all
};

}  // namespace ledgerlab
