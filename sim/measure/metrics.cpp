// How each metric is computed. Metrics are for people: floating point is allowed here.
#include "sim/measure/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

namespace ledgerlab {
namespace {

using Figure = std::optional<double>;

double in_seconds(Duration d) { return static_cast<double>(count_ns(d)) / 1e9; }

Figure ratio(double numerator, double denominator) {
  if (denominator <= 0) return std::nullopt;
  return numerator / denominator;
}

Figure throughput(const Figures& f) {
  if (f.evidence.chronicle.transactions().empty()) return std::nullopt;
  return ratio(static_cast<double>(f.committed_in_time), f.measured_seconds());
}

/// Nearest rank: the smallest latency that at least `percent` of them do not exceed.
template <int percent>
Figure latency(const Figures& f) {
  if (f.latencies.empty()) return std::nullopt;
  const std::size_t rank = (f.latencies.size() * percent + 99) / 100;
  return in_seconds(f.latencies[std::max<std::size_t>(rank, 1) - 1]) * 1e3;
}

/// Of the reads due in the measured time that were answered.
std::vector<Duration> read_latencies(const Figures& f) {
  std::vector<Duration> out;
  for (const auto& read : f.evidence.chronicle.reads()) {
    if (read.due < f.from || read.due >= f.until || read.done == time_never) continue;
    out.push_back(read.done - read.due);
  }
  std::sort(out.begin(), out.end());
  return out;
}

template <int percent>
Figure read_latency(const Figures& f) {
  const std::vector<Duration> latencies = read_latencies(f);
  if (latencies.empty()) return std::nullopt;
  const std::size_t rank = (latencies.size() * percent + 99) / 100;
  return in_seconds(latencies[std::max<std::size_t>(rank, 1) - 1]) * 1e3;
}

Figure reads_per_second(const Figures& f) {
  if (f.evidence.chronicle.reads().empty()) return std::nullopt;
  return ratio(static_cast<double>(read_latencies(f).size()), f.measured_seconds());
}

template <std::uint64_t Figures::*count>
Figure counted(const Figures& f) {
  if (f.evidence.chronicle.transactions().empty()) return std::nullopt;
  return static_cast<double>(f.*count);
}

/// Absent where there are none, as in most systems.
template <std::uint64_t Figures::*count>
Figure counted_if_any(const Figures& f) {
  if (f.*count == 0) return std::nullopt;
  return static_cast<double>(f.*count);
}

/// Absent where all that is committed takes effect, as in most systems.
Figure effective(const Figures& f) {
  if (f.effective_in_time == f.committed_in_time && f.without_effect == 0) return std::nullopt;
  return ratio(static_cast<double>(f.effective_in_time), f.measured_seconds());
}

Figure acknowledged(const Figures& f) {
  if (f.evidence.chronicle.transactions().empty()) return std::nullopt;
  return static_cast<double>(f.latencies.size());
}

using RoleCounts = std::array<std::uint64_t, role_count>;

double deciding(const Figures& f, const RoleCounts& counts) {
  const auto of = [&](Role role) {
    return static_cast<double>(counts[static_cast<std::size_t>(role)]);
  };
  double sum = of(Role::proposal) + of(Role::vote) + of(Role::certificate);
  const ModelChoice& consensus = f.evidence.system.consensus;
  if (consensus && consensus.info->uses_relay) sum += of(Role::relay);
  return sum;
}

Figure messages_per_decision(const Figures& f) {
  return ratio(deciding(f, f.evidence.world.stats().replica_messages),
               static_cast<double>(f.evidence.history.decisions));
}

Figure bytes_per_decision(const Figures& f) {
  return ratio(deciding(f, f.evidence.world.stats().replica_bytes),
               static_cast<double>(f.evidence.history.decisions));
}

/// Of a light client, beside the same of a replica; absent with clients of another kind.
Figure client_bytes(const Figures& f) {
  const Evidence& e = f.evidence;
  if (!e.system.client || e.system.client.info->family != "light") return std::nullopt;
  return ratio(static_cast<double>(e.world.stats().client_bytes),
               static_cast<double>(e.plan.clients.count));
}

Figure replica_bytes(const Figures& f) {
  if (!client_bytes(f)) return std::nullopt;
  const auto& by_role = f.evidence.world.stats().replica_bytes;
  const auto sum = std::accumulate(by_role.begin(), by_role.end(), std::uint64_t{0});
  return ratio(static_cast<double>(sum), static_cast<double>(f.evidence.plan.network.replicas));
}

Figure stale_rate(const Figures& f) {
  const Evidence& e = f.evidence;
  if (!e.lottery() || e.history.main().empty()) return std::nullopt;
  const Height settled = e.block(e.history.main().back()).block->height;
  std::uint64_t all = 0, stale = 0;
  for (RowIndex row = 0; row < e.chronicle.blocks().size(); ++row) {
    const auto& b = e.block(row);
    if (!b.block || b.block->height == 0 || b.block->height > settled) continue;
    ++all;
    stale += e.history.canonical[row] ? 0 : 1;
  }
  return ratio(static_cast<double>(stale), static_cast<double>(all));
}

/// Of each height: is there a block that is not of the final history? Where two compete, a node has
/// the later one as its head only when the race is decided: that is not how long it took to come.
std::vector<bool> contested_heights(const Evidence& e) {
  std::vector<bool> out;
  for (RowIndex row = 0; row < e.chronicle.blocks().size(); ++row) {
    const BlockRef& block = e.block(row).block;
    if (!block || e.history.canonical[row]) continue;
    if (block->height >= out.size()) out.resize(block->height + 1, false);
    out[block->height] = true;
  }
  return out;
}

/// Mean over the final blocks made in the measured time, of those that reached so many nodes.
template <std::size_t percent_index>
Figure propagation(const Figures& f) {
  const Evidence& e = f.evidence;
  if (!e.lottery()) return std::nullopt;
  const std::vector<bool> contested = contested_heights(e);
  double sum = 0, blocks = 0;
  for (const RowIndex row : e.history.main()) {
    const auto& b = e.block(row);
    if (b.block->height < contested.size() && contested[b.block->height]) continue;
    if (b.block->height == 0 || b.mined.at < f.from || b.mined.at >= f.until) {
      continue;
    }
    const Propagation::Row found = e.propagation.find(b.tag);
    if (found == Propagation::none) continue;
    if (const auto took = e.propagation.reached(found, percent_index)) {
      sum += in_seconds(*took);
      ++blocks;
    }
  }
  return ratio(sum, blocks);
}

/// Height of the block that both lines share; nothing if a block between was never announced.
std::optional<Height> meeting_height(const Chronicle& chronicle, RowIndex a, RowIndex b) {
  const auto& blocks = chronicle.blocks();
  const auto height = [&](RowIndex row) {
    return blocks[row].block ? blocks[row].block->height : 0;
  };
  while (a != b) {
    if (!blocks[a].block || !blocks[b].block) return std::nullopt;
    RowIndex& higher = height(a) >= height(b) ? a : b;
    if (height(higher) <= 1) return 0;  // in genesis, which nobody announces
    higher = chronicle.find_block(blocks[higher].block->parent.tag());
    if (higher == no_row) return std::nullopt;
  }
  return height(a);
}

Figure reorg_depth_max(const Figures& f) {
  const Evidence& e = f.evidence;
  if (!e.lottery()) return std::nullopt;
  std::set<std::pair<RowIndex, RowIndex>> seen;
  Height most = 0;
  for (const auto& change : e.chronicle.head_changes()) {
    if (change.from == no_row || !seen.insert({change.from, change.to}).second) continue;
    const auto meeting = meeting_height(e.chronicle, change.from, change.to);
    const BlockRef& from = e.block(change.from).block;
    if (meeting && from) most = std::max(most, from->height - *meeting);
  }
  return static_cast<double>(most);
}

Figure adversary_power(const Figures& f) {
  if (f.evidence.faults.byzantine == 0) return std::nullopt;
  return static_cast<double>(f.evidence.faults.adversary_ppb) * 1e-9;
}

Figure adversary_blocks(const Figures& f) {
  const Evidence& e = f.evidence;
  if (e.faults.byzantine == 0 || !e.lottery() || e.history.decisions == 0) return std::nullopt;
  const std::vector<NodeId> byzantine = e.system.byzantine();
  std::uint64_t own = 0;
  for (const RowIndex row : e.history.main()) {
    const auto& b = e.block(row);
    own += b.block->height != 0 &&
           std::binary_search(byzantine.begin(), byzantine.end(), b.mined.node);
  }
  return static_cast<double>(own) / static_cast<double>(e.history.decisions);
}

Figure block_interval(const Figures& f) {
  std::vector<Time> made;
  for (const RowIndex row : f.evidence.history.main()) {
    const auto& b = f.evidence.block(row);
    const Time at = std::min(b.made.at, b.final.at);
    if (b.block->height != 0 && at >= f.from && at < f.until) made.push_back(at);
  }
  if (made.size() < 2) return std::nullopt;
  const auto ends = std::minmax_element(made.begin(), made.end());
  return in_seconds(*ends.second - *ends.first) / static_cast<double>(made.size() - 1);
}

/// Instants at which blocks with transactions became final in the measured time, ascending.
std::vector<Time> commits(const Figures& f) {
  std::vector<Time> out;
  for (const RowIndex row : f.evidence.history.main()) {
    const auto& b = f.evidence.block(row);
    if (b.block->payload->empty()) continue;
    if (b.final.at >= f.from && b.final.at < f.until) out.push_back(b.final.at);
  }
  std::sort(out.begin(), out.end());
  return out;
}

bool waited_half(const Figures& f, Time from, Time until) {
  const auto& rows = f.evidence.chronicle.transactions();
  for (std::size_t t = 0; t < rows.size(); ++t) {
    if (!rows[t].counts()) continue;
    const Time done = std::min(rows[t].closed, f.evidence.history.committed[t]);
    if (2 * (std::min(done, until) - std::max(rows[t].due, from)) >= until - from) return true;
  }
  return false;
}

Figure availability(const Figures& f) {
  if (f.evidence.chronicle.transactions().empty() || f.until <= f.from) return std::nullopt;
  const std::vector<Time> at = commits(f);
  std::vector<Duration> gaps;
  for (std::size_t i = 1; i < at.size(); ++i) gaps.push_back(at[i] - at[i - 1]);
  std::sort(gaps.begin(), gaps.end());
  const Duration usual = gaps.empty() ? Duration{} : gaps[gaps.size() / 2];
  Duration least = seconds(1);
  // A lottery settles a block many blocks later: it is not dead until its first one has settled,
  // which takes what the quickest waited, not what an outage made the others wait.
  if (f.evidence.lottery() && !f.latencies.empty()) {
    least = std::max(least, 2 * f.latencies[(f.latencies.size() - 1) / 10]);
  }
  const Duration window = std::min(std::max(least, 10 * usual), f.until - f.from);
  const std::int64_t windows = (f.until - f.from) / window;
  std::int64_t dead = 0;
  for (std::int64_t w = 0; w < windows; ++w) {
    const Time begin = f.from + w * window, end = begin + window;
    const auto next = std::lower_bound(at.begin(), at.end(), begin);
    if (next != at.end() && *next < end) continue;
    if (waited_half(f, begin, end)) ++dead;
  }
  return 1.0 - static_cast<double>(dead) / static_cast<double>(windows);
}

Figure recovery(const Figures& f) {
  const Evidence& e = f.evidence;
  if (e.chronicle.transactions().empty() && !e.lottery()) return std::nullopt;
  Figure worst;
  for (const auto& mark : e.chronicle.faults()) {
    if (!mark.begin || mark.moment.at >= f.until) continue;
    Time healed = f.until;
    for (const auto& end : e.chronicle.faults()) {
      if (!end.begin && end.index == mark.index && end.moment.at >= mark.moment.at) {
        healed = std::min(healed, end.moment.at);
      }
    }
    // What was nearly decided may still be just after the blow: every pause counts that begins
    // while the fault lasts.
    Time since = mark.moment.at;
    auto next = std::lower_bound(f.decided.begin(), f.decided.end(), since);
    do {
      const Time at = next == f.decided.end() ? e.end : *next++;
      worst = std::max(worst.value_or(0), in_seconds(at - since));
      since = at;
    } while (since < healed);
  }
  return worst;
}

/// The worst of those that were absent; absent if one of them never came up.
template <class Value>
Figure catching_up(const Figures& f, Value value) {
  if (!f.evidence.catching_up) return std::nullopt;
  Figure worst;
  for (const auto& figures : f.evidence.catching_up->figures()) {
    if (!figures) return std::nullopt;
    worst = std::max(worst.value_or(0), value(*figures));
  }
  return worst;
}

Figure catch_up_time(const Figures& f) {
  return catching_up(f, [](const CatchingUp::Figures& c) { return in_seconds(c.time); });
}

Figure catch_up_bytes(const Figures& f) {
  return catching_up(f, [](const CatchingUp::Figures& c) { return static_cast<double>(c.bytes); });
}

Figure cpu_utilisation_max(const Figures& f) {
  const World& world = f.evidence.world;
  double most = 0;
  for (NodeId node = 0; node < f.evidence.plan.network.replicas; ++node) {
    most = std::max(
        most, ratio(in_seconds(world.cpu_busy(node)), in_seconds(world.up_time(node))).value_or(0));
  }
  return most;
}

Figure link_utilisation_max(const Figures& f) {
  const Evidence& e = f.evidence;
  const NetworkSpec& links = e.plan.network.links;
  const double elapsed = in_seconds(e.world.now() - time_start);
  Figure most;
  const auto look = [&](const std::vector<std::uint64_t>& bps, NodeId node, Duration busy) {
    if (bps.empty() || bps[node] == 0 || elapsed <= 0) return;
    most = std::max(most.value_or(0), in_seconds(busy) / elapsed);
  };
  for (NodeId node = 0; node < e.plan.network.replicas; ++node) {
    look(links.up_bps, node, e.world.engine().uplink_busy(node));
    look(links.down_bps, node, e.world.engine().downlink_busy(node));
  }
  return most;
}

Figure storage_bytes_per_tx(const Figures& f) {
  const std::uint32_t replicas = f.evidence.plan.network.replicas;
  double bytes = 0;
  for (NodeId node = 0; node < replicas; ++node) {
    bytes += static_cast<double>(f.evidence.world.disk_bytes(node));
  }
  return ratio(bytes, static_cast<double>(replicas) * static_cast<double>(f.committed_ever));
}

Figure energy_wh_per_tx(const Figures& f) {
  const Evidence& e = f.evidence;
  const HardwarePlan& hw = e.plan.hardware;
  double joules = 0;
  for (NodeId node = 0; node < e.plan.network.replicas; ++node) {
    const double up = in_seconds(e.world.up_time(node));
    const double busy = in_seconds(e.world.cpu_busy(node)) / hw.cores;
    const double idle_w = static_cast<double>(hw.power_idle_mw) / 1e3;
    const double busy_w = static_cast<double>(hw.power_busy_mw) / 1e3;
    joules += idle_w * up + (busy_w - idle_w) * busy;
    if (node < e.system.hash_share_ppb.size()) {
      joules += static_cast<double>(e.system.hash_power) * e.system.hash_share_ppb[node] / 1e9 *
                static_cast<double>(e.system.hash_energy_pj) / 1e12 * up;
    }
  }
  if (joules <= 0) return std::nullopt;
  return ratio(joules / 3600, static_cast<double>(f.committed_ever));
}

Figure settlement_risk(const Figures& f) {
  const ModelChoice& consensus = f.evidence.system.consensus;
  if (!consensus || !consensus.info->fault_model.settlement_risk_ppb) return std::nullopt;
  return static_cast<double>(consensus.info->fault_model.settlement_risk_ppb(consensus.params)) /
         1e9;
}

/// Final blocks above genesis by producer: the replica whose head each block was first. Only a
/// lottery's producer announces its block before anybody else can.
std::vector<std::uint64_t> blocks_by_producer(const Figures& f) {
  const Evidence& e = f.evidence;
  std::vector<std::uint64_t> counts;
  if (!e.lottery() || e.history.decisions == 0) return counts;
  counts.resize(e.plan.network.replicas);
  for (const RowIndex row : e.history.main()) {
    const auto& b = e.block(row);
    const Moment made = std::min(b.made, b.final);
    if (b.block->height != 0 && made.node < counts.size()) ++counts[made.node];
  }
  return counts;
}

/// Mean absolute difference of all pairs by twice the mean, over the ascending counts.
Figure producer_gini(const Figures& f) {
  std::vector<std::uint64_t> counts = blocks_by_producer(f);
  std::sort(counts.begin(), counts.end());
  double sum = 0, ranked = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    sum += static_cast<double>(counts[i]);
    ranked += static_cast<double>(i + 1) * static_cast<double>(counts[i]);
  }
  const auto n = static_cast<double>(counts.size());
  const Figure share = ratio(2 * ranked, n * sum);
  if (!share) return std::nullopt;
  return *share - (n + 1) / n;
}

Figure nakamoto_coefficient(const Figures& f) {
  std::vector<std::uint64_t> counts = blocks_by_producer(f);
  std::sort(counts.rbegin(), counts.rend());
  std::uint64_t all = 0, held = 0;
  for (const std::uint64_t count : counts) all += count;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    held += counts[i];
    if (2 * held > all) return static_cast<double>(i + 1);
  }
  return std::nullopt;
}

