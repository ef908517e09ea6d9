// [network], [hardware] and [clients]: regions, latencies, links, the overlay, machines, places.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <numeric>

#include "models/base/draw.hpp"
#include "models/crypto/hash.hpp"
#include "sim/engine/ns3/limits.hpp"
#include "sim/scenario/cost_table.hpp"
#include "sim/scenario/resolve_parts.hpp"
#include "sim/topology/data_path.hpp"
#include "sim/topology/placement.hpp"

namespace ledgerlab {
namespace {

const ParamInfo latency_value{"latency", ParamType::duration, "", "", "0 s", "1 h", {}};

/// One region for all, with this latency inside it.
LatencyData one_region(Duration latency) {
  LatencyData data;
  data.kind = LatencyKind::one_way;
  data.regions.push_back({"everywhere", "everywhere", 0, 0, 0, {}, {}});
  data.one_way = {latency};
  return data;
}

/// [network.latency] with kind, regions and matrix; the rule of latency files for round trips.
LatencyData inline_matrix(Section& network, const Value& value) {
  static const KeyTable keys = [] {
    KeyTable table(1);
    table[0].param = {"kind", ParamType::choice,        "", "round-trip or one-way", {},
                      {},     {"round-trip", "one-way"}};
    table[0].required = true;
    for (const char* name : {"regions", "matrix"}) {
      KeyInfo list;
      list.param.key = name;
      list.param.text = "a list";
      list.required = true;
      list.shape = "list";
      table.push_back(list);
    }
    return table;
  }();
  Problems& problems = network.problems();
  const std::size_t before = problems.count();
  Section section(problems, &value, network.path("latency"), value.place);
  section.read(keys);
  section.refuse_unknown();
  LatencyData data;
  const Value* regions = section.raw("regions");
  const Value* matrix = section.raw("matrix");
  if (problems.count() != before || regions == nullptr || matrix == nullptr) return data;
  data.kind = section.text("kind") == "one-way" ? LatencyKind::one_way : LatencyKind::round_trip;
  for (const Value& region : regions->items) {
    if (region.type != Value::Type::text || data.find(region.text)) {
      problems.add(region.place, section.path("regions"), "expected different texts");
      return {};
    }
    data.regions.push_back({region.text, region.text, 0, 0, 0, {}, {}});
  }
  const std::size_t n = data.regions.size();
  std::vector<std::int64_t> given;
  if (matrix->type != Value::Type::array || matrix->items.size() != n || n == 0) {
    problems.add(matrix->place, section.path("matrix"),
                 "expected one row for each of the " + std::to_string(n) + " regions");
    return {};
  }
  for (std::size_t i = 0; i < n; ++i) {
    const Value& row = matrix->items[i];
    if (row.type != Value::Type::array || row.items.size() != n) {
      problems.add(row.place, section.path("matrix"),
                   "row " + std::to_string(i + 1) + " needs " + std::to_string(n) + " latencies");
      return {};
    }
    for (std::size_t j = 0; j < n; ++j) {
      const ReadValue read =
          read_scalar(problems, latency_value, row.items[j], section.path("matrix"));
      if (read.number && *read.number == 0 && i != j) {
        problems.add(row.items[j].place, section.path("matrix"),
                     "zero off the diagonal: a missing value? write the latency from " +
                         data.regions[i].id + " to " + data.regions[j].id);
      }
      given.push_back(read.number.value_or(0));
    }
  }
  if (problems.count() != before) return {};
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const std::int64_t both = given[i * n + j] + given[j * n + i];
      data.one_way.push_back(
          Duration{data.kind == LatencyKind::one_way ? given[i * n + j] : both / 4});
    }
  }
  return data;
}

