// [network.latency] with between_pairs: a latency of its own for every pair of replicas, the same
// both ways, drawn uniformly. Every replica is a region, so that engines need not know.
#include <algorithm>

#include "sim/scenario/resolve_parts.hpp"
#include "sim/topology/draw_sequence.hpp"

namespace ledgerlab {
namespace {

const ParamInfo latency_value{"between_pairs", ParamType::duration, "", "", "0 s", "1 h", {}};
constexpr std::uint32_t most_replicas = 4096;

}  // namespace

LatencyData pair_latencies(Section& network, const Value& list, std::uint32_t replicas,
                           std::uint64_t seed) {
  Problems& problems = network.problems();
  const std::string path = network.path("latency.between_pairs");
  if (list.type != Value::Type::array || list.items.size() != 2) {
    problems.add(list.place, path, "expected two delays, such as [\"10 ms\", \"150 ms\"]");
    return {};
  }
  const ReadValue low = read_scalar(problems, latency_value, list.items[0], path);
  const ReadValue high = read_scalar(problems, latency_value, list.items[1], path);
  if (!low.number || !high.number) return {};
  if (*low.number > *high.number) {
    problems.add(list.place, path, "the first delay is the longer one: change their places");
    return {};
  }
  if (replicas > most_replicas) {
    problems.add(list.place, path,
                 "keeps one latency a pair: at most 4,096 nodes, not " + std::to_string(replicas));
    return {};
  }
  LatencyData data;
  data.kind = LatencyKind::one_way;
  data.one_way.assign(std::size_t{replicas} * replicas, Duration{*low.number});
  DrawSequence draw(seed, Purpose("network.between_pairs"));
  for (std::size_t i = 0; i < replicas; ++i) {
    const std::string id = "replica-" + std::to_string(i);
    data.regions.push_back({id, id, 0, 0, 0});
    for (std::size_t j = 0; j < i; ++j) {
      const Duration latency =
          draw_uniform(draw.next(), Duration{*low.number}, Duration{*high.number});
      data.one_way[i * replicas + j] = data.one_way[j * replicas + i] = latency;
    }
  }
  return data;
}

}  // namespace ledgerlab
