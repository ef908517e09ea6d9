// Known answers: FIPS 180-4 examples, the Ethereum Yellow Paper's empty hash, the RIPEMD-160 paper,
// and XXH3's reference values for an empty input. tests/vectors holds the long lists.
#include "models/crypto/hash.hpp"

#include <cryptopp/keccak.h>
#include <gtest/gtest.h>

#include "models/crypto/hash128.hpp"

namespace ledgerlab {
namespace {

TEST(Hash, Sha256) {
  EXPECT_EQ(to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256(as_bytes("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256d(as_bytes("hello"))),
            "9595c9df90075148eb06860365df33584b75bff782a510c6cd4883a419833d50");
}

TEST(Hash, Sha256OfATextInParts) {
  Bytes text(300);
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<Byte>(31 * i);
  const ByteView all(text);
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const Sha256 beginning = Sha256().add(all.first(cut));
    // Two texts with one beginning, and the beginning itself, in any order.
    ASSERT_EQ(Sha256(beginning).add(all.subspan(cut)).digest(), sha256(all)) << cut;
    ASSERT_EQ(beginning.digest(), sha256(all.first(cut))) << cut;
    ASSERT_EQ(Sha256(beginning).add(all.first(9)).add(all.first(0)).digest(),
              Sha256().add(all.first(cut)).add(all.first(9)).digest());
  }
}

TEST(Hash, Sha512) {
  EXPECT_EQ(to_hex(sha512(as_bytes("abc"))),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(Hash, Keccak256) {
  EXPECT_EQ(to_hex(keccak256({})),
            "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
  EXPECT_EQ(to_hex(keccak256(as_bytes("abc"))),
            "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
}

TEST(Hash, Keccak256OfEveryLengthAgreesWithCryptopp) {
  Bytes bytes;
  for (unsigned length = 0; length <= 3 * 136 + 1; ++length) {
    CryptoPP::Keccak_256 reference;
    Hash256 want;
    reference.CalculateDigest(want.data.data(), bytes.data(), bytes.size());
    ASSERT_EQ(keccak256(bytes), want) << length;
    bytes.push_back(static_cast<Byte>(length * 7 + 3));
  }
}

TEST(Hash, Ripemd160) {
  EXPECT_EQ(to_hex(ripemd160({})), "9c1185a5c5e9fc54612808977ee8f548b2258d31");
  EXPECT_EQ(to_hex(ripemd160(as_bytes("abc"))), "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc");
}

TEST(Hash, ReusedContextsDoNotRemember) {
  const Hash256 first = sha256(as_bytes("abc"));
  sha256(as_bytes("something else"));
  EXPECT_EQ(sha256(as_bytes("abc")), first);
  const Hash256 keccak = keccak256(as_bytes("abc"));
  keccak256(as_bytes("something else"));
  EXPECT_EQ(keccak256(as_bytes("abc")), keccak);
}

TEST(Hash, ContentIdentity) {
  EXPECT_EQ(to_hex(hash128({})), "99aa06d3014798d86001c324468d497f");
  EXPECT_NE(hash128(as_bytes("a")), hash128(as_bytes("b")));
  EXPECT_NE(hash128(as_bytes("a")), hash128(as_bytes("a"), 1));
}

}  // namespace
}  // namespace ledgerlab
