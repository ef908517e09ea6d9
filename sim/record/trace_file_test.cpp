// What a trace file gives back is what was written, its hash is the run's, and damage never passes.
#include "sim/record/trace_file.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "models/base/draw.hpp"
#include "sim/record/trace_hash.hpp"
#include "tests/support/bench_world.hpp"

namespace ledgerlab {
namespace {

namespace fs = std::filesystem;

class TraceFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "ledgerlab-trace-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    path_ = (folder_ / "trace").string();
  }
  void TearDown() override { fs::remove_all(folder_); }

  int status_of_reading() const {
    try {
      TraceFileReader reader(path_);
      for (const auto& chunk : reader.chunks()) reader.read(chunk);
      return 0;
    } catch (const TraceFileError& error) {
      return error.exit_status;
    }
  }
  Bytes content() const {
    std::ifstream in(path_, std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(in), {});
  }
  void put_content(const Bytes& bytes) const {
    std::ofstream out(path_, std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<const char*>(bytes.data()),
              static_cast<std::streamsize>(bytes.size()));
  }

  fs::path folder_;
  std::string path_;
};

/// Events of every type, with repeated and new ids, extreme values, times that go back.
std::vector<TraceRecord> random_records(std::uint64_t seed, std::size_t count,
                                        std::uint32_t nodes) {
  std::vector<TraceRecord> out(count);
  const auto draw = [&](std::size_t i, std::string_view what) {
    return draw64(seed, 0, Purpose(what), i);
  };
  for (std::size_t i = 0; i < count; ++i) {
    Event& e = out[i].event;
    e.type = static_cast<EventType>(draw(i, "type") % event_type_count);
    e.slot = static_cast<Slot>(draw(i, "slot") % slot_count);
    e.node = static_cast<NodeId>(draw(i, "node") % nodes);
    e.time = time_at(static_cast<std::int64_t>(i * 1000 + draw(i, "time") % 5000));
    e.kind = static_cast<std::uint16_t>(draw(i, "kind") >> 48);
    e.peer = i % 7 == 0 ? no_node : static_cast<std::uint32_t>(draw(i, "peer") % nodes);
    e.a = i % 5 == 0 ? draw(i, "a") : i % 5 == 1 ? i : draw(i % 40, "repeated");
    e.b = i % 3 == 0 ? draw(i, "b") : i % 300;
    if (i % 1000 == 999) e = {time_never, nodes - 1, e.type, e.slot, 0xffff, no_node, ~0ull, ~0ull};
    if (e.type == EventType::note && i % 2) out[i].note = "note " + std::to_string(i);
  }
  return out;
}

void write(TraceFileWriter& writer, const std::vector<TraceRecord>& records) {
  for (const TraceRecord& r : records) {
    Event e = r.event;
    if (!r.note.empty()) e.object = &r.note;
    writer.on_event(e);
  }
  writer.close();
}

void expect_same(const TraceRecord& a, const TraceRecord& b) {
  EXPECT_EQ(a.event.time, b.event.time);
  EXPECT_EQ(a.event.node, b.event.node);
  EXPECT_EQ(a.event.type, b.event.type);
  EXPECT_EQ(a.event.slot, b.event.slot);
  EXPECT_EQ(a.event.kind, b.event.kind);
  EXPECT_EQ(a.event.peer, b.event.peer);
  EXPECT_EQ(a.event.a, b.event.a);
  EXPECT_EQ(a.event.b, b.event.b);
  EXPECT_EQ(a.note, b.note);
}

