// Jitter and packet loss by their statistics, and the arithmetic of the access link.
#include "sim/engine/native/link_noise.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <tuple>
#include <vector>

#include "models/base/draw.hpp"
#include "sim/engine/native/access_link.hpp"

namespace ledgerlab::native {
namespace {

constexpr std::int64_t latency = 40'000'000;
constexpr std::int64_t timeout = 200'000'000;

NetworkSpec noisy(JitterKind jitter, std::uint32_t jitter_ppm, std::uint32_t loss_ppb) {
  NetworkSpec spec;
  spec.nodes = 1 << 20;
  spec.seed = 3;
  spec.jitter = jitter;
  spec.jitter_ppm = jitter_ppm;
  spec.packet_loss_ppb = loss_ppb;
  return spec;
}

/// The noise and the rows that an engine keeps for it.
class Links {
 public:
  explicit Links(const NetworkSpec& spec) : noise_(spec) {}
  std::int64_t arrival(NodeId from, NodeId to, std::int64_t sent, std::int64_t link_latency,
                       std::uint64_t bytes, NoiseLane lane = NoiseLane::usual) {
    return LinkNoise::Sending(noise_, rows_[from], from, now, lane)
        .arrival(to, sent, link_latency, bytes);
  }
  std::int64_t now = 0;

