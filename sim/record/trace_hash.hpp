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

/// The records of one stream that are not folded yet.
struct alignas(64) StreamBlock {
  static constexpr std::size_t record_bytes = 32;
  static constexpr std::size_t record_count = 4;
  Byte records[record_count * record_bytes] = {};
};

/// One node's stream, its block apart: who keeps many streams has this beside what else an addition
/// touches, and of the block it touches one cache line.
class StreamChain {
 public:
  void add(const Event& e, StreamBlock& block) {
    Byte* p = block.records + fill_ * StreamBlock::record_bytes;
    const std::int64_t time = e.time.time_since_epoch().count();
    const std::uint64_t head =
        static_cast<std::uint64_t>(e.type) | static_cast<std::uint64_t>(e.slot) << 8 |
        static_cast<std::uint64_t>(e.kind) << 16 | static_cast<std::uint64_t>(e.peer) << 32;
    std::memcpy(p, &time, 8);
    std::memcpy(p + 8, &head, 8);
    std::memcpy(p + 16, &e.a, 8);
    std::memcpy(p + 24, &e.b, 8);
    if (++fill_ == StreamBlock::record_count) fold(block);
  }
  /// Digest of everything added so far; adding may go on.
  Hash128 digest(const StreamBlock& block) const;
  std::uint64_t records() const {
    return std::uint64_t{blocks_} * StreamBlock::record_count + fill_;
  }
  /// Asks for the lines of the block that the next addition touches: one, or all to fold them.
  [[gnu::always_inline]] void fetch(const StreamBlock& block) const {
    __builtin_prefetch(block.records + fill_ * StreamBlock::record_bytes, 1);
    if (fill_ + 1 == StreamBlock::record_count) __builtin_prefetch(block.records, 1);
  }

 private:
  void fold(const StreamBlock& block);

  Byte hash_[16] = {};  // of all blocks before
  std::uint32_t fill_ = 0;
  std::uint32_t blocks_ = 0;
};

/// Both together.
class StreamHash {
 public:
  static constexpr std::size_t record_bytes = StreamBlock::record_bytes;
  void add(const Event& e) { chain_.add(e, block_); }
  Hash128 digest() const { return chain_.digest(block_); }
  std::uint64_t records() const { return chain_.records(); }

 private:
  StreamBlock block_;
  StreamChain chain_;
};

/// Combines the streams in the order given (node 0 first).
Hash128 combine(std::span<const Hash128> streams);

}  // namespace ledgerlab
