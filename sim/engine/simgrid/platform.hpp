// The platform a SimGrid run stands on: built from the scenario's network, or read from a SimGrid
// platform file; and what a message too small to be a flow costs on its way.
#pragma once

#include <simgrid/s4u.hpp>

#include <cstdint>
#include <map>
#include <vector>

#include "sim/engine/engine.hpp"

namespace ledgerlab::simgrid_engine {

namespace sg = simgrid::s4u;
using simgrid::kernel::routing::NetPoint;

inline std::int64_t to_ns(double seconds) {
  // Dates of whole and half nanoseconds are common (10 Gbit/s); the boundary lies beside them, so
  // that a last bit of the double clock moves none of them.
  return static_cast<std::int64_t>(seconds * 1e9 + 0.503);
}
inline double to_seconds(std::int64_t time_ns) { return static_cast<double>(time_ns) * 1e-9; }

/// What a small message meets between two nodes; a rate of 0 is unlimited.
struct Path {
  std::int64_t latency_ns = 0;
  std::uint64_t up_bps = 0;    // of the sender's queue
  std::uint64_t down_bps = 0;  // of the receiver's queue
};

class Platform {
 public:
  /// `spec` must outlive the platform. The network model is chosen already.
  explicit Platform(const NetworkSpec& spec);

  void build(sg::Engine& engine);
  sg::Host* host(NodeId node) const { return hosts_[node]; }
  Path path(NodeId from, NodeId to);

 private:
  void build_hosts_alone();
  void build_star_of_stars();
  void read_file(sg::Engine& engine);
  sg::NetZone* make_region(sg::NetZone* world, std::uint16_t region, double inner_latency);
  void connect_star(sg::NetZone* world, sg::NetZone* zone, NetPoint* gateway);
  void connect_pairs(sg::NetZone* world, const std::vector<sg::NetZone*>& zones,
                     const std::vector<NetPoint*>& gateways);
  Duration inner_latency(std::size_t region) const {
    return spec_.latency[region * spec_.regions + region];
  }

  const NetworkSpec& spec_;
  std::vector<sg::Host*> hosts_;
  std::vector<sg::LinkInRoute> shared_;  // the one backbone of all, if there is one
  bool ramps_;                           // LV08: latencies and rates are multiplied
  bool pairs_;                           // every pair of regions has links of its own
  std::map<std::uint64_t, Path> routes_;  // of a platform file, by (from, to), as asked for
};

}  // namespace ledgerlab::simgrid_engine
