#include "models/parts/session/messages.hpp"

#include "models/api/identity_pass.hpp"

namespace ledgerlab::session {
namespace {

constexpr std::size_t auth_at = 1;  // in a frame's header: {slot, auth, kind, author}

}  // namespace

void codec_write(codec::Writer& writer, const Opaque& opaque) {
  if (IdentityPass* pass = IdentityPass::current()) {
    pass->full_bytes += codec::encoded_size(opaque.bytes);
    return;
  }
  writer(opaque.bytes);
}

bool codec_read(codec::Reader& reader, Opaque& opaque) {
  reader(opaque.bytes);
  return reader.ok();
}

void codec_write(codec::Writer& writer, const Tag& tag) {
  if (IdentityPass* pass = IdentityPass::current()) {
    pass->full_bytes += tag.code.size();
    return;
  }
  writer(tag.code);
}

bool codec_read(codec::Reader& reader, Tag& tag) {
  reader(tag.code);
  return reader.ok();
}

void codec_write(codec::Writer& writer, const Carried& carried) {
  const std::size_t left_out = carried.bare ? auth_bytes(Auth::mac) : 0;
  if (IdentityPass* pass = IdentityPass::current()) {
    writer(carried.bare, carried.message->identity());
    pass->full_bytes += carried.message->wire_size() - left_out;
    pass->written_bytes += carried.message->identity().size();
    return;
  }
  const Bytes frame = encode_frame(*carried.message);
  writer(carried.bare);
  writer.raw(ByteView(frame).first(frame.size() - left_out));
}

bool codec_read(codec::Reader& reader, Carried& carried) {
  reader(carried.bare);
  const ByteView rest = reader.raw(reader.remaining());
  if (!reader.ok() || rest.size() < Message::header_bytes) return false;
  const bool tagged = rest[auth_at] == static_cast<Byte>(Auth::mac);
  if (carried.bare && !tagged) return false;
  // The nested frame, length first, as its reader expects it; the tag that was left out is zero.
  Bytes frame(rest.begin(), rest.end());
  if (carried.bare) frame.resize(frame.size() + auth_bytes(Auth::mac));
  Bytes nested;
  codec::Writer writer(nested);
  writer(frame);
  codec::Reader inner(nested);
  return codec_read(inner, carried.message);
}

}  // namespace ledgerlab::session
