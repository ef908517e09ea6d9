// Heads: below 0x80 a byte for itself; 0x80 short string, 0xb8 long string, 0xc0 short list,
// 0xf8 long list (Yellow Paper, equations 183 and 187).
#include "models/codec/rlp.hpp"

namespace ledgerlab::rlp {
namespace {

std::size_t bytes_of(std::uint64_t number) {
  return static_cast<std::size_t>(std::bit_width(number) + 7) / 8;
}

void append_big_endian(Bytes& out, std::uint64_t number) {
  for (std::size_t i = bytes_of(number); i-- > 0;) {
    out.push_back(static_cast<Byte>(number >> (8 * i)));
  }
}

void append_head(Bytes& out, std::size_t size, Byte offset) {
  if (size < 56) {
    out.push_back(static_cast<Byte>(offset + size));
  } else {
    out.push_back(static_cast<Byte>(offset + 55 + bytes_of(size)));
    append_big_endian(out, size);
  }
}

std::size_t head_size(std::size_t size) { return size < 56 ? 1 : 1 + bytes_of(size); }

/// The content's length in the `count` bytes behind a long head; nothing unless it is the shortest
/// form and long enough to need it.
std::optional<std::size_t> long_size(ByteView bytes, std::size_t count) {
  if (bytes.size() < 1 + count || bytes[1] == 0) return std::nullopt;
  std::uint64_t size = 0;
  for (std::size_t i = 1; i <= count; ++i) size = size << 8 | bytes[i];
  if (size < 56) return std::nullopt;
  return size;
}

std::size_t payload_size(const Item& item);

std::size_t item_size(const Item& item) {
  if (!item.is_list) return encoded_size(item.bytes);
  const std::size_t payload = payload_size(item);
  return list_head_size(payload) + payload;
}

std::size_t payload_size(const Item& item) {
  std::size_t sum = 0;
  for (const Item& child : item.items) sum += item_size(child);
  return sum;
}

void append_item(Bytes& out, const Item& item) {
  if (!item.is_list) return append(out, item.bytes);
  append_list_head(out, payload_size(item));
  for (const Item& child : item.items) append_item(out, child);
}

bool decode_item(const Split& head, Item& out, int depth) {
  out.is_list = head.is_list;
  if (!head.is_list) {
    out.bytes.assign(head.payload.begin(), head.payload.end());
    return true;
  }
  if (depth >= max_depth) return false;
  for (ByteView rest = head.payload; !rest.empty();) {
    const auto next = split(rest);
    if (!next || !decode_item(*next, out.items.emplace_back(), depth + 1)) return false;
    rest = next->rest;
  }
  return true;
}

}  // namespace

void append(Bytes& out, ByteView bytes) {
  if (bytes.size() != 1 || bytes[0] >= 0x80) append_head(out, bytes.size(), 0x80);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void append(Bytes& out, std::uint64_t number) {
  if (number == 0 || number >= 0x80) append_head(out, bytes_of(number), 0x80);
  append_big_endian(out, number);
}

void append(Bytes& out, const U256& number) {
  append(out, ByteView(to_minimal_big_endian(number)));
}

void append_list_head(Bytes& out, std::size_t payload) { append_head(out, payload, 0xc0); }

void append_list(Bytes& out, ByteView payload) {
  append_list_head(out, payload.size());
  out.insert(out.end(), payload.begin(), payload.end());
}

std::size_t encoded_size(ByteView bytes) {
  return bytes.size() == 1 && bytes[0] < 0x80 ? 1 : head_size(bytes.size()) + bytes.size();
}

std::size_t list_head_size(std::size_t payload) { return head_size(payload); }

std::optional<Split> split(ByteView bytes) {
  if (bytes.empty()) return std::nullopt;
  const Byte head = bytes[0];
  if (head < 0x80) return Split{false, bytes.first(1), bytes.subspan(1)};
  const bool is_list = head >= 0xc0;
  const std::size_t code = head - (is_list ? 0xc0u : 0x80u);
  std::size_t start = 1;
  std::size_t size = code;
  if (code > 55) {
    const auto length = long_size(bytes, code - 55);
    if (!length) return std::nullopt;
    start = 1 + (code - 55);
    size = *length;
  }
  if (size > bytes.size() - start) return std::nullopt;
  const Split out{is_list, bytes.subspan(start, size), bytes.subspan(start + size)};
  // A single small byte stands for itself.
  if (!is_list && size == 1 && out.payload[0] < 0x80) return std::nullopt;
  return out;
}

std::optional<Cursor> Cursor::list(ByteView bytes) {
  const auto head = split(bytes);
  if (!head || !head->is_list || !head->rest.empty()) return std::nullopt;
  return Cursor(head->payload);
}

bool Cursor::next_is_list() const { return !rest_.empty() && rest_[0] >= 0xc0; }

ByteView Cursor::bytes() {
  const auto head = ok_ ? split(rest_) : std::nullopt;
  if (!head || head->is_list) {
    ok_ = false;
    return {};
  }
  rest_ = head->rest;
  return head->payload;
}

Cursor Cursor::list() {
  const auto head = ok_ ? split(rest_) : std::nullopt;
  Cursor out(head ? head->payload : ByteView());
  if (!head || !head->is_list) {
    ok_ = false;
    out.ok_ = false;
    return out;
  }
  rest_ = head->rest;
  return out;
}

U256 Cursor::number256() {
  const ByteView view = bytes();
  const auto value = u256_from_big_endian(view);
  if (!value || (!view.empty() && view[0] == 0)) ok_ = false;
  return ok_ ? *value : U256();
}

std::uint64_t Cursor::number() {
  const U256 value = number256();
  if (!value.fits64()) ok_ = false;
  return ok_ ? value.low64() : 0;
}

Bytes encode(const Item& item) {
  Bytes out;
  out.reserve(item_size(item));
  append_item(out, item);
  return out;
}

std::optional<Item> decode(ByteView bytes) {
  const auto head = split(bytes);
  Item out;
  if (!head || !head->rest.empty() || !decode_item(*head, out, 0)) return std::nullopt;
  return out;
}

}  // namespace ledgerlab::rlp
