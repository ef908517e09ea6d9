// The packaged libraries behind one face for vectors.
#include "tests/vectors/runner/libraries.hpp"

#include <cryptopp/aes.h>
#include <cryptopp/algparam.h>
#include <cryptopp/argnames.h>
#include <cryptopp/ccm.h>
#include <cryptopp/keccak.h>
#include <cryptopp/sm4.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sodium/crypto_generichash_blake2b.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <stdexcept>

namespace ledgerlab::vectors {
namespace {

template <auto free>
struct Free {
  template <class T>
  void operator()(T* object) const {
    free(object);
  }
};
using Md = std::unique_ptr<EVP_MD, Free<EVP_MD_free>>;
using MdContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;

/// Capital letters and digits alone, so that SHA3-256, SHA-3(256) and Sha3_256 are one name.
std::string normal(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c))) {
      out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
  }
  return out;
}

struct Name {
  std::string_view normal;
  const char* openssl;
};
constexpr Name names[] = {
    {"SHA1", "SHA1"},
    {"SHA224", "SHA224"},
    {"SHA256", "SHA256"},
    {"SHA384", "SHA384"},
    {"SHA512", "SHA512"},
    {"SHA512224", "SHA512-224"},
    {"SHA512256", "SHA512-256"},
    {"SHA3224", "SHA3-224"},
    {"SHA3256", "SHA3-256"},
    {"SHA3384", "SHA3-384"},
    {"SHA3512", "SHA3-512"},
    {"RIPEMD160", "RIPEMD160"},
    {"SM3", "SM3"},
    {"BLAKE2S256", "BLAKE2S-256"},
    {"MD5", "MD5"},
};

Md fetch(std::string_view name) {
  const std::string wanted = normal(name);
  for (const Name& entry : names) {
    if (entry.normal == wanted) return Md(EVP_MD_fetch(nullptr, entry.openssl, nullptr));
  }
  return nullptr;
}

Bytes evp_digest(const EVP_MD* md, ByteView bytes, std::optional<std::size_t> size) {
  const MdContext context(EVP_MD_CTX_new());
  Bytes out(size.value_or(static_cast<std::size_t>(EVP_MD_get_size(md))));
  const bool fed = EVP_DigestInit_ex2(context.get(), md, nullptr) == 1 &&
                   EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1;
  if (!fed || (size ? EVP_DigestFinalXOF(context.get(), out.data(), out.size())
                    : EVP_DigestFinal_ex(context.get(), out.data(), nullptr)) != 1) {
    throw std::runtime_error("OpenSSL digest failed");
  }
  return out;
}

template <class Hash>
Bytes cryptopp_digest(ByteView bytes) {
  Hash hash;
  Bytes out(hash.DigestSize());
  hash.CalculateDigest(out.data(), bytes.data(), bytes.size());
  return out;
}

std::optional<Bytes> keccak(std::string_view bits, ByteView bytes) {
  if (bits == "224") return cryptopp_digest<CryptoPP::Keccak_224>(bytes);
  if (bits == "256") return cryptopp_digest<CryptoPP::Keccak_256>(bytes);
  if (bits == "384") return cryptopp_digest<CryptoPP::Keccak_384>(bytes);
  if (bits == "512") return cryptopp_digest<CryptoPP::Keccak_512>(bytes);
  return std::nullopt;
}

// --- CCM by Crypto++, which checks key and nonce and throws

template <class Mode>
void set_up(Mode& mode, ByteView key, ByteView nonce, std::size_t tag_size) {
  const CryptoPP::ConstByteArrayParameter iv(nonce.data(), nonce.size());
  mode.SetKey(key.data(), key.size(),
              CryptoPP::MakeParameters(CryptoPP::Name::IV(), iv)(CryptoPP::Name::DigestSize(),
                                                                 static_cast<int>(tag_size)));
}

template <class Cipher>
Sealed ccm_seal(ByteView key, ByteView nonce, ByteView associated, ByteView plain,
                std::size_t tag_size) {
  typename CryptoPP::CCM<Cipher>::Encryption mode;
  set_up(mode, key, nonce, tag_size);
  Sealed out{Bytes(plain.size()), Bytes(tag_size)};
  mode.EncryptAndAuthenticate(out.text.data(), out.tag.data(), tag_size, nonce.data(),
                              static_cast<int>(nonce.size()), associated.data(), associated.size(),
                              plain.data(), plain.size());
  return out;
}

template <class Cipher>
std::optional<Bytes> ccm_open(ByteView key, ByteView nonce, ByteView associated,
                              const Sealed& sealed) {
  typename CryptoPP::CCM<Cipher>::Decryption mode;
  set_up(mode, key, nonce, sealed.tag.size());
  Bytes out(sealed.text.size());
  if (!mode.DecryptAndVerify(out.data(), sealed.tag.data(), sealed.tag.size(), nonce.data(),
                             static_cast<int>(nonce.size()), associated.data(), associated.size(),
                             sealed.text.data(), sealed.text.size())) {
    return std::nullopt;
  }
  return out;
}