/// The latency data, or none after telling why.
LatencyData read_latency(Resolving& r, Section& network) {
  const Value* value = network.raw("latency");
  std::string& source = r.plan.network.latency_source;
  if (value == nullptr) {
    source = "20 ms between all";
    return one_region(ms(20));
  }
  if (value->type == Value::Type::table) {
    if (const Entry* pairs = value->find("between_pairs"); pairs && value->entries.size() == 1) {
      source = "drawn for every pair";
      return pair_latencies(network, pairs->value, r.plan.network.replicas, r.plan.seed);
    }
    source = "inline";
    return inline_matrix(network, *value);
  }
  if (value->type != Value::Type::text || value->text.empty()) {
    network.problem("latency",
                    "expected a data file (\"aws-21\"), a delay (\"20 ms\") or a table with kind, "
                    "regions and matrix, or with between_pairs");
    return {};
  }
  // What begins with a digit and reads as a delay is one; file names do not.
  const ParsedValue parsed = parse_value(ParamType::duration, value->text);
  const bool numeric = value->text[0] >= '0' && value->text[0] <= '9';
  if (parsed.value || (numeric && value->text.find(' ') != std::string::npos)) {
    const ReadValue read =
        read_scalar(network.problems(), latency_value, *value, network.path("latency"));
    if (!read.number) return {};
    source = format_value(ParamType::duration, *read.number) + " between all";
    return one_region(Duration{*read.number});
  }
  try {
    source = value->text;
    return load_latency_data(find_data(value->text, r.document.file));
  } catch (const DataNotFoundError& error) {
    network.problems().missing_file(value->place, network.path("latency"), error.what());
  } catch (const LatencyDataError& error) {
    network.problem("latency", error.what());
  }
  return {};
}

/// Weights by region from a table {region = weight}.
std::optional<std::vector<std::uint64_t>> read_weights(Resolving& r, Section& section,
                                                       const Value& value) {
  static const ParamInfo weight{"weight", ParamType::ratio, "", "", "0", "1000000", {}};
  std::vector<std::uint64_t> shares(r.latency.regions.size(), 0);
  std::vector<std::string> names;
  for (const LatencyRegion& region : r.latency.regions) names.push_back(region.id);
  bool good = true;
  for (const Entry& entry : value.entries) {
    const auto region = r.latency.find(entry.key);
    const ReadValue read = read_scalar(r.problems, weight, entry.value, section.path("placement"));
    if (!region) {
      r.problems.add(entry.place, section.path("placement"),
                     "there is no region \"" + entry.key + "\" in " + r.plan.network.latency_source,
                     nearest(entry.key, names));
    }
    good = good && region && read.number;
    if (good) shares[*region] = static_cast<std::uint64_t>(*read.number);
  }
  if (!good) return std::nullopt;
  return shares;
}

/// The region of each of `count` nodes. `word` is what an absent placement means.
std::vector<std::uint16_t> read_placement(Resolving& r, Section& section, std::uint32_t count,
                                          const std::string& word, std::uint64_t seed) {
  const auto regions = static_cast<std::uint32_t>(r.latency.regions.size());
  std::vector<std::uint16_t> none(count, 0);
  const Value* value = section.raw("placement");
  std::string name = value == nullptr ? word : value->text;
  try {
    if (value != nullptr && value->type == Value::Type::array) {
      std::vector<std::string> ids;
      for (const Value& item : value->items) ids.push_back(item.text);
      return place_listed(count, ids, r.latency);
    }
    if (value != nullptr && value->type == Value::Type::table) {
      const auto shares = read_weights(r, section, *value);
      return shares ? place_by_shares(count, *shares, seed) : none;
    }
    if (name == "round_robin") return place_round_robin(count, regions);
    if (name == "with_replicas" && word == name) {
      std::vector<std::uint16_t> out;
      for (std::uint32_t i = 0; i < count; ++i) {
        out.push_back(r.replica_region[i % r.replica_region.size()]);
      }
      return out;
    }
    if (name == "shares") {
      if (r.latency.has_shares) return place_by_shares(count, r.latency.shares(), seed);
      section.problem("placement", "\"" + r.plan.network.latency_source +
                                       "\" has no shares: use round_robin or a table of weights");
      return none;
    }
  } catch (const TopologyError& error) {
    section.problem("placement", error.what());
    return none;
  }
  std::vector<std::string> words{"round_robin", "shares"};
  if (word != "round_robin") words.insert(words.begin(), word);
  section.problem("placement",
                  "expected " + alternatives(words) +
                      ", a list of one region a node, or a table such as { us-east-1 = 2 }",
                  nearest(name, words));
  return none;
}

