// Messages (DESIGN 13.4): a message is a struct with `info` and `fields`; sealing it makes one
// immutable, reference-counted object with its wire size, identity and authenticator. A broadcast
// shares that object; it is encoded once.
//
//   struct RequestVote {
//     static constexpr MessageInfo info{1, "RequestVote", Role::vote};
//     std::uint64_t term = 0;
//     NodeId candidate = 0;
//     template <class A> void fields(A& a) { a(term, candidate); }
//   };
//
// On the wire: {slot u8, auth u8, kind u16, author u32} body authenticator. `fields` defines the
// body's one canonical encoding; bytes that decode encode to themselves or are refused.
#pragma once

#include <cassert>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "models/base/ids.hpp"
#include "models/base/line_pool.hpp"
#include "models/codec/codec.hpp"

namespace ledgerlab {

/// What a message is for: behaviours, targeted faults and metrics select by it.
enum class Role : std::uint8_t {
  proposal,
  vote,
  certificate,
  view_change,
  heartbeat,
  sync,
  relay,
  client
};
inline constexpr std::size_t role_count = 8;
std::string_view role_name(Role role);

/// How a frame is authenticated. `none` is for content that proves itself (a block by its work, a
/// transaction by its signature) and travels inside another frame.
enum class Auth : std::uint8_t { none, mac, signature };
constexpr std::uint32_t auth_bytes(Auth auth) {
  return auth == Auth::signature ? 64 : auth == Auth::mac ? 16 : 0;
}

struct MessageInfo {
  std::uint16_t kind;     // unique within its module
  std::string_view name;  // the paper's own name
  Role role;
  Auth auth = Auth::signature;
};

class Message;
class CryptoSuite;
struct Block;

/// Counted pointer to a sealed message. Counts are not atomic: a message belongs to one world.
class MessageRef {
 public:
  MessageRef() = default;
  explicit MessageRef(const Message* adopted) : message_(adopted) {}
  MessageRef(const MessageRef& other);
  MessageRef(MessageRef&& other) noexcept : message_(std::exchange(other.message_, nullptr)) {}
  MessageRef& operator=(MessageRef other) noexcept {
    std::swap(message_, other.message_);
    return *this;
  }
  ~MessageRef();
  const Message* get() const { return message_; }
  const Message& operator*() const { return *message_; }
  const Message* operator->() const { return message_; }
  explicit operator bool() const { return message_ != nullptr; }
  const Message* release() { return std::exchange(message_, nullptr); }

 private:
  const Message* message_ = nullptr;
};

/// What is known of a message's type: one static table entry per C++ type, or an object made at run
/// time (models/parts/dynamic).
struct MessageType {
  MessageInfo info;
  void (*encode_body)(const Message&, codec::Writer&);
  /// Null if the bytes are no canonical body of this type.
  Message* (*decode_body)(const MessageType&, codec::Reader&);
  void (*destroy)(const Message*);
  std::string (*describe)(const Message&);
  /// The block that content of this type is (its struct says so by carried_block()); null: none.
  std::shared_ptr<const Block> (*block)(const Message&) = nullptr;
  /// The message that a session's frame carries (carried_message()); null: it is no such frame.
  const Message* (*carried)(const Message&) = nullptr;
};

class Message {
 public:
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;
  static constexpr std::uint32_t header_bytes = 8;

  const MessageType& type() const { return *type_; }
  std::uint16_t kind() const { return type_->info.kind; }
  Slot slot() const { return book.slot; }
  Role role() const { return book.role; }
  Auth auth() const { return book.auth; }
  /// Node under whose key the authenticator was made.
  NodeId author() const { return author_; }
  /// Header, body and authenticator, bytes.
  std::uint32_t wire_size() const { return wire_size_; }
  /// XXH3-128 of (slot, kind, body), without the authenticator.
  const Hash128& identity() const { return identity_; }
  /// The same with signatures of transactions inside the body: what an authenticator must cover.
  const Hash128& covered() const { return covered_; }
  ByteView authenticator() const {
    return {book.auth == Auth::signature ? signature_ : tag_.data(), auth_bytes(book.auth)};
  }
  std::string describe() const { return type_->describe(*this); }
  /// The block it is, or null.
  std::shared_ptr<const Block> block() const {
    return type_->block ? type_->block(*this) : std::shared_ptr<const Block>();
  }

  /// The message inside a session's frame, or null.
  const Message* carried() const { return type_->carried ? type_->carried(*this) : nullptr; }

  /// The body, if the message is of type T.
  template <class T>
  const T* as() const;

  static void* operator new(std::size_t size) { return line_pool::take(size); }
  static void operator delete(void* room, std::size_t size) { line_pool::give(room, size); }

 private:
  friend struct MessageAccess;
  // Two lines with a small body: what a receiver's module looks at (type, body, references) stands
  // in the second one, which begins in the middle of `book`.
  Hash128 identity_;
  Hash128 covered_;
  union {
    std::array<Byte, 16> tag_{};  // Auth::mac
    Byte* signature_;             // Auth::signature: 64 bytes elsewhere
  };
  std::uint32_t wire_size_ = 0;
  NodeId author_ = no_node;

