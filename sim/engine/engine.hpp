// The one interface of every engine (DESIGN 5, 13.7): it moves sizes and tokens through simulated
// time and knows neither payloads nor modules.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/base/ids.hpp"
#include "models/base/time.hpp"

namespace ledgerlab {

/// Handle of a message in the host's table; an engine hands it back, never looks inside.
using Token = std::uint32_t;

/// What the engine calls. The host implements it.
class EngineSink {
 public:
  virtual ~EngineSink() = default;
  /// The last byte of a message has passed the receiver's down-link at `ready`. `ready` is now(),
  /// or later if may_deliver_early(to, ready) said yes just before.
  virtual void on_message(Time ready, NodeId to, NodeId from, Token token) = 0;
  /// A wake-up asked for with wake_at is due (now() is its instant).
  virtual void on_wake(NodeId node) = 0;
  /// May a message whose down-link transfer ends at `ready` > now() be handed over already? True
  /// only if nothing else can reach the node before; saves one queue event a delivery.
  virtual bool may_deliver_early(NodeId to, Time ready) = 0;
  /// Something will be handed to these nodes soon: a hint to ask for their cache lines. Each comes
  /// in one round after another, with other groups between, so that what one round has asked for is
  /// there in the next. An engine need not give it.
  static constexpr unsigned soon_rounds = 4;
  struct Coming {
    NodeId node;
    Token token;  // of the message, as far as known: it may have been given back meanwhile
  };
  static constexpr Token no_token = ~Token{0};
  virtual void soon(std::span<const Coming> /*next*/, unsigned /*round*/) {}
};

/// What an engine can do and what its physics is, for plan, report and model card.
struct EngineCapabilities {
  std::string name;               // "native"
  std::string version;            // of the engine or its package; part of the plan digest
  std::string physics;            // one sentence for the report
  bool future_departure = false;  // transmit() takes depart > now()
  bool packet_loss = false;
};

/// One simulated network in one run. Not thread-safe.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual Time now() const = 0;
  /// on_wake(node) at `time` >= now(). Wake-ups are never cancelled: the host ignores stale ones.
  virtual void wake_at(NodeId node, Time time) = 0;
  /// Sends `bytes` from `from` to `to` (different nodes); it enters the sender's up-link queue at
  /// `depart` >= now(). Per link, messages arrive in the order of these calls; with a link model
  /// that lets small messages pass (NetworkSpec::small_bytes), in the order of their kind.
  virtual void transmit(Time depart, NodeId from, NodeId to, std::uint32_t bytes, Token token) = 0;
  /// transmit() to each of `to` in turn (they share the up-link one after the other).
  virtual void multicast(Time depart, NodeId from, std::span<const NodeId> to, std::uint32_t bytes,
                         Token token) = 0;
  /// Handles everything due up to and including `limit`; afterwards now() == limit.
  /// Stops early, after the current instant, when request_stop() was called.
  virtual void run_until(Time limit, EngineSink& sink) = 0;
  virtual void request_stop() = 0;
  /// Events handled so far (for rates), and pending ones.
  virtual std::uint64_t events() const = 0;
  virtual std::uint64_t pending() const = 0;
  /// Busy time of a node's up-link and down-link so far, for utilisation and the books.
  virtual Duration uplink_busy(NodeId node) const = 0;
  virtual Duration downlink_busy(NodeId node) const = 0;
  /// Longest that the last byte of a message has waited so far for an access link to take it: the
  /// load's part of the message delay, which no latency bounds.
  virtual Duration longest_queue() const = 0;
  virtual EngineCapabilities capabilities() const = 0;
};

/// How delays vary. Pareto takes the latency of the regions as its mean: scale = latency - 5 ms,
/// shape = latency / 5 ms (SimBlock: Network.getLatency; Bitcoin-Simulator with divider 5), so that
/// latencies of 5 ms and less are refused.
enum class JitterKind : std::uint8_t { none, uniform, exponential, pareto };

