// Faults as the host applies them (DESIGN 6): what, when, whom. The scenario or a seed makes them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "models/base/ids.hpp"
#include "models/base/time.hpp"

namespace ledgerlab {

enum class FaultKind : std::uint8_t {
  crash,
  partition,
  loss,
  delay,
  slow,
  clock,
  disk,
  duplicate,
  reorder,
  churn
};
/// Faults of links: they take all links or those of their targets.
constexpr bool on_links(FaultKind kind) {
  return kind == FaultKind::loss || kind == FaultKind::delay || kind == FaultKind::duplicate ||
         kind == FaultKind::reorder;
}
/// Faults that take their nodes down. A churn fault of the host is one absence of one node.
constexpr bool takes_down(FaultKind kind) {
  return kind == FaultKind::crash || kind == FaultKind::churn;
}
std::string_view fault_kind_name(FaultKind kind);

/// Whom a fault hits. `leader` and `producer` are found by the host when the fault begins:
/// leader = the replica that announced itself leader with the highest term; in a protocol without
/// leaders, and if there is none just then, the producer. producer = the replica that has found
/// most work so far, or, where nobody searches, whose head was first at most heights (lowest number
/// wins a tie; before any block: most hash power, then replica 0).
struct FaultTarget {
  enum class Kind : std::uint8_t { nodes, leader, producer };
  Kind kind = Kind::nodes;
  std::vector<NodeId> nodes;  // ascending; Kind::nodes only
};

/// One scheduled fault. Which fields count depends on the kind.
struct FaultPlan {
  FaultKind kind = FaultKind::crash;
  Time at{};
  Time until = time_never;  // never: it does not heal; a crashed node stays down
  FaultTarget target;       // nodes hit; link faults: links of these nodes
  bool all_links = false;   // link faults: every link, target is empty
  /// partition: group of each node (replicas and clients), -1 = not cut from anybody. Messages
  /// between different groups are lost; with one_way only those sent by group 0.
  std::vector<std::int32_t> groups;
  bool one_way = false;
  std::uint64_t probability_ppb = 0;  // loss, duplicate, reorder: by message
  Duration by{};  // delay: added to the latency; reorder: longest time a message is held
  std::uint64_t factor_thousandths = 1000;  // slow: CPU time is multiplied by this / 1000
  Duration offset{};           // clock: wall clock jumps by this at `at`, back at `until`
  std::int64_t drift_ppb = 0;  // clock: rate error of the local clock while it lasts
  Duration sync{};             // disk: sync latency while it lasts
  /// churn, of a plan: means of the times that a node is there and away; each node's are drawn.
  Duration session{};
  Duration absence{};
};

}  // namespace ledgerlab