// --- GCM (NIST SP 800-38D) over a block cipher. Crypto++ 8.7 carries out of the 32-bit counter,
// and OpenSSL 3.0 has no GCM for SM4, so the mode is written out here.

using Block16 = std::array<Byte, 16>;

Block16 exclusive_or(Block16 a, const Block16& b) {
  for (std::size_t i = 0; i < 16; ++i) a[i] ^= b[i];
  return a;
}

/// 6.3: multiplication in GF(2^128), bit 0 being the leftmost.
Block16 multiply(const Block16& x, Block16 v) {
  Block16 z{};
  for (std::size_t bit = 0; bit < 128; ++bit) {
    if ((x[bit / 8] >> (7 - bit % 8) & 1) != 0) z = exclusive_or(z, v);
    const bool odd = (v[15] & 1) != 0;
    for (std::size_t i = 16; i-- > 0;) {
      v[i] = static_cast<Byte>(v[i] >> 1 | (i > 0 ? v[i - 1] << 7 : 0));
    }
    if (odd) v[0] ^= 0xe1;
  }
  return z;
}

/// 6.4, over `bytes` filled up with zeros.
void ghash(Block16& state, const Block16& h, ByteView bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += 16) {
    Block16 block{};
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                std::min<std::size_t>(16, bytes.size() - at), block.begin());
    state = multiply(exclusive_or(state, block), h);
  }
}

Block16 lengths(std::uint64_t first, std::uint64_t second) {
  Block16 out;
  for (std::size_t i = 0; i < 8; ++i) {
    out[i] = static_cast<Byte>(first * 8 >> (56 - 8 * i));
    out[8 + i] = static_cast<Byte>(second * 8 >> (56 - 8 * i));
  }
  return out;
}

/// 6.2: the last 32 bits count and wrap.
void increment(Block16& counter) {
  for (std::size_t i = 16; i-- > 12;) {
    if (++counter[i] != 0) return;
  }
}

template <class Cipher>
class Gcm {
 public:
  Gcm(ByteView key, ByteView nonce) {
    cipher_.SetKey(key.data(), key.size());
    if (nonce.empty()) throw CryptoPP::InvalidArgument("GCM: no nonce");
    h_ = encrypt({});
    if (nonce.size() == 12) {
      std::copy(nonce.begin(), nonce.end(), first_.begin());
      first_[15] = 1;
    } else {
      ghash(first_, h_, nonce);
      ghash(first_, h_, lengths(0, nonce.size()));
    }
  }

  Bytes crypt(ByteView text) const {
    Bytes out(text.begin(), text.end());
    Block16 counter = first_;
    for (std::size_t at = 0; at < out.size(); at += 16) {
      increment(counter);
      const Block16 stream = encrypt(counter);
      for (std::size_t i = 0; i < 16 && at + i < out.size(); ++i) out[at + i] ^= stream[i];
    }
    return out;
  }

  Bytes tag(ByteView associated, ByteView sealed, std::size_t size) const {
    Block16 state{};
    ghash(state, h_, associated);
    ghash(state, h_, sealed);
    ghash(state, h_, lengths(associated.size(), sealed.size()));
    state = exclusive_or(state, encrypt(first_));
    return Bytes(state.begin(), state.begin() + static_cast<std::ptrdiff_t>(size));
  }

 private:
  Block16 encrypt(const Block16& block) const {
    Block16 out;
    cipher_.ProcessBlock(block.data(), out.data());
    return out;
  }

  typename Cipher::Encryption cipher_;
  Block16 h_{};
  Block16 first_{};  // J0
};

template <class Cipher>
Sealed gcm_seal(ByteView key, ByteView nonce, ByteView associated, ByteView plain,
                std::size_t tag_size) {
  if (tag_size > 16) throw CryptoPP::InvalidArgument("GCM: tags have at most 16 bytes");
  const Gcm<Cipher> gcm(key, nonce);
  Sealed out{gcm.crypt(plain), {}};
  out.tag = gcm.tag(associated, out.text, tag_size);
  return out;
}

template <class Cipher>
std::optional<Bytes> gcm_open(ByteView key, ByteView nonce, ByteView associated,
                              const Sealed& sealed) {
  if (sealed.tag.size() > 16) return std::nullopt;
  const Gcm<Cipher> gcm(key, nonce);
  if (gcm.tag(associated, sealed.text, sealed.tag.size()) != sealed.tag) return std::nullopt;
  return gcm.crypt(sealed.text);
}

struct Aead {
  std::string_view cipher;
  std::string_view mode;
  Sealed (*seal)(ByteView, ByteView, ByteView, ByteView, std::size_t);
  std::optional<Bytes> (*open)(ByteView, ByteView, ByteView, const Sealed&);
};
constexpr Aead aeads[] = {
    {"AES", "GCM", gcm_seal<CryptoPP::AES>, gcm_open<CryptoPP::AES>},
    {"AES", "CCM", ccm_seal<CryptoPP::AES>, ccm_open<CryptoPP::AES>},
    {"SM4", "GCM", gcm_seal<CryptoPP::SM4>, gcm_open<CryptoPP::SM4>},
    {"SM4", "CCM", ccm_seal<CryptoPP::SM4>, ccm_open<CryptoPP::SM4>},
};

