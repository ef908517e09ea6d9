// OpenSSL takes the signature in DER only.
#include "models/crypto/p256.hpp"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>
#include <stdexcept>

namespace ledgerlab {
namespace {

struct Free {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(EVP_PKEY_CTX* p) const { EVP_PKEY_CTX_free(p); }
  void operator()(ECDSA_SIG* p) const { ECDSA_SIG_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

/// Null if the point is not on the curve.
Owned<EVP_PKEY> public_key(const FixedBytes<64>& key) {
  FixedBytes<65> sec1;
  sec1.data[0] = 4;
  std::memcpy(sec1.data.data() + 1, key.data.data(), key.size());
  char group[] = "P-256";
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, sec1.data.data(), sec1.size()),
      OSSL_PARAM_construct_end()};
  const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* out = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1) {
    throw std::runtime_error("OpenSSL does not offer elliptic curves");
  }
  if (EVP_PKEY_fromdata(context.get(), &out, EVP_PKEY_PUBLIC_KEY, parameters) != 1) return nullptr;
  return Owned<EVP_PKEY>(out);
}

Bytes der(const FixedBytes<64>& signature) {
  const Owned<ECDSA_SIG> parsed(ECDSA_SIG_new());
  BIGNUM* r = BN_bin2bn(signature.data.data(), 32, nullptr);
  BIGNUM* s = BN_bin2bn(signature.data.data() + 32, 32, nullptr);
  if (!parsed || r == nullptr || s == nullptr || ECDSA_SIG_set0(parsed.get(), r, s) != 1) {
    throw std::bad_alloc();
  }
  Bytes out(static_cast<std::size_t>(i2d_ECDSA_SIG(parsed.get(), nullptr)));
  Byte* end = out.data();
  i2d_ECDSA_SIG(parsed.get(), &end);
  return out;
}

}  // namespace

bool p256_verify(const FixedBytes<64>& key, const Hash256& digest,
                 const FixedBytes<64>& signature) {
  const Owned<EVP_PKEY> parsed = public_key(key);
  if (!parsed) return false;
  const Bytes encoded = der(signature);
  const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new(parsed.get(), nullptr));
  return context && EVP_PKEY_verify_init(context.get()) == 1 &&
         EVP_PKEY_verify(context.get(), encoded.data(), encoded.size(), digest.data.data(),
                         digest.size()) == 1;
}

}  // namespace ledgerlab
