// The running trace hash: XXH3-128 over each node's own stream of counted events, taken in blocks
// that chain (previous hash, four records), combined in node order. 32 bytes a record:
// {time i64, type u8, slot u8, kind u16, peer u32, a u64, b u64}, little endian.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "models/base/bytes.hpp"
#include "sim/record/event.hpp"

namespace ledgerlab {

/// XXH3-128 of `bytes`, canonical (big-endian) form.
Hash128 xxh3_128_canonical(ByteView bytes);

/// One node's stream.
class StreamHash {
 public:
  static constexpr std::size_t record_bytes = 32;
  static constexpr std::size_t records_per_block = 4;

  void add(const Event& e) {
    Byte* p = buffer_ + 16 + fill_ * record_bytes;
    const std::int64_t time = e.time.time_since_epoch().count();
    const std::uint64_t head =
        static_cast<std::uint64_t>(e.type) | static_cast<std::uint64_t>(e.slot) << 8 |
        static_cast<std::uint64_t>(e.kind) << 16 | static_cast<std::uint64_t>(e.peer) << 32;
    std::memcpy(p, &time, 8);
    std::memcpy(p + 8, &head, 8);
    std::memcpy(p + 16, &e.a, 8);
    std::memcpy(p + 24, &e.b, 8);
    if (++fill_ == records_per_block) fold();
  }
  /// Digest of everything added so far; adding may go on.
  Hash128 digest() const;
  std::uint64_t records() const { return blocks_ * records_per_block + fill_; }

 private:
  void fold();

  alignas(16) Byte buffer_[16 + records_per_block * record_bytes] = {};  // chained hash first
  std::uint32_t fill_ = 0;
  std::uint32_t blocks_ = 0;
};

/// Combines the streams in the order given (node 0 first).
Hash128 combine(std::span<const Hash128> streams);

}  // namespace ledgerlab