const Aead* aead_of(const AeadRule& rule) {
  for (const Aead& entry : aeads) {
    if (entry.cipher == rule.cipher && entry.mode == rule.mode) return &entry;
  }
  return nullptr;
}

}  // namespace

std::optional<Bytes> digest(std::string_view name, ByteView bytes, std::size_t size) {
  const std::string wanted = normal(name.substr(0, name.find('(')));
  if (wanted == "SHAKE128" || wanted == "SHAKE256") {
    const Md md(EVP_MD_fetch(nullptr, wanted.c_str(), nullptr));
    return evp_digest(md.get(), bytes, size);
  }
  const std::string whole = normal(name);
  for (const std::string_view prefix : {"KECCAK1600", "KECCAK"}) {
    if (whole.starts_with(prefix)) return keccak(whole.substr(prefix.size()), bytes);
  }
  if (whole.starts_with("BLAKE2B") && size >= crypto_generichash_blake2b_BYTES_MIN &&
      size <= crypto_generichash_blake2b_BYTES_MAX) {
    Bytes out(size);
    crypto_generichash_blake2b(out.data(), size, bytes.data(), bytes.size(), nullptr, 0);
    return out;
  }
  if (whole == "SHA256192") {  // the first 192 bits of SHA-256
    auto out = digest("SHA256", bytes, 32);
    out->resize(24);
    return out;
  }
  const Md md = fetch(name);
  if (!md) return std::nullopt;
  return evp_digest(md.get(), bytes, std::nullopt);
}

std::optional<Bytes> hmac(std::string_view digest_name, ByteView key, ByteView text) {
  const Md md = fetch(digest_name);
  if (!md) return std::nullopt;
  Bytes out(static_cast<std::size_t>(EVP_MD_get_size(md.get())));
  if (::HMAC(md.get(), key.data(), static_cast<int>(key.size()), text.data(), text.size(),
             out.data(), nullptr) == nullptr) {
    throw std::runtime_error("OpenSSL HMAC failed");
  }
  return out;
}

bool verify(const SignatureRule& rule, ByteView key_der, ByteView message, ByteView signature) {
  const unsigned char* at = key_der.data();
  const Key key(d2i_PUBKEY(nullptr, &at, static_cast<long>(key_der.size())));
  if (!key) return false;
  const Md md = rule.digest.empty() ? Md() : fetch(rule.digest);
  if (!rule.digest.empty() && !md) throw std::runtime_error("no digest " + rule.digest);
  const MdContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;  // belongs to the context
  if (EVP_DigestVerifyInit(context.get(), &parameters, md.get(), nullptr, key.get()) != 1) {
    return false;
  }
  if (rule.pss) {
    const Md mgf = fetch(rule.mgf_digest);
    if (EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) != 1 ||
        EVP_PKEY_CTX_set_rsa_mgf1_md(parameters, mgf.get()) != 1 ||
        EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, rule.salt) != 1) {
      throw std::runtime_error("OpenSSL refuses the parameters of PSS");
    }
  }
  return EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

std::optional<Bytes> p1363_to_der(ByteView signature, std::size_t size) {
  if (signature.size() != 2 * size) return std::nullopt;
  Bytes body;
  for (const ByteView number : {signature.first(size), signature.last(size)}) {
    auto first = std::find_if(number.begin(), number.end(), [](Byte b) { return b != 0; });
    const bool pad = first == number.end() || (*first & 0x80) != 0;
    body.push_back(2);
    body.push_back(static_cast<Byte>(number.end() - first + (pad ? 1 : 0)));
    if (pad) body.push_back(0);
    body.insert(body.end(), first, number.end());
  }
  Bytes out = {0x30};
  if (body.size() > 127) out.push_back(0x81);
  out.push_back(static_cast<Byte>(body.size()));
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

bool has_aead(const AeadRule& rule) { return aead_of(rule) != nullptr; }

std::optional<Sealed> seal(const AeadRule& rule, ByteView key, ByteView nonce, ByteView associated,
                           ByteView plain, std::size_t tag_size) {
  try {
    return aead_of(rule)->seal(key, nonce, associated, plain, tag_size);
  } catch (const CryptoPP::InvalidArgument&) {
    return std::nullopt;
  }
}

std::optional<Bytes> open(const AeadRule& rule, ByteView key, ByteView nonce, ByteView associated,
                          const Sealed& sealed) {
  try {
    return aead_of(rule)->open(key, nonce, associated, sealed);
  } catch (const CryptoPP::InvalidArgument&) {
    return std::nullopt;
  }
}

}  // namespace ledgerlab::vectors
