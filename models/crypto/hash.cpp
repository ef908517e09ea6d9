// OpenSSL and libsodium for what they have; Keccak with the original padding stands in keccak.cpp.
#include "models/crypto/hash.hpp"

// SHA-256 goes past EVP: its context can be copied, and a short text costs half.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <sodium/crypto_hash_sha512.h>

#include <stdexcept>

namespace ledgerlab {
namespace {

/// One digest fetched once and one context used again: the one-shot call costs 200 ns more
/// (DESIGN 15).
class Digest {
 public:
  explicit Digest(const char* name)
      : digest_(EVP_MD_fetch(nullptr, name, nullptr)), context_(EVP_MD_CTX_new()) {
    if (digest_ == nullptr || context_ == nullptr ||
        EVP_DigestInit_ex2(context_, digest_, nullptr) != 1) {
      throw std::runtime_error(std::string("OpenSSL does not offer ") + name);
    }
  }
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;
  ~Digest() {
    EVP_MD_CTX_free(context_);
    EVP_MD_free(digest_);
  }

  template <std::size_t N>
  FixedBytes<N> operator()(ByteView bytes) {
    FixedBytes<N> out;
    unsigned size = N;
    if (EVP_DigestInit_ex2(context_, nullptr, nullptr) != 1 ||
        EVP_DigestUpdate(context_, bytes.data(), bytes.size()) != 1 ||
        EVP_DigestFinal_ex(context_, out.data.data(), &size) != 1 || size != N) {
      throw std::runtime_error("OpenSSL digest failed");
    }
    return out;
  }

 private:
  EVP_MD* digest_;
  EVP_MD_CTX* context_;
};

}  // namespace

Hash256 sha256(ByteView bytes) { return Sha256().add(bytes).digest(); }

static_assert(sizeof(SHA256_CTX) == sizeof(Sha256) && std::is_trivially_copyable_v<SHA256_CTX>);

Sha256::Sha256() {
  SHA256_CTX context;
  SHA256_Init(&context);
  std::memcpy(state_.data(), &context, sizeof context);
}

Sha256& Sha256::add(ByteView bytes) {
  SHA256_CTX context;
  std::memcpy(&context, state_.data(), sizeof context);
  SHA256_Update(&context, bytes.data(), bytes.size());
  std::memcpy(state_.data(), &context, sizeof context);
  return *this;
}

Hash256 Sha256::digest() const {
  SHA256_CTX context;
  std::memcpy(&context, state_.data(), sizeof context);
  Hash256 out;
  SHA256_Final(out.data.data(), &context);
  return out;
}

Hash256 sha256d(ByteView bytes) { return sha256(sha256(bytes).view()); }

Hash160 ripemd160(ByteView bytes) {
  thread_local Digest digest("RIPEMD160");
  return digest.operator()<20>(bytes);
}

Hash160 sha1(ByteView bytes) {
  thread_local Digest digest("SHA1");
  return digest.operator()<20>(bytes);
}

Hash512 sha512(ByteView bytes) {
  Hash512 out;
  crypto_hash_sha512(out.data.data(), bytes.data(), bytes.size());
  return out;
}

}  // namespace ledgerlab