/// What a message costs the access links.
enum class LinkModel : std::uint8_t {
  /// First-in-first-out queues both ways, store-and-forward.
  queues,
  /// SimBlock: one transfer at a time from a node, at the rate of the narrower end; the next begins
  /// when it has arrived. The receiver's link is never occupied.
  bottleneck,
  /// Bitcoin-Simulator: queues both ways, but a message passes both links at once, at the rate of
  /// the narrower, and occupies each for as long as that link alone would take.
  cut_through,
};

/// What a message meets as part of a connection's stream: nothing, or the windows of TCP (native).
enum class TransportKind : std::uint8_t { ideal, tcp };
inline constexpr std::array<std::string_view, 2> transport_names{"ideal", "tcp"};
/// ns3: queue of an access link, congestion control.
enum class QueueKind : std::uint8_t { droptail, fq_codel, red };
inline constexpr std::array<std::string_view, 3> queue_names{"droptail", "fq_codel", "red"};
enum class TcpKind : std::uint8_t { linux_reno, new_reno, cubic, bbr };
inline constexpr std::array<std::string_view, 4> tcp_names{"LinuxReno", "NewReno", "Cubic", "Bbr"};

template <typename Kind, std::size_t Count>
constexpr std::string_view name_of(Kind kind, const std::array<std::string_view, Count>& names) {
  return names[static_cast<std::size_t>(kind)];
}

/// The network as every engine receives it: access links, regions, latencies.
struct NetworkSpec {
  std::uint32_t nodes = 0;
  std::uint64_t seed = 0;             // of the network's own draws (jitter, packet loss)
  std::vector<std::uint16_t> region;  // by node; empty: all in region 0
  std::uint16_t regions = 1;
  std::vector<Duration> latency;      // one-way, regions x regions, row = sender's region
  std::vector<std::uint64_t> up_bps;  // by node, bits a second; 0 = unlimited; empty: all unlimited
  std::vector<std::uint64_t> down_bps;
  JitterKind jitter = JitterKind::none;
  std::uint32_t jitter_ppm = 0;       // mean (exponential) or width (uniform), of the latency
  bool jitter_of_link = false;        // drawn once a link, the same both ways; else for each message
  LinkModel link_model = LinkModel::queues;
  /// bottleneck, cut_through: messages of at most so many bytes, overhead included, pass beside the
  /// queues without taking time there, small_delay later than the latency.
  std::uint32_t small_bytes = 0;
  Duration small_delay{};
  Duration transfer_delay{};  // bottleneck: what the transfer of a larger message takes besides
  std::uint32_t packet_loss_ppb = 0;  // per packet of mtu bytes; a lost one costs one timeout
  Duration retransmission_timeout = ms(200);
  std::uint32_t mtu = 1448;          // payload bytes of a packet
  std::uint32_t overhead_bytes = 0;  // added to every message (headers), by the scenario
  // Read by the simgrid engine alone:
  std::string flow_model = "CM02";      // CM02 (plain fluid sharing), LV08, constant
  std::uint32_t flow_threshold = 16384; // bytes from which a message is a flow
  std::uint64_t backbone_bps = 0;       // a link that messages share beside access links; 0 = none
  bool backbone_per_pair = false;       // each ordered pair of regions its own; else one for all
  std::string platform_file;            // its hosts, by name, are the nodes; empty: from this spec
  TransportKind transport = TransportKind::ideal;  // read by the native engine alone
  // Read by the ns3 engine alone:
  QueueKind queue = QueueKind::droptail;
  std::uint64_t queue_bytes = 0;  // 0 = as long as it gets
  TcpKind tcp = TcpKind::linux_reno;
  std::string pcap_folder;  // one file of packets a node; empty: none

  std::uint16_t region_of(NodeId node) const {
    return region.empty() ? std::uint16_t{0} : region[node];
  }
  Duration latency_between(NodeId from, NodeId to) const {
    return latency[std::size_t{region_of(from)} * regions + region_of(to)];
  }
};

}  // namespace ledgerlab