 public:
  // Bookkeeping of the one world the message lives in; not part of its value.
  struct Bookkeeping {
    std::uint32_t token = 0xffffffff;  // host's table index while in flight
    std::uint32_t in_flight = 0;
    std::uint32_t references = 1;
    std::uint8_t verdict = 0;  // 0 not checked, 1 authentic, 2 refused

   private:
    // Of the value, here because three bytes elsewhere would take eight.
    friend class Message;
    friend struct MessageAccess;
    Slot slot = Slot::consensus;
    Role role{};
    Auth auth{};
  };
  mutable Bookkeeping book;

 protected:
  explicit Message(const MessageType& type) : type_(&type) {
    book.role = type.info.role;
    book.auth = type.info.auth;
    if (book.auth == Auth::signature) signature_ = new_signature();
  }
  ~Message() {
    if (book.auth == Auth::signature) line_pool::give(signature_, auth_bytes(Auth::signature));
  }

 private:
  static Byte* new_signature();
  const MessageType* type_;
};
static_assert(sizeof(Message) == 80);

template <class T>
struct MessageOf final : Message {
  explicit MessageOf(T value);
  T body;
};

/// How sealing, decoding and the tests reach into a message.
struct MessageAccess {
  static void set_role(Message& m, Role role) { m.book.role = role; }
  /// Computes size and identity and asks `suite` for the authenticator.
  static void seal(Message& m, Slot slot, NodeId author, CryptoSuite& suite);
  static void measure(Message& m, Slot slot, NodeId author);
  static void set_frame(Message& m, Slot slot, NodeId author, ByteView authenticator);

 private:
  static std::span<Byte> authenticator(Message& m) {
    return {m.book.auth == Auth::signature ? m.signature_ : m.tag_.data(), auth_bytes(m.book.auth)};
  }
};

namespace detail {

template <class T>
constexpr auto carried_hook() -> const Message* (*)(const Message&) {
  if constexpr (requires(const T& t) { t.carried_message(); }) {
    return [](const Message& m) -> const Message* {
      return static_cast<const MessageOf<T>&>(m).body.carried_message();
    };
  } else {
    return nullptr;
  }
}

template <class T>
MessageType make_message_type() {
  return {T::info,
          [](const Message& m, codec::Writer& w) {
            const_cast<T&>(static_cast<const MessageOf<T>&>(m).body).fields(w);
          },
          [](const MessageType&, codec::Reader& r) -> Message* {
            T body{};
            body.fields(r);
            if (!r.ok()) return nullptr;
            return new MessageOf<T>(std::move(body));
          },
          [](const Message* m) { delete static_cast<const MessageOf<T>*>(m); },
          [](const Message& m) -> std::string {
            if constexpr (requires(const T& t) { t.describe(); }) {
              return static_cast<const MessageOf<T>&>(m).body.describe();
            } else {
              return std::string(m.type().info.name);
            }
          },
          [](const Message& m) -> std::shared_ptr<const Block> {
            if constexpr (requires(const T& t) { t.carried_block(); }) {
              return static_cast<const MessageOf<T>&>(m).body.carried_block();
            } else {
              return {};
            }
          },
          carried_hook<T>()};
}

}  // namespace detail

template <class T>
inline const MessageType message_type = detail::make_message_type<T>();

template <class T>
MessageOf<T>::MessageOf(T value) : Message(message_type<T>), body(std::move(value)) {
  // A type may decide its role per message (an AppendEntries without entries is a heartbeat).
  if constexpr (requires(const T& t) { t.role(); }) MessageAccess::set_role(*this, body.role());
}

template <class T>
const T* Message::as() const {
  return type_ == &message_type<T> ? &static_cast<const MessageOf<T>*>(this)->body : nullptr;
}

inline MessageRef::MessageRef(const MessageRef& other) : message_(other.message_) {
  if (message_) ++message_->book.references;
}
inline MessageRef::~MessageRef() {
  if (message_ && --message_->book.references == 0) message_->type().destroy(message_);
}

/// The message types of one module: decoder, fuzz target, round-trip test and documentation come
/// from this list.
using MessageTypes = std::vector<const MessageType*>;

template <class... T>
MessageTypes message_list() {
  return {&message_type<T>...};
}

/// Which types each slot of a stack speaks; what decode_frame looks kinds up in.
struct MessageCatalog {
  std::array<MessageTypes, slot_count> slots;
  const MessageType* find(Slot slot, std::uint16_t kind) const;
};

/// Header, body and authenticator of a sealed message.
Bytes encode_frame(const Message& message);
/// The type of this slot and kind in the catalog of the decode_frame that is running; null if it is
/// not there, or none is running.
const MessageType* type_in_decoding(Slot slot, std::uint16_t kind);
/// Body alone: what identity and signature cover (with slot and kind).
Bytes encode_signed_part(const Message& message);
/// Null when the bytes are not one canonical frame of a known kind. Authenticity is not judged
/// here.
MessageRef decode_frame(ByteView frame, const MessageCatalog& catalog);

// A message inside a message (relayed content) is its frame, length first. Decoding needs the
// catalog of the enclosing decode_frame.
void codec_write(codec::Writer& writer, const MessageRef& message);
bool codec_read(codec::Reader& reader, MessageRef& message);

}  // namespace ledgerlab
