#include "models/crypto/keystore.hpp"

#include <openssl/crypto.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "models/crypto/hash.hpp"

namespace ledgerlab {
namespace {

using Json = nlohmann::json;

constexpr std::size_t derived_bytes_min = 32;  // 16 for the cipher, 16 for the MAC

/// Ends the reading of a file.
struct Fault {
  KeystoreVerdict verdict;
  std::string what;
};

[[noreturn]] void malformed(const std::string& what) {
  throw Fault{KeystoreVerdict::malformed, what};
}
[[noreturn]] void unsupported(const std::string& what) {
  throw Fault{KeystoreVerdict::unsupported, what};
}

const Json& member(const Json& object, const char* name) {
  if (!object.is_object() || !object.contains(name)) malformed(std::string(name) + " is missing");
  return object.at(name);
}

std::string text(const Json& object, const char* name) {
  const Json& value = member(object, name);
  if (!value.is_string()) malformed(std::string(name) + " is no text");
  return value;
}

Bytes hex(const Json& object, const char* name) {
  const auto bytes = from_hex(text(object, name));
  if (!bytes) malformed(std::string(name) + " is not hexadecimal");
  return *bytes;
}

std::uint64_t number(const Json& object, const char* name) {
  const Json& value = member(object, name);
  if (!value.is_number_unsigned()) malformed(std::string(name) + " is no whole number");
  return value;
}

std::uint32_t small_number(const Json& object, const char* name) {
  const std::uint64_t value = number(object, name);
  if (value > 0x7fff'ffff) malformed(std::string(name) + " is too large");
  return static_cast<std::uint32_t>(value);
}

/// 1 or 3; version 1 files write it as text.
int version_of(const Json& file) {
  const Json& version = member(file, "version");
  if (version == 3 || version == "3") return 3;
  if (version == 1 || version == "1") return 1;
  unsupported("version " + version.dump());
}

/// The member is "crypto" in version 3 and "Crypto" before; writers were lax about it.
const Json& crypto_of(const Json& file) {
  return member(file, file.is_object() && file.contains("Crypto") ? "Crypto" : "crypto");
}

Bytes derive(const Json& crypto, std::string_view password, std::uint64_t work_max) {
  const Json& parameters = member(crypto, "kdfparams");
  const std::string kdf = text(crypto, "kdf");
  const std::uint32_t size = small_number(parameters, "dklen");
  if (size < derived_bytes_min || size > 1024) malformed("dklen is not from 32 to 1024");
  const Bytes salt = hex(parameters, "salt");
  if (kdf == "pbkdf2") {
    const std::string prf = text(parameters, "prf");
    if (prf != "hmac-sha256") unsupported("prf " + prf);
    const std::uint32_t iterations = small_number(parameters, "c");
    if (iterations == 0) malformed("c is zero");
    if (iterations > work_max) unsupported("c is beyond the bound on work");
    return pbkdf2_sha256(as_bytes(password), salt, iterations, size);
  }
  if (kdf != "scrypt") unsupported("kdf " + kdf);
  const ScryptCost cost{number(parameters, "n"), small_number(parameters, "r"),
                        small_number(parameters, "p")};
  if (cost.r == 0 || cost.p == 0) malformed("r or p is zero");
  if (cost.n > work_max / cost.r / cost.p) unsupported("n * r * p is beyond the bound on work");
  const auto key = scrypt(as_bytes(password), salt, cost, size);
  if (!key) malformed("scrypt is not defined for these n, r and p, or wants more than 1 GiB");
  return *key;
}

/// keccak256(second 16 bytes of the derived key || ciphertext).
Hash256 mac_of(const Bytes& derived, ByteView ciphertext) {
  Bytes all(derived.begin() + 16, derived.begin() + 32);
  all.insert(all.end(), ciphertext.begin(), ciphertext.end());
  return keccak256(all);
}

Bytes decrypt(int version, const Json& crypto, const Bytes& derived, const Bytes& ciphertext) {
  const std::string cipher = text(crypto, "cipher");
  const Bytes iv_bytes = hex(member(crypto, "cipherparams"), "iv");
  AesBlock iv;
  if (iv_bytes.size() != iv.size()) malformed("iv has not 16 bytes");
  std::copy(iv_bytes.begin(), iv_bytes.end(), iv.data.begin());
  const ByteView key = ByteView(derived).first(16);
  if (version == 3 && cipher == "aes-128-ctr") return aes_ctr(key, iv, ciphertext);
  if (cipher != "aes-128-cbc") unsupported("cipher " + cipher);
  // Version 1 hashes the key once more; either version's CBC is padded (PKCS #7).
  const Hash256 hashed = keccak256(key);
  auto plain = aes_cbc_decrypt(version == 1 ? hashed.view().first(16) : key, iv, ciphertext);
  if (!plain) malformed("ciphertext is not padded as it should be");
  return *std::move(plain);
}

Bytes open(const Json& file, std::string_view password, std::uint64_t work_max) {
  const int version = version_of(file);
  const Json& crypto = crypto_of(file);
  const Bytes ciphertext = hex(crypto, "ciphertext");
  const Bytes mac = hex(crypto, "mac");
  const Bytes derived = derive(crypto, password, work_max);
  const Hash256 expected = mac_of(derived, ciphertext);
  if (mac.size() != expected.size() ||
      CRYPTO_memcmp(mac.data(), expected.data.data(), mac.size()) != 0) {
    throw Fault{KeystoreVerdict::wrong_password,
                "the MAC does not fit: another password, or a "
                "changed file"};
  }
  return decrypt(version, crypto, derived, ciphertext);
}

/// RFC 4122, 4.4: random but for version and variant.
std::string uuid_of(Hash128 id) {
  id.data[6] = static_cast<Byte>((id.data[6] & 0x0f) | 0x40);
  id.data[8] = static_cast<Byte>((id.data[8] & 0x3f) | 0x80);
  std::string out = to_hex(id);
  for (const std::size_t at : {20u, 16u, 12u, 8u}) out.insert(at, 1, '-');
  return out;
}

}  // namespace

std::string keystore_encrypt(ByteView secret, std::string_view password,
                             const KeystoreMaking& making) {
  Json parameters = {{"dklen", derived_bytes_min}, {"salt", to_hex(making.salt)}};
  Bytes derived;
  if (making.kdf == KeystoreMaking::Kdf::scrypt) {
    const auto key =
        scrypt(as_bytes(password), making.salt.view(), making.scrypt, derived_bytes_min);
    if (!key) throw std::invalid_argument("scrypt is not defined for this cost");
    derived = *key;
    parameters.update({{"n", making.scrypt.n}, {"r", making.scrypt.r}, {"p", making.scrypt.p}});
  } else {
    derived =
        pbkdf2_sha256(as_bytes(password), making.salt.view(), making.iterations, derived_bytes_min);
    parameters.update({{"c", making.iterations}, {"prf", "hmac-sha256"}});
  }
  const Bytes ciphertext = aes_ctr(ByteView(derived).first(16), making.iv, secret);
  const bool scrypts = making.kdf == KeystoreMaking::Kdf::scrypt;
  const Json file = {{"version", 3},
                     {"id", uuid_of(making.id)},
                     {"crypto",
                      {{"cipher", "aes-128-ctr"},
                       {"cipherparams", {{"iv", to_hex(making.iv)}}},
                       {"ciphertext", to_hex(ciphertext)},
                       {"kdf", scrypts ? "scrypt" : "pbkdf2"},
                       {"kdfparams", parameters},
                       {"mac", to_hex(mac_of(derived, ciphertext))}}}};
  OPENSSL_cleanse(derived.data(), derived.size());
  return file.dump(2) + "\n";
}

KeystoreOpened keystore_decrypt(std::string_view file, std::string_view password,
                                std::uint64_t work_max) {
  const Json json = Json::parse(file, nullptr, false);
  if (json.is_discarded()) return {KeystoreVerdict::malformed, {}, "the file is no JSON"};
  try {
    return {KeystoreVerdict::ok, open(json, password, work_max), {}};
  } catch (const Fault& fault) {
    return {fault.verdict, {}, fault.what};
  }
}

}  // namespace ledgerlab
