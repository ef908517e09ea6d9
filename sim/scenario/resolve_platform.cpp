// Keys of [network] and [[systems]] by which the published platforms are written down: drawn
// out-degrees, ranges of connections around a core of miners, link models, drawn hash power.
#include <algorithm>

#include "models/base/fixed.hpp"
#include "models/base/int128.hpp"
#include "sim/scenario/resolve_parts.hpp"
#include "sim/topology/draw_sequence.hpp"

namespace ledgerlab {
namespace {

std::uint32_t number_of(const Section& network, std::string_view key) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(network.count(key), 0xffffffff));
}

void read_degree_cdf(Section& network, TopologySpec& spec) {
  const Value* value = network.raw("degree_cdf");
  if (value == nullptr) return;
  static const ParamInfo share{"share", ParamType::ratio, "", "", "0", "1", {}};
  if (network.given("degree")) {
    network.problem("degree", "is not read beside degree_cdf: remove one of the two");
  }
  if (value->type != Value::Type::array || value->items.empty()) {
    network.problem("degree_cdf", "expected a list of shares such as [0.2, 0.7, 1]");
    return;
  }
  for (const Value& item : value->items) {
    const ReadValue read =
        read_scalar(network.problems(), share, item, network.path("degree_cdf"));
    spec.degree_cdf_ppb.push_back(static_cast<std::uint64_t>(read.number.value_or(0)));
  }
}

const KeyTable& range_keys() {
  static const KeyTable keys = [] {
    KeyTable table(4);
    const auto set = [&](std::size_t i, const char* name, const char* fallback, const char* low) {
      table[i].param = {name, ParamType::integer, fallback, "", low, "1000000", {}};
      table[i].required = *fallback == '\0';
    };
    set(0, "from", "", "1");
    set(1, "to", "", "1");
    set(2, "spare", "0", "0");
    set(3, "weight", "", "0");
    return table;
  }();
  return keys;
}

void read_connections(Section& network, TopologySpec& spec) {
  const Value* value = network.raw("connections");
  if (value == nullptr || value->type != Value::Type::array || value->items.empty()) {
    network.problem("connections",
                    "topology \"connections\" needs a list of ranges such as connections = "
                    "[{ from = 1, to = 4, weight = 10 }, { from = 5, to = 9, weight = 40 }]");
    return;
  }
  for (const Value& item : value->items) {
    Section range(network.problems(), &item, network.path("connections"), item.place);
    range.read(range_keys());
    range.refuse_unknown();
    spec.ranges.push_back({number_of(range, "from"), number_of(range, "to"),
                           number_of(range, "spare"), range.count("weight")});
  }
}

}  // namespace

void read_published_overlay(Resolving& r, Section& network, TopologySpec& spec) {
  if (spec.kind == TopologyKind::out_degree) read_degree_cdf(network, spec);
  if (spec.kind != TopologyKind::connections) return;
  read_connections(network, spec);
  spec.core = r.plan.network.core;
  spec.core_from = number_of(network, "core_links_min");
  spec.core_to = number_of(network, "core_links_max");
}

void read_core(Resolving& r, Section& network) {
  std::uint32_t& core = r.plan.network.core;
  core = number_of(network, "core");
  if (core > r.plan.network.replicas) {
    network.problem("core", "is more than the " + std::to_string(r.plan.network.replicas) +
                                " replicas: lower it, or raise nodes");
    core = 0;
  }
  if (core == 0) {
    for (const char* key : {"core_placement", "core_up", "core_down", "core_links_min",
                            "core_links_max"}) {
      if (network.given(key) && !network.given("core")) {
        network.problem(key, "is not read without core: say how many replicas are the core");
      }
    }
    return;
  }
  const Value* places = network.raw("core_placement");
  if (places == nullptr) return;
  if (places->type != Value::Type::array || places->items.empty()) {
    network.problem("core_placement", "expected a list of regions");
    return;
  }
  std::vector<std::string> names;
  for (const LatencyRegion& region : r.latency.regions) names.push_back(region.id);
  for (std::uint32_t i = 0; i < std::max<std::size_t>(core, places->items.size()); ++i) {
    const Value& item = places->items[i % places->items.size()];
    const auto region = r.latency.find(item.text);
    if (region && i < core) r.replica_region[i] = *region;
    if (!region && i < places->items.size()) {
      r.problems.add(item.place, network.path("core_placement"),
                     "there is no region \"" + item.text + "\" in " +
                         r.plan.network.latency_source,
                     nearest(item.text, names));
    }
  }
}

