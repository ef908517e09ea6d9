#include "models/parts/contract/abi.hpp"

#include <charconv>

#include "models/crypto/hash.hpp"

namespace ledgerlab::contract {

namespace {

constexpr std::size_t word_size = 32;
constexpr Selector error_selector = {0x08, 0xc3, 0x79, 0xa0};  // Error(string)

/// The number after a type's name, 8 ... `most` in steps; `absent` where there is none.
std::optional<std::uint16_t> width(std::string_view digits, unsigned absent, unsigned step,
                                   unsigned most) {
  if (digits.empty()) return static_cast<std::uint16_t>(absent);
  unsigned value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (value == 0 || value > most || value % step != 0) return std::nullopt;
  return static_cast<std::uint16_t>(value);
}

std::optional<AbiType> parse_type(std::string_view text);

/// `inside`: what stands between the last brackets.
std::optional<AbiType> array_of(std::string_view element, std::string_view inside) {
  const auto item = parse_type(element);
  const auto length = width(inside, 0, 1, 0xffff);
  if (!item || !length || item->kind == AbiKind::array) return std::nullopt;
  return AbiType{AbiKind::array, item->bits, item->kind, *length};
}

std::optional<AbiType> parse_type(std::string_view text) {
  if (text.ends_with(']')) {
    const std::size_t open = text.rfind('[');
    if (open == std::string_view::npos) return std::nullopt;
    return array_of(text.substr(0, open), text.substr(open + 1, text.size() - open - 2));
  }
  if (text == "address") return AbiType{AbiKind::address, 160};
  if (text == "bool") return AbiType{AbiKind::boolean, 1};
  if (text == "bytes") return AbiType{AbiKind::bytes, 0};
  if (text == "string") return AbiType{AbiKind::text, 0};
  if (text.starts_with("uint")) {
    const auto bits = width(text.substr(4), 0, 8, 256);  // a bare `uint` is not canonical
    if (bits && *bits != 0) return AbiType{AbiKind::number, *bits};
  } else if (text.starts_with("bytes")) {
    if (const auto bytes = width(text.substr(5), 0, 1, 32)) {
      return AbiType{AbiKind::word, static_cast<std::uint16_t>(*bytes * 8)};
    }
  }
  return std::nullopt;
}

void append_word(Bytes& out, const U256& value) {
  const FixedBytes<32> word = to_big_endian(value);
  out.insert(out.end(), word.data.begin(), word.data.end());
}

bool fits(const AbiType& type, const U256& value) {
  if (type.kind == AbiKind::word) return (value << type.bits).is_zero();
  return value.bit_length() <= type.bits;
}

/// A word of the data as an offset or length within it.
std::optional<std::size_t> position(ByteView data, std::size_t at) {
  if (at > data.size() || data.size() - at < word_size) return std::nullopt;
  const U256 value = *u256_from_big_endian(data.subspan(at, word_size));
  if (value > U256(data.size())) return std::nullopt;
  return static_cast<std::size_t>(value.low64());
}

}  // namespace

Address AbiValue::address() const {
  Address out;
  const FixedBytes<32> word = to_big_endian(number);
  std::copy(word.data.begin() + 12, word.data.end(), out.data.begin());
  return out;
}

AbiValue abi(const U256& number) { return {{AbiKind::number, 256}, number, {}}; }
AbiValue abi(const Address& address) {
  return {{AbiKind::address, 160}, *u256_from_big_endian(address.view()), {}};
}
AbiValue abi(const Hash256& word) { return {{AbiKind::word, 256}, u256_from(word), {}}; }
AbiValue abi_bool(bool value) { return {{AbiKind::boolean, 1}, U256(value ? 1 : 0), {}}; }
AbiValue abi_bytes(Bytes bytes) { return {{AbiKind::bytes, 0}, {}, std::move(bytes)}; }

Selector selector_of(std::string_view signature) {
  const Hash256 hash = keccak256(as_bytes(signature));
  return {hash.data[0], hash.data[1], hash.data[2], hash.data[3]};
}

std::optional<Signature> parse_signature(std::string_view text) {
  const std::size_t open = text.find('(');
  if (open == 0 || open == std::string_view::npos || text.back() != ')') return std::nullopt;
  Signature out;
  out.text = text;
  out.name = text.substr(0, open);
  out.selector = selector_of(text);
  auto types = parse_types(text.substr(open + 1, text.size() - open - 2));
  if (!types) return std::nullopt;
  for (const AbiType& type : *types) {
    if (type.kind == AbiKind::array) return std::nullopt;
  }
  out.types = *std::move(types);
  return out;
}

std::optional<std::vector<AbiType>> parse_types(std::string_view list) {
  std::vector<AbiType> out;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const auto type = parse_type(list.substr(0, comma));
    if (!type) return std::nullopt;
    out.push_back(*type);
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
    if (list.empty()) return std::nullopt;
  }
  return out;
}

