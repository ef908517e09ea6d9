#include "models/crypto/kdf.hpp"

#include <openssl/evp.h>

#include <limits>
#include <stdexcept>

namespace ledgerlab {
namespace {

const char* chars(ByteView bytes) { return reinterpret_cast<const char*>(bytes.data()); }

}  // namespace

Bytes pbkdf2_sha256(ByteView password, ByteView salt, std::uint32_t iterations, std::size_t size) {
  constexpr auto limit = static_cast<std::uint32_t>(std::numeric_limits<int>::max());
  if (iterations == 0 || iterations > limit || size > limit) {
    throw std::invalid_argument("PBKDF2: iterations and size are from 1 to 2^31 - 1");
  }
  Bytes out(size);
  if (PKCS5_PBKDF2_HMAC(chars(password), static_cast<int>(password.size()), salt.data(),
                        static_cast<int>(salt.size()), static_cast<int>(iterations), EVP_sha256(),
                        static_cast<int>(size), out.data()) != 1) {
    throw std::runtime_error("OpenSSL PBKDF2 failed");
  }
  return out;
}

std::optional<Bytes> scrypt(ByteView password, ByteView salt, const ScryptCost& cost,
                            std::size_t size, std::uint64_t memory_max) {
  Bytes out(size);
  // OpenSSL counts some buffers beside the 128 * n * r bytes, so a little more is allowed.
  if (EVP_PBE_scrypt(chars(password), password.size(), salt.data(), salt.size(), cost.n, cost.r,
                     cost.p, memory_max + (std::uint64_t{1} << 20), out.data(), size) != 1) {
    return std::nullopt;
  }
  return out;
}

}  // namespace ledgerlab
