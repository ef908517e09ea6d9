// Consensus specifications, deneb/polynomial-commitments.md: verify_kzg_proof.
#include "models/crypto/kzg.hpp"

#include <array>

#include "models/crypto/bls12_381.hpp"
#include "models/crypto/hash.hpp"

namespace ledgerlab::kzg {
namespace {

using namespace ledgerlab::bls12_381;

/// [tau]_2 of the KZG ceremony's public setup, the only element of it that a verifier of point
/// proofs needs: consensus-specs, presets/mainnet/trusted_setups/trusted_setup_4096.json,
/// g2_monomial[1].
const G2& tau2() {
  static const G2 value = *decode_g2(*from_hex(
      "b5bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914e5870cb452d2afaaab24f349"
      "9f72185cbfee53492714734429b7b38608e23926c911cceceac9a36851477ba4c60b087041de621000edc98edada"
      "20c1def2"));
  return value;
}

std::optional<G1> validated(ByteView bytes) {
  if (bytes.size() != 48) return std::nullopt;
  const auto point = decode_g1(bytes);
  return point && in_subgroup(*point) ? point : std::nullopt;
}

bool is_field_element(ByteView bytes) {
  if (bytes.size() != 32) return false;
  FixedBytes<32> value;
  std::memcpy(value.data.data(), bytes.data(), 32);
  return value < order();
}

}  // namespace

// e(commitment - [y], [1]) = e(proof, [tau - z]), written with multiplications in G1 only:
// e(commitment - [y] + z proof, -[1]) e(proof, [tau]) = 1.
std::optional<bool> verify_proof(ByteView commitment, ByteView z, ByteView y, ByteView proof) {
  const auto c = validated(commitment);
  const auto p = validated(proof);
  if (!c || !p || !is_field_element(z) || !is_field_element(y)) return std::nullopt;
  const std::array<std::pair<G1, G2>, 2> pairs = {
      std::pair{*c - generator1().times(y) + p->times(z), -generator2()}, std::pair{*p, tau2()}};
  return pairing_product_is_one(pairs);
}

Hash256 versioned_hash(ByteView commitment) {
  Hash256 out = sha256(commitment);
  out.data[0] = 1;
  return out;
}

}  // namespace ledgerlab::kzg