Bytes abi_encode(std::span<const AbiValue> values) {
  std::size_t head_words = 0;
  for (const AbiValue& value : values) head_words += value.type.head_words();
  Bytes head;
  Bytes tail;
  for (const AbiValue& value : values) {
    const bool array = value.type.kind == AbiKind::array;
    const Bytes items = array ? abi_encode(value.items) : Bytes();
    if (!value.type.dynamic()) {
      if (!array) append_word(head, value.number);
      head.insert(head.end(), items.begin(), items.end());
      continue;
    }
    append_word(head, U256(head_words * word_size + tail.size()));
    if (array) {
      if (value.type.length == 0) append_word(tail, U256(value.items.size()));
      tail.insert(tail.end(), items.begin(), items.end());
      continue;
    }
    append_word(tail, U256(value.bytes.size()));
    tail.insert(tail.end(), value.bytes.begin(), value.bytes.end());
    tail.resize((tail.size() + word_size - 1) / word_size * word_size);
  }
  head.insert(head.end(), tail.begin(), tail.end());
  return head;
}

Bytes abi_call(std::string_view signature, std::initializer_list<AbiValue> values) {
  const Selector selector = selector_of(signature);
  Bytes out(selector.begin(), selector.end());
  const Bytes arguments = abi_encode({values.begin(), values.size()});
  out.insert(out.end(), arguments.begin(), arguments.end());
  return out;
}

namespace {

/// The body of a dynamic value, from its length on.
bool decode_body(AbiValue& value, ByteView body) {
  if (value.type.kind == AbiKind::array) {
    std::size_t count = value.type.length;
    if (count == 0) {
      const auto length = position(body, 0);
      if (!length) return false;
      count = *length;
      body = body.subspan(word_size);
    }
    if (count > body.size() / word_size) return false;  // each item has a word in the head
    const std::vector<AbiType> types(count, value.type.item());
    auto items = abi_decode(types, body);
    if (!items) return false;
    value.items = *std::move(items);
    return true;
  }
  const auto length = position(body, 0);
  if (!length || body.size() - word_size < *length) return false;
  const ByteView bytes = body.subspan(word_size, *length);
  value.bytes.assign(bytes.begin(), bytes.end());
  return true;
}

/// A value that stands in the head itself, at its beginning.
bool decode_static(AbiValue& value, ByteView data) {
  if (value.type.kind == AbiKind::array) {
    const std::vector<AbiType> types(value.type.length, value.type.item());
    auto items = abi_decode(types, data);
    if (items) value.items = *std::move(items);
    return items.has_value();
  }
  value.number = *u256_from_big_endian(data.first(word_size));
  return fits(value.type, value.number);
}

}  // namespace

std::optional<std::vector<AbiValue>> abi_decode(std::span<const AbiType> types, ByteView data) {
  std::size_t head_words = 0;
  for (const AbiType& type : types) head_words += type.head_words();
  if (data.size() / word_size < head_words) return std::nullopt;
  std::vector<AbiValue> out;
  out.reserve(types.size());
  std::size_t at = 0;
  for (const AbiType& type : types) {
    AbiValue& value = out.emplace_back();
    value.type = type;
    if (type.dynamic()) {
      const auto offset = position(data, at);
      if (!offset || !decode_body(value, data.subspan(*offset))) return std::nullopt;
    } else if (!decode_static(value, data.subspan(at))) {
      return std::nullopt;
    }
    at += type.head_words() * word_size;
  }
  return out;
}

Bytes abi_error(std::string_view text) {
  Bytes out(error_selector.begin(), error_selector.end());
  const AbiValue value = abi_bytes(Bytes(text.begin(), text.end()));
  const Bytes body = abi_encode({&value, 1});
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

std::string abi_error_text(ByteView output) {
  if (output.size() < error_selector.size() ||
      !std::equal(error_selector.begin(), error_selector.end(), output.begin())) {
    return {};
  }
  const AbiType type{AbiKind::text, 0};
  const auto values = abi_decode({&type, 1}, output.subspan(error_selector.size()));
  if (!values) return {};
  return {values->front().bytes.begin(), values->front().bytes.end()};
}

}  // namespace ledgerlab::contract
