// The hash functions of the ledgers: SHA-256, Keccak-256 (Ethereum's padding, not SHA3's),
// RIPEMD-160 and SHA-1 (of Bitcoin Script), and SHA-512 for the VRF.
#pragma once

#include "models/base/bytes.hpp"

namespace ledgerlab {

using Hash160 = FixedBytes<20>;
using Hash512 = FixedBytes<64>;

Hash256 sha256(ByteView bytes);
/// SHA-256 of a text that comes in parts. A copy goes on from where the original is: texts with one
/// beginning need it hashed once.
class Sha256 {
 public:
  Sha256();
  Sha256& add(ByteView bytes);
  Hash256 digest() const;  // of all added so far

 private:
  std::array<std::uint32_t, 28> state_;  // OpenSSL's SHA256_CTX
};
/// SHA-256 of SHA-256: Bitcoin's block and transaction identity.
Hash256 sha256d(ByteView bytes);
Hash512 sha512(ByteView bytes);
Hash256 keccak256(ByteView bytes);
Hash160 ripemd160(ByteView bytes);
/// Broken; only Bitcoin Script still asks for it.
Hash160 sha1(ByteView bytes);

}  // namespace ledgerlab
