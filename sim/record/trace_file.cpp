// The trace file around the coding: header, chunks with checksums, end mark.
#include "sim/record/trace_file.hpp"

#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "models/codec/codec.hpp"
#include "sim/record/trace_hash.hpp"

namespace ledgerlab {
namespace {

constexpr std::string_view magic = "LLTRACE\n";
constexpr std::size_t chunk_bytes = std::size_t{1} << 20;
constexpr std::size_t chunk_head_bytes = 32;

struct NameFields {
  std::uint8_t slot = 0;
  std::uint16_t kind = 0;
  std::string name;
  template <class A>
  void fields(A& a) {
    a(slot, kind, name);
  }
};
struct HeaderFields {
  std::uint16_t format = trace_file_format;
  std::uint32_t schema = 0;
  std::uint32_t nodes = 0;
  std::string plan_digest;
  std::vector<NameFields> names;
  template <class A>
  void fields(A& a) {
    a(format, schema, nodes, plan_digest, names);
  }
};
struct ChunkHead {
  std::uint32_t bytes = 0;
  std::uint32_t records = 0;  // 0: the end mark, `earliest` is the total
  std::int64_t earliest = 0;
  std::int64_t latest = 0;
  std::uint64_t checksum = 0;
  template <class A>
  void fields(A& a) {
    a(bytes, records, earliest, latest, checksum);
  }
  /// Of the chunk's bytes, seeded by the rest of its head.
  std::uint64_t expected(ByteView content) const {
    ChunkHead rest = *this;
    rest.checksum = 0;
    const Bytes head = codec::encode(rest);
    return XXH3_64bits_withSeed(content.data(), content.size(),
                                XXH3_64bits(head.data(), head.size()));
  }
};

}  // namespace

TraceFileWriter::TraceFileWriter(const std::string& path, std::uint32_t nodes,
                                 const std::string& plan_digest, std::vector<TraceName> names)
    : path_(path), file_(std::fopen(path.c_str(), "wb")), coding_(nodes) {
  if (!file_) {
    throw TraceFileError(74, "trace file " + path + " cannot be written: " + std::strerror(errno));
  }
  HeaderFields header;
  header.schema = trace_schema_version;
  header.nodes = nodes;
  header.plan_digest = plan_digest;
  for (TraceName& n : names) {
    header.names.push_back({static_cast<std::uint8_t>(n.slot), n.kind, std::move(n.name)});
  }
  const Bytes bytes = codec::encode(header);
  put(as_bytes(magic));
  put(codec::encode(static_cast<std::uint32_t>(bytes.size())));
  put(bytes);
  put(codec::encode(static_cast<std::uint64_t>(XXH3_64bits(bytes.data(), bytes.size()))));
  chunk_.reserve(chunk_bytes + 4096);
}

TraceFileWriter::~TraceFileWriter() {
  if (file_) std::fclose(file_);
}

void TraceFileWriter::put(ByteView bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) failed_ = true;
}

void TraceFileWriter::on_event(const Event& event) {
  const std::int64_t time = count_ns(event.time);
  earliest_ = records_ == 0 ? time : std::min(earliest_, time);
  latest_ = records_ == 0 ? time : std::max(latest_, time);
  coding_.write(chunk_, event);
  ++records_;
  if (chunk_.size() >= chunk_bytes) put_chunk();
}

void TraceFileWriter::put_chunk() {
  ChunkHead head{static_cast<std::uint32_t>(chunk_.size()), records_, earliest_, latest_, 0};
  head.checksum = head.expected(chunk_);
  put(codec::encode(head));
  put(chunk_);
  total_ += records_;
  records_ = 0;
  chunk_.clear();
  coding_.reset();
}

void TraceFileWriter::close() {
  if (!file_) return;
  if (records_ > 0) put_chunk();
  ChunkHead end{0, 0, static_cast<std::int64_t>(total_), 0, 0};
  end.checksum = end.expected({});
  put(codec::encode(end));
  if (std::fclose(file_) != 0) failed_ = true;
  file_ = nullptr;
  if (failed_)
    throw TraceFileError(74, "trace file " + path_ + " could not be written (disk full?)");
}

TraceFileReader::TraceFileReader(const std::string& path)
    : path_(path), file_(std::fopen(path.c_str(), "rb")) {
  if (!file_) {
    throw TraceFileError(66, "trace file " + path + " cannot be opened: " + std::strerror(errno));
  }
  try {
    read_header();
    coding_ = std::make_unique<TraceCoding>(header_.nodes);
    read_index();
  } catch (...) {
    std::fclose(file_);
    throw;
  }
}