/// Keys of a generator that the chosen topology does not read are an error (DESIGN 13.10).
void read_topology(Resolving& r, Section& network) {
  TopologySpec& spec = r.plan.network.topology;
  spec.nodes = r.plan.network.replicas;
  const std::string& name = network.text("topology");
  spec.kind = parse_topology_kind(name);
  for (const KeyInfo& info : network_keys()) {
    const std::vector<std::string> readers = topologies_reading(info.param.key);
    if (readers.empty() || !network.given(info.param.key)) continue;
    if (std::find(readers.begin(), readers.end(), name) != readers.end()) continue;
    network.problem(info.param.key,
                    "is not read by topology \"" + name + "\", only by " + alternatives(readers));
  }
  const auto number = [&](std::string_view key) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(network.count(key), 0xffffffff));
  };
  spec.degree = number("degree");
  spec.probability_ppb = network.count("probability");
  spec.m = number("m");
  spec.k = number("k");
  spec.rewire_ppb = network.count("rewire");
  spec.hub = number("hub");
  spec.organisations = number("organisations");
  spec.within = network.text("within") == "star" ? SiteShape::star : SiteShape::mesh;
  read_published_overlay(r, network, spec);
  if (spec.kind == TopologyKind::hierarchy) {
    if (spec.nodes % spec.organisations != 0) {
      network.problem("organisations", std::to_string(spec.nodes) + " nodes cannot be shared by " +
                                           std::to_string(spec.organisations) +
                                           " organisations of equal size");
      return;
    }
    spec.sites_per_organisation = spec.nodes / spec.organisations;
  }
  try {
    r.plan.network.overlay = std::make_shared<const Topology>(make_topology(spec, r.plan.seed));
  } catch (const TopologyError& error) {
    const std::string key = error.key().substr(error.key().find('.') + 1);
    std::string text = error.what();
    if (text.starts_with("topology.")) text = text.substr(9);
    network.problem(key == "nodes" || network.given(key) ? key : "topology",
                    "impossible topology: " + text);
  }
}

