#include "models/parts/pipeline/read_write_set.hpp"

#include "models/codec/codec.hpp"

namespace ledgerlab::pipeline {
namespace {

template <class Item>
bool ascending(const std::vector<Item>& items) {
  for (std::size_t i = 1; i < items.size(); ++i) {
    if (!(items[i - 1].key < items[i].key)) return false;
  }
  return true;
}

}  // namespace

Bytes encode(const ReadWriteSet& set) {
  Bytes out;
  codec::Writer writer(out);
  writer.varint(set.reads.size());
  for (const ReadItem& read : set.reads) writer(read.key, read.version);
  writer.varint(set.writes.size());
  for (const WriteItem& write : set.writes) writer(write.key, write.value);
  return out;
}

std::optional<ReadWriteSet> decode_set(ByteView bytes) {
  codec::Reader reader(bytes);
  ReadWriteSet set;
  std::uint64_t count = 0;
  // Every entry takes a byte at least, so a count beyond the input is a lie.
  if (!reader.varint(count, reader.remaining())) return std::nullopt;
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    ReadItem& read = set.reads.emplace_back();
    reader(read.key, read.version);
  }
  if (!reader.ok() || !reader.varint(count, reader.remaining())) return std::nullopt;
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    WriteItem& write = set.writes.emplace_back();
    reader(write.key, write.value);
    write.erase = write.value.empty();
  }
  if (!reader.finished() || !ascending(set.reads) || !ascending(set.writes)) return std::nullopt;
  return set;
}

}  // namespace ledgerlab::pipeline
