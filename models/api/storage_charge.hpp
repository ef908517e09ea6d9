// What a storage mode takes from the disk beyond the bytes it is given, as measured on the mode
// itself (tests/bench/storage_bench.cpp): how worlds charge it (DESIGN 13.9).
#pragma once

#include <algorithm>
#include <cstdint>

namespace ledgerlab {

/// Bytes written = given * bytes_permille / 1000 + bytes_per_record for each record +
/// bytes_per_sync for each group of records that is made durable together; waits = syncs_permille /
/// 1000 a group.
struct StorageCharge {
  std::uint32_t bytes_permille = 1000;
  std::uint32_t bytes_per_record = 0;
  std::uint32_t bytes_per_sync = 0;
  std::uint32_t syncs_permille = 1000;
  bool keeps_nothing = false;  // a crash loses all
  /// Where pages are shared by small records: a steeper line from lower down that holds as long as
  /// it is below the first one. 0: there is none.
  std::uint32_t small_permille = 0;
  std::uint32_t small_per_record = 0;
  /// A log that is carried over now and then: syncs more for each MiB written, at most so many.
  std::uint32_t syncs_permille_per_mib = 0;
  std::uint32_t more_syncs_permille_most = 0;

  std::uint64_t record_bytes(std::uint64_t given) const {
    const std::uint64_t large = given * bytes_permille / 1000 + bytes_per_record;
    return small_permille == 0 ? large
                               : std::min(large, given * small_permille / 1000 + small_per_record);
  }
  /// Of a group that writes so many bytes, thousandths.
  std::uint64_t group_syncs_permille(std::uint64_t bytes) const {
    return syncs_permille +
           std::min<std::uint64_t>(more_syncs_permille_most, bytes * syncs_permille_per_mib >> 20);
  }
};

}  // namespace ledgerlab
