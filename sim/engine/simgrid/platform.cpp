#include "sim/engine/simgrid/platform.hpp"

#include <simgrid/Exception.hpp>
#include <simgrid/kernel/resource/NetworkModelIntf.hpp>

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <string>

#include "sim/engine/module.hpp"

namespace ledgerlab::simgrid_engine {
namespace {

constexpr double unlimited_bytes_per_s = 1e20;
constexpr double host_flops = 1e9;  // a host needs a speed; nothing is computed on it
// LV08's factors (P. Velho, A. Legrand, "Accuracy study and improvement of network simulation in the
// SimGrid framework", SIMUTools 2009).
constexpr double lv08_latency_factor = 13.01;
constexpr double lv08_bandwidth_factor = 0.97;

using Links = std::vector<sg::LinkInRoute>;

double bytes_per_second(std::uint64_t bps) {
  return bps == 0 ? unlimited_bytes_per_s : static_cast<double>(bps) / 8;
}

sg::Link* make_link(sg::NetZone* zone, const std::string& name, std::uint64_t bps, double latency) {
  sg::Link* link = zone->create_link(name, bytes_per_second(bps));
  link->set_latency(latency);
  return link->seal();
}

/// "n2" before "n10": runs of digits compare as numbers.
bool natural_less(const std::string& a, const std::string& b) {
  const auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (digit(a[i]) && digit(b[j])) {
      while (i < a.size() && a[i] == '0') ++i;
      while (j < b.size() && b[j] == '0') ++j;
      std::size_t m = i, n = j;
      while (m < a.size() && digit(a[m])) ++m;
      while (n < b.size() && digit(b[n])) ++n;
      if (m - i != n - j) return m - i < n - j;
      if (const int order = a.compare(i, m - i, b, j, n - j); order != 0) return order < 0;
      i = m;
      j = n;
    } else if (a[i] != b[j]) {
      return a[i] < b[j];
    } else {
      ++i;
      ++j;
    }
  }
  return a.size() - i != b.size() - j ? a.size() - i < b.size() - j : a < b;
}

}  // namespace

Platform::Platform(const NetworkSpec& spec)
    : spec_(spec),
      ramps_(spec.flow_model == "LV08"),
      pairs_(ramps_ || (spec.backbone_bps != 0 && spec.backbone_per_pair)) {}

void Platform::build(sg::Engine& engine) {
  if (!spec_.platform_file.empty()) {
    read_file(engine);
  } else if (spec_.flow_model == "constant") {
    build_hosts_alone();
  } else {
    build_star_of_stars();
  }
}

/// The constant model refuses links: it has one time for all messages.
void Platform::build_hosts_alone() {
  sg::NetZone* world = sg::create_empty_zone("world");
  for (NodeId i = 0; i < spec_.nodes; ++i) {
    hosts_.push_back(world->create_host("n" + std::to_string(i), host_flops));
  }
  world->seal();
}

/// A star of hosts for each region. Between two hosts lie the sender's up-link, the receiver's
/// down-link and a backbone if there is one. Where a model neither bounds nor weighs flows by their
/// latency, one unit of it lies on the up-link and a callback gives the pair's factor; else every
/// pair of regions has a link with its latency.
void Platform::build_star_of_stars() {
  sg::NetZone* world = pairs_ ? sg::create_full_zone("world") : sg::create_star_zone("world");
  if (spec_.backbone_bps != 0 && !spec_.backbone_per_pair) {
    shared_.emplace_back(make_link(world, "backbone", spec_.backbone_bps, 0));
  }
  std::vector<sg::NetZone*> zones;
  std::vector<NetPoint*> gateways;
  hosts_.resize(spec_.nodes);
  for (std::uint16_t r = 0; r < spec_.regions; ++r) {
    zones.push_back(make_region(world, r, ramps_ ? to_seconds(count_ns(inner_latency(r))) : 2));
    gateways.push_back(zones.back()->create_router("gateway" + std::to_string(r)));
  }
  if (pairs_) {
    connect_pairs(world, zones, gateways);
  } else {
    for (std::uint16_t r = 0; r < spec_.regions; ++r) connect_star(world, zones[r], gateways[r]);
  }
  if (!ramps_) {
    std::map<const sg::Host*, NodeId> numbers;
    for (NodeId i = 0; i < spec_.nodes; ++i) numbers[hosts_[i]] = i;
    world->get_network_model()->set_lat_factor_cb(
        [this, numbers](double, const sg::Host* from, const sg::Host* to, const auto&,
                        const auto&) {
          const Duration latency = spec_.latency_between(numbers.at(from), numbers.at(to));
          return to_seconds(count_ns(latency));
        });
  }
  for (sg::NetZone* zone : zones) zone->seal();
  world->seal();
}

