// Known answers of the Yellow Paper's and the EIPs' examples, prices by fork, and what must fail.
#include "models/parts/precompile/precompile.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ledgerlab::precompile {
namespace {

constexpr std::int64_t plenty = 1'000'000'000;

Address at(std::uint16_t number) {
  Address out;
  out.data[18] = static_cast<Byte>(number >> 8);
  out.data[19] = static_cast<Byte>(number);
  return out;
}

Outcome call(std::uint16_t number, std::string_view hex, Revision revision = Revision::cancun,
             std::int64_t gas = plenty) {
  return run(at(number), revision, *from_hex(hex), gas);
}

/// Hexadecimal text of a number in 32 bytes.
std::string word(std::uint64_t value) { return to_hex(to_big_endian(U256(value))); }

TEST(Precompile, SetsByFork) {
  const auto count = [](Revision revision) {
    int found = 0;
    for (std::uint16_t i = 0; i < 1024; ++i) found += is_precompile(at(i), revision) ? 1 : 0;
    return found;
  };
  EXPECT_EQ(count(Revision::frontier), 4);
  EXPECT_EQ(count(Revision::spurious_dragon), 4);
  EXPECT_EQ(count(Revision::byzantium), 8);
  EXPECT_EQ(count(Revision::petersburg), 8);
  EXPECT_EQ(count(Revision::istanbul), 9);
  EXPECT_EQ(count(Revision::shanghai), 9);
  EXPECT_EQ(count(Revision::cancun), 10);
  EXPECT_FALSE(is_precompile(at(0), Revision::cancun));
  EXPECT_TRUE(is_precompile(at(9), Revision::istanbul));
  EXPECT_FALSE(is_precompile(at(9), Revision::petersburg));
  Address far = at(1);
  far.data[0] = 1;
  EXPECT_FALSE(is_precompile(far, Revision::cancun));
  EXPECT_THROW(run(far, Revision::cancun, {}, plenty), std::logic_error);
}

TEST(Precompile, HashesAndIdentity) {
  EXPECT_EQ(to_hex(call(2, "616263").output),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(call(3, "616263").output),
            "0000000000000000000000008eb208f7e05d987a9b044a8e98c6b087f15a0bfc");
  EXPECT_EQ(to_hex(call(4, "616263").output), "616263");
  EXPECT_EQ(plenty - call(2, word(1) + "00").gas_left, 60 + 2 * 12);
  EXPECT_EQ(plenty - call(3, word(1)).gas_left, 600 + 120);
  EXPECT_EQ(plenty - call(4, "").gas_left, 15);
}

TEST(Precompile, GasIsTakenExactly) {
  EXPECT_EQ(call(2, "61", Revision::cancun, 72).status, ContractStatus::success);
  const Outcome short_of_one = call(2, "61", Revision::cancun, 71);
  EXPECT_EQ(short_of_one.status, ContractStatus::out_of_gas);
  EXPECT_EQ(short_of_one.gas_left, 0);
  EXPECT_TRUE(short_of_one.output.empty());
}

// go-ethereum's "ValidKey"; also a vector of Constantine.
constexpr std::string_view recoverable =
    "18c547e4f7b0f325ad1e56f57e26c745b09a3e503d86e00e5255ff7f715d3d1c"
    "000000000000000000000000000000000000000000000000000000000000001c"
    "73b1693892219d736caba55bdb67216e485557ea6b6af75f37096c9aa6a5a75f"
    "eeb940b1d03b21e36b0e47e79769f095fe2ab855bd91e3a38756b7d75a9c4549";

TEST(Precompile, EcrecoverGivesTheAddressOrNothing) {
  EXPECT_EQ(to_hex(call(1, recoverable).output),
            "000000000000000000000000a94f5374fce5edbc8e2a8697c15331677e6ebf0b");
  std::string wrong_v(recoverable);
  wrong_v[64] = '1';  // v is the whole word
  const Outcome refused = call(1, wrong_v);
  EXPECT_EQ(refused.status, ContractStatus::success);
  EXPECT_TRUE(refused.output.empty());
  EXPECT_EQ(plenty - refused.gas_left, 3000);
  EXPECT_TRUE(call(1, "").output.empty());
}

// EIP-198's examples: 3^(p-1) mod p for p = 2^256 - 2^32 - 978 + 1, and a base cut off.
TEST(Precompile, Modexp) {
  const std::string p = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f";
  const std::string e = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2e";
  const std::string fermat = word(1) + word(32) + word(32) + "03" + e + p;
  const Outcome old = call(5, fermat, Revision::byzantium);
  EXPECT_EQ(to_hex(old.output), word(1));
  EXPECT_EQ(plenty - old.gas_left, 13056);
  EXPECT_EQ(plenty - call(5, fermat, Revision::berlin).gas_left, 1360);
  const std::string cut = word(1) + word(2) + word(32) + "03" + "ffff" + "80";
  EXPECT_EQ(to_hex(call(5, cut).output),
            "3b01b01ac41f2d6e917c6d6a221ce793802469026d9ab7578fa2e79e4da6aaab");
}

TEST(Precompile, ModexpDegenerates) {
  EXPECT_TRUE(call(5, "").output.empty());
  EXPECT_EQ(plenty - call(5, "").gas_left, 200);
  EXPECT_EQ(to_hex(call(5, word(0) + word(0) + word(1) + "05").output), "01");  // 0^0
  EXPECT_EQ(to_hex(call(5, word(0) + word(0) + word(1) + "01").output), "00");  // modulo 1
  EXPECT_EQ(to_hex(call(5, word(1) + word(1) + word(2) + "0302" + "0000").output), "0000");
  EXPECT_EQ(to_hex(call(5, word(1) + word(1) + word(1) + "0502" + "08").output), "01");  // even
}

TEST(Precompile, ModexpHostileLengths) {
  const std::string huge(64, 'f');
  for (const auto& lengths : {huge + word(1) + word(1), word(1) + huge + word(1),
                              word(1) + word(1) + huge, huge + huge + huge}) {
    for (const Revision revision : {Revision::byzantium, Revision::cancun}) {
      const Outcome refused = call(5, lengths, revision, INT64_MAX);
      EXPECT_EQ(refused.status, ContractStatus::out_of_gas);
    }
  }
  // Neither base nor modulus: nothing to do, however long the exponent.
  const Outcome idle = call(5, word(0) + huge + word(0), Revision::byzantium, 0);
  EXPECT_EQ(idle.status, ContractStatus::success);
  EXPECT_TRUE(idle.output.empty());
}

// EIP-196, EIP-197, EIP-1108: short inputs of the first two are filled up with zeros.
TEST(Precompile, Bn254) {
  const std::string g1 = word(1) + word(2);
  const Outcome sum = call(6, g1, Revision::byzantium);
  EXPECT_EQ(to_hex(sum.output), g1);
  EXPECT_EQ(plenty - sum.gas_left, 500);
  EXPECT_EQ(plenty - call(6, g1, Revision::istanbul).gas_left, 150);
  EXPECT_EQ(plenty - call(7, g1, Revision::byzantium).gas_left, 40'000);
  EXPECT_EQ(plenty - call(7, g1, Revision::istanbul).gas_left, 6'000);
  EXPECT_EQ(to_hex(call(7, g1).output), word(0) + word(0));
  EXPECT_EQ(to_hex(call(8, "").output), word(1));
  EXPECT_EQ(plenty - call(8, "", Revision::byzantium).gas_left, 100'000);
  const std::string zeros(2 * 384, '0');
  EXPECT_EQ(plenty - call(8, zeros, Revision::byzantium).gas_left, 260'000);
  EXPECT_EQ(plenty - call(8, zeros, Revision::istanbul).gas_left, 113'000);
  EXPECT_EQ(call(6, word(1) + word(1)).status, ContractStatus::precompile_failure);
  EXPECT_EQ(call(7, word(1) + word(1)).status, ContractStatus::precompile_failure);
  EXPECT_EQ(call(8, "00").status, ContractStatus::precompile_failure);
}

// EIP-152's vectors 4 to 8.
const std::string blake_state =
    "48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5"
    "d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b"
    "6162630000000000" +
    std::string(240, '0') + "03000000000000000000000000000000";

TEST(Precompile, Blake2f) {
  const Outcome twelve = call(9, "0000000c" + blake_state + "01");
  EXPECT_EQ(to_hex(twelve.output),
            "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
            "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
  EXPECT_EQ(plenty - twelve.gas_left, 12);
  EXPECT_EQ(to_hex(call(9, "00000000" + blake_state + "01").output).substr(0, 16),
            "08c9bcf367e6096a");
  EXPECT_EQ(to_hex(call(9, "0000000c" + blake_state + "00").output).substr(0, 16),
            "75ab69d3190a562c");
}

TEST(Precompile, Blake2fRefuses) {
  for (const auto& input : {std::string(), "0000000c" + blake_state,
                            "0000000c" + blake_state + "02", "0000000c" + blake_state + "0100"}) {
    const Outcome refused = call(9, input);
    EXPECT_EQ(refused.status, ContractStatus::precompile_failure);
    EXPECT_EQ(refused.gas_left, 0);
  }
  // 2^32 - 1 rounds are paid before they are run.
  EXPECT_EQ(call(9, "ffffffff" + blake_state + "01").status, ContractStatus::out_of_gas);
}

Outcome later(std::uint16_t number, std::string_view hex) {
  return run_later(at(number), *from_hex(hex), plenty);
}

// EIP-4844; go-ethereum's vector "pointEvaluation1".
const std::string evaluation =
    "01e798154708fe7789429634053cbf9f99b619f9f084048927333fce637f549b"
    "564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306"
    "24d25032e67a7e6a4910df5834b8fe70e6bcfeeac0352434196bdf4b2485d5a1"
    "8f59a8d2a1a625a17f3fea0fe5eb8c896db3764f3185481bc22f91b4aaffcca2"
    "5f26936857bc3a7c2539ea8ec3a952b7873033e038326e87ed3e1276fd140253"
    "fa08e9fc25fb2d9a98527fc22a2c9612fbeafdad446cbc7bcdbdcd780af2c16a";

TEST(Precompile, PointEvaluation) {
  const Outcome good = call(10, evaluation);
  EXPECT_EQ(to_hex(good.output),
            word(4096) + "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001");
  EXPECT_EQ(plenty - good.gas_left, 50'000);
  for (const std::size_t at : {0u, 2u, 70u, 140u, 200u, 300u}) {  // version, hash, z, y, points
    std::string bad = evaluation;
    bad[at + 1] = bad[at + 1] == '0' ? '1' : '0';
    EXPECT_EQ(call(10, bad).status, ContractStatus::precompile_failure) << at;
  }
  EXPECT_EQ(call(10, evaluation + "00").status, ContractStatus::precompile_failure);
}

// No revision knows those of Prague and Osaka.
TEST(Precompile, LaterOnesAreApart) {
  int found = 0;
  for (std::uint16_t i = 0; i < 1024; ++i) {
    if (!is_later_precompile(at(i))) continue;
    ++found;
    EXPECT_FALSE(is_precompile(at(i), Revision::cancun)) << i;
    EXPECT_THROW(run(at(i), Revision::cancun, {}, plenty), std::logic_error);
  }
  EXPECT_EQ(found, 8);
  EXPECT_THROW(run_later(at(1), {}, plenty), std::logic_error);
}

// EIP-2537
const std::string bls_g1 =
    "0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0f"
    "c3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
    "0000000000000000000000000000000008b3f481e3aaa0f1a09e30ed741d8ae4"
    "fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1";

TEST(Precompile, Bls12G1) {
  const std::string infinity(256, '0');
  EXPECT_EQ(to_hex(later(0x0b, bls_g1 + infinity).output), bls_g1);
  const std::string twice = to_hex(later(0x0b, bls_g1 + bls_g1).output);
  EXPECT_EQ(to_hex(later(0x0c, bls_g1 + word(2)).output), twice);
  EXPECT_EQ(to_hex(later(0x0c, bls_g1 + word(3) + twice + word(5)).output),
            to_hex(later(0x0c, bls_g1 + word(13)).output));
  EXPECT_EQ(plenty - later(0x0b, bls_g1 + bls_g1).gas_left, 375);
  EXPECT_EQ(plenty - later(0x0c, bls_g1 + word(2)).gas_left, 12'000);
  EXPECT_EQ(plenty - later(0x0c, bls_g1 + word(3) + twice + word(5)).gas_left, 22'776);
  std::string padded = bls_g1;
  padded[0] = '1';
  for (const auto& bad : {std::string(), bls_g1, padded + infinity, bls_g1 + infinity + "00"}) {
    EXPECT_EQ(later(0x0b, bad).status, ContractStatus::precompile_failure);
  }
}

// The bucket method and plain multiplications agree.
TEST(Precompile, Bls12MultiScalarOfMany) {
  std::string many;
  std::string point = bls_g1;
  std::uint64_t sum = 0;
  for (std::uint64_t i = 1; i <= 20; ++i) {  // the i-th point is i times the generator
    many += point + word(1000003 * i);
    sum += i * 1000003 * i;
    point = to_hex(later(0x0b, point + bls_g1).output);
  }
  EXPECT_EQ(to_hex(later(0x0c, many).output), to_hex(later(0x0c, bls_g1 + word(sum)).output));
}

// EIP-7951; wycheproof ecdsa_secp256r1_sha256_p1363, test 1.
TEST(Precompile, P256) {
  const std::string good =
      "bb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca605023"
      "2ba3a8be6b94d5ec80a6d9d1190a436effe50d85a1eee859b8cc6af9bd5c2e18"
      "4cd60b855d442f5b3c7b11eb6c4e0ae7525fe710fab9aa7c77a67f79e6fadd76"
      "2927b10512bae3eddcfe467828128bad2903269919f7086069c8c4df6c732838"
      "c7787964eaac00e5921fb1498a60f4606766b3d9685001558d1a974e7341513e";
  EXPECT_EQ(to_hex(later(0x100, good).output), word(1));
  EXPECT_EQ(plenty - later(0x100, good).gas_left, 6'900);
  std::string bad = good;
  bad[10] = '0';
  EXPECT_TRUE(later(0x100, bad).output.empty());
  EXPECT_TRUE(later(0x100, good + "00").output.empty());
  EXPECT_TRUE(later(0x100, good.substr(0, 192) + std::string(128, '0')).output.empty());
  EXPECT_EQ(later(0x100, "").status, ContractStatus::success);
}

}  // namespace
}  // namespace ledgerlab::precompile
