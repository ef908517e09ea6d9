#include "models/parts/bitcoin/wire.hpp"

#include <algorithm>

namespace ledgerlab::bitcoin {

std::uint64_t Reader::number(std::size_t count) {
  const ByteView bytes = take(count);
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | bytes[i];
  return value;
}

std::uint64_t Reader::compact() {
  const std::uint8_t first = u8();
  if (first < 253) return first;
  const std::size_t count = first == 253 ? 2 : first == 254 ? 4 : 8;
  const std::uint64_t value = number(count);
  if (compact_size(value) != 1 + count) fail();
  return ok_ ? value : 0;
}

std::uint64_t Reader::length() {
  const std::uint64_t value = compact();
  if (value > max_length) fail();
  return ok_ ? value : 0;
}

ByteView Reader::take(std::uint64_t count) {
  if (!ok_ || count > rest_.size()) {
    fail();
    return {};
  }
  const ByteView out = rest_.first(static_cast<std::size_t>(count));
  rest_ = rest_.subspan(static_cast<std::size_t>(count));
  return out;
}

Bytes Reader::var_bytes() { return to_bytes(var_view()); }

Hash256 Reader::hash() {
  Hash256 out;
  const ByteView bytes = take(out.size());
  std::copy(bytes.begin(), bytes.end(), out.data.begin());
  return out;
}

void put_number(Bytes& out, std::uint64_t value, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back(static_cast<Byte>(value));
    value >>= 8;
  }
}

std::size_t compact_size(std::uint64_t value) {
  return value < 253 ? 1 : value <= 0xffff ? 3 : value <= 0xffffffff ? 5 : 9;
}

void put_compact(Bytes& out, std::uint64_t value) {
  const std::size_t size = compact_size(value);
  if (size == 1) {
    put_u8(out, static_cast<std::uint8_t>(value));
    return;
  }
  put_u8(out, size == 3 ? 253 : size == 5 ? 254 : 255);
  put_number(out, value, size - 1);
}

std::string to_display(const Hash256& hash) {
  Hash256 reversed = hash;
  std::reverse(reversed.data.begin(), reversed.data.end());
  return to_hex(reversed);
}

std::optional<Hash256> hash_from_display(std::string_view hex) {
  auto out = fixed_from_hex<32>(hex);
  if (out) std::reverse(out->data.begin(), out->data.end());
  return out;
}

}  // namespace ledgerlab::bitcoin