TraceFileReader::~TraceFileReader() { std::fclose(file_); }

void TraceFileReader::damaged(const std::string& what) const {
  throw TraceFileError(65, "trace file " + path_ + ": " + what);
}

Bytes TraceFileReader::take(std::size_t bytes, const char* what) {
  Bytes out(bytes);
  if (std::fread(out.data(), 1, bytes, file_) != bytes) {
    damaged(std::string("cut off in ") + what + " (was the run killed?)");
  }
  return out;
}

void TraceFileReader::read_header() {
  if (take(magic.size(), "its first bytes") != Bytes(magic.begin(), magic.end())) {
    damaged("is not a trace of ledgerlab");
  }
  const auto size = codec::decode<std::uint32_t>(take(4, "its header"));
  if (!size || *size > chunk_bytes) damaged("header is damaged");
  const Bytes bytes = take(*size, "its header");
  const auto checksum = codec::decode<std::uint64_t>(take(8, "its header"));
  const auto header = codec::decode<HeaderFields>(bytes);
  if (!checksum || *checksum != XXH3_64bits(bytes.data(), bytes.size()) || !header) {
    damaged("header is damaged");
  }
  if (header->format != trace_file_format || header->schema != trace_schema_version) {
    damaged("has format " + std::to_string(header->format) + " and trace schema " +
            std::to_string(header->schema) + "; this ledgerlab reads " +
            std::to_string(trace_file_format) + " and " + std::to_string(trace_schema_version));
  }
  if (header->nodes > 1u << 20) damaged("header is damaged");
  header_.schema = header->schema;
  header_.nodes = header->nodes;
  header_.plan_digest = header->plan_digest;
  for (const NameFields& n : header->names) {
    header_.names.push_back({static_cast<Slot>(n.slot), n.kind, n.name});
  }
}

void TraceFileReader::read_index() {
  for (;;) {
    const auto head = codec::decode<ChunkHead>(take(chunk_head_bytes, "a chunk's head"));
    if (!head) damaged("a chunk's head is damaged");
    if (head->records == 0) {
      if (head->bytes != 0 || head->checksum != head->expected({}) ||
          head->earliest != static_cast<std::int64_t>(total_)) {
        damaged("its end mark is damaged");
      }
      if (std::fgetc(file_) != EOF) damaged("goes on after its end mark");
      return;
    }
    chunks_.push_back({time_at(head->earliest), time_at(head->latest), head->records, head->bytes,
                       std::ftell(file_), head->checksum});
    total_ += head->records;
    if (std::fseek(file_, static_cast<long>(head->bytes), SEEK_CUR) != 0) damaged("cannot seek");
  }
}

std::vector<TraceRecord> TraceFileReader::read(const Chunk& chunk) {
  if (std::fseek(file_, chunk.offset, SEEK_SET) != 0) damaged("cannot seek");
  const Bytes bytes = take(chunk.bytes, "a chunk");
  const ChunkHead head{chunk.bytes, chunk.records, count_ns(chunk.earliest), count_ns(chunk.latest),
                       0};
  if (head.expected(bytes) != chunk.checksum) {
    damaged("the chunk at byte " + std::to_string(chunk.offset) + " is damaged");
  }
  std::vector<TraceRecord> out(chunk.records);
  coding_->reset();
  ByteView rest(bytes);
  for (TraceRecord& record : out) {
    if (!coding_->read(rest, record)) {
      damaged("the chunk at byte " + std::to_string(chunk.offset) + " is damaged");
    }
  }
  if (!rest.empty()) damaged("the chunk at byte " + std::to_string(chunk.offset) + " is damaged");
  return out;
}

Hash128 TraceFileReader::trace_hash() {
  std::vector<StreamHash> streams(header_.nodes);
  for (const Chunk& chunk : chunks_) {
    for (const TraceRecord& record : read(chunk)) {
      const Event& e = record.event;
      if (event_table[static_cast<std::size_t>(e.type)].counted) streams[e.node].add(e);
    }
  }
  std::vector<Hash128> digests;
  for (const StreamHash& stream : streams) digests.push_back(stream.digest());
  return combine(digests);
}

}  // namespace ledgerlab
