// The table of docs/engines.md: what is stored is what the engines do, and the native engine's
// transport "tcp" is within 15 % of ns-3's TCP on every row of it.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <sstream>
#include <stdexcept>

#include "sim/engine/module.hpp"
#include "tests/engines/engine_rows.hpp"

namespace ledgerlab {
namespace {

constexpr double tolerance = 0.15;

/// The stored nanoseconds, by engine and key.
struct Table {
  std::map<std::string, std::map<std::string, double>> columns;
  std::map<std::string, std::string> versions;
};

Table read_table(FILE* file) {
  Table out;
  std::vector<std::string> engines;
  char buffer[1'024];
  while (std::fgets(buffer, sizeof buffer, file) != nullptr) {
    std::string line = buffer;
    if (!line.empty() && line.back() == '\n') line.pop_back();
    if (line.rfind("# ", 0) == 0) {
      const std::size_t colon = line.find(": ");
      if (colon != std::string::npos) {
        out.versions[line.substr(2, colon - 2)] = line.substr(colon + 2);
      }
      continue;
    }
    std::vector<std::string> cells;
    std::istringstream in(line);
    for (std::string cell; std::getline(in, cell, '\t');) cells.push_back(cell);
    if (cells.at(0) == "pattern") {
      engines.assign(cells.begin() + 5, cells.end());
      continue;
    }
    std::string key = cells[0];
    for (std::size_t i = 1; i < 5; ++i) key += '\t' + cells.at(i);
    for (std::size_t i = 0; i < engines.size(); ++i) {
      out.columns[engines[i]][key] = std::atof(cells.at(5 + i).c_str());
    }
  }
  return out;
}

const Table& table() {
  static const Table stored = [] {
    FILE* file = std::fopen(LEDGERLAB_SOURCE_DIR "/tests/engines/table.tsv", "r");
    if (file == nullptr) throw std::runtime_error("no tests/engines/table.tsv");
    Table out = read_table(file);
    std::fclose(file);
    return out;
  }();
  return stored;
}

bool close_to(double value, double reference) {
  return value >= reference * (1 - tolerance) && value <= reference * (1 + tolerance);
}

TEST(EngineTable, NativeTcpIsWithin15PercentOfNs3OnEveryRow) {
  const auto& ns3 = table().columns.at("ns3");
  double sum = 0, worst = 0;
  for (const TableCase& row : table_cases()) {
    const std::string key = key_of(row);
    const auto native = static_cast<double>(measure_case("native-tcp", row).count());
    EXPECT_TRUE(close_to(native, ns3.at(key))) << key << ": " << native << " for " << ns3.at(key);
    const double off = native / ns3.at(key) - 1;
    sum += off < 0 ? -off : off;
    worst = std::max(worst, off < 0 ? -off : off);
    EXPECT_EQ(native, table().columns.at("native-tcp").at(key)) << "engine_table ... > table.tsv";
  }
  EXPECT_EQ(ns3.size(), table_cases().size());
  std::cout << "mean deviation " << sum / static_cast<double>(ns3.size()) << ", worst " << worst
            << "\n";
}

TEST(EngineTable, IdealTransportIsNotWhatIsWithin15Percent) {
  std::size_t beyond = 0;
  for (const TableCase& row : table_cases()) {
    const auto ideal = static_cast<double>(measure_case("native", row).count());
    EXPECT_EQ(ideal, table().columns.at("native").at(key_of(row)));
    beyond += !close_to(ideal, table().columns.at("ns3").at(key_of(row)));
  }
  EXPECT_GT(beyond, table_cases().size() / 3);
}

/// SimGrid has one run a process, so the tool measures it; all rows, they are quick.
TEST(EngineTable, SimgridStillDoesWhatIsStored) {
  try {
    const std::string version = table_engine_version("simgrid");
    if (version != table().versions.at("simgrid")) throw EngineMissing("here is " + version);
  } catch (const EngineMissing& missing) {
    std::cerr << "SKIPPED, NOT TESTED: " << missing.what() << "\n";
    GTEST_SKIP() << missing.what();
  }
  FILE* tool = popen("'" LEDGERLAB_BINARY_DIR "/bin/engine_table' simgrid simgrid-LV08", "r");
  ASSERT_NE(tool, nullptr);
  const Table fresh = read_table(tool);
  EXPECT_EQ(pclose(tool), 0);
  for (const char* engine : {"simgrid", "simgrid-LV08"}) {
    ASSERT_EQ(fresh.columns.count(engine), 1u);
    std::size_t differing = 0;
    std::string first;
    for (const auto& [key, stored] : table().columns.at(engine)) {
      if (fresh.columns.at(engine).at(key) == stored) continue;
      if (differing++ == 0) first = key;
    }
    EXPECT_EQ(differing, 0u) << engine << ", first at " << first;
  }
}

TEST(EngineTable, Ns3StillDoesWhatIsStored) {
  std::string version;
  try {
    version = table_engine_version("ns3");
  } catch (const EngineMissing& missing) {
    std::cerr << "SKIPPED, NOT TESTED: " << missing.what() << "\n";
    GTEST_SKIP() << missing.what();
  }
  if (version != table().versions.at("ns3")) {
    std::cerr << "SKIPPED, NOT TESTED: the table is of " << table().versions.at("ns3")
              << ", here is " << version << "\n";
    GTEST_SKIP() << version;
  }
  std::size_t measured = 0;
  const std::vector<TableCase> cases = table_cases();
  for (std::size_t i = 0; i < cases.size(); i += 7) {
    if (std::uint64_t{cases[i].bytes} * cases[i].peers > 2'000'000) continue;
    EXPECT_EQ(static_cast<double>(measure_case("ns3", cases[i]).count()),
              table().columns.at("ns3").at(key_of(cases[i])))
        << key_of(cases[i]);
    ++measured;
  }
  EXPECT_GT(measured, 20u);
}

}  // namespace
}  // namespace ledgerlab
