// How one event becomes bytes: type and slot in one byte, node and time as differences, ids by
// their place in a small table once they have been seen in the chunk.
#include "sim/record/trace_file.hpp"

namespace ledgerlab {
namespace {

void write_varint(Bytes& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<Byte>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<Byte>(value));
}

bool read_varint(ByteView& in, std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const Byte byte = in.front();
    in = in.subspan(1);
    if (shift == 63 && byte > 1) return false;
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

std::uint64_t zigzag(std::int64_t value) {
  return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}
std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

/// Does `a` hold a content id (else a number)?
constexpr bool names_content(EventType type) {
  switch (type) {
    case EventType::send:
    case EventType::drop:
    case EventType::deliver:
    case EventType::found:
    case EventType::answer:
    case EventType::head:
    case EventType::final_block:
    case EventType::submit:
    case EventType::acknowledge:
    case EventType::give_up:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::int64_t& TraceCoding::last_time(NodeId node) {
  Last& last = last_[node];
  if (last.chunk != chunk_) last = {chunk_, 0};
  return last.time;
}

void TraceCoding::write_id(Bytes& out, std::uint64_t id) {
  Id& place = place_of(id);
  const auto index = static_cast<std::uint64_t>(&place - ids_.data());
  if (place.chunk == chunk_ && place.id == id) {
    write_varint(out, index + 1);
    return;
  }
  place = {chunk_, id};
  out.push_back(0);
  for (int i = 0; i < 8; ++i) out.push_back(static_cast<Byte>(id >> 8 * i));
}

bool TraceCoding::read_id(ByteView& in, std::uint64_t& id) {
  std::uint64_t index = 0;
  if (!read_varint(in, index) || index > ids_kept) return false;
  if (index > 0) {
    const Id& place = ids_[index - 1];
    id = place.id;
    return place.chunk == chunk_;
  }
  if (in.size() < 8) return false;
  id = 0;
  for (unsigned i = 0; i < 8; ++i) id |= static_cast<std::uint64_t>(in[i]) << 8 * i;
  in = in.subspan(8);
  place_of(id) = {chunk_, id};
  return true;
}

void TraceCoding::write(Bytes& out, const Event& e) {
  static_assert(event_type_count <= 32 && slot_count <= 8);
  out.push_back(
      static_cast<Byte>(static_cast<unsigned>(e.type) | static_cast<unsigned>(e.slot) << 5));
  write_varint(out, e.node);
  std::int64_t& last = last_time(e.node);
  const std::int64_t time = count_ns(e.time);
  // Unsigned subtraction: any two times have a difference modulo 2^64.
  write_varint(out, zigzag(static_cast<std::int64_t>(static_cast<std::uint64_t>(time) -
                                                     static_cast<std::uint64_t>(last))));
  last = time;
  write_varint(out, e.kind);
  write_varint(out, e.peer);
  if (names_content(e.type)) {
    write_id(out, e.a);
  } else {
    write_varint(out, e.a);
  }
  write_varint(out, e.b);
  if (e.type == EventType::note) {
    const auto* text = static_cast<const std::string*>(e.object);
    write_varint(out, text ? text->size() : 0);
    if (text) out.insert(out.end(), text->begin(), text->end());
  }
}

bool TraceCoding::read(ByteView& in, TraceRecord& record) {
  if (in.empty()) return false;
  record = {};
  Event& e = record.event;
  const unsigned head = in.front();
  in = in.subspan(1);
  std::uint64_t node = 0, time = 0, kind = 0, peer = 0;
  if ((head & 31) >= event_type_count || head >> 5 >= slot_count) return false;
  if (!read_varint(in, node) || node >= last_.size() || !read_varint(in, time)) return false;
  if (!read_varint(in, kind) || kind > 0xffff || !read_varint(in, peer) || peer > 0xffffffff) {
    return false;
  }
  e.type = static_cast<EventType>(head & 31);
  e.slot = static_cast<Slot>(head >> 5);
  e.node = static_cast<NodeId>(node);
  std::int64_t& last = last_time(e.node);
  last = static_cast<std::int64_t>(static_cast<std::uint64_t>(last) +
                                   static_cast<std::uint64_t>(unzigzag(time)));
  e.time = time_at(last);
  e.kind = static_cast<std::uint16_t>(kind);
  e.peer = static_cast<std::uint32_t>(peer);
  if (!(names_content(e.type) ? read_id(in, e.a) : read_varint(in, e.a))) return false;
  if (!read_varint(in, e.b)) return false;
  if (e.type == EventType::note) {
    std::uint64_t size = 0;
    if (!read_varint(in, size) || size > in.size()) return false;
    record.note.assign(in.begin(), in.begin() + static_cast<std::ptrdiff_t>(size));
    in = in.subspan(size);
  }
  return true;
}

}  // namespace ledgerlab
