// Exact targets of PBFT and Raft: messages of a decision (TARGETS.md section 4) and B1, the time of
// a commit when only distance costs time.
#include <charconv>
#include <cmath>

#include "models/parts/quorum/quorum.hpp"
#include "sim/topology/data_path.hpp"
#include "sim/validate/groups.hpp"
#include "sim/validate/spelling.hpp"
#include "sim/validate/wan_oracle.hpp"
#include "sim/validate/worlds.hpp"

namespace ledgerlab::validate {
namespace {

ParamInfo protocol_param() {
  return {"protocol", ParamType::choice, "pbft", "which one", {}, {}, {"pbft", "raft"}};
}

bool is_pbft(const Session& s) { return s.params().text("protocol") == "pbft"; }

/// Without a leader's change or a batch that waits; node 0 leads. Timeouts beyond any delay.
std::string calm(bool pbft) {
  return pbft ? "view_timeout = \"1 h\", view_timeout_max = \"2 h\", status_interval = \"1 h\""
              : "initial_leader = 0, election_timeout_min = \"1000 s\", election_timeout_max = "
                "\"2000 s\", heartbeat_interval = \"500 s\"";
}

// --- counts -------------------------------------------------------------------------------------

/// Messages between clients and replicas.
class ClientTraffic final : public Sink {
 public:
  explicit ClientTraffic(std::uint32_t replicas) : replicas_(replicas) {}
  std::uint32_t interest() const override { return event_bit(EventType::send); }
  void on_event(const Event& e) override {
    const bool several = (e.b >> 32 & 1) != 0;
    if (e.node >= replicas_) requests += several ? e.peer : 1;
    if (e.node < replicas_ && !several && e.peer >= replicas_) ++replies;
  }
  std::uint64_t requests = 0, replies = 0;