void read_link_model(Resolving& r, Section& network) {
  NetworkSpec& links = r.plan.network.links;
  const std::string& model = network.text("link_model");
  links.link_model = model == "bottleneck"    ? LinkModel::bottleneck
                     : model == "cut-through" ? LinkModel::cut_through
                                              : LinkModel::queues;
  const auto only_for = [&](const char* key, bool read, const char* by) {
    if (!read && network.given(key)) {
      network.problem(key, "is not read by link_model \"" + model + "\", only by " + by);
    }
  };
  const bool queues = links.link_model == LinkModel::queues;
  const std::string& engine = r.plan.network.engine;
  for (const char* key : {"link_model", "jitter_of"}) {
    if (engine == "native" || !network.given(key)) continue;
    network.problem(key, "is not read by engine \"" + engine + "\", only by native");
  }
  if (engine != "native" && links.jitter == JitterKind::pareto) {
    network.problem("jitter_kind", "engine \"" + engine +
                                       "\" draws no pareto delays, only native does");
  }
  only_for("small_message", !queues, "bottleneck and cut-through");
  only_for("small_delay", !queues, "bottleneck and cut-through");
  only_for("transfer_delay", links.link_model == LinkModel::bottleneck, "bottleneck");
  links.small_bytes = number_of(network, "small_message");
  links.small_delay = network.duration("small_delay");
  links.transfer_delay = network.duration("transfer_delay");
  links.jitter_of_link = network.text("jitter_of") == "link";
  if (links.jitter != JitterKind::pareto) return;
  if (network.given("jitter")) {
    network.problem("jitter", "is not read by jitter_kind \"pareto\": the latency itself is the "
                              "mean of the delays");
  }
  for (const Duration latency : links.latency) {
    if (latency > ms(5)) continue;
    network.problem("jitter_kind",
                    "\"pareto\" needs latencies above 5 ms, and there is one of " +
                        format_value(ParamType::duration, latency.count()) +
                        ": its scale would be nothing");
    return;
  }
}

std::vector<std::uint64_t> read_weight_table(Resolving& r, Section& section, const char* key,
                                             const Value& value) {
  static const KeyTable keys = [] {
    KeyTable table(3);
    table[0].param.key = "first";
    table[0].shape = "list";
    for (std::size_t i : {1, 2}) {
      table[i].param = {i == 1 ? "mean" : "deviation", ParamType::ratio, "1", "", "0", "1000000000",
                        {}};
    }
    return table;
  }();
  static const ParamInfo weight{"weight", ParamType::ratio, "", "", "0", "1000000", {}};
  const std::uint32_t replicas = r.plan.network.replicas;
  Section table(r.problems, &value, section.path(key), value.place);
  table.read(keys);
  table.refuse_unknown();
  const Value* first = table.raw("first");
  const bool drawn = table.given("mean") && table.given("deviation");
  std::vector<std::uint64_t> weights(replicas, 0);
  if (drawn == (first != nullptr)) {
    section.problem(key, "expected { first = [...] } or { mean = ..., deviation = ... }");
    return {};
  }
  if (drawn) {
    DrawSequence draw(r.plan.seed, Purpose("systems.drawn_weights"));
    const auto mean = static_cast<Int128>(table.count("mean"));
    const auto deviation = static_cast<Int128>(table.count("deviation"));
    for (std::uint64_t& out : weights) {
      const Int128 drawn_weight =
          mean + ((deviation * fixed::normal_quantile_q48(draw.next())) >> 48);
      out = drawn_weight < 1 ? 1 : static_cast<std::uint64_t>(drawn_weight);
    }
    return weights;
  }
  if (first->type != Value::Type::array || first->items.empty() ||
      first->items.size() > replicas) {
    section.problem(key, "first: expected a list of 1 to " + std::to_string(replicas) +
                             " weights, not more than replicas");
    return {};
  }
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < first->items.size(); ++i) {
    const ReadValue read = read_scalar(r.problems, weight, first->items[i], section.path(key));
    sum += weights[i] = static_cast<std::uint64_t>(read.number.value_or(1));
  }
  if (sum == 0) {
    section.problem(key, "first: all these weights are 0: give at least one above it");
    return {};
  }
  return weights;
}

}  // namespace ledgerlab
