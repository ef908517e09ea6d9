// The printed trace: order across chunks and nodes, filters, words.
#include "sim/measure/print_trace.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "models/api/calls.hpp"
#include "sim/record/trace_file.hpp"

namespace ledgerlab {
namespace {

class PrintTrace : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "ledgerlab-print-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    path_ = (folder_ / "trace").string();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string printed(const TraceFilter& filter = {}) {
    std::ostringstream out;
    print_trace(path_, filter, out);
    return out.str();
  }
  std::filesystem::path folder_;
  std::string path_;
};

TEST_F(PrintTrace, IsInTheOrderOfTimeThenNode) {
  TraceFileWriter writer(path_, 3, "", {{Slot::consensus, 2, "Vote"}});
  const std::string note = "all is well";
  writer.on_event(
      {time_at(2'000'000'005), 1, EventType::deliver, Slot::consensus, 2, 0, 0xabc, 80});
  writer.on_event({time_at(1'000), 2, EventType::note, Slot::consensus, 0, 0, 0, 0, &note});
  writer.on_event(
      {time_at(1'000), 0, EventType::send, Slot::consensus, 2, 2, 0xabc, 80 | 1ull << 32});
  writer.on_event({time_at(3'000), 2, EventType::role, Slot::consensus,
                   static_cast<std::uint16_t>(NodeRole::leader), 2, 7, 0});
  writer.on_event({time_at(3'000), 2, EventType::head, Slot::consensus, 0, 0, 0xb10c, 12});
  writer.close();
  EXPECT_EQ(
      printed(),
      "     0.000001000 s  node 0      send         Vote 0000000000000abc to 2 nodes, 80 B\n"
      "     0.000001000 s  node 2      note         all is well\n"
      "     0.000003000 s  node 2      role         leader in term 7, leader 2\n"
      "     0.000003000 s  node 2      head         block 0cb1000000000000 at height 12\n"
      "     2.000000005 s  node 1      deliver      Vote 0000000000000abc from node 0, 80 B\n");
  TraceFilter only;
  only.node = 2;
  only.types = {"role", "head"};
  only.limit = 1;
  EXPECT_EQ(printed(only),
            "     0.000003000 s  node 2      role         leader in term 7, leader 2\n");
  TraceFilter span;
  span.from = time_at(1'001);
  span.until = time_at(3'000);
  span.types = {"head"};
  EXPECT_EQ(printed(span),
            "     0.000003000 s  node 2      head         block 0cb1000000000000 at height 12\n");
}

TEST_F(PrintTrace, MergesChunksThatOverlap) {
  // Node 1 runs far behind node 0 in the file, over several chunks.
  TraceFileWriter writer(path_, 2, "");
  constexpr int count = 120'000;
  for (int i = 0; i < count; ++i) {
    writer.on_event({time_at(2 * i + 1), 0, EventType::timer, Slot::consensus, 1, 0, 1, 0});
  }
  for (int i = 0; i < count; ++i) {
    writer.on_event({time_at(2 * i), 1, EventType::timer, Slot::consensus, 1, 0, 1, 0});
  }
  writer.close();
  ASSERT_GT(TraceFileReader(path_).chunks().size(), 1u);
  std::istringstream lines(printed());
  std::string line;
  std::int64_t expected = 0;
  while (std::getline(lines, line)) {
    ASSERT_EQ(std::stoll(line.substr(7, 10)), expected) << line;
    ++expected;
  }
  EXPECT_EQ(expected, 2 * count);
}

TEST_F(PrintTrace, RefusesWhatTheTraceHasNot) {
  TraceFileWriter(path_, 2, "").close();
  TraceFilter type;
  type.types = {"commit"};
  EXPECT_THROW(printed(type), std::invalid_argument);
  TraceFilter node;
  node.node = 2;
  EXPECT_THROW(printed(node), std::invalid_argument);
}

}  // namespace
}  // namespace ledgerlab