 private:
  std::uint32_t replicas_;
};

std::uint64_t agreement_messages(World& world) {
  std::uint64_t sum = 0;
  for (const Role role : {Role::proposal, Role::vote, Role::certificate}) {
    sum += world.stats().replica_messages[static_cast<std::size_t>(role)];
  }
  return sum;
}

void run_counts(Session& s) {
  const bool pbft = is_pbft(s);
  const auto n = static_cast<std::uint32_t>(s.params().count("n"));
  Setup setup;
  setup.consensus = pbft ? "pbft" : "raft";
  setup.params = calm(pbft);
  setup.nodes = n;
  setup.clients = 1;
  setup.rate = "10 tx/s";
  setup.duration = seconds(5);
  FinalFold finals;
  ClientTraffic traffic(n);
  RanWorld loaded(s, setup, {&finals, &traffic});
  // What belongs to no decision (an election, a heartbeat) shows without load.
  setup.rate = "0.001 tx/s";
  RanWorld idle(s, setup, {});
  const Height decided = finals.highest();
  const auto d = static_cast<double>(decided);
  const auto messages = static_cast<double>(agreement_messages(loaded.world()) -
                                            agreement_messages(idle.world()));
  const double expected = pbft ? 2.0 * n * (n - 1) : 2.0 * (n - 1);
  s.exact("messages between replicas per decision", messages / d, expected, decided);
  if (!pbft) return;
  s.exact("requests per decision", static_cast<double>(traffic.requests) / d, 1, decided);
  s.exact("replies per decision", static_cast<double>(traffic.replies) / d, n, decided);
}

// --- B1 -----------------------------------------------------------------------------------------

struct Place {
  std::string name;
  Matrix latency;  // of the replicas in the order given
  std::string toml;
  std::vector<std::string> regions;
};

/// Rows of one-way milliseconds: "0 62 92; 62 0 110; 92 110 0" or [[0,62,92],[62,0,110],[92,110,0]].
std::string read_matrix(const std::string& text, Matrix& out) {
  std::string_view left = text;
  while (!left.empty()) {
    const std::size_t end = std::min(left.find_first_of(";]"), left.size());
    std::vector<Duration> cells;
    for (const std::string& cell : list_words(left.substr(0, end))) {
      if (cell == "ms" && !cells.empty()) continue;
      const bool unit = cell.ends_with("ms");
      const ParsedValue value =
          parse_value(ParamType::duration, plain_number(cell) + (unit ? "" : " ms"));
      if (!value.value || *value.value < 0) return "\"" + cell + "\" is no latency in milliseconds";
      cells.emplace_back(*value.value);
    }
    if (!cells.empty()) out.push_back(std::move(cells));
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (out[i].size() != out.size()) {
      return "row " + std::to_string(i + 1) + " has " + std::to_string(out[i].size()) +
             " cells, there are " + std::to_string(out.size()) + " rows";
    }
    for (std::size_t j = 0; j < out.size(); ++j) {
      if (i != j && out[i][j] <= Duration::zero()) return "a latency between two nodes is above 0";
    }
    out[i][i] = Duration{};
  }
  return "";
}

/// "simblock-2019: na eu ap jp", all its regions without the list, or a matrix.
std::string read_place(const std::string& text, Place& place) {
  const bool matrix = text.find_first_not_of("[]0123456789.,; \t\"ms") == std::string::npos;
  if (matrix) {
    if (std::string wrong = read_matrix(text, place.latency); !wrong.empty()) {
      return wrong + "; write rows such as \"0 62 92; 62 0 110; 92 110 0\"";
    }
    for (std::size_t i = 0; i < place.latency.size(); ++i) {
      place.regions.push_back("r" + std::to_string(i));
    }
    return "";
  }
  const std::size_t colon = std::min(text.find(':'), text.size());
  place.name = bare(lower(text.substr(0, colon)));
  try {
    const LatencyData data = load_latency_data(find_data(place.name, ""));
    place.regions = list_words(lower(text.substr(colon)));
    if (place.regions.empty()) {
      for (const LatencyRegion& region : data.regions) place.regions.push_back(region.id);
    }
    place.latency = matrix_of(data, place.regions);
  } catch (const std::exception& error) {
    return std::string(error.what()) +
           "; write a data file, with regions or all of them, such as \"simblock-2019: na eu ap "
           "jp\", or rows of milliseconds such as \"0 62 92; 62 0 110; 92 110 0\"";
  }
  return "";
}

/// A replica by number, or by its region.
std::optional<NodeId> read_leader(const std::string& text, const Place& place) {
  for (NodeId i = 0; i < place.regions.size(); ++i) {
    if (place.regions[i] == lower(text)) return i;
  }
  NodeId number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = read.ec == std::errc() && read.ptr == text.data() + text.size();
  if (!whole || number >= place.regions.size()) return std::nullopt;
  return number;
}

std::string check_b1(const Params& params) {
  Place place;
  const std::string wrong = read_place(params.text("latencies"), place);
  if (!wrong.empty()) return "latencies: " + wrong;
  const std::size_t n = place.regions.size();
  const std::size_t least = params.text("protocol") == "pbft" ? 4 : 2;
  if (n < least || n > 100) {
    return "latencies: " + std::to_string(n) + " replicas; " + params.text("protocol") +
           " is checked with " + std::to_string(least) + " to 100";
  }
  if (!read_leader(params.text("leader"), place)) {
    return "leader: \"" + params.text("leader") + "\" is neither a region there nor a number below " +
           std::to_string(n);
  }
  return "";
}

/// The scenario's latency table with the leader moved to the front: replica 0 leads.
std::string latency_toml(const Matrix& latency) {
  std::string names, rows;
  for (std::size_t i = 0; i < latency.size(); ++i) {
    names += (i ? ", " : "") + std::string("\"r") + std::to_string(i) + "\"";
    rows += i ? ", [" : "[";
    for (std::size_t j = 0; j < latency.size(); ++j) {
      rows += (j ? ", " : "") + toml(i == j ? us(1) : latency[i][j]);
    }
    rows += "]";
  }
  return "{ kind = \"one-way\", regions = [" + names + "], matrix = [" + rows + "] }";
}

void run_b1(Session& s) {
  const bool pbft = is_pbft(s);
  Place place;
  read_place(s.params().text("latencies"), place);
  const NodeId leader = *read_leader(s.params().text("leader"), place);
  const std::size_t n = place.regions.size();
  std::vector<std::size_t> order{leader};
  for (std::size_t i = 0; i < n; ++i) {
    if (i != leader) order.push_back(i);
  }
  Matrix latency(n, std::vector<Duration>(n));
  std::string placement;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) latency[i][j] = place.latency[order[i]][order[j]];
    placement += (i ? ", \"r" : "\"r") + std::to_string(i) + "\"";
  }
  Setup setup;
  setup.consensus = pbft ? "pbft" : "raft";
  setup.params = calm(pbft);
  setup.nodes = static_cast<std::uint32_t>(n);
  setup.latency = latency_toml(latency);
  setup.placement = "[" + placement + "]";
  setup.clients = 1;
  setup.rate = "0.2 tx/s";
  setup.duration = seconds(100);
  setup.drain = seconds(20);
  CommitWatch watch(0);
  RanWorld ran(s, setup, {&watch});
  std::vector<Duration> expected(1, Duration{});
  if (pbft) {
    expected = pbft_commits(latency, 0);
  } else {
    expected[0] = raft_commit(latency, 0);
  }
  for (NodeId i = 0; i < expected.size(); ++i) {
    const auto took = watch.took(i);
    // Every decision has to take the same time: the row shows the one that is farthest off.
    Duration worst = took.empty() ? Duration::zero() : took.front();
    for (const Duration t : took) {
      if (std::abs((t - expected[i]).count()) > std::abs((worst - expected[i]).count())) worst = t;
    }
    s.exact("commit at " + place.regions[order[i]] + (i == 0 ? " (leader)" : "") + ", ms",
            static_cast<double>(worst.count()) / 1e6,
            static_cast<double>(expected[i].count()) / 1e6, took.size());
  }
}

}  // namespace

Target counts() {
  return {"counts",
          "Messages of a decision without faults",
          "M. Castro, B. Liskov 1999, section 4: 2n(n-1), request 1, replies n; Raft section 5.3: "
          "2(n-1)",
          {protocol_param(),
           {"n", ParamType::integer, "4", "replicas", "2", "128", {}}},
          [](const Params& params) -> std::string {
            if (params.text("protocol") == "raft" || params.integer("n") >= 4) return "";
            return "n: PBFT bears a fault from 4 replicas on";
          },
          run_counts};
}

Target b1() {
  return {"B1",
          "Time of a commit when only distance costs time, exact to the nanosecond",
          "[C] TARGETS.md section 4, B1 oracle",
          {protocol_param(),
           {"latencies", ParamType::text, "simblock-2019: na eu ap jp",
            "data file, with regions or all of them; or rows of one-way milliseconds", {}, {}, {}},
           {"leader", ParamType::text, "0", "region or number of the leader", {}, {}, {}}},
          check_b1,
          run_b1};
}

}  // namespace ledgerlab::validate
