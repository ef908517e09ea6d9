#include "models/parts/suite/work.hpp"

#include <cstring>

#include "models/crypto/hash.hpp"

namespace ledgerlab {

bool nonce_is_work(const Hash256& header, const U256& target, std::uint64_t nonce) {
  std::array<Byte, 40> text;
  std::memcpy(text.data(), header.data.data(), 32);
  for (std::size_t i = 0; i < 8; ++i) text[32 + i] = static_cast<Byte>(nonce >> (8 * i));
  return u256_from(sha256d(text)) <= target;
}

}  // namespace ledgerlab
