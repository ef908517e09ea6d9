#include "models/parts/bitcoin/base58.hpp"

#include <algorithm>
#include <array>

#include "models/crypto/hash.hpp"
#include "models/parts/bitcoin/wire.hpp"

namespace ledgerlab::bitcoin {
namespace {

constexpr std::string_view base58_alphabet =
    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::string_view bech32_alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t bech32_length_max = 90;
constexpr std::size_t bech32_checksum = 6;

/// In place: number = number * factor + carry, digits of `base`, most significant first.
void multiply_add(Bytes& digits, unsigned factor, unsigned carry, unsigned base) {
  for (std::size_t i = digits.size(); i-- > 0;) {
    carry += digits[i] * factor;
    digits[i] = static_cast<Byte>(carry % base);
    carry /= base;
  }
  for (; carry != 0; carry /= base) {
    digits.insert(digits.begin(), static_cast<Byte>(carry % base));
  }
}

/// BIP 173: the code's remainder over GF(32).
std::uint32_t polymod(std::string_view prefix, ByteView data) {
  std::uint32_t state = 1;
  const auto take = [&](std::uint32_t value) {
    static constexpr std::array<std::uint32_t, 5> generator = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa,
                                                               0x3d4233dd, 0x2a1462b3};
    const std::uint32_t top = state >> 25;
    state = (state & 0x1ffffff) << 5 ^ value;
    for (unsigned i = 0; i < 5; ++i) {
      if ((top >> i & 1) != 0) state ^= generator[i];
    }
  };
  for (const char c : prefix) take(static_cast<Byte>(c) >> 5);
  take(0);
  for (const char c : prefix) take(static_cast<Byte>(c) & 31);
  for (const Byte value : data) take(value);
  return state;
}

std::uint32_t form_constant(Bech32Form form) { return form == Bech32Form::bech32 ? 1 : 0x2bc830a3; }

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

}  // namespace

std::string base58_encode(ByteView bytes) {
  Bytes digits;
  std::size_t zeros = 0;
  while (zeros < bytes.size() && bytes[zeros] == 0) ++zeros;
  for (const Byte byte : bytes.subspan(zeros)) multiply_add(digits, 256, byte, 58);
  std::string out(zeros, '1');
  for (const Byte digit : digits) out += base58_alphabet[digit];
  return out;
}

std::optional<Bytes> base58_decode(std::string_view text, std::size_t size_max) {
  Bytes digits;
  std::size_t zeros = 0;
  while (zeros < text.size() && text[zeros] == '1') ++zeros;
  if (zeros > size_max) return std::nullopt;
  for (const char c : text.substr(zeros)) {
    const std::size_t value = base58_alphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    multiply_add(digits, 58, static_cast<unsigned>(value), 256);
    if (zeros + digits.size() > size_max) return std::nullopt;
  }
  digits.insert(digits.begin(), zeros, 0);
  return digits;
}

std::string base58check_encode(ByteView bytes) {
  Bytes all = to_bytes(bytes);
  put_bytes(all, sha256d(bytes).view().first(4));
  return base58_encode(all);
}

std::optional<Bytes> base58check_decode(std::string_view text, std::size_t size_max) {
  auto all = base58_decode(text, size_max + 4);
  if (!all || all->size() < 4) return std::nullopt;
  const ByteView body = ByteView(*all).first(all->size() - 4);
  const Hash256 hash = sha256d(body);
  if (!std::equal(hash.data.begin(), hash.data.begin() + 4, all->end() - 4)) return std::nullopt;
  all->resize(all->size() - 4);
  return all;
}

std::string bech32_encode(const Bech32& value) {
  Bytes data = value.data;
  data.resize(data.size() + bech32_checksum);
  const std::uint32_t checksum = polymod(value.prefix, data) ^ form_constant(value.form);
  std::string out = value.prefix + '1';
  for (std::size_t i = 0; i < data.size(); ++i) {
    const std::size_t from_end = data.size() - 1 - i;
    if (from_end < bech32_checksum) data[i] = checksum >> (5 * from_end) & 31;
    out += bech32_alphabet[data[i] & 31];
  }
  return out;
}

std::optional<Bech32> bech32_decode(std::string_view text) {
  if (text.size() > bech32_length_max) return std::nullopt;
  if (std::any_of(text.begin(), text.end(), is_upper) &&
      std::any_of(text.begin(), text.end(), is_lower)) {
    return std::nullopt;
  }
  if (std::any_of(text.begin(), text.end(), [](char c) { return c < 33 || c > 126; })) {
    return std::nullopt;
  }
  std::string lower(text);
  for (char& c : lower) c = is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
  const std::size_t separator = lower.rfind('1');
  if (separator == std::string::npos || separator == 0 ||
      separator + 1 + bech32_checksum > lower.size()) {
    return std::nullopt;
  }
  Bech32 out;
  out.prefix = lower.substr(0, separator);
  for (const char c : lower.substr(separator + 1)) {
    const std::size_t value = bech32_alphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    out.data.push_back(static_cast<Byte>(value));
  }
  const std::uint32_t state = polymod(out.prefix, out.data);
  if (state == form_constant(Bech32Form::bech32m)) {
    out.form = Bech32Form::bech32m;
  } else if (state != form_constant(Bech32Form::bech32)) {
    return std::nullopt;
  }
  out.data.resize(out.data.size() - bech32_checksum);
  return out;
}

std::optional<Bytes> regroup_bits(ByteView groups, unsigned from, unsigned to, bool pad) {
  Bytes out;
  std::uint32_t held = 0;
  unsigned bits = 0;
  const std::uint32_t mask = (1u << to) - 1;
  for (const Byte group : groups) {
    if (group >> from != 0) return std::nullopt;
    held = (held << from | group) & 0xffff;
    bits += from;
    while (bits >= to) {
      bits -= to;
      out.push_back(static_cast<Byte>(held >> bits & mask));
    }
  }
  if (pad) {
    if (bits != 0) out.push_back(static_cast<Byte>(held << (to - bits) & mask));
  } else if (bits >= from || (held << (to - bits) & mask) != 0) {
    return std::nullopt;
  }
  return out;
}

}  // namespace ledgerlab::bitcoin
