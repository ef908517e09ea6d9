// Private keys at rest: the Web3 Secret Storage format (versions 1 and 3) that Ethereum's nodes and
// wallets exchange. A key from the password (scrypt or PBKDF2) encrypts the secret with AES-128 and
// a Keccak-256 MAC over the ciphertext tells a wrong password from a right one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "models/base/bytes.hpp"
#include "models/crypto/cipher.hpp"
#include "models/crypto/kdf.hpp"

namespace ledgerlab {

/// What a file is encrypted with. The three random values are the caller's: models draw nothing
/// from the system.
struct KeystoreMaking {
  enum class Kdf : std::uint8_t { scrypt, pbkdf2 };
  Kdf kdf = Kdf::scrypt;
  ScryptCost scrypt;                   // about a second and 256 MiB, as wallets have it
  std::uint32_t iterations = 262'144;  // of PBKDF2-HMAC-SHA-256
  FixedBytes<32> salt;
  AesBlock iv;
  Hash128 id;  // becomes the file's UUID (version 4 of RFC 4122)
};

/// A version 3 file. Throws std::invalid_argument on a cost that scrypt does not define.
std::string keystore_encrypt(ByteView secret, std::string_view password,
                             const KeystoreMaking& making);

enum class KeystoreVerdict : std::uint8_t { ok, wrong_password, malformed, unsupported };

struct KeystoreOpened {
  KeystoreVerdict verdict = KeystoreVerdict::malformed;
  Bytes secret;      // when ok
  std::string what;  // else: what is wrong with which member
};

/// Files cost what they say: `work_max` bounds scrypt's n * r * p and PBKDF2's iterations, so that
/// a hostile file cannot keep its reader busy for hours.
KeystoreOpened keystore_decrypt(std::string_view file, std::string_view password,
                                std::uint64_t work_max = std::uint64_t{1} << 24);

}  // namespace ledgerlab
