// Proofs of a Tendermint store (cosmos/ics23, testdata/tendermint: exist_right, nonexist_left), and
// that nothing near them is taken.
#include "models/parts/ics23/ics23.hpp"

#include <gtest/gtest.h>

namespace ledgerlab::ics23 {
namespace {

constexpr std::string_view exist_proof =
    "0aab020a147a785a4e6b534c64634d655657526c7658456644121e76616c75655f666f725f7a785a4e6b534c"
    "64634d655657526c76584566441a090801180120012a0100222508011221012634b831468dbafb1fc61a979c"
    "348ff8462da9a7d550191a6afc916ade16cc9922250801122101ab814d419bfc94ee9920d0ce993ce5da011e"
    "43613daf4b6f302855760083d7dd222508011221015a1568c73eaeaba567a6b2b2944b0e9a0228c931884cb5"
    "942f58ed835b8a7ac522250801122101a171412db5ee84835ef247768914e835ff80b7711e4aa8060871c266"
    "7ec3ea2922250801122101f9c2491884de24fb61ba8f358a56b306a8989bd35f1f8a4c8dabce22f703cc1422"
    "2508011221012f12a6aa6270eff8a1628052938ff5e36cfcc5bf2eaedc0941ee46398ebc7c38";
constexpr std::string_view exist_root =
    "f54227f1a7d90aa2bf7931066196fd3072b7fe6b1fbd49d1e26e85a90d9541bb";
constexpr std::string_view exist_key = "7a785a4e6b534c64634d655657526c7658456644";
constexpr std::string_view exist_value =
    "76616c75655f666f725f7a785a4e6b534c64634d655657526c7658456644";
constexpr std::string_view absent_proof =
    "12e4030a04010101011adb030a143032615465366472483456706f4f583245507137121e76616c75655f666f"
    "725f3032615465366472483456706f4f5832455071371a090801180120012a0100222708011201011a20b843"
    "481496dc10561056b63ec8f726f3357395b610355b25082f5768b2073e91222708011201011a20d5281fdd87"
    "2060e89173d4de1100fa6c96f778467df66abb10cf3b1f5821f182222708011201011a20eb981020433d929c"
    "6275ad772accf2e6aa916db97e31d2f26d0b6b07b444bbef222708011201011a204a40e813132aff60b64ba9"
    "d109548ab39459ad48a203ab8d3455dd842a7ab1da222708011201011a208f354a84ce1476e0b9cca92e6530"
    "1a6435b1f242c2f53f943b764a4f326a71c7222708011201011a20ac6451617a6406005035dddad36657fde5"
    "312cc4d67d69ca1464611847c10cfb222708011201011a2023c1d1dd62002a0e2efcc679196589a4337234dc"
    "d209cb449cc3ac10773b60e0222708011201011a203b11c267328ba761ddc630dd5ef7642aeda05f180539fe"
    "93c0ca57729705bc46222708011201011a205ff2e1933be704539463c264b157ff2b8d9960813bd36c69c520"
    "8d57e3b1e07e222708011201011a20c4a79e6c0cbf60fb8e5bf940db4c444b7e442951b69c840db38cf28c8a"
    "a008be";
constexpr std::string_view absent_root =
    "4e2e78d2da505b7d0b00fda55a4b048eed9a23a7f7fc3d801f20ce4851b442aa";
constexpr std::string_view absent_key = "01010101";

Bytes hex(std::string_view text) { return from_hex(text).value(); }

TEST(Ics23, AProofHoldsForItsKeyValueRootAndStore) {
  const auto proof = read_proof(hex(exist_proof)).value();
  const Bytes root = hex(exist_root), key = hex(exist_key), value = hex(exist_value);
  EXPECT_TRUE(verify_membership(tendermint_spec(), root, proof, key, value));
  EXPECT_FALSE(verify_membership(iavl_spec(), root, proof, key, value));
  EXPECT_FALSE(verify_membership(smt_spec(), root, proof, key, value));
  EXPECT_FALSE(verify_membership(tendermint_spec(), root, proof, key, key));
  EXPECT_FALSE(verify_membership(tendermint_spec(), root, proof, value, value));
  EXPECT_FALSE(verify_membership(tendermint_spec(), key, proof, key, value));
  EXPECT_FALSE(verify_non_membership(tendermint_spec(), root, proof, key));
}

TEST(Ics23, AnAbsentKeyLiesBesideItsNeighbour) {
  const auto proof = read_proof(hex(absent_proof)).value();
  const Bytes root = hex(absent_root), key = hex(absent_key);
  EXPECT_TRUE(verify_non_membership(tendermint_spec(), root, proof, key));
  const ExistenceProof& right = proof.nonexist.at(0).right.value();
  EXPECT_FALSE(verify_non_membership(tendermint_spec(), root, proof, right.key)) << "is there";
  EXPECT_FALSE(verify_non_membership(tendermint_spec(), root, proof, Bytes(4, 0xff))) << "beyond";
  // The same neighbour on the other side: it is not the rightmost.
  CommitmentProof moved = proof;
  std::swap(moved.nonexist[0].left, moved.nonexist[0].right);
  EXPECT_FALSE(verify_non_membership(tendermint_spec(), root, moved, Bytes(4, 0xff)));
}

/// cosmos/ics23, testdata/TestEmptyBranchData.json.
TEST(Ics23, EmptySiblingsAreToldFromOthersAndFromNone) {
  Spec::Inner spec = smt_spec().inner;
  const std::string_view placeholder = "32_empty_child_placeholder_bytes";
  spec.empty_child = Bytes(placeholder.begin(), placeholder.end());
  Bytes left = {1};
  left.insert(left.end(), spec.empty_child.begin(), spec.empty_child.end());
  Bytes zeros(33, 0);
  zeros[0] = 1;
  const InnerOp right_child{HashOp::sha256, left, {}};
  EXPECT_TRUE(siblings_are_empty(spec, right_child, Side::left));
  EXPECT_FALSE(siblings_are_empty(spec, right_child, Side::right)) << "there is none";
  const InnerOp left_child{HashOp::sha256, {1}, spec.empty_child};
  EXPECT_FALSE(siblings_are_empty(spec, left_child, Side::left)) << "there is none";
  EXPECT_TRUE(siblings_are_empty(spec, left_child, Side::right));
  EXPECT_FALSE(siblings_are_empty(spec, {HashOp::sha256, zeros, {}}, Side::left)) << "not empty";
  EXPECT_FALSE(siblings_are_empty(spec, {HashOp::sha256, {1}, Bytes(32, 0)}, Side::right));
}

TEST(Ics23, AnyChangedBitIsNoticed) {
  const Bytes root = hex(exist_root), key = hex(exist_key), value = hex(exist_value);
  const Bytes good = hex(exist_proof);
  for (std::size_t i = 0; i < good.size() * 8; ++i) {
    Bytes bytes = good;
    bytes[i / 8] ^= static_cast<Byte>(1 << (i % 8));
    const auto proof = read_proof(bytes);
    EXPECT_FALSE(proof && verify_membership(tendermint_spec(), root, *proof, key, value)) << i;
  }
  for (std::size_t size = 0; size < good.size(); ++size) {
    const auto proof = read_proof(ByteView(good).first(size));
    EXPECT_FALSE(proof && verify_membership(tendermint_spec(), root, *proof, key, value)) << size;
  }
}

}  // namespace
}  // namespace ledgerlab::ics23
