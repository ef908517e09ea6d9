#include "models/crypto/cipher.hpp"

#include <openssl/evp.h>

#include <memory>
#include <stdexcept>

namespace ledgerlab {
namespace {

const EVP_CIPHER* cipher_of(bool counter, std::size_t key_bytes) {
  switch (key_bytes) {
    case 16:
      return counter ? EVP_aes_128_ctr() : EVP_aes_128_cbc();
    case 24:
      return counter ? EVP_aes_192_ctr() : EVP_aes_192_cbc();
    case 32:
      return counter ? EVP_aes_256_ctr() : EVP_aes_256_cbc();
    default:
      throw std::invalid_argument("AES keys have 16, 24 or 32 bytes");
  }
}

std::optional<Bytes> crypt(const EVP_CIPHER* cipher, ByteView key, const AesBlock& iv,
                           ByteView text, bool encrypt) {
  const std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)> context(EVP_CIPHER_CTX_new(),
                                                                           EVP_CIPHER_CTX_free);
  Bytes out(text.size() + 16);
  int size = 0, rest = 0;
  if (EVP_CipherInit_ex(context.get(), cipher, nullptr, key.data(), iv.data.data(),
                        encrypt ? 1 : 0) != 1 ||
      EVP_CipherUpdate(context.get(), out.data(), &size, text.data(),
                       static_cast<int>(text.size())) != 1 ||
      EVP_CipherFinal_ex(context.get(), out.data() + size, &rest) != 1) {
    return std::nullopt;
  }
  out.resize(static_cast<std::size_t>(size + rest));
  return out;
}

Bytes or_throw(std::optional<Bytes> text) {
  if (!text) throw std::runtime_error("OpenSSL could not encrypt");
  return *std::move(text);
}

}  // namespace

Bytes aes_ctr(ByteView key, const AesBlock& first_counter, ByteView text) {
  return or_throw(crypt(cipher_of(true, key.size()), key, first_counter, text, true));
}

Bytes aes_cbc_encrypt(ByteView key, const AesBlock& iv, ByteView plain) {
  return or_throw(crypt(cipher_of(false, key.size()), key, iv, plain, true));
}

std::optional<Bytes> aes_cbc_decrypt(ByteView key, const AesBlock& iv, ByteView sealed) {
  return crypt(cipher_of(false, key.size()), key, iv, sealed, false);
}

}  // namespace ledgerlab