Figure fairness_deviation(const Figures& f) {
  const std::vector<std::uint64_t> counts = blocks_by_producer(f);
  const SystemPlan& system = f.evidence.system;
  std::vector<double> weight(system.hash_share_ppb.begin(), system.hash_share_ppb.end());
  if (weight.empty()) {
    for (const std::uint64_t stake : system.stakes) weight.push_back(static_cast<double>(stake));
  }
  if (counts.empty() || weight.size() != counts.size()) return std::nullopt;
  double blocks = 0, weights = 0, off = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    blocks += static_cast<double>(counts[i]);
    weights += weight[i];
  }
  if (blocks <= 0 || weights <= 0) return std::nullopt;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    off += std::fabs(static_cast<double>(counts[i]) / blocks - weight[i] / weights);
  }
  return off / 2;
}

std::vector<MetricInfo> transaction_metrics() {
  return {
      {"throughput_tps", "tx/s",
       "transactions that became final anywhere within the measured time, by its length; of "
       "execute-order-validate: those that an envelope not known to be invalid made final",
       throughput},
      {"effective_tps", "tx/s",
       "the same without those whose clients were told that they had no effect; absent if there "
       "are none",
       effective},
      {"finality_latency_ms_p50", "ms",
       "from the instant a transaction was due to its acknowledgement at its client: half of the "
       "measured, acknowledged transactions took no longer (nearest rank)",
       latency<50>},
      {"finality_latency_ms_p95", "ms", "the same, 95 of 100", latency<95>},
      {"finality_latency_ms_p99", "ms", "the same, 99 of 100", latency<99>},
      {"read_latency_ms_p50", "ms",
       "from the instant a read was due to its answer at its client: half of those due in the "
       "measured time and answered took no longer (nearest rank); absent without reads",
       read_latency<50>},
      {"read_latency_ms_p95", "ms", "the same, 95 of 100", read_latency<95>},
      {"read_latency_ms_p99", "ms", "the same, 99 of 100", read_latency<99>},
      {"reads_per_s", "reads/s",
       "reads due in the measured time and answered by the end of the run, by the measured "
       "time's length",
       reads_per_second},
      {"transactions_offered", "tx",
       "transactions due in the measured time, each once, however often it was tried",
       counted<&Figures::offered>},
      {"transactions_accepted", "tx",
       "of these, admitted to the pool of at least one replica, or committed",
       counted<&Figures::accepted>},
      {"transactions_committed", "tx", "of the offered, in a final block by the end of the drain",
       counted<&Figures::committed>},
      {"transactions_without_effect", "tx",
       "of the committed, those given up by their clients when a final block had them already: "
       "they had no effect; absent if there are none",
       counted_if_any<&Figures::without_effect>},
      {"transactions_acknowledged", "tx",
       "of the offered, those that their clients held for final and effective at the end of the "
       "run; a liar's word counts as well",
       acknowledged},
      {"transactions_dropped", "tx",
       "of the offered, given up by their clients and in no final block",
       counted<&Figures::dropped>},
      {"envelopes_invalidated", "envelopes",
       "execute-order-validate: envelopes of the offered that a final block held and validation "
       "found invalid, as their clients were told; their transactions were simulated again; "
       "absent if there are none",
       counted_if_any<&Figures::invalidated>},
  };
}

