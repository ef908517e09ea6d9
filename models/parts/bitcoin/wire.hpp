// Bitcoin's serialisation: little-endian numbers, CompactSize lengths (only the shortest form is
// accepted), byte strings. A reader that met a fault stays failed and gives zeros.
#pragma once

#include <cstdint>

#include "models/base/bytes.hpp"

namespace ledgerlab::bitcoin {

/// No length in a message may exceed this (Bitcoin Core's MAX_SIZE).
inline constexpr std::uint64_t max_length = 0x02000000;

class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  /// All was read and nothing was wrong.
  bool done() const { return ok_ && rest_.empty(); }
  std::size_t left() const { return rest_.size(); }
  void fail() {
    ok_ = false;
    rest_ = {};
  }

  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }
  /// A length; a fault if not the shortest form or above max_length.
  std::uint64_t length();
  /// Any 64-bit number in CompactSize form; a fault if not the shortest form.
  std::uint64_t compact();
  /// A view into what is read.
  ByteView take(std::uint64_t count);
  ByteView var_view() { return take(length()); }
  Bytes var_bytes();
  Hash256 hash();

 private:
  std::uint64_t number(std::size_t count);

  ByteView rest_;
  bool ok_ = true;
};

void put_number(Bytes& out, std::uint64_t value, std::size_t count);
inline void put_u8(Bytes& out, std::uint8_t value) { out.push_back(value); }
inline void put_u16(Bytes& out, std::uint16_t value) { put_number(out, value, 2); }
inline void put_u32(Bytes& out, std::uint32_t value) { put_number(out, value, 4); }
inline void put_u64(Bytes& out, std::uint64_t value) { put_number(out, value, 8); }
void put_compact(Bytes& out, std::uint64_t value);
inline void put_bytes(Bytes& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}
inline void put_var_bytes(Bytes& out, ByteView bytes) {
  put_compact(out, bytes.size());
  put_bytes(out, bytes);
}
/// The size of `value` in CompactSize form.
std::size_t compact_size(std::uint64_t value);

/// Hashes are shown with their bytes reversed.
std::string to_display(const Hash256& hash);
std::optional<Hash256> hash_from_display(std::string_view hex);

inline Bytes to_bytes(ByteView view) { return Bytes(view.begin(), view.end()); }

}  // namespace ledgerlab::bitcoin
