// Recursive Length Prefix, Ethereum's encoding (Yellow Paper, appendix B): byte strings and lists
// of them. Decoding is strict: what decodes would encode to the same bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "models/base/bytes.hpp"
#include "models/base/u256.hpp"

namespace ledgerlab::rlp {

/// Appends the encoding of one byte string.
void append(Bytes& out, ByteView bytes);
/// Numbers are byte strings, big endian without leading zeros; zero is the empty string.
void append(Bytes& out, std::uint64_t number);
void append(Bytes& out, const U256& number);
/// Appends the head of a list whose encoded items together take `payload` bytes.
void append_list_head(Bytes& out, std::size_t payload);
/// Appends a list whose items are already encoded, one after the other.
void append_list(Bytes& out, ByteView payload);

/// The bytes that the encoding of a byte string takes.
std::size_t encoded_size(ByteView bytes);
/// The bytes that the head of a list of `payload` bytes takes.
std::size_t list_head_size(std::size_t payload);

/// One item in front of `rest`, its content not yet looked into.
struct Split {
  bool is_list = false;
  ByteView payload;
  ByteView rest;
};
/// Reads the head of the first item; nothing if it is malformed, not the shortest form, or cut off.
std::optional<Split> split(ByteView bytes);

/// Walks the items of a list without copying. A wrong step makes it fail for good.
class Cursor {
 public:
  /// The items of `payload`, one after the other.
  explicit Cursor(ByteView payload) : rest_(payload) {}
  /// `bytes` as one list and nothing behind it.
  static std::optional<Cursor> list(ByteView bytes);

  bool ok() const { return ok_; }
  bool finished() const { return ok_ && rest_.empty(); }
  bool at_end() const { return rest_.empty(); }
  bool next_is_list() const;
  /// What was not read yet.
  ByteView rest() const { return rest_; }
  /// For a fault found by the reader: no step succeeds any more.
  void fail() { ok_ = false; }

  ByteView bytes();
  Cursor list();
  /// Numbers with leading zeros, and those too large for the type, are refused.
  std::uint64_t number();
  U256 number256();
  template <std::size_t N>
  FixedBytes<N> fixed() {
    const ByteView view = bytes();
    FixedBytes<N> out;
    if (view.size() != N) {
      ok_ = false;
    } else {
      std::memcpy(out.data.data(), view.data(), N);
    }
    return out;
  }

 private:
  ByteView rest_;
  bool ok_ = true;
};

/// A decoded tree, for tools and tests; protocols walk a Cursor.
struct Item {
  bool is_list = false;
  Bytes bytes;              // of a byte string
  std::vector<Item> items;  // of a list
  friend bool operator==(const Item&, const Item&) = default;
};

/// Lists nested deeper than this are refused.
inline constexpr int max_depth = 1024;

Bytes encode(const Item& item);
/// One item that takes all the bytes.
std::optional<Item> decode(ByteView bytes);

}  // namespace ledgerlab::rlp
