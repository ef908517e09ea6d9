// The EVM's 256-bit words: what U256 lacks of the instructions' arithmetic, and their bytes.
#pragma once

#include <cstring>

#include "models/base/u256.hpp"

namespace ledgerlab::evm {

inline std::uint64_t load_big_endian(const Byte* from) {
  std::uint64_t value = 0;
  std::memcpy(&value, from, 8);
  if constexpr (std::endian::native == std::endian::little) value = __builtin_bswap64(value);
  return value;
}
inline void store_big_endian(Byte* to, std::uint64_t value) {
  if constexpr (std::endian::native == std::endian::little) value = __builtin_bswap64(value);
  std::memcpy(to, &value, 8);
}

inline void load_word(U256& word, const Byte* from) {
  word.words[3] = load_big_endian(from);
  word.words[2] = load_big_endian(from + 8);
  word.words[1] = load_big_endian(from + 16);
  word.words[0] = load_big_endian(from + 24);
}
inline void store_word(Byte* to, const U256& word) {
  store_big_endian(to, word.words[3]);
  store_big_endian(to + 8, word.words[2]);
  store_big_endian(to + 16, word.words[1]);
  store_big_endian(to + 24, word.words[0]);
}

inline U256 word_from(const Address& address) {
  const Byte* at = address.data.data();
  const std::uint64_t high = load_big_endian(at) >> 32;
  return {0, high, load_big_endian(at + 4), load_big_endian(at + 12)};
}
/// The low 20 bytes.
inline Address address_from(const U256& word) {
  Address out;
  Byte* at = out.data.data();
  store_big_endian(at, word.words[2] << 32 | word.words[1] >> 32);
  store_big_endian(at + 4, word.words[1]);
  store_big_endian(at + 12, word.words[0]);
  return out;
}
inline Hash256 hash_from(const U256& word) {
  Hash256 out;
  store_word(out.data.data(), word);
  return out;
}

inline bool is_negative(const U256& word) { return (word.words[3] >> 63) != 0; }

inline bool less(const U256& a, const U256& b) {
  unsigned char borrow = 0;
  u256::subtract_word(a.words[0], b.words[0], borrow);
  u256::subtract_word(a.words[1], b.words[1], borrow);
  u256::subtract_word(a.words[2], b.words[2], borrow);
  u256::subtract_word(a.words[3], b.words[3], borrow);
  return borrow != 0;
}
/// Two's complement.
inline bool signed_less(const U256& a, const U256& b) {
  return is_negative(a) != is_negative(b) ? is_negative(a) : less(a, b);
}
inline bool equal(const U256& a, const U256& b) {
  return ((a.words[0] ^ b.words[0]) | (a.words[1] ^ b.words[1]) | (a.words[2] ^ b.words[2]) |
          (a.words[3] ^ b.words[3])) == 0;
}

U256 signed_divide(const U256& a, const U256& b);
U256 signed_modulo(const U256& a, const U256& b);
/// Of the exact sum or product; zero for the modulus zero.
U256 add_modulo(const U256& a, const U256& b, const U256& modulus);
U256 multiply_modulo(const U256& a, const U256& b, const U256& modulus);
U256 power(const U256& base, const U256& exponent);
/// The number whose highest byte is the `index`-th from the right, with its sign (SIGNEXTEND).
U256 sign_extend(const U256& index, const U256& value);
/// The `index`-th byte from the left (BYTE).
U256 byte_at(const U256& index, const U256& value);
U256 shift_right_arithmetic(const U256& shift, const U256& value);

}  // namespace ledgerlab::evm
