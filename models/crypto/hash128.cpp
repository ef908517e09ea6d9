// The library's own code, inlined into this file.
#include "models/crypto/hash128.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace ledgerlab {

Hash128 hash128(ByteView bytes, std::uint64_t seed) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed));
  Hash128 out;
  std::memcpy(out.data.data(), canonical.digest, out.size());
  return out;
}

}  // namespace ledgerlab
