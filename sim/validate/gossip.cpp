// Relays against closed forms and published figures: G1 to G4 of TARGETS.md. Contents come from the
// publisher; every content is a trial of its own, since a relay draws by content.
#include <algorithm>
#include <array>
#include <cmath>

#include "sim/validate/closed_forms.hpp"
#include "sim/validate/groups.hpp"
#include "sim/validate/publisher.hpp"
#include "sim/validate/worlds.hpp"

namespace ledgerlab::validate {
namespace {

/// A world of the epidemic relay: rounds of one second, messages of a millisecond.
struct RoundWorld {
  std::uint32_t nodes = 0;
  std::uint64_t contents = 0;
  double fanout = 1;
  std::uint32_t rounds = 1;  // of infect forever; 1: infect and die

  Setup setup() const {
    const double whole = std::floor(fanout);
    Setup setup;
    setup.consensus = "publisher";
    setup.nodes = nodes;
    setup.params = "first = \"500 ms\", interval = \"1 s\", count = " + std::to_string(contents);
    setup.relay_params =
        "view = \"everyone\", round = \"1 s\", mode = \"" +
        std::string(rounds == 1 ? "infect_and_die" : "infect_forever") +
        "\", rounds = " + std::to_string(rounds) +
        ", fanout = " + std::to_string(static_cast<std::uint64_t>(whole)) +
        ", fanout_more = " + toml_share(static_cast<std::uint64_t>((fanout - whole) * 1e9));
    setup.system = "relay = \"epidemic\"\nledger = \"none\"\nmempool = \"modelled\"";
    // The relay uses no overlay here; a ring costs the least.
    setup.network = "topology = \"watts-strogatz\"\nk = 2\nrewire = 0";
    setup.duration = seconds(static_cast<std::int64_t>(contents));
    setup.drain = seconds(2 * rounds + 60);
    return setup;
  }
};

std::uint64_t contents_of(std::uint64_t nodes) {
  return std::clamp<std::uint64_t>(200'000 / nodes, 20, 2'000);
}

void run_g1(Session& s) {
  RoundWorld world;
  world.nodes = static_cast<std::uint32_t>(s.params().count("n"));
  world.contents = contents_of(world.nodes);
  const auto n = static_cast<double>(world.nodes);
  const double about = std::log2(n) + std::log(n) + 1.2;
  world.rounds = static_cast<std::uint32_t>(about) + 12;
  Tolerance tolerance;
  double expected = about;
  if (world.nodes <= 2'000) {
    expected = push_mean_rounds(world.nodes);
  } else {
    tolerance.relative = 0.006;  // of the approximation
  }
  tolerance.se_goal = 0.004 * expected;
  Mean& rounds = s.mean("rounds until all have it", expected, tolerance);
  struct Published {
    std::uint32_t n;
    double mean, tolerance;
  };
  Mean* published = nullptr;
  for (const Published& p : {Published{16, 7.414, .0005}, Published{100, 12.300, .005},
                             Published{1'000, 18.05, .02}, Published{10'000, 23.77, .08}}) {
    if (p.n != world.nodes) continue;
    published = &s.mean("the same, TARGETS.md", p.mean, {3, 0, p.tolerance, 0.004 * expected});
  }
  Proportion& complete = s.proportion("contents that reached all", 1, {3, 0.003, 0, 0.05});
  while (s.more()) {
    DeliveryFold fold;
    RanWorld ran(s, world.setup(), {&fold});
    for (std::size_t k = 0; k < fold.contents().size(); ++k) {
      const auto& times = fold.contents()[k];
      complete.add(times.size() == world.nodes);
      Time last{};
      for (const auto& delivery : times) last = std::max(last, delivery.at);
      const double took =
          static_cast<double>(count_ns(last) / count_ns(seconds(1))) - static_cast<double>(k);
      rounds.add(took);
      if (published) published->add(took);
    }
  }
}

void run_g2(Session& s) {
  RoundWorld world;
  world.nodes = static_cast<std::uint32_t>(s.params().count("n"));
  world.contents = contents_of(world.nodes);
  world.fanout = static_cast<double>(s.params().count("c")) * 1e-9;
  const double expected = infect_and_die_reach(world.fanout);
  Mean& reach = s.mean("share reached, given take-off", expected, {3, 0.003, 0, 0.001});
  while (s.more()) {
    DeliveryFold fold;
    RanWorld ran(s, world.setup(), {&fold});
    for (const auto& times : fold.contents()) {
      const double share = static_cast<double>(times.size()) / world.nodes;
      if (share > expected / 2) reach.add(share);
    }
  }
}

void run_g3(Session& s) {
  RoundWorld world;
  world.nodes = static_cast<std::uint32_t>(s.params().count("n"));
  world.contents = contents_of(world.nodes);
  const double c = static_cast<double>(s.params().count("c")) * 1e-9;
  world.fanout = std::log(static_cast<double>(world.nodes)) + c;
  const double limit = all_reached(c);
  Proportion& all = s.proportion("contents that reached all", limit,
                                 {3, 0.003, std::abs(nobody_missed(world.nodes, c) - limit), 0.01});
  while (s.more()) {
    DeliveryFold fold;
    RanWorld ran(s, world.setup(), {&fold});
    for (const auto& times : fold.contents()) all.add(times.size() == world.nodes);
  }
}

/// Gossipsub as the simulator of its author runs it: 20 connections dialled by each node, a latency
/// of its own for every pair, one content a second.
Setup mesh_setup(std::uint32_t nodes, const std::string& version) {
  constexpr std::int64_t contents = 60;
  Setup setup;
  setup.consensus = "publisher";
  setup.nodes = nodes;
  setup.latency = "{ between_pairs = [\"10 ms\", \"150 ms\"] }";
  setup.params = "first = \"5 s\", interval = \"1 s\", count = " + std::to_string(contents);
  setup.relay_params =
      "version = \"" + version + "\", heartbeat_initial_delay = \"1 s\", mcache_len = 120";
  setup.system = "relay = \"gossipsub\"\nledger = \"none\"\nmempool = \"modelled\"";
  setup.network =
      "topology = \"random-regular\"\ndegree = 40\njitter = \"10 %\"\n"
      "jitter_kind = \"uniform\"";
  setup.duration = seconds(5 + contents);
  setup.drain = seconds(10);
  return setup;
}

void run_g4(Session& s) {
  const auto nodes = static_cast<std::uint32_t>(s.params().count("n"));
  struct Published {
    std::uint32_t n;
    std::array<double, 4> deliveries;  // by 100 ms, without those at the sources
  };
  // Gists vyzo/25a53e... and e5d41f...
  static constexpr Published published[] = {{500, {1028, 12986, 15234, 692}},
                                            {1000, {1334, 20818, 36508, 1280}}};
  const Published& row = nodes == 500 ? published[0] : published[1];
  double all = 0;
  for (const double d : row.deliveries) all += d;
  std::array<Ratio*, 4> bins{};
  for (std::size_t i = 0; i < bins.size(); ++i) {
    bins[i] = &s.ratio(
        "deliveries within " + std::to_string(i) + "00 to " + std::to_string(i + 1) + "00 ms",
        row.deliveries[i] / all, {3, 0, 0.05, 0.01});
  }
  Ratio& copies = s.ratio("copies per delivery", 6.29, {3, 0.05, 0, 0.1});
  Ratio& reached = s.ratio("share of the nodes reached", 1, {3, 0, 1e-4, 0.001});
  while (s.more()) {
    DeliveryFold fold;
    CopyFold copied(1);  // gossipsub's Message
    RanWorld ran(s, mesh_setup(nodes, "1.0"), {&fold, &copied});
    std::array<double, 4> within{};
    double deliveries = 0;
    for (const auto& times : fold.contents()) {
      deliveries += static_cast<double>(times.size());
      const Time first = times.front().at;
      for (const auto& delivery : std::span(times).subspan(1)) {
        const auto bin = static_cast<std::size_t>((delivery.at - first) / ms(100));
        if (bin < within.size()) ++within[bin];
      }
    }
    const auto contents = static_cast<double>(fold.contents().size());
    for (std::size_t i = 0; i < bins.size(); ++i) bins[i]->add(within[i], deliveries - contents);
    copies.add(static_cast<double>(copied.copies()), deliveries);
    reached.add(deliveries, contents * nodes);
  }
}

ParamInfo nodes_param(const char* fallback, const char* high) {
  return {"n", ParamType::integer, fallback, "nodes", "3", high, {}};
}

}  // namespace

Target g1() {
  return {"G1",
          "Rounds of synchronous push, one uniform target per informed node and round",
          "[C] exact Markov chain up to 2,000 nodes, above log2 n + ln n + 1.2",
          {nodes_param("1000", "100000")},
          nullptr,
          run_g1};
}

Target g2() {
  return {
      "G2",
      "Reach of infect-and-die, fanout c",
      "[C] r = 1 - e^(-c r), conditional on take-off",
      {{"c", ParamType::ratio, "3", "fanout; between whole numbers: on average", "1.5", "20", {}},
       nodes_param("5000", "100000")},
      nullptr,
      run_g2};
}

Target g3() {
  return {"G3",
          "All reached in a directed random graph of fanout ln n + c",
          "Kermarrec, Massoulie, Ganesh 2003: P tends to exp(-e^(-c)); what isolated nodes alone "
          "give at this n is allowed for",
          {{"c", ParamType::ratio, "1", "above ln n", "0", "8", {}}, nodes_param("1000", "20000")},
          nullptr,
          run_g3};
}

Target g4() {
  return {
      "G4",
      "Delivery times of gossipsub v1.0, 20 connections dialled, D = 6",
      "vyzo/gerbil-simsub, gists 25a53e... and e5d41f...: 60 contents, latencies of pairs uniform "
      "from 10 to 150 ms, jitter 10 %",
      {{"n", ParamType::integer, "1000", "nodes, 500 or 1000", "500", "1000", {}}},
      [](const Params& params) -> std::string {
        const std::uint64_t n = params.count("n");
        return n == 500 || n == 1000 ? "" : "there are figures for n = 500 and n = 1000 only";
      },
      run_g4};
}

}  // namespace ledgerlab::validate
