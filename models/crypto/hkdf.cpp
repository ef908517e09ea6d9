#include "models/crypto/hkdf.hpp"

#include <sodium/crypto_auth_hmacsha256.h>

#include <algorithm>
#include <stdexcept>

namespace ledgerlab {
namespace {

struct Hmac {
  crypto_auth_hmacsha256_state state;
  explicit Hmac(ByteView key) { crypto_auth_hmacsha256_init(&state, key.data(), key.size()); }
  void add(ByteView text) { crypto_auth_hmacsha256_update(&state, text.data(), text.size()); }
  Hash256 end() {
    Hash256 out;
    crypto_auth_hmacsha256_final(&state, out.data.data());
    return out;
  }
};

}  // namespace

Hash256 hmac_sha256(ByteView key, ByteView text) {
  Hmac hmac(key);
  hmac.add(text);
  return hmac.end();
}

Hash256 hkdf_extract(ByteView salt, ByteView secret) { return hmac_sha256(salt, secret); }

Bytes hkdf_expand(const Hash256& key, ByteView info, std::size_t length) {
  if (length > 255 * 32) throw std::logic_error("HKDF gives at most 255 blocks");
  Bytes out;
  Hash256 block;
  for (Byte counter = 1; out.size() < length; ++counter) {
    Hmac hmac(key.view());
    if (counter > 1) hmac.add(block.view());
    hmac.add(info);
    hmac.add({&counter, 1});
    block = hmac.end();
    const std::size_t take = std::min<std::size_t>(32, length - out.size());
    out.insert(out.end(), block.data.begin(), block.data.begin() + static_cast<long>(take));
  }
  return out;
}

Hash256 hkdf_expand(const Hash256& key, std::string_view info) {
  constexpr Byte first = 1;
  Hmac hmac(key.view());
  hmac.add(as_bytes(info));
  hmac.add({&first, 1});
  return hmac.end();
}

}  // namespace ledgerlab
