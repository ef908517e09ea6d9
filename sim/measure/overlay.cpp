// Metrics of discovery: what the live replicas say of their peers and contacts when the run ends.
#include <algorithm>
#include <map>
#include <numeric>
#include <sstream>

#include "models/api/module.hpp"
#include "sim/measure/metrics.hpp"

namespace ledgerlab {
namespace {

using Figure = std::optional<double>;

struct Fields final : Inspector {
  std::map<std::string, std::string, std::less<>> of;
  void field(std::string_view name, std::string value) override {
    of.try_emplace(std::string(name), std::move(value));
  }
  std::uint64_t number(std::string_view name) const {
    const auto it = of.find(name);
    return it == of.end() ? 0 : std::strtoull(it->second.c_str(), nullptr, 10);
  }
  std::vector<NodeId> list(std::string_view name) const {
    std::vector<NodeId> out;
    if (const auto it = of.find(name); it != of.end()) {
      std::istringstream text(it->second);
      for (NodeId node = 0; text >> node;) out.push_back(node);
    }
    return out;
  }
};

/// Calls visit(node, fields) for every live replica of a system with discovery; false: it has none.
template <class Visit>
bool each_replica(const Figures& f, bool correct_only, Visit visit) {
  const Evidence& e = f.evidence;
  if (!e.system.discovery) return false;
  const std::vector<NodeId> byzantine = e.system.byzantine();
  for (NodeId node = 0; node < e.plan.network.replicas; ++node) {
    if (!e.world.alive(node) || e.world.program(node) == nullptr) continue;
    if (correct_only && std::binary_search(byzantine.begin(), byzantine.end(), node)) continue;
    Fields fields;
    e.world.program(node)->inspect(fields);
    visit(node, fields);
  }
  return true;
}

Figure ratio_of(double numerator, double denominator) {
  if (denominator <= 0) return std::nullopt;
  return numerator / denominator;
}

Figure peers_mean(const Figures& f) {
  double peers = 0, replicas = 0;
  each_replica(f, true, [&](NodeId, const Fields& fields) {
    peers += static_cast<double>(fields.list("overlay.peers").size());
    ++replicas;
  });
  return ratio_of(peers, replicas);
}

/// Of the live correct replicas: the part in the largest component of their connections.
Figure overlay_connected(const Figures& f) {
  std::vector<NodeId> parent(f.evidence.plan.network.replicas);
  std::iota(parent.begin(), parent.end(), NodeId{0});
  const auto root = [&](NodeId node) {
    while (parent[node] != node) node = parent[node] = parent[parent[node]];
    return node;
  };
  std::map<NodeId, std::vector<NodeId>> peers;
  each_replica(f, true, [&](NodeId node, const Fields& fields) {
    peers[node] = fields.list("overlay.peers");
  });
  for (const auto& [node, list] : peers) {
    for (const NodeId peer : list) {
      if (peers.contains(peer)) parent[root(node)] = root(peer);
    }
  }
  std::map<NodeId, std::size_t> sizes;
  std::size_t largest = 0;
  for (const auto& [node, list] : peers) largest = std::max(largest, ++sizes[root(node)]);
  return ratio_of(static_cast<double>(largest), static_cast<double>(peers.size()));
}

Figure table_live(const Figures& f) {
  double live = 0, all = 0;
  each_replica(f, true, [&](NodeId, const Fields& fields) {
    for (const NodeId node : fields.list("overlay.known")) {
      ++all;
      live += node < f.evidence.plan.network.replicas && f.evidence.world.alive(node) ? 1 : 0;
    }
  });
  return ratio_of(live, all);
}

Figure per_lookup(const Figures& f, std::string_view field) {
  double sum = 0, lookups = 0;
  each_replica(f, true, [&](NodeId, const Fields& fields) {
    sum += static_cast<double>(fields.number(field));
    lookups += static_cast<double>(fields.number("overlay.lookups"));
  });
  return ratio_of(sum, lookups);
}

/// Byzantine share of the peers, by correct replica.
std::vector<double> adversarial(const Figures& f) {
  std::vector<double> out;
  const std::vector<NodeId> byzantine = f.evidence.system.byzantine();
  if (byzantine.empty()) return out;
  each_replica(f, true, [&](NodeId, const Fields& fields) {
    const std::vector<NodeId> peers = fields.list("overlay.peers");
    if (peers.empty()) return;
    const auto bad = std::count_if(peers.begin(), peers.end(), [&](NodeId node) {
      return std::binary_search(byzantine.begin(), byzantine.end(), node);
    });
    out.push_back(static_cast<double>(bad) / static_cast<double>(peers.size()));
  });
  return out;
}

Figure adversarial_mean(const Figures& f) {
  const std::vector<double> shares = adversarial(f);
  return ratio_of(std::accumulate(shares.begin(), shares.end(), 0.0),
                  static_cast<double>(shares.size()));
}

Figure adversarial_max(const Figures& f) {
  const std::vector<double> shares = adversarial(f);
  if (shares.empty()) return std::nullopt;
  return *std::max_element(shares.begin(), shares.end());
}

Figure eclipsed(const Figures& f) {
  const std::vector<double> shares = adversarial(f);
  if (shares.empty()) return std::nullopt;
  return static_cast<double>(std::count(shares.begin(), shares.end(), 1.0));
}

Figure head_lag_max(const Figures& f) {
  if (!f.evidence.lottery()) return std::nullopt;
  std::uint64_t lowest = ~std::uint64_t{0}, highest = 0;
  each_replica(f, true, [&](NodeId, const Fields& fields) {
    if (!fields.of.contains("height")) return;
    lowest = std::min(lowest, fields.number("height"));
    highest = std::max(highest, fields.number("height"));
  });
  if (lowest > highest) return std::nullopt;
  return static_cast<double>(highest - lowest);
}

}  // namespace

std::vector<MetricInfo> overlay_metrics() {
  return {
      {"overlay_peers_mean", "peers",
       "systems with a discovery model: peers of a correct replica that is up when the run ends, "
       "mean",
       peers_mean},
      {"overlay_connected", "share",
       "of these replicas, those in the largest part that hangs together by connections of theirs",
       overlay_connected},
      {"table_live", "share",
       "of the contacts in their routing tables, those that are up; absent without tables",
       table_live},
      {"lookup_hops_mean", "hops",
       "questions on the way to the nearest node found, of these replicas' lookups of random ids; "
       "1: it stood in the own table",
       [](const Figures& f) { return per_lookup(f, "overlay.lookup_hops"); }},
      {"lookup_questions_mean", "messages", "questions asked by such a lookup",
       [](const Figures& f) { return per_lookup(f, "overlay.lookup_questions"); }},
      {"adversarial_peers_mean", "share",
       "of these replicas' peers, those that are Byzantine: mean; absent without any", adversarial_mean},
      {"adversarial_peers_max", "share", "the same of the replica where it is largest",
       adversarial_max},
      {"eclipsed_replicas", "replicas", "of these replicas, those with no peers but Byzantine ones",
       eclipsed},
      {"head_lag_max", "blocks",
       "lotteries with a discovery model: by how much the lowest head of these replicas is behind "
       "the highest",
       head_lag_max},
  };
}

}  // namespace ledgerlab
