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

/// The records of one stream that are not folded yet: how many, its keeper knows.
struct alignas(64) StreamBlock {
  static constexpr std::size_t record_bytes = 32;
  static constexpr unsigned record_count = 4;
  Byte records[record_count * record_bytes] = {};

  Byte* record(unsigned place) { return records + place * record_bytes; }
  void put(const Event& e, unsigned place) {
    Byte* p = record(place);
    const std::int64_t time = e.time.time_since_epoch().count();
    const std::uint64_t head =
        static_cast<std::uint64_t>(e.type) | static_cast<std::uint64_t>(e.slot) << 8 |
        static_cast<std::uint64_t>(e.kind) << 16 | static_cast<std::uint64_t>(e.peer) << 32;
    std::memcpy(p, &time, 8);
    std::memcpy(p + 8, &head, 8);
    std::memcpy(p + 16, &e.a, 8);
    std::memcpy(p + 24, &e.b, 8);
  }
};

/// One node's stream without its newest records. Who keeps many streams lays block, chain and the
/// number of records in the block where an addition finds them among what else it touches.
class StreamChain {
 public:
  /// The block is full.
  void fold(const StreamBlock& block);
  /// Digest of everything added so far, `filled` records of it still in the block; adding may go
  /// on.
  Hash128 digest(const StreamBlock& block, unsigned filled) const;
  std::uint64_t records() const { return blocks_ * StreamBlock::record_count; }

 private:
  Byte hash_[16] = {};  // of all blocks before
  std::uint64_t blocks_ = 0;
};

/// All together.
class StreamHash {
 public:
  static constexpr std::size_t record_bytes = StreamBlock::record_bytes;
  void add(const Event& e) {
    block_.put(e, filled_);
    if (++filled_ < StreamBlock::record_count) return;
    chain_.fold(block_);
    filled_ = 0;
  }
  Hash128 digest() const { return chain_.digest(block_, filled_); }
  std::uint64_t records() const { return chain_.records() + filled_; }

 private:
  StreamBlock block_;
  StreamChain chain_;
  unsigned filled_ = 0;
};

/// Combines the streams in the order given (node 0 first).
Hash128 combine(std::span<const Hash128> streams);

}  // namespace ledgerlab
