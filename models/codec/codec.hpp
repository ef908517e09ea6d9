// The canonical binary codec. A type lists its fields once,
//   struct Vote { Height height; Hash256 block; template <class A> void fields(A& a) { a(height,
//   block); } };
// and codec::encode, codec::decode and codec::encoded_size follow from that list. One value has one
// encoding: integers are little endian and of fixed width, lengths are shortest varints, booleans
// are 0 or 1; what decodes encodes to the same bytes, everything else is refused.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "models/base/bytes.hpp"
#include "models/base/time.hpp"

namespace ledgerlab::codec {

class Writer;
class Reader;

/// Structs nested deeper than this are refused by the reader (a list of lists of ... in a message
/// could otherwise exhaust the stack).
inline constexpr int max_depth = 64;

/// Elements of one vector unless at_most says otherwise. Bytes and strings know no limit but the
/// input itself.
inline constexpr std::size_t default_limit = std::size_t{1} << 20;

/// A vector, Bytes or string with a limit of its own: a(term, codec::at_most(entries, 1024)).
template <class T>
struct AtMost {
  T& value;
  std::size_t limit;
};
template <class T>
AtMost<T> at_most(T& value, std::size_t limit) {
  return {value, limit};
}

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <class T>
inline constexpr bool is_array = false;
template <class T, std::size_t N>
inline constexpr bool is_array<std::array<T, N>> = true;
template <class T>
inline constexpr bool is_fixed_bytes = false;
template <std::size_t N>
inline constexpr bool is_fixed_bytes<FixedBytes<N>> = true;
template <class T>
inline constexpr bool is_blob = std::same_as<T, Bytes> || std::same_as<T, std::string>;

template <class T>
concept Number = std::integral<T> && !std::same_as<T, bool> && !std::same_as<T, char> &&
                 !std::same_as<T, wchar_t> && sizeof(T) <= 8;

/// A type that brings its own encoding: free functions, found by argument-dependent lookup,
///   void codec_write(codec::Writer&, const T&);
///   bool codec_read(codec::Reader&, T&);
/// codec_read returns false for bytes that codec_write would not have written.
template <class T>
concept Extended = requires(Writer& writer, Reader& reader, T& value, const T& constant) {
  codec_write(writer, constant);
  { codec_read(reader, value) } -> std::convertible_to<bool>;
};

/// An enumeration in a message declares its largest value: constexpr E max_value(E);
template <class T>
concept BoundedEnum = std::is_enum_v<T> && requires(T value) {
  { max_value(value) } -> std::same_as<T>;
};

/// Appends encodings to a byte string, or writes them into room of a known size: what does not fit
/// is counted, not written, and size() tells the room it takes.
class Writer {
 public:
  explicit Writer(Bytes& out) : out_(&out) {}
  explicit Writer(std::span<Byte> room) : at_(room.data()), left_(room.size()) {}

  template <class... T>
  void operator()(const T&... field) {
    (write(field), ...);
  }

  void raw(ByteView bytes) { raw(bytes.data(), bytes.size()); }
  void varint(std::uint64_t value);
  /// Bytes written (or counted) so far.
  std::size_t size() const { return size_; }

 protected:
  Writer() = default;

 private:
  void raw(const void* from, std::size_t count) {
    size_ += count;
    if (count == 0) return;
    if (at_ != nullptr) {
      if (count > left_) {
        at_ = nullptr;
        return;
      }
      std::memcpy(at_, from, count);
      at_ += count;
      left_ -= count;
    } else if (out_ != nullptr) {
      const std::size_t old = out_->size();
      out_->resize(old + count);
      std::memcpy(out_->data() + old, from, count);
    }
  }
  template <Number T>
  void number(T value) {
    using Unsigned = std::make_unsigned_t<T>;
    auto bits = static_cast<Unsigned>(value);
    std::array<Byte, sizeof(T)> bytes;
    for (Byte& byte : bytes) {
      byte = static_cast<Byte>(bits);
      if constexpr (sizeof(T) > 1) bits = static_cast<Unsigned>(bits >> 8);
    }
    raw(bytes.data(), bytes.size());
  }
  void check_limit(std::size_t count, std::size_t limit) const;
  template <class T>
  void list(const T& value, std::size_t limit) {
    check_limit(value.size(), limit);
    varint(value.size());
    if constexpr (is_blob<T>) {
      raw(value.data(), value.size());
    } else {
      for (const auto& element : value) write(element);
    }
  }
  template <class T>
  void write(const AtMost<T>& limited) {
    list(limited.value, limited.limit);
  }
  template <class T>
  void write(const T& value) {
    if constexpr (Extended<T>) {
      codec_write(*this, value);
    } else if constexpr (std::same_as<T, bool>) {
      number(static_cast<std::uint8_t>(value ? 1 : 0));
    } else if constexpr (Number<T>) {
      number(value);
    } else if constexpr (std::is_enum_v<T>) {
      static_assert(BoundedEnum<T>, "declare constexpr E max_value(E) beside the enumeration");
      number(static_cast<std::underlying_type_t<T>>(value));
    } else if constexpr (std::same_as<T, Duration> || std::same_as<T, Time>) {
      number(count_ns(value));
    } else if constexpr (is_fixed_bytes<T>) {
      raw(value.data.data(), value.size());
    } else if constexpr (is_blob<T>) {
      list(value, SIZE_MAX);
    } else if constexpr (is_vector<T>) {
      list(value, default_limit);
    } else if constexpr (is_optional<T>) {
      write(value.has_value());
      if (value) write(*value);
    } else if constexpr (is_array<T>) {
      for (const auto& element : value) write(element);
    } else {
      // fields() serves reader and writer and is therefore not const; a writer only reads.
      const_cast<T&>(value).fields(*this);
    }
  }

