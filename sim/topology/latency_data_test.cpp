// The latency loader: the shipped data to the nanosecond, and one complaint for every fault.
#include "sim/topology/latency_data.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "sim/topology/data_path.hpp"
#include "sim/topology/topology.hpp"

namespace ledgerlab {
namespace {

namespace fs = std::filesystem;

const fs::path data_folder = fs::path(LEDGERLAB_SOURCE_DIR) / "scenarios" / "data";

const std::string header =
    "ledgerlab-latency 1\n"
    "source = a test\n"
    "licence = none\n"
    "kind = round-trip\n"
    "unit = ms\n";
const std::string regions =
    "[regions]\n"
    "id\tname\n"
    "fra\tFrankfurt\n"
    "nrt\tTokyo\n";
const std::string matrix =
    "[latency]\n"
    "from\tfra\tnrt\n"
    "fra\t1.3\t230.5\n"
    "nrt\t229.1\t0.9\n";

std::string swapped(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

/// The complaint about the good file with one piece replaced.
std::string complaint(const std::string& from, const std::string& to) {
  try {
    parse_latency_data(swapped(header + regions + matrix, from, to), "f");
  } catch (const LatencyDataError& error) {
    const std::string place =
        "f:" + std::to_string(error.line()) + ":" + std::to_string(error.column()) + ": ";
    EXPECT_EQ(std::string(error.what()).rfind(place, 0), 0u) << error.what();
    return error.what();
  }
  return "accepted";
}

TEST(LatencyData, RoundTripsAreHalvedAndAveraged) {
  const std::string text = header + regions + matrix;
  const LatencyData data = parse_latency_data(text, "f");
  EXPECT_EQ(data.text, text);
  EXPECT_EQ(data.source, "a test");
  EXPECT_EQ(data.licence, "none");
  EXPECT_EQ(data.regions[1].name, "Tokyo");
  EXPECT_FALSE(data.has_shares || data.has_bandwidth);
  EXPECT_EQ(data.between(0, 1), ns(114'900'000));  // (230.5 + 229.1) / 4
  EXPECT_EQ(data.between(1, 0), ns(114'900'000));
  EXPECT_EQ(data.between(0, 0), ns(650'000));
  EXPECT_EQ(data.between(1, 1), ns(450'000));
  EXPECT_EQ(data.find("nrt"), std::uint16_t{1});
  EXPECT_EQ(data.find("xyz"), std::nullopt);
}

TEST(LatencyData, OneWayFiguresStandAsTheyAre) {
  const LatencyData data =
      parse_latency_data(swapped(header, "round-trip", "one-way") + regions + matrix, "f");
  EXPECT_EQ(data.between(0, 1), ns(230'500'000));
  EXPECT_EQ(data.between(1, 0), ns(229'100'000));
  EXPECT_EQ(data.between(0, 0), ns(1'300'000));
}

TEST(LatencyData, DecimalsAreExact) {
  const auto one_way = [](const std::string& figure) {
    return count_ns(
        parse_latency_data(
            swapped(swapped(header, "round-trip", "one-way") + regions + matrix, "230.5", figure),
            "f")
            .between(0, 1));
  };
  EXPECT_EQ(one_way("0.000001"), 1);
  EXPECT_EQ(one_way("0.1"), 100'000);
  EXPECT_EQ(one_way("7"), 7'000'000);
  EXPECT_EQ(one_way("7."), 7'000'000);
  EXPECT_EQ(one_way(".25"), 250'000);
  EXPECT_EQ(one_way("16.1234560000"), 16'123'456);
  EXPECT_EQ(one_way("3600000"), 3'600'000'000'000);
}

TEST(LatencyData, CommentsBlankLinesAndCarriageReturnsAreSkipped) {
  std::string text = "# first\n\n" + header + "# between\n" + regions + "\n" + matrix;
  EXPECT_EQ(parse_latency_data(text, "f").regions.size(), 2u);
  std::string dos;
  for (const char c : text) dos += c == '\n' ? "\r\n" : std::string(1, c);
  EXPECT_EQ(parse_latency_data(dos, "f").between(0, 1), ns(114'900'000));
}

TEST(LatencyData, FaultsOfTheHeader) {
  EXPECT_EQ(complaint("ledgerlab-latency 1", "ledgerlab-latency 2"),
            "f:1:1: is no latency file of ours: its first line must be \"ledgerlab-latency 1\"");
  EXPECT_EQ(complaint("source = a test\n", ""),
            "f:5:1: the header lacks \"source\": add a line source = ... before [regions]");
  EXPECT_EQ(complaint("licence = none", "licence ="),
            "f:3:10: \"licence\" has no value; write one");
  EXPECT_EQ(
      complaint("kind = round-trip", "kind = rtt"),
      "f:4:7: kind = \"rtt\" is unknown: say round-trip if the figures were measured there and "
      "back, one-way if they are applied as they are");
  EXPECT_EQ(complaint("unit = ms", "unit = s"),
            "f:5:7: unit = \"s\" is not understood: give the figures in ms");
  EXPECT_EQ(complaint("unit = ms", "unit = ms\nyear = 1"),
            "f:6:1: \"year\" is unknown: the header has source, licence, kind, unit and note");
  EXPECT_EQ(complaint("unit = ms", "unit = ms\nunit = ms"),
            "f:6:1: \"unit\" stands twice; remove one");
  EXPECT_EQ(complaint("unit = ms", "unit ms"),
            "f:5:1: \"unit ms\" is no header line: write key = value, or start with [regions]");
  EXPECT_THROW(parse_latency_data("", "f"), LatencyDataError);
}

TEST(LatencyData, FaultsOfTheRegions) {
  EXPECT_EQ(complaint("nrt\tTokyo", "fra\tTokyo"),
            "f:9:1: region \"fra\" stands twice; rename or remove one");
  EXPECT_EQ(complaint("nrt\tTokyo", "nrt"),
            "f:9:1: this line has 1 fields, not 2 as the heading of [regions]; separate them by "
            "single tabs");
  EXPECT_EQ(complaint("nrt\tTokyo", "nrt\t"), "f:9:5: the region's \"name\" is empty");
  EXPECT_EQ(complaint("id\tname", "id\tcity"),
            "f:7:4: column \"city\" is unknown: choose of id, name, share, up_mbps, down_mbps, "
            "separated by tabs");
  EXPECT_EQ(complaint("id\tname", "name\tname"), "f:7:6: column \"name\" stands twice; remove one");
  EXPECT_EQ(complaint("id\tname", "name"), "f:7:1: the regions need a column \"id\"; add it");
  EXPECT_EQ(complaint("id\tname", "id\tup_mbps"),
            "f:7:1: up_mbps and down_mbps belong together: give both or none");
  EXPECT_EQ(complaint("fra\tFrankfurt\nnrt\tTokyo\n", ""),
            "f:7:1: [regions] lists none; add at least one");
  EXPECT_EQ(complaint("name\nfra\tFrankfurt\nnrt\tTokyo", "share\nfra\t0.5\nnrt\t0.4"),
            "f:7:1: the shares add up to 900000000 parts per billion, not to 1 (within 0.001); "
            "correct them");
  EXPECT_EQ(complaint("name\nfra\tFrankfurt", "share\nfra\t1.5"),
            "f:8:5: share: \"1.5\" is too large; write a part of 1 such as 0.25");
  EXPECT_EQ(complaint("name\nfra\tFrankfurt", "up_mbps\tdown_mbps\nfra\t0\t5"),
            "f:8:5: up_mbps 0 sends nothing; for unlimited links leave both bandwidth columns out");
}

TEST(LatencyData, FaultsOfTheMatrix) {
  EXPECT_EQ(
      complaint("229.1", "0"),
      "f:13:5: latency from nrt to fra is 0, which marks a missing value: give the figure, or "
      "leave the region out");
  EXPECT_EQ(
      complaint("229.1", "0.000"),
      "f:13:5: latency from nrt to fra is 0, which marks a missing value: give the figure, or "
      "leave the region out");
  EXPECT_EQ(complaint("\t0.9", "\t0"), "accepted");  // on the diagonal zero is a latency
  EXPECT_EQ(complaint("230.5", "-3"),
            "f:12:9: latency from fra to nrt: \"-3\" is negative; write milliseconds such as 12.5");
  for (const char* text : {"12,5", "1e3", "nan", "+4", "0x1", "-", ".", "1.2.3", "4 "}) {
    EXPECT_EQ(complaint("230.5", text), std::string("f:12:9: latency from fra to nrt: \"") + text +
                                            "\" is not a number; write milliseconds such as 12.5");
  }
  EXPECT_EQ(complaint("230.5", "1.0000001"),
            "f:12:9: latency from fra to nrt: \"1.0000001\" has more than 6 decimals; write "
            "milliseconds such as 12.5");
  EXPECT_EQ(complaint("230.5", "99999999999999999999999"),
            "f:12:9: latency from fra to nrt: \"99999999999999999999999\" is too large; write "
            "milliseconds such as 12.5");
  EXPECT_EQ(complaint("230.5", ""),
            "f:12:9: latency from fra to nrt is missing; measure it, or leave the region out");
  EXPECT_EQ(
      complaint("\t0.9", ""),
      "f:13:5: this line has 2 fields, not 3 (the region and a figure for each; the matrix is "
      "square); separate them by single tabs");
  EXPECT_EQ(
      complaint("nrt\t229.1\t0.9\n", ""),
      "f:13:1: the file ends where the row of region \"nrt\" (the matrix is not square) should "
      "stand; add it");
  EXPECT_EQ(
      complaint("\t0.9\n", "\t0.9\nsyd\t1\t1\n"),
      "f:14:1: the matrix has all its 2 rows, but more follows; remove it or list its region");
  EXPECT_EQ(complaint("from\tfra\tnrt", "from\tnrt\tfra"),
            "f:11:6: column 1 of [latency] is \"nrt\", not \"fra\": keep the order of [regions]");
  EXPECT_EQ(complaint("nrt\t229.1", "fra\t229.1"),
            "f:13:1: row 2 of [latency] is \"fra\", not \"nrt\": keep the order of [regions]");
  EXPECT_EQ(complaint("from\t", "to\t"),
            "f:11:1: the heading of [latency] must begin with \"from\", not \"to\"");
  EXPECT_EQ(complaint("[latency]", "[latencies]"),
            "f:10:1: found \"[latencies]\" where [latency] should stand");
}

TEST(LatencyData, EveryPrefixOfAGoodFileIsRefusedCleanly) {
  const std::string text = header + regions + matrix;
  for (std::size_t cut = 0; cut + 4 < text.size(); ++cut) {  // the last figure may lose digits
    EXPECT_THROW(parse_latency_data(text.substr(0, cut), "f"), LatencyDataError) << cut;
  }
}

TEST(LatencyData, AwsRegionsToTheNanosecond) {
  const LatencyData data = load_latency_data(data_folder / "aws-21.latency");
  ASSERT_EQ(data.regions.size(), 21u);
  EXPECT_EQ(data.kind, LatencyKind::round_trip);
  EXPECT_EQ(data.licence.rfind("MIT", 0), 0u);
  const auto between = [&](std::string_view a, std::string_view b) {
    return count_ns(data.between(*data.find(a), *data.find(b)));
  };
  EXPECT_EQ(between("af-south-1", "ap-east-1"), 146'437'500);      // (302.56 + 283.19) / 4
  EXPECT_EQ(between("eu-central-1", "us-east-1"), 45'997'500);     // (90.98 + 93.01) / 4
  EXPECT_EQ(between("ap-northeast-1", "ap-south-1"), 67'457'500);  // (134.83 + 135) / 4
  EXPECT_EQ(between("eu-west-2", "eu-west-2"), 1'500'000);         // 3 / 2
  EXPECT_EQ(between("af-south-1", "af-south-1"), 3'565'000);       // 7.13 / 2
  EXPECT_EQ(data.regions[*data.find("sa-east-1")].name, "SA (S\xc3\xa3o Paulo)");
  for (std::size_t i = 0; i < 21; ++i) {
    for (std::size_t j = 0; j < 21; ++j) {
      EXPECT_EQ(data.between(i, j), data.between(j, i));
      EXPECT_EQ(count_ns(data.between(i, j)) % 2'500, 0);
      if (i != j) {
        EXPECT_GT(data.between(i, j), data.between(i, i));
      }
    }
  }
}

/// "302.56" as hundredths, apart from the loader.
std::int64_t hundredths(const std::string& text) {
  const std::size_t point = std::min(text.find('.'), text.size());
  std::string after = point < text.size() ? text.substr(point + 1) : "";
  after.resize(2, '0');
  return std::stoll(text.substr(0, point)) * 100 + std::stoll(after);
}

TEST(LatencyData, AwsFiguresEqualTheirSource) {
  const fs::path csv = fs::path(LEDGERLAB_SOURCE_DIR) / "../shared/data/latency/aws.csv";
  std::ifstream file(csv);
  if (!file) GTEST_SKIP() << "SKIPPED: " << csv << " is not there, figures not compared";
  const LatencyData data = load_latency_data(data_folder / "aws-21.latency");
  std::vector<std::vector<std::string>> cells;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    cells.emplace_back();
    for (std::string cell; std::getline(fields, cell, ',');) cells.back().push_back(cell);
  }
  ASSERT_EQ(cells.size(), 22u);
  for (std::size_t i = 0; i < 21; ++i) {
    EXPECT_EQ(cells[i + 1][0], data.regions[i].name + " " + data.regions[i].id);
    EXPECT_EQ(cells[i + 1][0], cells[0][i + 1]);
    for (std::size_t j = 0; j < 21; ++j) {
      const std::int64_t sum = hundredths(cells[i + 1][j + 1]) + hundredths(cells[j + 1][i + 1]);
      EXPECT_EQ(count_ns(data.between(i, j)), sum * 10'000 / 4);
    }
  }
}

TEST(LatencyData, SimblockRegionsCarrySharesAndBandwidth) {
  const LatencyData data = load_latency_data(data_folder / "simblock-2019.latency");
  ASSERT_EQ(data.regions.size(), 6u);
  EXPECT_EQ(data.kind, LatencyKind::one_way);
  EXPECT_TRUE(data.has_shares && data.has_bandwidth);
  EXPECT_EQ(data.between(0, 1), ms(124));
  EXPECT_EQ(data.between(4, 4), ms(12));
  EXPECT_EQ(data.regions[1].share_ppb, 499'800'000u);
  EXPECT_EQ(data.regions[3].down_bps, 22'800'000u);
  EXPECT_EQ(data.regions[2].up_bps, 5'800'000u);
  const LatencyData older = load_latency_data(data_folder / "simblock-2015.latency");
  EXPECT_EQ(older.between(0, 3), ms(310));
  EXPECT_EQ(older.between(5, 5), ms(22));
  EXPECT_EQ(older.regions[4].down_bps, 17'500'000u);
  for (const LatencyData* each : {&data, &older}) {
    std::uint64_t sum = 0;
    for (const std::uint64_t share : each->shares()) sum += share;
    EXPECT_EQ(sum, 1'000'000'000u);
  }
}

TEST(LatencyData, UnknownRegionsGetASuggestion) {
  const LatencyData data = load_latency_data(data_folder / "aws-21.latency");
  EXPECT_EQ(data.region("eu-north-1", "k"), 10u);
  try {
    data.region("eu-centrl-1", "placement.leader");
    FAIL() << "accepted";
  } catch (const TopologyError& error) {
    EXPECT_EQ(error.key(), "placement.leader");
    EXPECT_STREQ(error.what(),
                 "placement.leader = \"eu-centrl-1\" is not a region of the data: did you mean "
                 "\"eu-central-1\"?");
  }
}

/// A folder of its own for each test, gone afterwards.
class DataPath : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "ledgerlab-data-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    unsetenv("LEDGERLAB_DATA");
  }
  void TearDown() override {
    unsetenv("LEDGERLAB_DATA");
    fs::remove_all(folder_);
  }
  void put(const std::string& name) {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << "x";
  }
  fs::path folder_;
};

TEST_F(DataPath, BesideTheScenarioComesFirstThenTheEnvironment) {
  put("scenario/mine.latency");
  put("environment/mine.latency");
  put("environment/other.latency");
  const fs::path scenario = folder_ / "scenario" / "a.toml";
  setenv("LEDGERLAB_DATA", (folder_ / "environment").c_str(), 1);
  EXPECT_EQ(find_data("mine.latency", scenario), folder_ / "scenario" / "mine.latency");
  EXPECT_EQ(find_data("mine", scenario), folder_ / "scenario" / "mine.latency");
  EXPECT_EQ(find_data("other", scenario), folder_ / "environment" / "other.latency");
  EXPECT_EQ(find_data("../environment/other.latency", scenario).filename(), "other.latency");
  const std::string absolute = (folder_ / "environment/other.latency").string();
  EXPECT_EQ(find_data(absolute, scenario), absolute);
}

TEST_F(DataPath, ShippedDataIsFoundFromAnywhere) {
  EXPECT_EQ(load_latency_data(find_data("aws-21", folder_ / "a.toml")).regions.size(), 21u);
}

TEST_F(DataPath, TheCitiesHaveTwoFilledPairsAndSayWhich) {
  const LatencyData data = load_latency_data(find_data("wonderproxy-217", ""));
  ASSERT_EQ(data.regions.size(), 217u);
  std::vector<std::string> filled;
  for (const auto& [from, to] : data.filled) {
    filled.push_back(data.regions[from].id + "-" + data.regions[to].id);
    // By the shortest detour, there and back: a quarter of the two round trips' sum.
    Duration shortest = Duration::max();
    for (std::size_t over = 0; over < data.regions.size(); ++over) {
      if (over == from || over == to) continue;
      const bool known = !std::count(data.filled.begin(), data.filled.end(),
                                     std::pair(static_cast<std::uint16_t>(over), to)) &&
                         !std::count(data.filled.begin(), data.filled.end(),
                                     std::pair(from, static_cast<std::uint16_t>(over)));
      if (known) shortest = std::min(shortest, data.between(from, over) + data.between(over, to));
    }
    EXPECT_EQ(data.between(from, to), shortest);
  }
  EXPECT_EQ(filled, (std::vector<std::string>{"Vancouver-Wellington", "Wellington-Vancouver",
                                              "Wellington-Frosinone", "Frosinone-Wellington"}));
  EXPECT_TRUE(load_latency_data(find_data("aws-21", "")).filled.empty());
}

TEST_F(DataPath, TheCitiesAreThoseOfTheSource) {
  const fs::path csv =
      fs::path(LEDGERLAB_SOURCE_DIR) / "../shared/data/latency/wonderproxy.csv";
  if (!fs::exists(csv)) GTEST_SKIP() << csv << " is not here";
  const LatencyData data = load_latency_data(find_data("wonderproxy-217", ""));
  std::ifstream stream(csv);
  std::string line, field;
  std::getline(stream, line);
  std::size_t rows = 0;
  for (; std::getline(stream, line); ++rows) {
    ASSERT_LT(rows, data.regions.size());
    std::istringstream fields(line);
    std::getline(fields, field, ',');
    EXPECT_EQ(field, data.regions[rows].id);
    for (std::size_t column = 0; column < data.regions.size(); ++column) {
      ASSERT_TRUE(std::getline(fields, field, ','));
      const auto round_trip_ns = static_cast<std::int64_t>(std::llround(std::stod(field) * 1e6));
      if (round_trip_ns == 0 && rows != column) continue;  // a missing value
      EXPECT_EQ(data.between(rows, column), ns(round_trip_ns / 2)) << rows << " " << column;
    }
  }
  EXPECT_EQ(rows, 217u);
}

TEST_F(DataPath, BandwidthsMayBeDrawnFromQuantiles) {
  const LatencyData data = load_latency_data(find_data("bitcoin-simulator", ""));
  const LatencyRegion& europe = data.regions[1];
  ASSERT_EQ(europe.up_quantiles.size(), data.quantile_percent.size());
  EXPECT_TRUE(data.regions[4].up_quantiles.empty());  // Japan's up-links: the mean alone
  EXPECT_EQ(bandwidth_at(data.quantile_percent, europe.up_quantiles, 0), 100'000u);
  EXPECT_EQ(bandwidth_at(data.quantile_percent, europe.up_quantiles, 500'000'000), 3'610'000u);
  EXPECT_EQ(bandwidth_at(data.quantile_percent, europe.up_quantiles, 525'000'000), 3'895'000u);
  EXPECT_LT(bandwidth_at(data.quantile_percent, europe.up_quantiles, 999'999'999), 100'000'000u);
}

TEST(LatencyData, QuantilesAreCheckedAsStrictlyAsTheRest) {
  const std::string text =
      header +
      "[regions]\nid\tup_mbps\tdown_mbps\na\t1\t2\n[latency]\nfrom\ta\na\t4\n[bandwidth]\n";
  const auto refused = [&](const std::string& rows) {
    try {
      parse_latency_data(text + rows, "t");
    } catch (const LatencyDataError&) {
      return true;
    }
    return false;
  };
  EXPECT_FALSE(refused("region\tdirection\t0\t100\na\tup\t1\t3\n"));
  EXPECT_TRUE(refused("region\tdirection\t0\t90\na\tup\t1\t3\n"));
  EXPECT_TRUE(refused("region\tdirection\t5\t100\na\tup\t1\t3\n"));
  EXPECT_TRUE(refused("region\tdirection\t0\t100\na\tup\t3\t1\n"));
  EXPECT_TRUE(refused("region\tdirection\t0\t100\na\tout\t1\t3\n"));
  EXPECT_TRUE(refused("region\tdirection\t0\t100\nb\tup\t1\t3\n"));
  EXPECT_TRUE(refused("region\tdirection\t0\t100\na\tup\t1\n"));
}

TEST_F(DataPath, MissingDataNamesThePlaces) {
  setenv("LEDGERLAB_DATA", "/nowhere/at/all", 1);
  try {
    find_data("nothing-here", folder_ / "a.toml");
    FAIL() << "found";
  } catch (const DataNotFoundError& error) {
    const std::string text = error.what();
    EXPECT_NE(text.find("\"nothing-here\" is not there; looked at " + folder_.string()),
              std::string::npos);
    EXPECT_NE(text.find("/nowhere/at/all"), std::string::npos);
    EXPECT_NE(text.find("set LEDGERLAB_DATA"), std::string::npos);
  }
  EXPECT_THROW(find_data("", folder_ / "a.toml"), DataNotFoundError);
  EXPECT_THROW(load_latency_data(folder_), DataNotFoundError);
  EXPECT_THROW(load_latency_data(folder_ / "none"), DataNotFoundError);
}

}  // namespace
}  // namespace ledgerlab