/// Half of the latency inside the region lies on each side; for the callback all of it, one unit,
/// on the way up.
sg::NetZone* Platform::make_region(sg::NetZone* world, std::uint16_t region, double inner) {
  sg::NetZone* zone = sg::create_star_zone("region" + std::to_string(region));
  zone->set_parent(world);
  for (NodeId i = 0; i < spec_.nodes; ++i) {
    if (spec_.region_of(i) != region) continue;
    const std::string name = std::to_string(i);
    hosts_[i] = zone->create_host("n" + name, host_flops);
    Links up{sg::LinkInRoute(
        make_link(zone, "up" + name, spec_.up_bps.empty() ? 0 : spec_.up_bps[i], inner / 2))};
    up.insert(up.end(), shared_.begin(), shared_.end());
    const Links down{
        sg::LinkInRoute(make_link(zone, "down" + name,
                                  spec_.down_bps.empty() ? 0 : spec_.down_bps[i],
                                  ramps_ ? inner / 2 : 0))};
    zone->add_route(hosts_[i]->get_netpoint(), nullptr, nullptr, nullptr, up, false);
    zone->add_route(nullptr, hosts_[i]->get_netpoint(), nullptr, nullptr, down, false);
  }
  return zone;
}

void Platform::connect_star(sg::NetZone* world, sg::NetZone* zone, NetPoint* gateway) {
  zone->add_route(gateway, nullptr, nullptr, nullptr, Links{}, false);
  zone->add_route(nullptr, gateway, nullptr, nullptr, Links{}, false);
  world->add_route(zone->get_netpoint(), nullptr, gateway, nullptr, Links{}, false);
  world->add_route(nullptr, zone->get_netpoint(), nullptr, gateway, Links{}, false);
}

void Platform::connect_pairs(sg::NetZone* world, const std::vector<sg::NetZone*>& zones,
                             const std::vector<NetPoint*>& gateways) {
  for (std::size_t a = 0; a < zones.size(); ++a) {
    zones[a]->add_route(gateways[a], nullptr, nullptr, nullptr, Links{}, false);
    zones[a]->add_route(nullptr, gateways[a], nullptr, nullptr, Links{}, false);
    for (std::size_t b = 0; b < zones.size(); ++b) {
      if (a == b) continue;
      const Duration inside = (inner_latency(a) + inner_latency(b)) / 2;
      const Duration rest = spec_.latency[a * spec_.regions + b] - inside;
      if (ramps_ && rest < Duration{0}) {
        throw std::invalid_argument(
            "network.flow_model LV08: a latency between two regions is less than the latencies "
            "inside them; take CM02, or another latency table");
      }
      const std::string name = "link" + std::to_string(a) + "-" + std::to_string(b);
      const std::uint64_t bps = spec_.backbone_per_pair ? spec_.backbone_bps : 0;
      const double latency = ramps_ ? to_seconds(count_ns(rest)) : 0;
      world->add_route(zones[a]->get_netpoint(), zones[b]->get_netpoint(), gateways[a], gateways[b],
                       Links{sg::LinkInRoute(make_link(world, name, bps, latency))}, false);
    }
  }
}

