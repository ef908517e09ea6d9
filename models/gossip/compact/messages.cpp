#include "models/gossip/compact/messages.hpp"

namespace ledgerlab::compact {

void codec_write(codec::Writer& writer, const ShortIds& value) {
  const std::size_t count = value.list ? value.list->size() : 0;
  writer.varint(count);
  for (std::size_t i = 0; i < count; ++i) {
    std::array<Byte, short_id_bytes> bytes;
    for (std::size_t b = 0; b < short_id_bytes; ++b) {
      bytes[b] = static_cast<Byte>((*value.list)[i] >> (8 * b));
    }
    writer.raw(bytes);
  }
}

bool codec_read(codec::Reader& reader, ShortIds& value) {
  std::uint64_t count = 0;
  if (!reader.varint(count, transactions_max) || count * short_id_bytes > reader.remaining()) {
    return false;
  }
  auto list = std::make_shared<std::vector<std::uint64_t>>();
  list->reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const ByteView bytes = reader.raw(short_id_bytes);
    std::uint64_t id = 0;
    for (std::size_t b = 0; b < bytes.size(); ++b) id |= std::uint64_t{bytes[b]} << (8 * b);
    list->push_back(id);
  }
  value.list = std::move(list);
  return reader.ok();
}

void codec_write(codec::Writer& writer, const Indexes& value) {
  writer.varint(value.list.size());
  std::uint32_t next = 0;
  for (const std::uint32_t index : value.list) {
    writer.varint(index - next);
    next = index + 1;
  }
}

bool codec_read(codec::Reader& reader, Indexes& value) {
  std::uint64_t count = 0;
  if (!reader.varint(count, transactions_max) || count > reader.remaining()) return false;
  value.list.clear();
  value.list.reserve(count);
  std::uint64_t next = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint64_t distance = 0;
    if (!reader.varint(distance, transactions_max)) return false;
    next += distance;
    if (next >= transactions_max) return false;
    value.list.push_back(static_cast<std::uint32_t>(next++));
  }
  return true;
}

void codec_write(codec::Writer& writer, const Absent& value) {
  writer.varint(value.bytes);
  if (IdentityPass* pass = IdentityPass::current()) pass->full_bytes += value.bytes;
}

bool codec_read(codec::Reader& reader, Absent& value) {
  std::uint64_t bytes = 0;
  if (!reader.varint(bytes, std::uint32_t{1} << 31)) return false;
  value.bytes = static_cast<std::uint32_t>(bytes);
  return true;
}

void codec_write(codec::Writer& writer, const Charged& value) {
  if (IdentityPass* pass = IdentityPass::current()) {
    writer(value.frame->identity(), value.charged);
    pass->written_bytes += value.frame->identity().size() + sizeof value.charged;
    pass->full_bytes += value.charged - Message::header_bytes;
    return;
  }
  writer(value.frame, value.charged);
}

bool codec_read(codec::Reader& reader, Charged& value) {
  reader(value.frame, value.charged);
  return reader.ok() && value.frame->as<relay::Content>() && value.charged > Message::header_bytes;
}

}  // namespace ledgerlab::compact