std::vector<MetricInfo> world_metrics() {
  return {
      {"messages_per_decision", "messages",
       "copies of proposals, votes and certificates sent between replicas in the whole run, by "
       "final blocks; a protocol that spreads blocks over the relay counts all relay messages "
       "too, those of transactions included",
       messages_per_decision},
      {"bytes_per_decision", "B", "bytes of the same messages, by final blocks",
       bytes_per_decision},
      {"client_bytes_received", "B",
       "light clients: bytes that replicas sent to a client in the whole run (headers, proofs, "
       "replies), mean of all",
       client_bytes},
      {"replica_bytes_received", "B",
       "where clients are light: bytes that replicas sent to a replica in the whole run, mean of "
       "all; what a client would receive as a full node, about",
       replica_bytes},
      {"stale_rate", "share",
       "lotteries: of all blocks that were a head somewhere, up to the last final height, those "
       "not in the final history",
       stale_rate},
      {"propagation_p10_s", "s",
       "lotteries: from a block's first being a head anywhere until a tenth of the correct "
       "replicas "
       "had it or one after it as their head (nearest rank); mean over the final blocks made in "
       "the measured time that reached so many and had no rival of their height",
       propagation<0>},
      {"propagation_p50_s", "s", "the same, half of them", propagation<1>},
      {"propagation_p75_s", "s", "the same, 75 of 100", propagation<2>},
      {"propagation_p90_s", "s", "the same, 90 of 100", propagation<3>},
      {"propagation_p99_s", "s", "the same, 99 of 100", propagation<4>},
      {"reorg_depth_max", "blocks",
       "lotteries: most blocks that one change of a node's head took back", reorg_depth_max},
      {"adversary_power", "share",
       "hash power or stake of the Byzantine replicas; where neither counts, their part of all "
       "replicas; absent without them",
       adversary_power},
      {"adversary_blocks", "share",
       "lotteries with Byzantine replicas: of the final blocks, those that they made",
       adversary_blocks},
      {"block_interval_s", "s",
       "mean time between final blocks, by when each was first the head of a node, of those made "
       "in the measured time",
       block_interval},
      {"producer_gini", "index",
       "lotteries: Gini coefficient of the final blocks by producer, over all replicas; 0: all "
       "made equally many, near 1: one made all",
       producer_gini},
      {"nakamoto_coefficient", "replicas",
       "lotteries: the fewest producers that together made more than half of the final blocks",
       nakamoto_coefficient},
      {"fairness_deviation", "share",
       "lotteries: half the sum, over the replicas, of the difference between a replica's share "
       "of the final blocks and its share of the hash power or stake; 0: in proportion",
       fairness_deviation},
  };
}

