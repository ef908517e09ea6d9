// The parts of the codec that do not depend on a type: varints and limits.
#include "models/codec/codec.hpp"

#include <stdexcept>

namespace ledgerlab::codec {

void Writer::varint(std::uint64_t value) {
  std::array<Byte, 10> bytes;
  std::size_t count = 0;
  while (value >= 128) {
    bytes[count++] = static_cast<Byte>(value | 128);
    value >>= 7;
  }
  bytes[count++] = static_cast<Byte>(value);
  raw(bytes.data(), count);
}

void Writer::check_limit(std::size_t count, std::size_t limit) const {
  if (count > limit) throw std::length_error("codec: a list longer than its declared limit");
}

ByteView Reader::raw(std::size_t count) {
  if (!ok_ || rest_.size() < count) {
    fail();
    return {};
  }
  const ByteView out = rest_.first(count);
  rest_ = rest_.subspan(count);
  return out;
}

bool Reader::varint(std::uint64_t& value, std::uint64_t limit) {
  value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    Byte byte = 0;
    if (!copy(&byte, 1)) return false;
    const std::uint64_t bits = byte & 127u;
    if (shift == 63 && bits > 1) return fail();  // beyond 64 bits
    value |= bits << shift;
    if (byte >= 128) continue;
    if (byte == 0 && shift != 0) return fail();  // not the shortest form
    return value <= limit || fail();
  }
  return fail();
}

}  // namespace ledgerlab::codec
