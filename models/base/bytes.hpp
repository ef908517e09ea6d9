// Bytes, views of bytes and fixed-size byte strings (hashes, addresses); hexadecimal text.
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ledgerlab {

using Byte = std::uint8_t;
using Bytes = std::vector<Byte>;
using ByteView = std::span<const Byte>;

/// A byte string of N bytes, ordered lexicographically.
template <std::size_t N>
struct FixedBytes {
  std::array<Byte, N> data{};

  static constexpr std::size_t size() { return N; }
  ByteView view() const { return {data.data(), N}; }
  bool is_zero() const { return *this == FixedBytes{}; }
  /// The first eight bytes as a little-endian number: a short tag for traces and lookup tables.
  std::uint64_t tag() const requires(N >= 8) {
    std::uint64_t value = 0;
    if constexpr (std::endian::native == std::endian::little) {
      std::memcpy(&value, data.data(), 8);
    } else {
      for (int i = 7; i >= 0; --i) value = value << 8 | data[static_cast<std::size_t>(i)];
    }
    return value;
  }
  friend bool operator==(const FixedBytes& a, const FixedBytes& b) {
    // In words: a call of memcmp costs more than the comparison.
    std::uint64_t differ = 0;
    std::size_t i = 0;
    for (; i + 8 <= N; i += 8) {
      std::uint64_t x = 0, y = 0;
      std::memcpy(&x, a.data.data() + i, 8);
      std::memcpy(&y, b.data.data() + i, 8);
      differ |= x ^ y;
    }
    for (; i < N; ++i) differ |= static_cast<std::uint64_t>(a.data[i] ^ b.data[i]);
    return differ == 0;
  }
  friend auto operator<=>(const FixedBytes&, const FixedBytes&) = default;
};

using Hash128 = FixedBytes<16>;
using Hash256 = FixedBytes<32>;
using Address = FixedBytes<20>;

/// Hash functor for lookup tables keyed by content hashes (the bytes are already uniform).
struct TagHash {
  template <std::size_t N>
  std::size_t operator()(const FixedBytes<N>& value) const {
    return static_cast<std::size_t>(value.tag());
  }
};

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const Byte*>(text.data()), text.size()};
}

/// Lower-case hexadecimal text, two characters a byte, without prefix.
std::string to_hex(ByteView bytes);

template <std::size_t N>
std::string to_hex(const FixedBytes<N>& bytes) {
  return to_hex(bytes.view());
}

/// Reads hexadecimal text (with or without "0x"); nothing on an odd length or another character.
std::optional<Bytes> from_hex(std::string_view text);

template <std::size_t N>
std::optional<FixedBytes<N>> fixed_from_hex(std::string_view text) {
  const auto bytes = from_hex(text);
  if (!bytes || bytes->size() != N) return std::nullopt;
  FixedBytes<N> out;
  std::memcpy(out.data.data(), bytes->data(), N);
  return out;
}

}  // namespace ledgerlab