/// What faults did, and what all of it took.
std::vector<MetricInfo> cost_metrics() {
  return {
      {"availability", "share",
       "of equal windows of the measured time, those that are not dead; dead: no transaction was "
       "committed in it although one waited for half of it or longer; a window lasts ten times "
       "the median time between commits, at least 1 s, in lotteries at least twice the latency that "
       "a tenth of the transactions stay below",
       availability},
      {"recovery_s", "s",
       "the longest pause between final blocks that began while a fault lasted, counted from the "
       "fault's beginning at the earliest, the worst of all faults begun before the load ended; if "
       "no block came, until the end of the run",
       recovery},
      {"catch_up_s", "s",
       "from the return of a replica that was absent since the beginning (a crash at 0 s) until "
       "its head is at most one block below the highest head of all others; the longest, absent "
       "if one never came up",
       catch_up_time},
      {"catch_up_bytes", "B",
       "bytes delivered to such a replica from its return until then, whatever they are for; the "
       "most",
       catch_up_bytes},
      {"cpu_utilisation_max", "share",
       "busy time of the serial lane by the time the replica was up, the busiest replica",
       cpu_utilisation_max},
      {"link_utilisation_max", "share",
       "busy time by run time of the busiest up- or down-link of a replica; absent if bandwidth "
       "is not limited",
       link_utilisation_max},
      {"storage_bytes_per_tx", "B",
       "bytes written to disk by a replica, mean of all, by committed transactions",
       storage_bytes_per_tx},
      {"energy_wh_per_tx", "Wh",
       "energy of all replicas while up (idle power, more for busy time of the lane, energy of "
       "hashes) by committed transactions",
       energy_wh_per_tx},
      {"settlement_risk", "probability",
       "that a block called final is reversed, as the protocol states it for its parameters; "
       "absent where finality is deterministic",
       settlement_risk},
  };
}

}  // namespace