/// SimGrid calls abort() on some faults of a platform file. Then the file is to be named, and the
/// process ends as it does for every broken input.
class AbortOnFile {
 public:
  explicit AbortOnFile(const std::string& file) {
    text() = "ledgerlab: platform file " + file + ": SimGrid refuses it, see above\n";
    before_ = std::signal(SIGABRT, [](int) {
      [[maybe_unused]] const auto told = ::write(STDERR_FILENO, text().data(), text().size());
      _exit(65);
    });
  }
  ~AbortOnFile() { std::signal(SIGABRT, before_); }
  AbortOnFile(const AbortOnFile&) = delete;
  AbortOnFile& operator=(const AbortOnFile&) = delete;

 private:
  static std::string& text() {
    static std::string text;
    return text;
  }
  void (*before_)(int);
};

void Platform::read_file(sg::Engine& engine) {
  const std::string& file = spec_.platform_file;
  const AbortOnFile guard(file);
  try {
    engine.load_platform(file);
  } catch (const std::exception& error) {
    throw EngineRefuses("platform file " + file + ": " + error.what());
  }
  hosts_ = engine.get_all_hosts();
  std::sort(hosts_.begin(), hosts_.end(), [](const sg::Host* a, const sg::Host* b) {
    return natural_less(a->get_name(), b->get_name());
  });
  if (hosts_.size() < spec_.nodes) {
    throw EngineRefuses("platform file " + file + " has " + std::to_string(hosts_.size()) +
                            " hosts, the scenario " + std::to_string(spec_.nodes) +
                            " nodes (replicas and clients): add hosts, or lower network.nodes or "
                            "clients.count");
  }
}

Path Platform::path(NodeId from, NodeId to) {
  const double latency_factor = ramps_ ? lv08_latency_factor : 1;
  const double bandwidth_factor = ramps_ ? lv08_bandwidth_factor : 1;
  const auto rate = [&](std::uint64_t bps) {
    return ramps_ ? static_cast<std::uint64_t>(static_cast<double>(bps) * bandwidth_factor) : bps;
  };
  if (spec_.platform_file.empty()) {
    Path path;
    path.latency_ns = count_ns(spec_.latency_between(from, to));
    if (spec_.flow_model == "constant") return path;
    if (ramps_) path.latency_ns = to_ns(to_seconds(path.latency_ns) * latency_factor);
    if (!spec_.up_bps.empty()) path.up_bps = rate(spec_.up_bps[from]);
    if (!spec_.down_bps.empty()) path.down_bps = rate(spec_.down_bps[to]);
    const bool over_backbone =
        spec_.backbone_bps != 0 &&
        (!spec_.backbone_per_pair || spec_.region_of(from) != spec_.region_of(to));
    if (over_backbone && (path.up_bps == 0 || path.up_bps > spec_.backbone_bps)) {
      path.up_bps = rate(spec_.backbone_bps);
    }
    return path;
  }
  const auto [place, fresh] = routes_.try_emplace(std::uint64_t{from} << 32 | to);
  if (fresh) {
    std::vector<sg::Link*> links;
    double latency = 0;
    hosts_[from]->route_to(hosts_[to], links, &latency);
    if (links.empty() && from != to) {  // SimGrid tells a missing route by an empty one
      throw EngineRefuses("platform file " + spec_.platform_file + ": no route from host " +
                          hosts_[from]->get_name() + " to host " + hosts_[to]->get_name() +
                          ": every two hosts that stand for a node need one");
    }
    double narrowest = std::numeric_limits<double>::max();
    for (const sg::Link* link : links) narrowest = std::min(narrowest, link->get_bandwidth());
    place->second.latency_ns = to_ns(latency * latency_factor);
    if (narrowest < unlimited_bytes_per_s) {
      place->second.up_bps = static_cast<std::uint64_t>(narrowest * 8 * bandwidth_factor);
    }
  }
  return place->second;
}

}  // namespace ledgerlab::simgrid_engine