  Bytes* out_ = nullptr;
  Byte* at_ = nullptr;
  std::size_t left_ = 0;
  std::size_t size_ = 0;
};

/// Counts the bytes a writer would append.
class Sizer : public Writer {
 public:
  Sizer() = default;
};

/// Reads encodings from bytes that may come from an enemy: never throws on them, never allocates
/// more than a constant times the bytes that are there, stops at the first fault.
class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}

  template <class... T>
  void operator()(T&&... field) {
    (void)(read(field) && ...);
  }

  bool ok() const { return ok_; }
  /// Everything was well formed and every byte was used.
  bool finished() const { return ok_ && rest_.empty(); }
  std::size_t remaining() const { return rest_.size(); }
  bool fail() { return ok_ = false; }
  /// The next `count` bytes, or nothing and a failed reader.
  ByteView raw(std::size_t count);
  /// A shortest varint up to `limit`.
  bool varint(std::uint64_t& value, std::uint64_t limit);

 private:
  bool copy(void* to, std::size_t count) {
    if (!ok_ || rest_.size() < count) return fail();
    if (count != 0) std::memcpy(to, rest_.data(), count);
    rest_ = rest_.subspan(count);
    return true;
  }
  template <Number T>
  bool number(T& value) {
    std::array<Byte, sizeof(T)> bytes;
    if (!copy(bytes.data(), bytes.size())) return false;
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) bits |= std::uint64_t{bytes[i]} << (8 * i);
    value = static_cast<T>(static_cast<std::make_unsigned_t<T>>(bits));
    return true;
  }
  bool boolean(bool& value) {
    std::uint8_t byte = 0;
    if (!number(byte) || byte > 1) return fail();
    value = byte == 1;
    return true;
  }
  template <class T>
  bool list(T& value, std::size_t limit) {
    std::uint64_t count = 0;
    // Every element takes a byte at least, so a count beyond the input is a lie.
    if (!varint(count, limit) || count > rest_.size()) return fail();
    if constexpr (is_blob<T>) {
      value.resize(static_cast<std::size_t>(count));
      return copy(value.data(), value.size());
    } else {
      using Element = typename T::value_type;
      static_assert(!std::same_as<Element, bool> && !std::is_empty_v<Element>);
      value.clear();
      value.reserve(std::min<std::size_t>(count, rest_.size() / sizeof(Element) + 1));
      for (std::uint64_t i = 0; i < count; ++i) {
        if (!read(value.emplace_back())) return false;
      }
      return true;
    }
  }
  template <class T>
  bool read(AtMost<T>& limited) {
    return list(limited.value, limited.limit);
  }
  template <class T>
  bool optional(std::optional<T>& value) {
    bool present = false;
    if (!boolean(present)) return false;
    value.reset();
    return !present || read(value.emplace());
  }
  template <class T>
  bool enumeration(T& value) {
    static_assert(BoundedEnum<T>, "declare constexpr E max_value(E) beside the enumeration");
    using Underlying = std::underlying_type_t<T>;
    static_assert(std::is_unsigned_v<Underlying>, "enumerations in messages are unsigned");
    Underlying bits = 0;
    if (!number(bits) || bits > static_cast<Underlying>(max_value(T{}))) return fail();
    value = static_cast<T>(bits);
    return true;
  }
  template <class T>
  bool structure(T& value) {
    if (depth_ >= max_depth) return fail();
    ++depth_;
    if constexpr (Extended<T>) {
      if (!codec_read(*this, value)) fail();
    } else {
      value.fields(*this);
    }
    --depth_;
    return ok_;
  }
  template <class T>
  bool read(T& value) {
    if (!ok_) return false;
    if constexpr (Extended<T>) {
      return structure(value);
    } else if constexpr (std::same_as<T, bool>) {
      return boolean(value);
    } else if constexpr (Number<T>) {
      return number(value);
    } else if constexpr (std::is_enum_v<T>) {
      return enumeration(value);
    } else if constexpr (std::same_as<T, Duration> || std::same_as<T, Time>) {
      std::int64_t count = 0;
      if (!number(count)) return false;
      value = T{Duration{count}};
      return true;
    } else if constexpr (is_fixed_bytes<T>) {
      return copy(value.data.data(), value.size());
    } else if constexpr (is_blob<T>) {
      return list(value, SIZE_MAX);
    } else if constexpr (is_vector<T>) {
      return list(value, default_limit);
    } else if constexpr (is_optional<T>) {
      return optional(value);
    } else if constexpr (is_array<T>) {
      for (auto& element : value) {
        if (!read(element)) return false;
      }
      return true;
    } else {
      return structure(value);
    }
  }

  ByteView rest_;
  int depth_ = 0;
  bool ok_ = true;
};

/// The length of a value's encoding.
template <class T>
std::size_t encoded_size(const T& value) {
  Sizer sizer;
  sizer(value);
  return sizer.size();
}

/// The encoding of a value.
template <class T>
Bytes encode(const T& value) {
  Bytes out(encoded_size(value));
  Writer writer{std::span<Byte>(out)};
  writer(value);
  return out;
}

/// The value whose encoding these bytes are, all of them, or nothing.
template <class T>
std::optional<T> decode(ByteView bytes) {
  T value{};
  Reader reader(bytes);
  reader(value);
  if (!reader.finished()) return std::nullopt;
  return value;
}

}  // namespace ledgerlab::codec
