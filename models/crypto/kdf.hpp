// Keys from passwords, by OpenSSL: PBKDF2 (RFC 8018) and scrypt (RFC 7914).
#pragma once

#include <cstdint>
#include <optional>

#include "models/base/bytes.hpp"

namespace ledgerlab {

/// PBKDF2 with HMAC-SHA-256; at least one iteration.
Bytes pbkdf2_sha256(ByteView password, ByteView salt, std::uint32_t iterations, std::size_t size);

struct ScryptCost {
  std::uint64_t n = 1 << 18;  // a power of two
  std::uint32_t r = 8;
  std::uint32_t p = 1;
};
/// Nothing if the cost is not one scrypt defines, or needs more than `memory_max` bytes.
std::optional<Bytes> scrypt(ByteView password, ByteView salt, const ScryptCost& cost,
                            std::size_t size, std::uint64_t memory_max = std::uint64_t{1} << 30);

}  // namespace ledgerlab
