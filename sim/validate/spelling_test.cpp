// Plausible spellings of a parameter all mean the same, and what means nothing is refused.
#include "sim/validate/spelling.hpp"

#include <gtest/gtest.h>

#include "sim/validate/groups.hpp"

namespace ledgerlab::validate {
namespace {

Params with(const char* id, const std::vector<std::string>& settings) {
  return resolve_params(*find_target(id), settings);
}

TEST(Spelling, NumbersInEveryNaturalWay) {
  EXPECT_EQ(plain_number(".5 s"), "0.5 s");
  EXPECT_EQ(plain_number("1e3"), "1000");
  EXPECT_EQ(plain_number("1/3"), "0.333333333");
  EXPECT_EQ(plain_number("1/2 s"), "0.5 s");
  EXPECT_EQ(plain_number("123456789.123456789"), "123456789.123456789");
  for (const char* odd : {"", "1/0", "-1", "/2", "e5", "inf", "1e99", "nan/2"}) {
    EXPECT_EQ(plain_number(odd), odd);
  }
  EXPECT_EQ(with("W2", {"q=.1"}).integer("q"), 100'000'000);
  EXPECT_EQ(with("W2", {"q = 1/10"}).integer("q"), 100'000'000);
  EXPECT_EQ(with("W6", {"d=.5"}).integer("D"), 500'000'000);
  EXPECT_EQ(with("W6", {"T=\"5 s\""}).integer("T"), 5'000'000'000);
  EXPECT_EQ(with("W6", {"T=1/2"}).integer("T"), 500'000'000);
  EXPECT_EQ(with("elections", {"latency_ms=15ms"}).integer("latency_ms"), 15'000'000'000);
  EXPECT_EQ(with("elections", {"latency_ms=0.01 s"}).integer("latency_ms"), 10'000'000'000);
}

TEST(Spelling, NonsenseIsStillRefused) {
  for (const char* setting : {"D=", "D=-1", "D=1/0", "D=1 parsec", "D=0", "D=e"}) {
    EXPECT_THROW(with("W6", {setting}), BadParameter) << setting;
  }
  EXPECT_THROW(with("elections", {"latency_ms=15 %"}), BadParameter);
  EXPECT_THROW(with("W13", {"rule=byzantium"}), BadParameter);
  for (const char* split : {"split=1", "split=50", "split=0/1", "split=1/2/3", "split=a/b"}) {
    EXPECT_THROW(with("W15", {split}), BadParameter) << split;
  }
  for (const char* stakes : {"stakes=", "stakes=[]", "stakes=0,0", "stakes=1,x", "stakes=-1,2"}) {
    EXPECT_THROW(with("S2", {stakes}), BadParameter) << stakes;
  }
  for (const char* latencies : {"latencies=nope", "latencies=[[0,1],[1,0]]", "latencies=",
                                "latencies=0 1;1 0 2;1 2 0", "latencies=simblock-2019: na eu ap xx"}) {
    EXPECT_THROW(with("B1", {latencies}), BadParameter) << latencies;
  }
}

TEST(Spelling, ListsAndChoicesInEveryNaturalWay) {
  EXPECT_EQ(with("W13", {"rule=Homestead"}).text("rule"), "homestead");
  EXPECT_EQ(with("counts", {"protocol=PBFT"}).text("protocol"), "pbft");
  EXPECT_EQ(read_weights("[0.5, .3,\"20%\"]"),
            (std::vector<std::uint64_t>{500'000'000, 300'000'000, 200'000'000}));
  for (const char* split : {"split=.3", "split=30/70", "split=[0.3,0.7]", "split=30:70",
                            "split=30%", "split=30%/70%"}) {
    EXPECT_NO_THROW(with("W15", {split})) << split;
  }
  for (const char* place :
       {"latencies=simblock-2019", "latencies=SimBlock-2019: NA,EU,AP,JP",
        "latencies=[[0,62,92,50],[62,0,110,70],[92,110,0,80],[50,70,80,0]]",
        "latencies=[[\"0 ms\",\"62 ms\",\"9 ms\",\"9 ms\"],[62,0,8,8],[9,8,0,7],[9,8,7,0]]"}) {
    EXPECT_NO_THROW(with("B1", {place})) << place;
  }
  EXPECT_NO_THROW(with("B1", {"leader=NA"}));
  EXPECT_NO_THROW(with("B1", {"latencies=simblock-2019", "leader=Au"}));
  EXPECT_THROW(with("B1", {"leader=Au"}), BadParameter);  // not among the four of the default
}

}  // namespace
}  // namespace ledgerlab::validate