TEST_F(TraceFile, GivesBackWhatWasWritten) {
  const auto records = random_records(1, 200'000, 100);  // several chunks
  TraceFileWriter writer(path_, 100, "abc123", {{Slot::consensus, 3, "Vote"}});
  write(writer, records);
  TraceFileReader reader(path_);
  EXPECT_EQ(reader.header().nodes, 100u);
  EXPECT_EQ(reader.header().plan_digest, "abc123");
  ASSERT_EQ(reader.header().names.size(), 1u);
  EXPECT_EQ(reader.header().names[0].name, "Vote");
  EXPECT_EQ(reader.records(), records.size());
  EXPECT_GT(reader.chunks().size(), 2u);
  std::size_t at = 0;
  for (const auto& chunk : reader.chunks()) {
    for (const TraceRecord& record : reader.read(chunk)) {
      ASSERT_LT(at, records.size());
      expect_same(record, records[at++]);
      if (HasFailure()) return;
      EXPECT_GE(record.event.time, chunk.earliest);
      EXPECT_LE(record.event.time, chunk.latest);
    }
  }
  EXPECT_EQ(at, records.size());
}

TEST_F(TraceFile, OfAnEmptyRunIsWhole) {
  TraceFileWriter(path_, 3, "").close();
  TraceFileReader reader(path_);
  EXPECT_EQ(reader.records(), 0u);
  EXPECT_TRUE(reader.chunks().empty());
}

struct Ping {
  static constexpr MessageInfo info{1, "Ping", Role::vote, Auth::mac};
  std::uint64_t hops = 0;
  template <class A>
  void fields(A& a) {
    a(hops);
  }
};

class Chatter final : public Module {
 public:
  void step(const Input& in, Effects& fx) override {
    fx.note("step");
    if (in.kind == InputKind::start) {
      fx.set_timer({1, 0}, ms(1));
    } else if (in.kind == InputKind::timer) {
      fx.persist(Bytes(10));
      fx.broadcast(Ping{3});
      fx.set_timer({1, 0}, ms(7));
    } else if (const Ping* ping = in.message ? in.message->as<Ping>() : nullptr;
               ping && ping->hops) {
      fx.send(in.from, Ping{ping->hops - 1});
    }
  }
  void restore(std::span<const Record>) override {}
  void inspect(Inspector&) const override {}
};

TEST_F(TraceFile, HashesToTheHashOfItsRun) {
  testing::PlainSuite suite;
  TraceFileWriter writer(path_, 5, "digest");
  WorldSpec spec;
  spec.nodes = spec.replicas = 5;
  spec.suite = &suite;
  spec.end = time_at(400'000'000);
  spec.hardware.disk_sync = ms(2);
  spec.sinks = {&writer};
  FaultPlan crash;
  crash.at = time_at(100'000'000);
  crash.until = time_at(200'000'000);
  crash.target.nodes = {2};
  spec.faults = {crash};
  spec.make_node = [](NodeId, std::uint64_t) { return std::make_unique<Chatter>(); };
  World world(spec, make_native_engine(testing::flat_network(5, ms(3))));
  world.run_until(spec.end);
  writer.close();
  TraceFileReader reader(path_);
  EXPECT_GT(world.counted_events(), 1000u);
  EXPECT_GT(reader.records(), world.counted_events());  // and the notes
  EXPECT_EQ(reader.trace_hash(), world.trace_hash());
  std::printf("trace file: %.1f bytes an event\n",
              static_cast<double>(fs::file_size(path_)) / static_cast<double>(reader.records()));
}

TEST_F(TraceFile, ThatIsMissingIsSaidSo) { EXPECT_EQ(status_of_reading(), 66); }

TEST_F(TraceFile, WithAFlippedBitInAnyByteIsRefused) {
  TraceFileWriter writer(path_, 4, "abc123", {{Slot::consensus, 3, "Vote"}});
  write(writer, random_records(2, 12, 4));
  ASSERT_EQ(status_of_reading(), 0);
  const Bytes whole = content();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    Bytes bad = whole;
    bad[i] ^= static_cast<Byte>(1u << i % 8);
    put_content(bad);
    EXPECT_EQ(status_of_reading(), 65) << "byte " << i;
  }
}

TEST_F(TraceFile, CutOffAnywhereIsRefused) {
  TraceFileWriter writer(path_, 4, "abc123");
  write(writer, random_records(3, 12, 4));
  const Bytes whole = content();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    put_content(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    EXPECT_EQ(status_of_reading(), 65) << "bytes " << size;
  }
  Bytes longer = whole;
  longer.push_back(0);
  put_content(longer);
  EXPECT_EQ(status_of_reading(), 65);
}

TEST_F(TraceFile, ThatCannotBeWrittenIsSaidSo) {
  try {
    TraceFileWriter writer((folder_ / "no" / "such").string(), 1, "");
    FAIL();
  } catch (const TraceFileError& error) {
    EXPECT_EQ(error.exit_status, 74);
  }
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here: a full disk is not tried";
  TraceFileWriter full("/dev/full", 4, "");
  EXPECT_THROW(write(full, random_records(4, 100'000, 4)), TraceFileError);
}

}  // namespace
}  // namespace ledgerlab
