// Modular exponentiation of numbers of any length (EIP-198), by OpenSSL's BN, and its price
// (EIP-198 from Byzantium, EIP-2565 from Berlin).
#include <openssl/bn.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "models/parts/precompile/rules.hpp"

namespace ledgerlab::precompile {
namespace {

/// A longer number costs more than the gas limit of any block that had its schedule (13.4 million
/// under EIP-198, 89 million under EIP-2565, both for an exponent beside numbers of one byte), and
/// is refused before memory is taken.
constexpr std::uint64_t longest = 1u << 25;

struct Lengths {
  U256 base, exponent, modulus;
};

U256 word_at(ByteView input, std::size_t offset, std::size_t size = 32) {
  return *u256_from_big_endian(padded(input, offset, size));
}

Lengths lengths_of(ByteView input) {
  return {word_at(input, 0), word_at(input, 32), word_at(input, 64)};
}

/// EIP-198: the exponent's length in bits less one, exact for its first 32 bytes; EIP-2565 calls it
/// the iteration count. At least 1.
std::uint64_t iterations(ByteView input, const Lengths& lengths) {
  const std::uint64_t length = lengths.exponent.low64();
  std::uint64_t count = length > 32 ? 8 * (length - 32) : 0;
  const std::size_t head_size = std::min<std::size_t>(length, 32);
  const U256 head = word_at(input, 96 + lengths.base.low64(), head_size);
  if (!head.is_zero()) count += static_cast<std::uint64_t>(head.bit_length() - 1);
  return std::max<std::uint64_t>(count, 1);
}

std::uint64_t complexity_eip198(std::uint64_t x) {
  if (x <= 64) return x * x;
  if (x <= 1024) return x * x / 4 + 96 * x - 3072;
  return x * x / 16 + 480 * x - 199680;
}

std::uint64_t complexity_eip2565(std::uint64_t x) {
  const std::uint64_t words = (x + 7) / 8;
  return words * words;
}

struct BnFree {
  void operator()(BIGNUM* n) const { BN_free(n); }
  void operator()(BN_CTX* c) const { BN_CTX_free(c); }
};
using Bn = std::unique_ptr<BIGNUM, BnFree>;

Bn number(const Bytes& bytes) {
  Bn out(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  if (!out) throw std::bad_alloc();
  return out;
}

}  // namespace

std::int64_t modexp_price(ByteView input, Revision revision) {
  const Lengths lengths = lengths_of(input);
  const U256 x = std::max(lengths.base, lengths.modulus);
  const bool berlin = revision >= Revision::berlin;
  const std::int64_t least = berlin ? 200 : 0;
  if (x.is_zero()) return least;
  if (U256(longest) < x || U256(longest) < lengths.exponent) return unpayable;
  const std::uint64_t complexity =
      berlin ? complexity_eip2565(x.low64()) : complexity_eip198(x.low64());
  const Uint128 price = Uint128{complexity} * iterations(input, lengths) / (berlin ? 3 : 20);
  if (price >= static_cast<Uint128>(unpayable)) return unpayable;
  return std::max(static_cast<std::int64_t>(price), least);
}

// The price was paid, so the lengths are at most `longest`, or base and modulus have none.
Answer modexp(ByteView input) {
  const Lengths lengths = lengths_of(input);
  if (lengths.modulus.is_zero()) return Bytes{};
  const std::size_t base_at = 96;
  const std::size_t exponent_at = base_at + lengths.base.low64();
  const std::size_t modulus_at = exponent_at + lengths.exponent.low64();
  const std::size_t size = lengths.modulus.low64();
  const Bn modulus = number(padded(input, modulus_at, size));
  Bytes out(size, 0);
  if (BN_is_zero(modulus.get())) return out;
  const Bn base = number(padded(input, base_at, lengths.base.low64()));
  const Bn exponent = number(padded(input, exponent_at, lengths.exponent.low64()));
  const Bn result(BN_new());
  const std::unique_ptr<BN_CTX, BnFree> context(BN_CTX_new());
  if (!result || !context ||
      BN_mod_exp(result.get(), base.get(), exponent.get(), modulus.get(), context.get()) != 1 ||
      BN_bn2binpad(result.get(), out.data(), static_cast<int>(size)) < 0) {
    throw std::runtime_error("OpenSSL could not compute a modular power");
  }
  return out;
}

}  // namespace ledgerlab::precompile
