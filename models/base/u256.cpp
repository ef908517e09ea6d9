// Bytes and text of 256-bit integers.
#include "models/base/u256.hpp"

#include <algorithm>

namespace ledgerlab {

FixedBytes<32> to_big_endian(const U256& value) {
  FixedBytes<32> out;
  for (std::size_t i = 0; i < 32; ++i) {
    out.data[31 - i] = static_cast<Byte>(value.words[i / 8] >> (8 * (i % 8)));
  }
  return out;
}

std::optional<U256> u256_from_big_endian(ByteView bytes) {
  if (bytes.size() > 32) return std::nullopt;
  U256 out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    out.words[i / 8] |= std::uint64_t{bytes[bytes.size() - 1 - i]} << (8 * (i % 8));
  }
  return out;
}

U256 u256_from(const FixedBytes<32>& bytes) { return *u256_from_big_endian(bytes.view()); }

Bytes to_minimal_big_endian(const U256& value) {
  const auto all = to_big_endian(value);
  const auto size = static_cast<std::size_t>(value.bit_length() + 7) / 8;
  return {all.data.end() - static_cast<std::ptrdiff_t>(size), all.data.end()};
}

std::string to_decimal(const U256& value) {
  constexpr std::uint64_t chunk = 10'000'000'000'000'000'000u;  // 10^19
  std::string out;
  U256 rest = value;
  do {
    const U256Division step = divide(rest, U256(chunk));
    std::uint64_t digits = step.remainder.low64();
    rest = step.quotient;
    for (int i = 0; i < 19 && (digits != 0 || !rest.is_zero()); ++i) {
      out.push_back(static_cast<char>('0' + digits % 10));
      digits /= 10;
    }
  } while (!rest.is_zero());
  if (out.empty()) out.push_back('0');
  std::reverse(out.begin(), out.end());
  return out;
}

std::string to_hex_number(const U256& value) {
  const std::string all = to_hex(to_big_endian(value));
  const auto first = all.find_first_not_of('0');
  return first == std::string::npos ? "0" : all.substr(first);
}

std::optional<U256> u256_from_text(std::string_view text) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex) text.remove_prefix(2);
  if (text.empty()) return std::nullopt;
  U256 out;
  for (const char c : text) {
    unsigned digit = 16;
    if (c >= '0' && c <= '9') digit = static_cast<unsigned>(c - '0');
    if (hex && c >= 'a' && c <= 'f') digit = static_cast<unsigned>(c - 'a' + 10);
    if (hex && c >= 'A' && c <= 'F') digit = static_cast<unsigned>(c - 'A' + 10);
    if (digit == 16) return std::nullopt;
    const auto scaled = checked_multiply(out, U256(hex ? 16 : 10));
    const auto sum = scaled ? checked_add(*scaled, U256(digit)) : std::nullopt;
    if (!sum) return std::nullopt;
    out = *sum;
  }
  return out;
}

}  // namespace ledgerlab
