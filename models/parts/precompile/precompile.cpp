// One table says where a precompile sits, since when, what it costs and what it does.
#include "models/parts/precompile/precompile.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "models/crypto/bn254.hpp"
#include "models/crypto/hash.hpp"
#include "models/crypto/kzg.hpp"
#include "models/crypto/p256.hpp"
#include "models/crypto/secp256k1.hpp"
#include "models/parts/precompile/rules.hpp"

namespace ledgerlab::precompile {
namespace {

std::int64_t words(ByteView input) { return static_cast<std::int64_t>((input.size() + 31) / 32); }

template <std::size_t N>
Bytes right_aligned(const FixedBytes<N>& value) {
  Bytes out(32, 0);
  std::copy(value.data.begin(), value.data.end(), out.end() - N);
  return out;
}

/// Base price and price per word of input.
template <std::int64_t Base, std::int64_t PerWord>
std::int64_t linear(ByteView input, Revision) {
  return Base + PerWord * words(input);
}

/// EIP-196's prices, and those of EIP-1108 from Istanbul.
template <std::int64_t Byzantium, std::int64_t Istanbul>
std::int64_t bn254_price(ByteView, Revision revision) {
  return revision >= Revision::istanbul ? Istanbul : Byzantium;
}

// EIP-197, EIP-1108
std::int64_t bn254_pairing_price(ByteView input, Revision revision) {
  const auto pairs = static_cast<std::int64_t>(input.size() / 192);
  return revision >= Revision::istanbul ? 45'000 + 34'000 * pairs : 100'000 + 80'000 * pairs;
}

Answer bn254_add(ByteView input) {
  const auto sum = bn254::add(padded(input, 0, 128));
  if (!sum) return std::nullopt;
  return Bytes(sum->data.begin(), sum->data.end());
}

Answer bn254_multiply(ByteView input) {
  const auto product = bn254::multiply(padded(input, 0, 96));
  if (!product) return std::nullopt;
  return Bytes(product->data.begin(), product->data.end());
}

Answer bn254_pairing(ByteView input) {
  const auto is_one = bn254::pairing_check(input);
  if (!is_one) return std::nullopt;
  Bytes out(32, 0);
  out.back() = *is_one ? 1 : 0;
  return out;
}

struct Entry {
  std::uint16_t address;
  Revision since;
  std::int64_t (*price)(ByteView input, Revision revision);
  Answer (*answer)(ByteView input);
};

constexpr std::array entries = {
    Entry{1, Revision::frontier, linear<3000, 0>, ecrecover},
    Entry{2, Revision::frontier, linear<60, 12>,
          [](ByteView input) -> Answer { return right_aligned(sha256(input)); }},
    Entry{3, Revision::frontier, linear<600, 120>,
          [](ByteView input) -> Answer { return right_aligned(ripemd160(input)); }},
    Entry{4, Revision::frontier, linear<15, 3>,
          [](ByteView input) -> Answer { return Bytes(input.begin(), input.end()); }},
    Entry{5, Revision::byzantium, modexp_price, modexp},
    Entry{6, Revision::byzantium, bn254_price<500, 150>, bn254_add},
    Entry{7, Revision::byzantium, bn254_price<40'000, 6'000>, bn254_multiply},
    Entry{8, Revision::byzantium, bn254_pairing_price, bn254_pairing},
    Entry{9, Revision::istanbul, blake2f_price, blake2f},
    Entry{10, Revision::cancun, linear<50'000, 0>, point_evaluation},
};

/// `since` says nothing here.
constexpr std::array later_entries = {
    Entry{0x0b, Revision::cancun, linear<375, 0>, bls_g1_add},
    Entry{0x0c, Revision::cancun, bls_g1_msm_price, bls_g1_msm},
    Entry{0x0d, Revision::cancun, linear<600, 0>, bls_g2_add},
    Entry{0x0e, Revision::cancun, bls_g2_msm_price, bls_g2_msm},
    Entry{0x0f, Revision::cancun, bls_pairing_price, bls_pairing},
    Entry{0x10, Revision::cancun, linear<5'500, 0>, bls_map_to_g1},
    Entry{0x11, Revision::cancun, linear<23'800, 0>, bls_map_to_g2},
    Entry{0x100, Revision::cancun, linear<6'900, 0>, p256_verification},
};

/// Nothing for addresses that are not zero before their last two bytes.
std::optional<std::uint16_t> small_address(const Address& address) {
  const auto& data = address.data;
  if (!std::all_of(data.begin(), data.end() - 2, [](Byte b) { return b == 0; })) {
    return std::nullopt;
  }
  return static_cast<std::uint16_t>(data[18] << 8 | data[19]);
}

template <class Table>
const Entry* find(const Table& table, const Address& address) {
  const auto number = small_address(address);
  if (!number) return nullptr;
  for (const Entry& entry : table) {
    if (entry.address == *number) return &entry;
  }
  return nullptr;
}

Outcome charge_and_run(const Entry& entry, Revision revision, ByteView input, std::int64_t gas) {
  const std::int64_t price = entry.price(input, revision);
  if (price > gas || price == unpayable) return {ContractStatus::out_of_gas, 0, {}};
  Answer answer = entry.answer(input);
  if (!answer) return {ContractStatus::precompile_failure, 0, {}};
  return {ContractStatus::success, gas - price, std::move(*answer)};
}

}  // namespace

Bytes padded(ByteView input, std::size_t offset, std::size_t size) {
  Bytes out(size, 0);
  if (offset < input.size()) {
    std::copy_n(input.begin() + static_cast<std::ptrdiff_t>(offset),
                std::min(size, input.size() - offset), out.begin());
  }
  return out;
}

// Yellow Paper appendix E: whatever does not recover gives no output, and the call succeeds.
Answer ecrecover(ByteView input) {
  const Bytes data = padded(input, 0, 128);
  const bool small =
      std::all_of(data.begin() + 32, data.begin() + 63, [](Byte b) { return b == 0; });
  if (!small || (data[63] != 27 && data[63] != 28)) return Bytes{};
  Hash256 digest;
  std::copy_n(data.begin(), 32, digest.data.begin());
  RecoverableSignature signature;
  std::copy_n(data.begin() + 64, 64, signature.signature.data.begin());
  signature.recovery_id = static_cast<std::uint8_t>(data[63] - 27);
  const auto key = secp256k1_recover(signature, digest);
  return key ? right_aligned(address_of(*key)) : Bytes{};
}

// EIP-4844: versioned hash, z, y, commitment, proof; the answer is two constants.
Answer point_evaluation(ByteView input) {
  if (input.size() != 192) return std::nullopt;
  const ByteView commitment = input.subspan(96, 48);
  if (!std::ranges::equal(kzg::versioned_hash(commitment).view(), input.first(32))) {
    return std::nullopt;
  }
  const auto verdict = kzg::verify_proof(commitment, input.subspan(32, 32), input.subspan(64, 32),
                                         input.subspan(144, 48));
  if (!verdict || !*verdict) return std::nullopt;
  static const Bytes answer = *from_hex(
      "0000000000000000000000000000000000000000000000000000000000001000"    // elements in a blob
      "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001");  // BLS_MODULUS
  return answer;
}

// EIP-7951: digest, r, s, x, y; whatever does not verify gives no output, and the call succeeds.
Answer p256_verification(ByteView input) {
  if (input.size() != 160) return Bytes{};
  Hash256 digest;
  FixedBytes<64> signature, key;
  std::copy_n(input.begin(), 32, digest.data.begin());
  std::copy_n(input.begin() + 32, 64, signature.data.begin());
  std::copy_n(input.begin() + 96, 64, key.data.begin());
  if (!p256_verify(key, digest, signature)) return Bytes{};
  Bytes out(32, 0);
  out.back() = 1;
  return out;
}

bool is_precompile(const Address& address, Revision revision) {
  const Entry* entry = find(entries, address);
  return entry != nullptr && revision >= entry->since;
}

Outcome run(const Address& address, Revision revision, ByteView input, std::int64_t gas) {
  const Entry* entry = find(entries, address);
  if (entry == nullptr || revision < entry->since) {
    throw std::logic_error("precompile::run: no precompile at this address and revision");
  }
  return charge_and_run(*entry, revision, input, gas);
}

bool is_later_precompile(const Address& address) { return find(later_entries, address) != nullptr; }

Outcome run_later(const Address& address, ByteView input, std::int64_t gas) {
  const Entry* entry = find(later_entries, address);
  if (entry == nullptr) throw std::logic_error("precompile::run_later: no such precompile");
  return charge_and_run(*entry, Revision::cancun, input, gas);
}

}  // namespace ledgerlab::precompile
