// Written values: exact reading, canonical writing, error texts with an example.
#include "models/api/params.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "models/base/draw.hpp"

namespace ledgerlab {
namespace {

std::int64_t value(ParamType type, std::string_view text) {
  const ParsedValue parsed = parse_value(type, text);
  EXPECT_TRUE(parsed.value) << text << ": " << parsed.error;
  return parsed.value.value_or(-1);
}
std::string error(ParamType type, std::string_view text) {
  const ParsedValue parsed = parse_value(type, text);
  EXPECT_FALSE(parsed.value) << text;
  return parsed.error;
}

TEST(Params, reads_every_unit_exactly) {
  EXPECT_EQ(value(ParamType::duration, "250 ms"), 250'000'000);
  EXPECT_EQ(value(ParamType::duration, "0.000000001 s"), 1);
  EXPECT_EQ(value(ParamType::duration, "1.5us"), 1'500);
  EXPECT_EQ(value(ParamType::duration, "2 d"), 172'800'000'000'000);
  EXPECT_EQ(value(ParamType::duration, "-20 ms"), -20'000'000);
  EXPECT_EQ(value(ParamType::duration, "0.1 min"), 6'000'000'000);
  EXPECT_EQ(value(ParamType::duration, "1.25 h"), 4'500'000'000'000);
  EXPECT_EQ(value(ParamType::size, "1 MiB"), 1'048'576);
  EXPECT_EQ(value(ParamType::size, "1.5 kB"), 1'500);
  EXPECT_EQ(value(ParamType::rate, "200 tx/s"), 200'000);
  EXPECT_EQ(value(ParamType::rate, "0.001 1/s"), 1);
  EXPECT_EQ(value(ParamType::rate, "6 tx/min"), 100);
  EXPECT_EQ(value(ParamType::bandwidth, "20 Mbit/s"), 20'000'000);
  EXPECT_EQ(value(ParamType::bandwidth, "1 MB/s"), 8'000'000);
  EXPECT_EQ(value(ParamType::bandwidth, "unlimited"), 0);
  EXPECT_EQ(value(ParamType::ratio, "12.5 %"), 125'000'000);
  EXPECT_EQ(value(ParamType::ratio, "0.125"), 125'000'000);
  EXPECT_EQ(value(ParamType::ratio, "50 ppm"), 50'000);
  EXPECT_EQ(value(ParamType::hash_rate, "1.5 TH/s"), 1'500'000'000'000);
  EXPECT_EQ(value(ParamType::power, "0.5 W"), 500);
  EXPECT_EQ(value(ParamType::flag, "true"), 1);
  EXPECT_EQ(value(ParamType::integer, " 42 "), 42);
}

TEST(Params, refuses_with_an_example) {
  EXPECT_EQ(error(ParamType::duration, "250"),
            "\"250\" lacks a unit; expected a duration such as \"250 ms\" "
            "(units: ns, us, ms, s, min, h, d)");
  EXPECT_EQ(error(ParamType::duration, "5 parsecs"),
            "\"5 parsecs\" has the unknown unit \"parsecs\"; expected a duration such as "
            "\"250 ms\" (units: ns, us, ms, s, min, h, d)");
  EXPECT_NE(error(ParamType::duration, "0.5 ns").find("finer than"), std::string::npos);
  EXPECT_NE(error(ParamType::duration, "300000 d").find("too large"), std::string::npos);
  EXPECT_NE(error(ParamType::duration, "99999999999999999999 s").find("too many digits"),
            std::string::npos);
  EXPECT_NE(error(ParamType::size, "MiB").find("does not start with a number"), std::string::npos);
  for (const char* text :
       {"", ".5 s", "1. s", "1.2.3 s", "1e3 s", "+1 s", "- 1 s", "1 S", "0x10 s"}) {
    EXPECT_FALSE(error(ParamType::duration, text).empty()) << text;
  }
  EXPECT_NE(error(ParamType::integer, "1.5").find("whole numbers"), std::string::npos);
  EXPECT_NE(error(ParamType::rate, "1 tx/min").find("finer"), std::string::npos);
  EXPECT_NE(error(ParamType::flag, "yes").find("true or false"), std::string::npos);
}

TEST(Params, limit_of_the_range_is_reached_and_not_passed) {
  EXPECT_EQ(value(ParamType::duration, "9223372036854775807 ns"),
            std::numeric_limits<std::int64_t>::max());
  EXPECT_NE(error(ParamType::duration, "9223372036854775808 ns").find("too large"),
            std::string::npos);
}

TEST(Params, written_values_read_back) {
  EXPECT_EQ(format_value(ParamType::duration, 250'000'000), "250 ms");
  EXPECT_EQ(format_value(ParamType::duration, 1'500'000'000), "1.5 s");
  EXPECT_EQ(format_value(ParamType::duration, 5'400'000'000'000), "90 min");
  EXPECT_EQ(format_value(ParamType::duration, 0), "0 ns");
  EXPECT_EQ(format_value(ParamType::duration, 1'000'000'001), "1000000.001 us");
  EXPECT_EQ(format_value(ParamType::ratio, 125'000'000), "12.5 %");
  EXPECT_EQ(format_value(ParamType::size, 1'048'576), "1 MiB");
  EXPECT_EQ(format_value(ParamType::rate, 200'500), "200.5 tx/s");
  for (const ParamType type :
       {ParamType::integer, ParamType::duration, ParamType::size, ParamType::rate,
        ParamType::bandwidth, ParamType::ratio, ParamType::hash_rate, ParamType::power}) {
    for (std::uint64_t i = 0; i < 2'000; ++i) {
      const std::uint64_t u = draw64(7, 0, Purpose("params.test"), i);
      std::int64_t v = static_cast<std::int64_t>(u >> (1 + i % 62));
      if (i % 3 == 0) v -= v % 1'000'000;
      EXPECT_EQ(value(type, format_value(type, v)), v) << format_value(type, v);
    }
  }
}

TEST(Params, unread_parameters_are_named) {
  Params params;
  params.set("b", 2);
  params.set("a", 1);
  params.set("t", std::string("x"));
  EXPECT_EQ(params.duration("a"), Duration{1});
  EXPECT_EQ(params.unread(), (std::vector<std::string>{"b", "t"}));
  EXPECT_THROW(params.integer("c"), std::logic_error);
  EXPECT_THROW(params.text("a"), std::logic_error);
}

}  // namespace
}  // namespace ledgerlab
