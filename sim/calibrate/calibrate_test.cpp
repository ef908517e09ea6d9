// A measured table: every row is there and above zero, it reads back, and what is wrong is said.
#include "sim/calibrate/calibrate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "sim/scenario/cost_table.hpp"

namespace ledgerlab {
namespace {

const Calibration& measured() {
  static const Calibration once = calibrate(0.1);
  return once;
}

TEST(Calibrate, EveryRowIsMeasuredAndReadsBack) {
  const CostTable table = parse_cost_table(cost_file(measured()), "measured.costs");
  std::set<Operation> seen;
  for (const MeasuredCost& row : measured().rows) {
    EXPECT_TRUE(seen.insert(row.operation).second) << operation_name(row.operation);
    EXPECT_GT(table.of(row.operation), 0u) << operation_name(row.operation);
    // Four digits are kept.
    EXPECT_NEAR(static_cast<double>(table.of(row.operation)), row.median_ps,
                row.median_ps * 0.001 + 1)
        << operation_name(row.operation);
    EXPECT_LE(row.low_ps, row.median_ps);
    EXPECT_LE(row.median_ps, row.high_ps);
    EXPECT_FALSE(row.method.empty());
  }
  for (std::size_t i = 0; i < first_contract_operation; ++i) {
    const auto op = static_cast<Operation>(i);
    EXPECT_EQ(seen.count(op), op == Operation::user ? 0u : 1u) << operation_name(op);
  }
  for (const auto op :
       {Operation::contract_frame, Operation::storage_read, Operation::storage_write,
        Operation::script_op, Operation::schnorr_verify}) {
    EXPECT_EQ(seen.count(op), 1u) << operation_name(op);
  }
  EXPECT_EQ(table.of(Operation::user), 1'000u);  // carried over: it counts nanoseconds
}

TEST(Calibrate, TheFileSaysWhereItComesFrom) {
  const std::string text = cost_file(measured());
  for (const char* word : {"# cpu: ", "# compiler: ", "# libraries: libsodium ", "# date: 20",
                           "# user: not measured", "median of 25 repetitions"}) {
    EXPECT_NE(text.find(word), std::string::npos) << word;
  }
}

TEST(Calibrate, ATableWithoutARowIsRefusedByItsName) {
  for (const MeasuredCost& row : measured().rows) {
    if (row.operation > Operation::user) continue;  // only handshakes need these
    Calibration twin = measured();
    std::erase_if(twin.rows, [&](const MeasuredCost& r) { return r.operation == row.operation; });
    try {
      parse_cost_table(cost_file(twin), "twin.costs");
      ADD_FAILURE() << operation_name(row.operation);
    } catch (const std::invalid_argument& error) {
      const std::string name = "\"" + std::string(operation_name(row.operation)) + "\"";
      EXPECT_NE(std::string(error.what()).find(name), std::string::npos) << error.what();
    }
  }
}

TEST(Calibrate, ATableWithoutTheRowsOfSessionsSaysSo) {
  EXPECT_TRUE(parse_cost_table(cost_file(measured()), "whole.costs").has(Operation::aead));
  Calibration twin = measured();
  std::erase_if(twin.rows, [](const MeasuredCost& r) { return r.operation == Operation::aead; });
  EXPECT_FALSE(parse_cost_table(cost_file(twin), "twin.costs").has(Operation::aead));
}

TEST(Calibrate, RatiosAreAgainstTheTableNamed) {
  Calibration one;
  one.rows = {{Operation::verify, "how", 94e6, 90e6, 99e6, 25}};
  CostTable reference;
  reference.name = "reference";
  reference.picoseconds[static_cast<std::size_t>(Operation::verify)] = 47'000'000;
  EXPECT_NE(calibration_table(one, reference).find("2.00x"), std::string::npos);
  const auto json = nlohmann::json::parse(calibration_json(one, reference));
  EXPECT_EQ(json["rows"][0]["operation"], "verify");
  EXPECT_EQ(json["rows"][0]["ratio"], 2.0);
  EXPECT_EQ(json["not_measured"][0], "user");
}

}  // namespace
}  // namespace ledgerlab
