// MuSig2 and DLEQ: a vector of each BIP, full rounds of several signers, and what must be refused.
#include "models/crypto/musig2.hpp"

#include <gtest/gtest.h>

#include "models/crypto/dleq.hpp"

namespace ledgerlab {
namespace {

using namespace musig2;  // NOLINT: the whole file is about it

template <std::size_t N>
FixedBytes<N> hex(std::string_view text) {
  return fixed_from_hex<N>(text).value();
}

Secp256k1SecretKey secret(Byte number) {
  Secp256k1SecretKey out;
  out.data[31] = number;
  return out;
}
PlainKey key(Byte number) {
  return secp256k1_compress(*secp256k1_public_key(secret(number))).value();
}

/// Three signers, two tweaks, one message.
struct Round {
  Session session;
  std::vector<Nonce> nonces;
  std::vector<PublicNonce> open;
  std::vector<PartialSignature> signatures;

  Round() {
    session.message = {'p', 'a', 'y'};
    session.keys = sort_keys({key(1), key(2), key(3)});
    session.tweaks = {{secret(77), true}, {secret(78), false}, {secret(79), true}};
    for (Byte i = 1; i <= 3; ++i) {
      NonceInput input;
      input.random = secret(static_cast<Byte>(100 + i));
      input.secret = secret(i);
      input.key = key(i);
      input.message = session.message;
      nonces.push_back(make_nonce(input));
      open.push_back(nonces.back().open);
    }
    session.nonce = aggregate_nonces(open);
    for (Byte i = 1; i <= 3; ++i) {
      signatures.push_back(sign(nonces[i - 1u].secret, secret(i), session));
    }
  }
  XOnlyPublicKey aggregate() const {
    KeyAggregate out = aggregate_keys(session.keys);
    for (const Tweak& tweak : session.tweaks) out = apply_tweak(out, tweak);
    return out.xonly();
  }
};

TEST(Musig2, SeveralSignersMakeOneSignature) {
  const Round round;
  const SchnorrSignature signature = aggregate_signatures(round.signatures, round.session);
  EXPECT_TRUE(schnorr_verify(round.aggregate(), round.session.message, signature));
  Session other = round.session;
  other.message.push_back('!');
  EXPECT_FALSE(schnorr_verify(round.aggregate(), other.message, signature));
  auto missing = round.signatures;
  missing.pop_back();
  EXPECT_FALSE(schnorr_verify(round.aggregate(), round.session.message,
                              aggregate_signatures(missing, round.session)));
}

TEST(Musig2, APartialSignatureTellsWhoseFaultItIs) {
  Round round;
  Session session = round.session;
  session.keys = {key(1), key(2), key(3)};
  round.signatures.clear();
  for (Byte i = 1; i <= 3; ++i) {
    round.signatures.push_back(sign(round.nonces[i - 1u].secret, secret(i), session));
  }
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(verify_partial(round.signatures[i], round.open, session, i));
    EXPECT_FALSE(verify_partial(round.signatures[i], round.open, session, (i + 1) % 3));
  }
  round.signatures[1].data.fill(0xff);
  EXPECT_FALSE(verify_partial(round.signatures[1], round.open, session, 1));
  try {
    aggregate_signatures(round.signatures, session);
    FAIL() << "aggregated";
  } catch (const BadContribution& bad) {
    EXPECT_EQ(bad.signer, 1u);
    EXPECT_EQ(bad.contribution, "psig");
  }
  EXPECT_THROW(sign(round.nonces[0].secret, secret(2), session), Fault);  // another's nonce
  EXPECT_THROW(sign(SecretNonce(), secret(1), session), Fault);           // used up
  EXPECT_THROW(verify_partial(round.signatures[0], round.open, session, 3), Fault);
}

TEST(Musig2, TheLastSignerNeedsNoState) {
  Round round;
  Session others = round.session;
  others.nonce = aggregate_nonces(std::array{round.open[0], round.open[1]});
  const auto last = sign_deterministic(secret(3), others, std::nullopt);
  Session session = round.session;
  session.nonce = aggregate_nonces(std::array{round.open[0], round.open[1], last.nonce});
  const std::array signatures = {sign(round.nonces[0].secret, secret(1), session),
                                 sign(round.nonces[1].secret, secret(2), session), last.signature};
  EXPECT_TRUE(schnorr_verify(round.aggregate(), session.message,
                             aggregate_signatures(signatures, session)));
}

// BIP 327, key_agg_vectors.json: first and last case.
TEST(Musig2, AggregatesKeysAsTheBipDoes) {
  const std::array keys = {
      hex<33>("02F9308A019258C31049344F85F89D5229B531C845836F99B08601F113BCE036F9"),
      hex<33>("03DFF1D77F2A671C5F36183726DB2341BE58FEAE1DA2DECED843240F7B502BA659"),
      hex<33>("023590A94E768F8E1815C2F24B4D80A8E3149316C3518CE7B7AD338368D038CA66")};
  EXPECT_EQ(aggregate_keys(keys).xonly(),
            hex<32>("90539EEDE565F5D054F32CC0C220126889ED1E5D193BAF15AEF344FE59D4610C"));
  const std::array one = {
      hex<33>("03935F972DA013F80AE011890FA89B67A27B7BE6CCB24D3274D18B2D4067F261A9")};
  const Tweak cancels = {
      hex<32>("252E4BD67410A76CDF933D30EAA1608214037F1B105A013ECCD3C5C184A6110B"), false};
  EXPECT_THROW(apply_tweak(aggregate_keys(one), cancels), Fault);
}

// BIP 374, test_vectors_generate_proof.csv, row 0.
TEST(Dleq, ProvesAsTheBipDoes) {
  const auto point = [](std::string_view text) {
    return Secp256k1Point::parse(hex<33>(text).view()).value();
  };
  const auto base = point("02cef38f55e78b321a1f785cb1c6e33dfcef9784c18bdc4e279801c449ccdfb88e");
  const auto B = point("02dad4b35c2379ba8334c9a5dda8f6e6d5cd575a7cc9d3ca4faaac51839daaa30f");
  const auto a = hex<32>("07ff93d43f1012a5d4a44aba55240212ed39c87b3344e46757d99f24177fc576");
  const auto message = hex<32>("efb07d4b382d3da1079fbf24df623ba6c2e4c764993bbfa6dd7a4fe4aaf33859");
  const auto proof =
      dleq_prove(a, B, hex<32>("cb979b0fc8ccc7f237751e719d992fcc324b6500af33999cd54a3e5c05fb1ea4"),
                 base, message.view());
  ASSERT_TRUE(proof);
  EXPECT_EQ(to_hex(*proof),
            "7e7e934169e0bf4706e6b29e5a621c7fe199a524744a25af80071e111c0e2e94"
            "118e730d8add118dd2ee4f7d1cc183e1b87168362d1a6f85c16d8671a3fc7a8a");
  const Secp256k1Scalar scalar = *Secp256k1Scalar::parse(a);
  EXPECT_TRUE(dleq_verify(scalar * base, B, scalar * B, *proof, base, message.view()));
  EXPECT_FALSE(dleq_verify(scalar * base, B, scalar * base, *proof, base, message.view()));
  EXPECT_FALSE(dleq_verify(scalar * base, B, scalar * B, *proof, base, {}));
  EXPECT_FALSE(dleq_prove(Secp256k1SecretKey(), B, {}, base, {}));
  EXPECT_FALSE(dleq_prove(a, Secp256k1Point(), {}, base, {}));
}

TEST(Secp256k1Group, ScalarsWrapAtTheOrder) {
  const Secp256k1Scalar minus_one = -Secp256k1Scalar(1);
  EXPECT_EQ(minus_one * minus_one, Secp256k1Scalar(1));
  EXPECT_TRUE((minus_one + Secp256k1Scalar(1)).is_zero());
  EXPECT_EQ(-Secp256k1Scalar(), Secp256k1Scalar());
  FixedBytes<32> most;
  most.data.fill(0xff);
  EXPECT_FALSE(Secp256k1Scalar::parse(most));
  const auto G = Secp256k1Point::generator();
  EXPECT_TRUE((G + minus_one * G).infinite());
  EXPECT_EQ(G + Secp256k1Point(), G);
  EXPECT_EQ(Secp256k1Scalar(2) * G, G + G);
}

}  // namespace
}  // namespace ledgerlab
