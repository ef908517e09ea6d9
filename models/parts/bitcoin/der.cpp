#include "models/parts/bitcoin/der.hpp"

#include <algorithm>

namespace ledgerlab::bitcoin {
namespace {

/// Reads one INTEGER in any BER length form.
std::optional<ByteView> read_integer(ByteView& rest) {
  if (rest.size() < 2 || rest[0] != 0x02) return std::nullopt;
  std::size_t length = rest[1];
  rest = rest.subspan(2);
  if ((length & 0x80) != 0) {
    std::size_t count = length - 0x80;
    if (count > rest.size()) return std::nullopt;
    while (count > 0 && rest[0] == 0) {
      rest = rest.subspan(1);
      --count;
    }
    if (count >= 4) return std::nullopt;
    length = 0;
    for (; count > 0; --count) {
      length = length << 8 | rest[0];
      rest = rest.subspan(1);
    }
  }
  if (length > rest.size()) return std::nullopt;
  const ByteView number = rest.first(length);
  rest = rest.subspan(length);
  return number;
}

/// Right-aligned into 32 bytes; false if it does not fit.
bool place(ByteView number, Byte* out) {
  while (!number.empty() && number[0] == 0) number = number.subspan(1);
  if (number.size() > 32) return false;
  std::copy(number.begin(), number.end(), out + 32 - number.size());
  return true;
}

/// BIP 66 for one number at `at`: its tag, not negative, no needless zero.
bool is_strict_integer(ByteView signature, std::size_t at, std::size_t length) {
  if (signature[at] != 0x02 || length == 0) return false;
  const Byte first = signature[at + 2];
  if ((first & 0x80) != 0) return false;
  return length == 1 || first != 0 || (signature[at + 3] & 0x80) != 0;
}

}  // namespace

bool is_strict_der(ByteView signature) {
  // 0x30 [total] 0x02 [length] [R] 0x02 [length] [S] [hash type]
  if (signature.size() < 9 || signature.size() > 73) return false;
  if (signature[0] != 0x30 || signature[1] != signature.size() - 3) return false;
  const std::size_t r_size = signature[3];
  if (5 + r_size >= signature.size()) return false;
  const std::size_t s_size = signature[5 + r_size];
  if (r_size + s_size + 7 != signature.size()) return false;
  return is_strict_integer(signature, 2, r_size) &&
         is_strict_integer(signature, r_size + 4, s_size);
}

bool has_defined_hash_type(ByteView signature) {
  if (signature.empty()) return false;
  const Byte type = signature.back() & static_cast<Byte>(~0x80);
  return type >= 1 && type <= 3;
}

bool has_low_s(ByteView signature) {
  const auto parsed = read_lax_der(signature.first(signature.size() - 1));
  return parsed && !secp256k1_high_s(*parsed);
}

std::optional<Secp256k1Signature> read_lax_der(ByteView der) {
  if (der.size() < 2 || der[0] != 0x30) return std::nullopt;
  std::size_t skip = 2;
  if ((der[1] & 0x80) != 0) skip += der[1] - 0x80u;  // what the length says is not looked at
  if (skip > der.size()) return std::nullopt;
  ByteView rest = der.subspan(skip);
  const auto r = read_integer(rest);
  if (!r) return std::nullopt;
  const auto s = read_integer(rest);
  if (!s) return std::nullopt;
  Secp256k1Signature out;
  if (!place(*r, out.data.data()) || !place(*s, out.data.data() + 32)) return Secp256k1Signature{};
  return out;
}

bool is_compressed_key(ByteView key) {
  return key.size() == 33 && (key[0] == 0x02 || key[0] == 0x03);
}

bool is_plain_key(ByteView key) {
  return is_compressed_key(key) || (key.size() == 65 && key[0] == 0x04);
}

}  // namespace ledgerlab::bitcoin