Figures::Figures(const Evidence& evidence_) : evidence(evidence_) {
  const Evidence& e = evidence;
  until = std::min(Time{e.plan.duration}, e.end);
  from = std::min(Time{e.plan.warm_up}, until);
  const auto& rows = e.chronicle.transactions();
  for (std::size_t t = 0; t < rows.size(); ++t) {
    const auto& tx = rows[t];
    const Time done = e.history.committed[t];
    const bool measured = tx.due >= from && tx.due < until;
    const bool vain = ledgerlab::without_effect(tx, done);
    if (!tx.counts()) {
      if (measured && vain) ++invalidated;
      continue;
    }
    if (done != time_never) ++committed_ever;
    if (done >= from && done < until) {
      ++committed_in_time;
      if (!vain) ++effective_in_time;
    }
    if (!measured) continue;
    ++offered;
    if (tx.admitted || done != time_never) ++accepted;
    if (done != time_never) ++committed;
    if (tx.state == Chronicle::TxState::given_up) {
      if (done == time_never) ++dropped;
      if (vain) ++without_effect;
    }
    if (tx.state == Chronicle::TxState::acknowledged) latencies.push_back(tx.closed - tx.due);
  }
  std::sort(latencies.begin(), latencies.end());
  for (const RowIndex row : e.history.main()) {
    if (e.block(row).block->height != 0) decided.push_back(e.block(row).final.at);
  }
  std::sort(decided.begin(), decided.end());
}

const std::vector<MetricInfo>& metric_table() {
  static const std::vector<MetricInfo> table = [] {
    std::vector<MetricInfo> all = transaction_metrics();
    for (const MetricInfo& info : world_metrics()) all.push_back(info);
    for (const MetricInfo& info : cost_metrics()) all.push_back(info);
    for (const MetricInfo& info : overlay_metrics()) all.push_back(info);
    return all;
  }();
  return table;
}

void measure(const Evidence& evidence, RunResult& result) {
  const Figures figures(evidence);
  for (const MetricInfo& info : metric_table()) {
    if (const Figure value = info.compute(figures)) {
      result.metrics.push_back({std::string(info.name), *value, std::string(info.unit)});
    }
  }
  result.saturated = figures.offered > 0 && figures.committed * 100 < figures.offered * 95;
  result.measured_from = figures.from;
  result.measured_until = figures.until;
  result.ended = evidence.end;
  result.latency = latency_curves(figures);
  result.series = time_series(figures);
  result.blocks = block_rows(evidence);
  result.faults = fault_rows(evidence);
}

}  // namespace ledgerlab
