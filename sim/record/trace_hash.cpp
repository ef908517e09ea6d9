#include "sim/record/trace_hash.hpp"

#include <xxhash.h>

#include <vector>

namespace ledgerlab {

Hash128 xxh3_128_canonical(ByteView bytes) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
  Hash128 out;
  std::memcpy(out.data.data(), canonical.digest, 16);
  return out;
}

void StreamChain::fold(const StreamBlock& block) {
  Byte chained[sizeof hash_ + sizeof block.records];
  std::memcpy(chained, hash_, sizeof hash_);
  std::memcpy(chained + sizeof hash_, block.records, sizeof block.records);
  const XXH128_hash_t hash = XXH3_128bits(chained, sizeof chained);
  std::memcpy(hash_, &hash.low64, 8);
  std::memcpy(hash_ + 8, &hash.high64, 8);
  ++blocks_;
}

Hash128 StreamChain::digest(const StreamBlock& block, unsigned filled) const {
  // The number of records closes the stream, so that no stream is a prefix of another.
  Byte tail[sizeof hash_ + sizeof block.records + 8] = {};
  const std::size_t bytes = filled * StreamBlock::record_bytes;
  const std::size_t used = sizeof hash_ + bytes;
  std::memcpy(tail, hash_, sizeof hash_);
  std::memcpy(tail + sizeof hash_, block.records, bytes);
  const std::uint64_t count = records() + filled;
  std::memcpy(tail + used, &count, 8);
  return xxh3_128_canonical({tail, used + 8});
}

Hash128 combine(std::span<const Hash128> streams) {
  std::vector<Byte> all;
  all.reserve(streams.size() * 16);
  for (const Hash128& h : streams) all.insert(all.end(), h.data.begin(), h.data.end());
  return xxh3_128_canonical(all);
}

}  // namespace ledgerlab