void read_links(Resolving& r, Section& network) {
  NetworkSpec& links = r.plan.network.links;
  links.seed = r.plan.seed;
  const std::uint64_t jitter = network.count("jitter");
  const std::string& kind = network.text("jitter_kind");
  links.jitter = kind == "pareto"    ? JitterKind::pareto
                 : jitter == 0       ? JitterKind::none
                 : kind == "uniform" ? JitterKind::uniform
                                     : JitterKind::exponential;
  links.jitter_ppm = static_cast<std::uint32_t>(jitter / 1'000);
  if (jitter % 1'000 != 0) network.problem("jitter", "is finer than 1 ppm, the unit of jitter");
  links.packet_loss_ppb = static_cast<std::uint32_t>(network.count("packet_loss"));
  links.retransmission_timeout = network.duration("retransmission_timeout");
  links.mtu = static_cast<std::uint32_t>(network.count("mtu"));
  links.overhead_bytes = static_cast<std::uint32_t>(network.count("overhead"));
  links.regions = static_cast<std::uint16_t>(r.latency.regions.size());
  links.latency = r.latency.one_way;
  for (const LatencyRegion& region : r.latency.regions) {
    r.plan.network.regions.push_back(region.id);
  }
  read_link_model(r, network);
}

/// Bandwidths of every node, from the scenario or, where it says nothing, from the data file.
void read_bandwidths(Resolving& r) {
  Section network(r.problems, r.section("network"), "network", {1, 1});
  Problems scratch("");  // read once already: faults are known
  Section values(scratch, r.section("network"), "network", {1, 1});
  values.read(network_keys());
  NetworkSpec& links = r.plan.network.links;
  const auto fill = [&](const char* key, std::uint64_t LatencyRegion::*of_region,
                        std::vector<std::uint64_t> LatencyRegion::*quantiles,
                        std::vector<std::uint64_t>& out) {
    const bool by_region = r.latency.has_bandwidth && !network.given(key);
    if (!by_region && values.count(key) == 0) return;
    for (std::uint32_t node = 0; node < links.nodes; ++node) {
      const LatencyRegion& region = r.latency.regions[links.region_of(node)];
      if (by_region && !(region.*quantiles).empty()) {
        const std::uint64_t part = draw_below(
            draw64(r.plan.seed, node, Purpose(std::string("links.") + key), 0), 1'000'000'000);
        out.push_back(bandwidth_at(r.latency.quantile_percent, region.*quantiles, part));
      } else {
        out.push_back(by_region ? region.*of_region : values.count(key));
      }
    }
  };
  fill("up", &LatencyRegion::up_bps, &LatencyRegion::up_quantiles, links.up_bps);
  fill("down", &LatencyRegion::down_bps, &LatencyRegion::down_quantiles, links.down_bps);
  const auto fill_core = [&](const char* key, std::vector<std::uint64_t>& out) {
    if (!network.given(key)) return;
    out.resize(links.nodes, 0);
    std::fill_n(out.begin(), r.plan.network.core, values.count(key));
  };
  fill_core("core_up", links.up_bps);
  fill_core("core_down", links.down_bps);
}

/// The replicas nearest to a region by round trip.
std::vector<NodeId> nearest_to(const NetworkSpec& links, std::uint32_t replicas, NodeId client) {
  std::vector<NodeId> best;
  Duration best_trip = Duration::max();
  for (NodeId replica = 0; replica < replicas; ++replica) {
    const Duration trip =
        links.latency_between(client, replica) + links.latency_between(replica, client);
    if (trip > best_trip) continue;
    if (trip < best_trip) best.clear();
    best_trip = trip;
    best.push_back(replica);
  }
  return best;
}

/// Each client's own replica: the nearest; equally near ones take turns.
std::vector<NodeId> choose_homes(const NetworkSpec& links, std::uint32_t replicas,
                                 std::uint32_t clients) {
  std::vector<std::vector<NodeId>> by_region(links.regions);
  std::vector<NodeId> homes;
  for (std::uint32_t c = 0; c < clients; ++c) {
    std::vector<NodeId>& near = by_region[links.region_of(replicas + c)];
    if (near.empty()) near = nearest_to(links, replicas, replicas + c);
    homes.push_back(near[c % near.size()]);
  }
  return homes;
}

template <typename Kind, std::size_t Count>
Kind read_choice(Section& network, const char* key,
                 const std::array<std::string_view, Count>& names) {
  const auto at = std::find(names.begin(), names.end(), network.text(key));
  return static_cast<Kind>(at - names.begin());
}

void read_ns3(Resolving& r, Section& network) {
  NetworkSpec& links = r.plan.network.links;
  links.tcp = read_choice<TcpKind>(network, "tcp", tcp_names);
  links.queue = read_choice<QueueKind>(network, "queue", queue_names);
  links.queue_bytes = network.count("queue_size");
  links.pcap_folder = network.text("pcap");
  const std::uint64_t packet = std::uint64_t{links.mtu} + ns3_engine::packet_headers;
  if (links.queue_bytes != 0 && links.queue_bytes < packet) {
    network.problem("queue_size", "holds no packet, which have up to " + std::to_string(packet) +
                                      " B (mtu and headers): nothing large would ever pass");
  }
  if (links.jitter != JitterKind::none) {
    network.problem("jitter", "the ns3 engine has none: leave it out");
  }
  if (r.plan.network.replicas > ns3_engine::nodes_max) {
    network.problem("nodes", "more than " + std::to_string(ns3_engine::nodes_max) +
                                 ", the most the ns3 engine takes");
  }
  if (links.mtu > ns3_engine::mtu_max) {
    network.problem("mtu", "more than " + std::to_string(ns3_engine::mtu_max) +
                               " B, the most a packet of the ns3 engine carries");
  }
}

/// Keys of [network] that one engine alone reads.
struct EngineKey {
  std::string_view key;
  std::string_view engine;
};
constexpr EngineKey engine_keys[] = {
    {"transport", "native"},       {"tcp", "ns3"},          {"queue", "ns3"},
    {"queue_size", "ns3"},         {"pcap", "ns3"},         {"flow_model", "simgrid"},
    {"flow_threshold", "simgrid"}, {"backbone", "simgrid"}, {"backbone_scope", "simgrid"},
    {"platform", "simgrid"},
};

void refuse_other_engines_keys(const Resolving& r, Section& network) {
  for (const auto& [key, engine] : engine_keys) {
    if (r.plan.network.engine == engine || !network.given(key)) continue;
    network.problem(std::string(key),
                    "is not read: only engine = \"" + std::string(engine) + "\" does");
  }
}

void read_native(Resolving& r, Section& network) {
  NetworkSpec& links = r.plan.network.links;
  links.transport = read_choice<TransportKind>(network, "transport", transport_names);
  if (links.transport == TransportKind::tcp && links.link_model != LinkModel::queues) {
    network.problem("transport", "\"tcp\" needs link_model \"queues\"");
  }
}

void read_simgrid(Resolving& r, Section& network) {
  NetworkSpec& links = r.plan.network.links;
  links.flow_model = network.text("flow_model");
  links.flow_threshold = static_cast<std::uint32_t>(network.count("flow_threshold"));
  links.backbone_bps = network.count("backbone");
  links.backbone_per_pair = network.text("backbone_scope") == "pair";
  if (const std::string platform = network.text("platform"); !platform.empty()) {
    links.platform_file = find_data(platform, r.document.file).string();
    r.plan.network.latency_source = "of the platform file";
    std::ifstream file(links.platform_file, std::ios::binary);
    const std::string content(std::istreambuf_iterator<char>(file), {});
    r.plan.network.platform_digest = to_hex(sha256(as_bytes(content)));
    for (const char* key : {"latency", "up", "down"}) {
      if (!network.given(key)) continue;
      r.plan.notes.push_back(std::string("network.") + key +
                             " is not read by this engine: the platform file says it");
    }
    if (links.backbone_bps != 0) {
      network.problem("backbone", "a platform file says which links are shared: leave it out");
    }
  }
  if (links.jitter != JitterKind::none) {
    network.problem("jitter", "the simgrid engine has none: leave it out");
  }
  if (links.packet_loss_ppb != 0) {
    network.problem("packet_loss",
                    "the simgrid engine has no packets: leave it out, or lose whole messages with "
                    "[[faults]] kind = \"loss\"");
  }
  const auto differs = [&](Duration d) { return d != links.latency.front(); };
  if (links.flow_model != "constant") return;
  if (std::any_of(links.latency.begin(), links.latency.end(), differs)) {
    network.problem("flow_model",
                    "constant knows one time for all: take a single latency, "
                    "such as latency = \"20 ms\"");
  }
  if (links.backbone_bps != 0 || !links.platform_file.empty()) {
    network.problem("flow_model",
                    "constant has no links: leave network.backbone and network.platform out");
  }
}

}  // namespace

Document for_engine(Document document, const std::string& engine) {
  apply_setting(document, "network.engine=" + engine);
  Entry* network = document.root.find("network");
  if (network == nullptr) return document;
  std::erase_if(network->value.entries, [&](const Entry& entry) {
    return std::any_of(std::begin(engine_keys), std::end(engine_keys), [&](const EngineKey& k) {
      return k.key == entry.key && k.engine != engine;
    });
  });
  return document;
}

void resolve_network(Resolving& r) {
  Section network(r.problems, r.section("network"), "network", {1, 1});
  network.read(network_keys());
  network.refuse_unknown();
  r.plan.network.engine = network.text("engine");
  r.plan.network.handshakes = network.text("sessions") == "handshake";
  r.plan.network.first_contact = network.text("identities") == "first_contact";
  if (!r.plan.network.handshakes && network.given("identities")) {
    network.problem("identities", "is not read: sessions are assumed (sessions = \"handshake\")");
  }
  r.plan.network.replicas = static_cast<std::uint32_t>(network.count("nodes"));
  r.latency = read_latency(r, network);
  if (r.latency.regions.empty()) return;
  if (r.latency.regions.size() > 0xffff) {
    network.problem("latency", "more than 65,535 regions");
    return;
  }
  read_links(r, network);
  r.replica_region =
      read_placement(r, network, r.plan.network.replicas, "round_robin", r.plan.seed);
  read_core(r, network);
  read_topology(r, network);
  refuse_other_engines_keys(r, network);
  const std::string& engine = r.plan.network.engine;
  if (engine == "native") read_native(r, network);
  if (engine == "ns3") read_ns3(r, network);
  if (engine == "simgrid") read_simgrid(r, network);
}

void resolve_hardware(Resolving& r) {
  Section section(r.problems, r.section("hardware"), "hardware", {1, 1});
  section.read(hardware_keys());
  section.refuse_unknown();
  HardwarePlan& hardware = r.plan.hardware;
  hardware.cores = static_cast<std::uint32_t>(section.count("cores"));
  hardware.speed_ppb = section.count("speed");
  hardware.disk_sync = section.duration("disk_sync");
  hardware.disk_write_bps = section.count("disk_write");
  hardware.power_idle_mw = section.count("power_idle");
  hardware.power_busy_mw = section.count("power_busy");
  if (hardware.power_busy_mw < hardware.power_idle_mw) {
    section.problem("power_busy", "is less than power_idle");
  }
  try {
    hardware.costs = load_cost_table(section.text("cost_table"), r.document.file);
    bool session_rows = true;
    for (std::size_t i = first_session_operation; i < first_contract_operation; ++i) {
      session_rows = session_rows && !hardware.costs.missing[i];
    }
    if (r.plan.network.handshakes && !session_rows) {
      section.problem("cost_table",
                      "has not all rows of sessions (x25519, hkdf, aead, aead_byte), which "
                      "network.sessions = \"handshake\" reads; `ledgerlab calibrate` writes them");
    }
  } catch (const DataNotFoundError& error) {
    r.problems.missing_file(section.place("cost_table"), section.path("cost_table"), error.what());
  } catch (const std::invalid_argument& error) {
    section.problem("cost_table", error.what());
  }
}

void resolve_clients(Resolving& r) {
  Section section(r.problems, r.section("clients"), "clients", {1, 1});
  section.read(clients_keys());
  const ModelInfo* info =
      choose_model(r.problems, r.registry, ModelKind::client, section.text("model"),
                   section.place("model"), section.path("model"));
  Params params;
  if (info != nullptr) {
    params = section.read_params(info->params);
    section.refuse_unknown();
  }
  r.plan.clients.count = static_cast<std::uint32_t>(section.count("count"));
  // Every system gets its own copy when the systems are resolved.
  r.plan.systems.assign(1, {});
  r.plan.systems[0].client = {info, std::move(params)};
  const std::uint64_t total = std::uint64_t{r.plan.network.replicas} + r.plan.clients.count;
  if (total > (std::uint64_t{1} << 20)) {
    section.problem("count", "replicas and clients together are " + std::to_string(total) +
                                 ", more than 2^20 = 1,048,576 nodes");
    return;
  }
  if (r.replica_region.empty()) return;
  // A seed of its own, so that clients and replicas are not shuffled alike.
  const std::uint64_t seed = draw64(r.plan.seed, 0, Purpose("clients.placement"), 0);
  const auto regions = read_placement(r, section, r.plan.clients.count, "with_replicas", seed);
  NetworkSpec& links = r.plan.network.links;
  links.nodes = static_cast<std::uint32_t>(total);
  links.region = r.replica_region;
  links.region.insert(links.region.end(), regions.begin(), regions.end());
  read_bandwidths(r);
  r.plan.clients.home = choose_homes(links, r.plan.network.replicas, r.plan.clients.count);
}

void resolve_workload(Resolving& r) {
  Section section(r.problems, r.section("workload"), "workload", {1, 1});
  section.read(workload_keys());
  const ModelInfo* info =
      choose_model(r.problems, r.registry, ModelKind::workload, section.text("model"),
                   section.place("model"), section.path("model"));
  if (info != nullptr) {
    r.plan.workload = {info, section.read_params(info->params)};
    section.refuse_unknown();
    if (info->check != nullptr) {
      const std::string text = info->check(r.plan.workload.params, r.plan.network.replicas);
      if (!text.empty()) r.problems.add(section.place(), "workload", text);
    }
  }
  Section genesis(r.problems, r.section("genesis"), "genesis", {1, 1});
  genesis.read(genesis_keys());
  genesis.refuse_unknown();
  r.plan.genesis.accounts = static_cast<std::uint32_t>(genesis.count("accounts"));
  r.plan.genesis.balance = genesis.count("balance");
  if (r.plan.genesis.accounts < r.plan.clients.count) {
    genesis.problem("accounts", std::to_string(r.plan.genesis.accounts) +
                                    " accounts are too few for " +
                                    std::to_string(r.plan.clients.count) +
                                    " clients: each pays from accounts of its own; raise it");
  }
}

}  // namespace ledgerlab