 private:
  LinkNoise noise_;
  std::map<NodeId, LinkTable::Row> rows_;
};

/// What each of many messages, one a link, meets beyond the latency.
std::vector<std::int64_t> delays(const NetworkSpec& spec, std::uint64_t bytes, int messages) {
  Links noise(spec);
  std::vector<std::int64_t> found;
  for (int i = 0; i < messages; ++i) {
    const auto from = static_cast<NodeId>(i % 1'000);
    found.push_back(noise.arrival(from, static_cast<NodeId>(1'000 + i), 0, latency, bytes) -
                    latency);
  }
  return found;
}

double mean_of(const std::vector<std::int64_t>& values) {
  double sum = 0;
  for (const std::int64_t value : values) sum += static_cast<double>(value);
  return sum / static_cast<double>(values.size());
}

TEST(AccessLink, SerialisationIsRoundedUpAtEverySize) {
  EXPECT_EQ(serialisation_ns(0, 1), 0);
  EXPECT_EQ(serialisation_ns(1'000, 0), 0);
  EXPECT_EQ(serialisation_ns(1, 8'000'000'000), 1);
  EXPECT_EQ(serialisation_ns(1, 8'000'000'001), 1);
  EXPECT_EQ(serialisation_ns(3, 16'000'000'000), 2);
  EXPECT_EQ(serialisation_ns(1'500, 1'000'000'000), 12'000);
  EXPECT_EQ(serialisation_ns(1'500, 7), 1'714'285'714'286);
  // Beyond 2^64 / 8e9 bytes the product needs 128 bits; both sides of the switch agree.
  for (const std::uint64_t bytes : {2'305'843'009u, 2'305'843'010u, 4'294'967'295u})
    for (const std::uint64_t bps : {64'000ull, 999'999'937ull, 400'000'000'000ull}) {
      const Uint128 exact = (Uint128{bytes} * 8'000'000'000u + bps - 1) / bps;
      EXPECT_EQ(serialisation_ns(bytes, bps), static_cast<std::int64_t>(exact));
    }
  EXPECT_EQ(serialisation_ns(4'294'967'295u, 1), never);
  EXPECT_EQ(serialisation_ns(2'000'000'000u, 1), never);
}

TEST(AccessLink, SumsSaturate) {
  EXPECT_EQ(later(never, 1), never);
  EXPECT_EQ(later(never - 1, 1), never);
  EXPECT_EQ(later(1, 2), 3);
  EXPECT_EQ(times(never / 2, 3), never);
  EXPECT_EQ(times(7, 3), 21);
}

TEST(LinkNoise, OffWhenNothingIsAskedFor) {
  EXPECT_FALSE(LinkNoise(noisy(JitterKind::none, 500'000, 0)).on());
  EXPECT_FALSE(LinkNoise(noisy(JitterKind::uniform, 0, 0)).on());
  EXPECT_TRUE(LinkNoise(noisy(JitterKind::uniform, 1, 0)).on());
  EXPECT_TRUE(LinkNoise(noisy(JitterKind::none, 0, 1)).on());
}

TEST(LinkNoise, UniformJitterFillsItsWidth) {
  const auto found = delays(noisy(JitterKind::uniform, 250'000, 0), 100, 100'000);
  const auto [low, high] = std::minmax_element(found.begin(), found.end());
  EXPECT_GE(*low, 0);
  EXPECT_LT(*low, 10'000);
  EXPECT_LE(*high, 10'000'000);
  EXPECT_GT(*high, 9'990'000);
  EXPECT_NEAR(mean_of(found), 5e6, 5 * 1e7 / std::sqrt(12 * 1e5));
}

TEST(LinkNoise, ExponentialJitterHasItsMeanAndTail) {
  const auto found = delays(noisy(JitterKind::exponential, 250'000, 0), 100, 100'000);
  EXPECT_NEAR(mean_of(found), 1e7, 5 * 1e7 / std::sqrt(1e5));
  int beyond_mean = 0;
  for (const std::int64_t value : found) beyond_mean += value > 10'000'000;
  EXPECT_NEAR(beyond_mean, 1e5 * std::exp(-1), 5 * std::sqrt(1e5 * 0.24));
}

/// Mean number of timeouts (in units of the first) of one lost packet: the sum over j of
/// p^j times the j-th timeout.
double timeouts_of_a_lost_packet(double p) {
  double sum = 0;
  for (unsigned j = 0; j < losses_in_a_row_max; ++j)
    sum += std::pow(p, j) * std::pow(2, std::min(j, doublings_max));
  return sum;
}

TEST(LinkNoise, LostPacketsCostTheirTimeouts) {
  struct Case {
    std::uint32_t loss_ppb;
    std::uint64_t bytes, packets;
  };
  for (const Case& c : {Case{10'000'000, 1'000, 1}, Case{10'000'000, 144'800, 100},
                        Case{1'000'000, 1'448'001, 1'001}, Case{300'000'000, 14'480, 10},
                        Case{250'000'000, 0, 1}}) {
    const int messages = 50'000;
    const auto found = delays(noisy(JitterKind::none, 0, c.loss_ppb), c.bytes, messages);
    const double p = c.loss_ppb * 1e-9;
    const double packets = static_cast<double>(c.packets);
    int clean = 0;
    double squares = 0;
    for (const std::int64_t value : found) {
      ASSERT_EQ(value % timeout, 0);
      clean += value == 0;
      squares += std::pow(static_cast<double>(value), 2);
    }
    const double none = std::pow(1 - p, packets);
    EXPECT_NEAR(clean, messages * none, 5 * std::sqrt(messages * none * (1 - none)) + 1);
    const double mean = mean_of(found);
    const double error = std::sqrt((squares / messages - mean * mean) / messages);
    EXPECT_NEAR(mean, timeout * packets * p * timeouts_of_a_lost_packet(p), 5 * error)
        << c.loss_ppb << " ppb, " << c.bytes << " bytes";
  }
}

TEST(LinkNoise, EvenNearCertainLossEnds) {
  const auto found = delays(noisy(JitterKind::none, 0, 999'999'999), 100, 100);
  std::int64_t whole = 0;
  for (unsigned j = 0; j < losses_in_a_row_max; ++j)
    whole += timeout * (std::int64_t{1} << std::min(j, doublings_max));
  for (const std::int64_t value : found) EXPECT_EQ(value, whole);
}

TEST(LinkNoise, DrawsBelongToTheLinkAndTheNumberOnIt) {
  // What other links carry in between changes nothing.
  const NetworkSpec spec = noisy(JitterKind::exponential, 500'000, 100'000'000);
  const auto of_link = [&](bool others) {
    Links noise(spec);
    std::vector<std::int64_t> found;
    for (int n = 0; n < 500; ++n) {
      if (others)
        for (NodeId to = 10; to < 40; ++to) noise.arrival(5, to, n, latency, 3'000);
      found.push_back(noise.arrival(5, 6, n * std::int64_t{20'000'000'000}, latency, 3'000));
    }
    return found;
  };
  EXPECT_EQ(of_link(false), of_link(true));
  Links noise(spec);
  EXPECT_NE(noise.arrival(5, 6, 0, latency, 3'000), noise.arrival(6, 5, 0, latency, 3'000));
}

TEST(LinkNoise, NothingOvertakesOnALink) {
  Links noise(noisy(JitterKind::exponential, 3'000'000, 50'000'000));
  std::int64_t last = 0;
  int held_back = 0;
  for (int n = 0; n < 10'000; ++n) {
    const std::int64_t at = noise.arrival(1, 2, n * std::int64_t{1'000'000}, latency, 200);
    ASSERT_GE(at, last);
    held_back += at == last;
    last = at;
  }
  EXPECT_GT(held_back, 1'000);
}

TEST(LinkNoise, ParetoDelaysHaveTheLatencyAsTheirMean) {
  // 40 ms: scale 35 ms, shape 8, so mean 40 ms and deviation 35 * sqrt(8 / (49 * 6)) = 5.77 ms.
  NetworkSpec spec = noisy(JitterKind::pareto, 0, 0);
  EXPECT_TRUE(LinkNoise(spec).on());
  const auto found = delays(spec, 100, 100'000);
  EXPECT_NEAR(mean_of(found), 0, 4 * 5.77e6 / std::sqrt(1e5));
  std::int64_t least = latency;
  int late = 0;
  for (const std::int64_t delay : found) {
    least = std::min(least, delay);
    late += delay > 30'000'000;  // P(delay > 70 ms) = (35/70)^8
  }
  EXPECT_GE(least, -5'000'000);
  EXPECT_LT(least, -4'990'000);
  EXPECT_NEAR(late / 1e5, 1.0 / 256, 4 * std::sqrt(1.0 / 256 / 1e5));
}

TEST(LinkNoise, ADelayOfTheLinkIsDrawnOnceAndTheSameBothWays) {
  NetworkSpec spec = noisy(JitterKind::pareto, 0, 0);
  spec.jitter_of_link = true;
  spec.link_model = LinkModel::bottleneck;
  Links noise(spec);
  const std::int64_t there = noise.arrival(3, 9, 0, latency, 100);
  EXPECT_EQ(noise.arrival(9, 3, 0, latency, 100), there);
  EXPECT_EQ(noise.arrival(3, 9, 1'000'000'000, latency, 100), there + 1'000'000'000);
  EXPECT_EQ(noise.arrival(3, 9, 2'000'000'000, latency, 100, NoiseLane::large),
            there + 2'000'000'000);
  EXPECT_NE(noise.arrival(3, 10, 0, latency, 100), there);
}

TEST(LinkNoise, LanesOvertakeOneAnotherButNothingOvertakesInItsLane) {
  NetworkSpec spec = noisy(JitterKind::pareto, 0, 0);
  spec.link_model = LinkModel::bottleneck;
  Links noise(spec);
  const std::int64_t slow = noise.arrival(1, 2, 9'000'000'000, latency, 100, NoiseLane::large);
  EXPECT_LT(noise.arrival(1, 2, 0, latency, 100), slow);
  EXPECT_GE(noise.arrival(1, 2, 0, latency, 100, NoiseLane::large), slow);
}

/// A table of links and what a map says of the same links.
class TableBesideMap {
 public:
  explicit TableBesideMap(unsigned lanes) : lanes_(lanes), table_(lanes, 64) {}

  std::uint64_t below(std::uint64_t n) {
    return draw_below(draw64(11, lanes_, purpose_, ++draws_), n);
  }
  LinkTable& table() { return table_; }
  LinkTable::Row& row(NodeId from) { return rows_[from]; }
  void pass(std::int64_t ns) { now_ += ns; }

  /// One more message on a link, which arrives `ahead` after now; the count grows by `messages`.
  void send(NodeId from, NodeId to, NoiseLane lane, std::int64_t ahead, std::uint64_t messages,
            std::uint32_t& expected) {
    LinkTable::Row& row = rows_[from];
    const std::uint32_t position = table_.find(row, to, expected);
    expected = position + 1;
    LinkTable::State state = table_.read(row, position, from, lane);
    LinkTable::State& known = known_[{from, to, lane}];
    ASSERT_EQ(state.count, known.count) << from << " to " << to;
    ASSERT_EQ(std::max(state.last_arrival, now_), std::max(known.last_arrival, now_));
    known.count = state.count += messages;
    known.last_arrival = state.last_arrival = std::max(now_ + ahead, known.last_arrival);
    table_.write(row, position, from, lane, state, now_);
  }
  /// Every link, in the order of the map.
  void check() {
    for (const auto& [link, known] : known_) {
      const auto [from, to, lane] = link;
      const std::uint32_t position = table_.find(rows_[from], to, 0);
      const LinkTable::State state = table_.read(rows_[from], position, from, lane);
      ASSERT_EQ(state.count, known.count) << from << " to " << to;
      ASSERT_EQ(std::max(state.last_arrival, now_), std::max(known.last_arrival, now_));
    }
  }
  std::size_t receivers() const {
    return std::accumulate(rows_.begin(), rows_.end(), std::size_t{0},
                           [](std::size_t sum, const auto& row) { return sum + row.second.used; });
  }

 private:
  static constexpr Purpose purpose_{"test.links"};
  unsigned lanes_;
  LinkTable table_;
  std::map<NodeId, LinkTable::Row> rows_;
  std::map<std::tuple<NodeId, NodeId, NoiseLane>, LinkTable::State> known_;
  std::int64_t now_ = 0;
  std::uint64_t draws_ = 0;
};

TEST(LinkTable, KeepsWhatAMapKeepsWhileRowsGrow) {
  for (const unsigned lanes : {1u, 2u}) {
    TableBesideMap links(lanes);
    for (int round = 0; round < 3'000; ++round) {
      const auto from = static_cast<NodeId>(links.below(20));
      const NoiseLane lane =
          lanes == 2 && links.below(3) == 0 ? NoiseLane::large : NoiseLane::usual;
      // A multicast to some of a sender's neighbours in order, or single messages to anybody.
      const std::uint64_t step = 1 + links.below(8);
      const bool ascending = links.below(4) != 0;
      if (links.below(2) == 0) links.table().make_room(links.row(from), links.below(40));
      std::uint32_t expected = 0;
      for (std::uint64_t to = links.below(step); to < 30 + from * 10; to += step) {
        const std::uint64_t receiver = ascending ? to : links.below(30 + from * 20);
        // Now and then so late that the time needs more room than a link has, or so often.
        const bool late = links.below(200) == 0;
        const std::int64_t ahead =
            static_cast<std::int64_t>(links.below(late ? std::uint64_t{1} << 62 : 1'000'000'000));
        const std::uint64_t messages = links.below(500) == 0 ? std::uint64_t{1} << 24 : 1;
        links.send(from, static_cast<NodeId>(receiver), lane,
                   late ? ahead >> links.below(40) : ahead, messages, expected);
        ASSERT_FALSE(HasFatalFailure());
      }
      links.pass(static_cast<std::int64_t>(
          links.below(links.below(100) == 0 ? 900'000'000'000 : 500'000'000)));
    }
    links.check();
  }
}

TEST(LinkTable, ReceiversInAnyOrderMayBeMany) {
  // As many as one server may have clients, last ones first, first ones first and shuffled.
  constexpr std::uint64_t many = 50'021;  // a prime
  for (const std::uint64_t factor : {std::uint64_t{1}, many - 1, std::uint64_t{20'011}}) {
    TableBesideMap links(1);
    for (std::uint64_t i = 0; i < many; ++i) {
      std::uint32_t expected = 0;
      links.send(7, static_cast<NodeId>(i * factor % many), NoiseLane::usual,
                 static_cast<std::int64_t>(i), 1, expected);
      ASSERT_FALSE(HasFatalFailure());
    }
    EXPECT_EQ(links.receivers(), many);
    links.check();
    EXPECT_EQ(links.receivers(), many);
  }
}

TEST(LinkTable, ALinkTakesTwentyBytesAndRowsThatGrowLeaveTheirBlocksToOthers) {
  LinkTable table(2, 1'000);
  std::vector<LinkTable::Row> rows(1'000);
  for (LinkTable::Row& row : rows) table.make_room(row, 18);
  EXPECT_EQ(table.lines(), 6'000u);  // 18 x 20 B and 8
  for (LinkTable::Row& row : rows)
    for (NodeId to = 0; to < 18; ++to) table.find(row, to, to);
  EXPECT_EQ(table.lines(), 6'000u);
  for (LinkTable::Row& row : rows) EXPECT_EQ(row.used, 18u);

  // One after the other grows by steps: what one leaves, the next takes.
  LinkTable grown(2, 1'000);
  std::vector<LinkTable::Row> growing(100);
  for (LinkTable::Row& row : growing)
    for (NodeId to = 0; to < 42; ++to) grown.find(row, to, to);
  EXPECT_LE(grown.lines(), 100u * 16 + 1 + 2 + 4 + 8);
}

}  // namespace
}  // namespace ledgerlab::native
