// Jitter and packet loss by their statistics, and the arithmetic of the access link.
#include "sim/engine/native/link_noise.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
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
    return noise_.arrival(rows_[from], from, to, sent, link_latency, bytes, lane);
  }

 private:
  LinkNoise noise_;
  std::map<NodeId, LinkTable::Rows> rows_;
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
  Links noise(spec);
  const std::int64_t slow = noise.arrival(1, 2, 9'000'000'000, latency, 100, NoiseLane::large);
  EXPECT_LT(noise.arrival(1, 2, 0, latency, 100), slow);
  EXPECT_GE(noise.arrival(1, 2, 0, latency, 100, NoiseLane::large), slow);
}

/// A table of links and what a map says of the same links.
class TableBesideMap {
 public:
  LinkTable& table() { return table_; }
  LinkTable::Rows& rows(NodeId from) { return rows_[from]; }
  std::uint64_t below(std::uint64_t n) { return draw_below(draw64(11, 0, purpose_, ++draws_), n); }

  /// Some more messages on a link, the last of which arrives at `last`.
  void send(NodeId from, NodeId to, NoiseLane lane, std::uint64_t messages, std::int64_t last) {
    const LinkTable::Place link = table_.find(rows_[from], to, lane);
    LinkTable::State& known = known_[{from, to, lane}];
    expect_equal(table_.read(link, from, lane), known);
    known = {known.count + messages, last};
    table_.write(link, from, lane, known);
  }
  /// Every link, and no others.
  void check() {
    const auto links = [&] {
      std::size_t sum = 0;
      for (const auto& [from, rows] : rows_)
        sum += table_.used(rows, NoiseLane::usual) + table_.used(rows, NoiseLane::large);
      return sum;
    };
    EXPECT_EQ(links(), known_.size());
    for (const auto& [link, known] : known_) {
      const auto [from, to, lane] = link;
      expect_equal(table_.read(table_.find(rows_[from], to, lane), from, lane), known);
    }
    EXPECT_EQ(links(), known_.size());
  }

 private:
  static constexpr Purpose purpose_{"test.links"};
  static void expect_equal(LinkTable::State found, LinkTable::State known) {
    EXPECT_EQ(found.count, known.count);
    EXPECT_EQ(found.last_arrival, known.last_arrival);
  }
  LinkTable table_{64};
  std::map<NodeId, LinkTable::Rows> rows_;
  std::map<std::tuple<NodeId, NodeId, NoiseLane>, LinkTable::State> known_;
  std::uint64_t draws_ = 0;
};

TEST(LinkTable, KeepsWhatAMapKeepsWhileRowsGrow) {
  TableBesideMap links;
  for (int round = 0; round < 5'000; ++round) {
    const auto from = static_cast<NodeId>(links.below(20));
    const NoiseLane lane = links.below(3) == 0 ? NoiseLane::large : NoiseLane::usual;
    if (links.below(2) == 0) links.table().make_room(links.rows(from), links.below(60), lane);
    // To some of the sender's neighbours in order, or to anybody.
    const std::uint64_t step = 1 + links.below(8);
    const bool ascending = links.below(4) != 0;
    for (std::uint64_t to = links.below(step); to < 30 + from * 10; to += step) {
      const std::uint64_t receiver = ascending ? to * 4'001 : links.below((1 << 20) - 1) + 1;
      // Now and then so late or so many that twelve bytes are not enough, and then again fewer.
      const std::uint64_t last = links.below(100) == 0 ? never : std::uint64_t{1} << 50;
      const std::uint64_t messages = links.below(100) == 0 ? std::uint64_t{1} << 23 : 1;
      links.send(from, static_cast<NodeId>(receiver), lane, messages,
                 static_cast<std::int64_t>(links.below(last)));
    }
  }
  links.check();
}

TEST(LinkTable, LimitsOfTwelveBytes) {
  TableBesideMap links;
  constexpr std::uint64_t counted = std::uint64_t{1} << 23;
  constexpr std::int64_t late = std::int64_t{1} << 52;
  constexpr NodeId last_node = (1 << 20) - 1;
  for (const NodeId to : {0u, 1u, last_node}) {
    links.send(last_node, to, NoiseLane::large, counted - 1, late - 2);
    links.send(last_node, to, NoiseLane::usual, 1, late - 2);
    links.send(last_node, to, NoiseLane::large, 1, late - 1);
    links.send(last_node, to, NoiseLane::usual, 1, late - 1);
    links.check();
    links.send(last_node, to, NoiseLane::large, 1, late);
    links.send(last_node, to, NoiseLane::large, counted << 20, never);
    links.check();
  }
}

TEST(LinkTable, AServerMayHaveManyClientsInAnyOrder) {
  constexpr std::uint64_t many = 50'021;  // a prime
  for (const std::uint64_t factor : {std::uint64_t{1}, many - 1, std::uint64_t{20'011}}) {
    TableBesideMap links;
    for (std::uint64_t i = 0; i < many; ++i)
      links.send(7, static_cast<NodeId>(i * factor % many), NoiseLane::usual, 1,
                 static_cast<std::int64_t>(i));
    links.check();
  }
}

TEST(LinkTable, BlocksFitAndWhatOneRowLeavesAnotherTakes) {
  LinkTable table(1'000);
  std::vector<LinkTable::Rows> rows(1'000);
  const auto use = [&](LinkTable::Rows& row, NodeId links) {
    for (NodeId to = 0; to < links; ++to) table.find(row, to * 77 + 5, NoiseLane::usual);
  };
  for (LinkTable::Rows& row : rows) table.make_room(row, 19, NoiseLane::usual);
  EXPECT_EQ(table.lines(), 4'000u);
  for (LinkTable::Rows& row : rows) use(row, 19);
  EXPECT_EQ(table.lines(), 4'000u);

  // The other lane takes as much at once.
  for (LinkTable::Rows& row : rows) {
    table.find(row, 3, NoiseLane::large);
    EXPECT_EQ(table.used(row, NoiseLane::large), 1u);
  }
  EXPECT_EQ(table.lines(), 8'000u);

  // 1, 2, 4, 8, 16 lines.
  LinkTable grown(1'000);
  std::vector<LinkTable::Rows> growing(100);
  for (LinkTable::Rows& row : growing)
    for (NodeId to = 0; to < 74; ++to) grown.find(row, to, NoiseLane::usual);
  EXPECT_EQ(grown.lines(), 100u * 16 + 8 + 4 + 2 + 1);
}

}  // namespace
}  // namespace ledgerlab::native
