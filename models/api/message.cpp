#include "models/api/message.hpp"

#include "models/api/crypto.hpp"
#include "models/api/identity_pass.hpp"
#include "models/crypto/hash128.hpp"

namespace ledgerlab {

thread_local IdentityPass* IdentityPass::current_ = nullptr;

namespace {

/// The catalog of the decode_frame that is running: nested frames are looked up in it.
thread_local const MessageCatalog* decoding_catalog = nullptr;
/// Frames inside frames inside ...: an enemy's could exhaust the stack.
thread_local int decoding_depth = 0;
constexpr int max_frame_depth = 5;

struct CatalogScope {
  const MessageCatalog* outer;
  explicit CatalogScope(const MessageCatalog& catalog) : outer(decoding_catalog) {
    decoding_catalog = &catalog;
    ++decoding_depth;
  }
  ~CatalogScope() {
    decoding_catalog = outer;
    --decoding_depth;
  }
  bool too_deep() const { return decoding_depth > max_frame_depth; }
};

void write_signed_part(const Message& m, codec::Writer& writer) {
  writer(static_cast<std::uint8_t>(m.slot()), m.kind());
  m.type().encode_body(m, writer);
}

}  // namespace

std::string_view role_name(Role role) {
  static constexpr std::string_view names[] = {"proposal",  "vote", "certificate", "view_change",
                                               "heartbeat", "sync", "relay",       "client"};
  return names[static_cast<std::size_t>(role)];
}

Byte* Message::new_signature() {
  auto* const room = static_cast<Byte*>(line_pool::take(auth_bytes(Auth::signature)));
  std::memset(room, 0, auth_bytes(Auth::signature));
  return room;
}

/// Size, identity, and the hash of everything a forger could touch.
void MessageAccess::measure(Message& m, Slot slot, NodeId author) {
  thread_local Bytes room(4096);
  Bytes& buffer = room;
  m.book.slot = slot;
  m.author_ = m.book.auth == Auth::none ? no_node : author;
  std::size_t size = 0;
  std::size_t full_bytes = 0;
  std::size_t written_bytes = 0;
  for (bool fits = false; !fits;) {
    codec::Writer writer{std::span<Byte>(buffer)};
    IdentityPass pass;
    write_signed_part(m, writer);
    size = writer.size();
    full_bytes = pass.full_bytes;
    written_bytes = pass.written_bytes;
    fits = size <= buffer.size();
    if (!fits) buffer.resize(size);
  }
  m.identity_ = hash128(ByteView(buffer).first(size));
  m.covered_ = m.identity_;
  // The signed part has slot and kind (3 bytes), which the header holds too.
  m.wire_size_ = static_cast<std::uint32_t>(Message::header_bytes + size - 3 - written_bytes +
                                            full_bytes + auth_bytes(m.book.auth));
  // Nobody covers a frame that proves itself: contents are not written out again at every hop.
  if (full_bytes != 0 && m.book.auth != Auth::none) {
    IdentityPass::Pause whole;
    m.covered_ = hash128(encode_signed_part(m));
  }
}

void MessageAccess::seal(Message& m, Slot slot, NodeId author, CryptoSuite& suite) {
  measure(m, slot, author);
  if (m.book.auth != Auth::none) {
    suite.authenticate(m, authenticator(m));
  }
}

void MessageAccess::set_frame(Message& m, Slot slot, NodeId author, ByteView authenticator) {
  measure(m, slot, author);
  if (m.book.auth == Auth::none) return;
  std::memcpy(MessageAccess::authenticator(m).data(), authenticator.data(), authenticator.size());
}

const MessageType* MessageCatalog::find(Slot slot, std::uint16_t kind) const {
  for (const MessageType* type : slots[static_cast<std::size_t>(slot)]) {
    if (type->info.kind == kind) return type;
  }
  return nullptr;
}

const MessageType* type_in_decoding(Slot slot, std::uint16_t kind) {
  return decoding_catalog ? decoding_catalog->find(slot, kind) : nullptr;
}

Bytes encode_signed_part(const Message& message) {
  // Not wire_size(): that charges for modelled bytes too, which nobody writes.
  codec::Sizer size;
  write_signed_part(message, size);
  Bytes out(size.size());
  codec::Writer writer{std::span<Byte>(out)};
  write_signed_part(message, writer);
  return out;
}

Bytes encode_frame(const Message& message) {
  Bytes out;
  out.reserve(message.wire_size());
  codec::Writer writer(out);
  writer(static_cast<std::uint8_t>(message.slot()), static_cast<std::uint8_t>(message.auth()),
         message.kind(), message.author());
  message.type().encode_body(message, writer);
  writer.raw(message.authenticator());
  return out;
}

MessageRef decode_frame(ByteView frame, const MessageCatalog& catalog) {
  const CatalogScope scope(catalog);
  if (scope.too_deep()) return {};
  codec::Reader header(frame);
  std::uint8_t slot = 0;
  std::uint8_t auth = 0;
  std::uint16_t kind = 0;
  NodeId author = no_node;
  header(slot, auth, kind, author);
  if (!header.ok() || slot >= slot_count) return {};
  const MessageType* type = catalog.find(static_cast<Slot>(slot), kind);
  if (!type || auth != static_cast<std::uint8_t>(type->info.auth)) return {};
  // Nobody signs a frame that proves itself: it has one author field, or one bit could be flipped.
  if (type->info.auth == Auth::none && author != no_node) return {};
  const std::size_t tail = auth_bytes(type->info.auth);
  if (frame.size() < Message::header_bytes + tail) return {};
  const ByteView body =
      frame.subspan(Message::header_bytes, frame.size() - Message::header_bytes - tail);
  codec::Reader reader(body);
  Message* message = type->decode_body(*type, reader);
  if (!message) return {};
  MessageRef result(message);
  if (!reader.finished()) return {};
  MessageAccess::set_frame(*message, static_cast<Slot>(slot), author, frame.last(tail));
  return result;
}

void codec_write(codec::Writer& writer, const MessageRef& message) {
  if (IdentityPass* pass = IdentityPass::current()) {
    writer(message->identity());
    codec::Sizer length;
    length.varint(message->wire_size());
    pass->full_bytes += length.size() + message->wire_size();
    pass->written_bytes += message->identity().size();
    return;
  }
  writer(encode_frame(*message));
}

bool codec_read(codec::Reader& reader, MessageRef& message) {
  Bytes frame;
  reader(frame);
  if (!reader.ok() || !decoding_catalog) return false;
  message = decode_frame(frame, *decoding_catalog);
  return static_cast<bool>(message);
}

}  // namespace ledgerlab
