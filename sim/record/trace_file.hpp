// The full trace on disk (DESIGN 13.6): a sink that streams every event, notes included, and a
// reader.
//
// Layout, little endian: "LLTRACE\n", header length u32, header {format u16, trace schema u32,
// nodes u32, plan digest, message names}, its XXH3-64; then chunks {bytes u32, records u32,
// earliest time i64, latest time i64, XXH3-64 of bytes and these}, and last a chunk of no records
// that states the total. Every chunk is decoded by itself: times are differences per node, repeated
// ids are short.
#pragma once

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/base/bytes.hpp"
#include "sim/record/event.hpp"

namespace ledgerlab {

inline constexpr std::uint16_t trace_file_format = 1;

/// A trace file that cannot be read (66: not there, 65: not a whole trace file) or written (74).
struct TraceFileError : std::runtime_error {
  TraceFileError(int status, const std::string& text)
      : std::runtime_error(text), exit_status(status) {}
  int exit_status;
};

/// Name of a message kind, for people.
struct TraceName {
  Slot slot = Slot::consensus;
  std::uint16_t kind = 0;
  std::string name;
};

struct TraceHeader {
  std::uint32_t schema = trace_schema_version;
  std::uint32_t nodes = 0;
  std::string plan_digest;  // hex
  std::vector<TraceName> names;
};

/// An event as read back; `event.object` is null, a note's text stands beside it.
struct TraceRecord {
  Event event;
  std::string note;
};

/// The state that one chunk's coding goes by; writer and reader keep it alike.
class TraceCoding {
 public:
  explicit TraceCoding(std::uint32_t nodes) : last_(nodes) {}
  void reset() { ++chunk_; }
  void write(Bytes& out, const Event& event);
  /// False if the bytes are no record.
  bool read(ByteView& in, TraceRecord& record);

 private:
  static constexpr std::size_t ids_kept = 1024;
  struct Last {
    std::uint64_t chunk = 0;
    std::int64_t time = 0;
  };
  struct Id {
    std::uint64_t chunk = 0;
    std::uint64_t id = 0;
  };
  std::int64_t& last_time(NodeId node);
  Id& place_of(std::uint64_t id) { return ids_[(id ^ id >> 32) % ids_kept]; }
  void write_id(Bytes& out, std::uint64_t id);
  bool read_id(ByteView& in, std::uint64_t& id);

  std::uint64_t chunk_ = 1;
  std::vector<Last> last_;
  std::array<Id, ids_kept> ids_{};
};

class TraceFileWriter final : public Sink {
 public:
  TraceFileWriter(const std::string& path, std::uint32_t nodes, const std::string& plan_digest,
                  std::vector<TraceName> names = {});
  ~TraceFileWriter() override;
  std::uint32_t interest() const override { return (1u << event_type_count) - 1; }
  void on_event(const Event& event) override;
  /// Writes what is left and the end mark; without it the file reads as cut off. Throws
  /// TraceFileError, also for an earlier failure to write.
  void close();

 private:
  void put_chunk();
  void put(ByteView bytes);

  std::string path_;
  std::FILE* file_ = nullptr;
  bool failed_ = false;
  TraceCoding coding_;
  Bytes chunk_;
  std::uint32_t records_ = 0;
  std::int64_t earliest_ = 0, latest_ = 0;
  std::uint64_t total_ = 0;
};

/// Reads chunk by chunk; the index of chunks is read and checked for completeness at once.
class TraceFileReader {
 public:
  struct Chunk {
    Time earliest, latest;
    std::uint32_t records = 0;
    std::uint32_t bytes = 0;
    long offset = 0;  // of its bytes
    std::uint64_t checksum = 0;
  };
  explicit TraceFileReader(const std::string& path);
  ~TraceFileReader();
  TraceFileReader(const TraceFileReader&) = delete;
  TraceFileReader& operator=(const TraceFileReader&) = delete;

  const TraceHeader& header() const { return header_; }
  const std::vector<Chunk>& chunks() const { return chunks_; }
  std::uint64_t records() const { return total_; }
  /// The records of one chunk, each node's in its order.
  std::vector<TraceRecord> read(const Chunk& chunk);
  /// The run's trace hash, recomputed from the counted events of the whole file.
  Hash128 trace_hash();

 private:
  [[noreturn]] void damaged(const std::string& what) const;
  Bytes take(std::size_t bytes, const char* what);
  void read_header();
  void read_index();

  std::string path_;
  std::FILE* file_ = nullptr;
  TraceHeader header_;
  std::unique_ptr<TraceCoding> coding_;
  std::vector<Chunk> chunks_;
  std::uint64_t total_ = 0;
};

}  // namespace ledgerlab
