// Chunks overlap in time, so they are merged: those that may hold the next event are in memory.
#include "sim/measure/print_trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <queue>
#include <stdexcept>
#include <tuple>

#include "models/api/calls.hpp"
#include "sim/host/fault.hpp"
#include "sim/record/trace_file.hpp"

namespace ledgerlab {
namespace {

constexpr std::array<std::string_view, slot_count> slot_names{
    "overlay", "relay", "mempool", "sync", "consensus", "application", "client", "session"};
constexpr std::array<std::string_view, 5> role_names{"follower", "candidate", "leader", "miner",
                                                     "replica"};
constexpr std::array<std::string_view, 9> answer_names{
    "none",     "built",     "validated", "executed", "adopted",
    "snapshot", "installed", "checked",   "stakes"};

constexpr std::array<std::string_view, 4> operation_names{"transfer_leadership", "add_server",
                                                          "remove_server", "change_members"};

template <std::size_t n>
std::string name_of(const std::array<std::string_view, n>& names, std::uint64_t index) {
  return index < n ? std::string(names[index]) : std::to_string(index);
}

std::string message_name(const TraceHeader& header, const Event& e) {
  for (const TraceName& n : header.names) {
    if (n.slot == e.slot && n.kind == e.kind) return n.name;
  }
  return fmt::format("{} message {}", name_of(slot_names, static_cast<std::uint64_t>(e.slot)),
                     e.kind);
}

/// A tag as the first eight bytes of its identity, in the order in which identities are written.
std::string id(std::uint64_t tag) { return fmt::format("{:016x}", __builtin_bswap64(tag)); }

std::string details(const TraceHeader& header, const TraceRecord& record) {
  const Event& e = record.event;
  switch (e.type) {
    case EventType::start:
      return fmt::format("incarnation {}", e.a);
    case EventType::crash:
      return fmt::format("incarnation {}, {} records lost", e.a, e.b);
    case EventType::fault_begin:
    case EventType::fault_end:
      return fmt::format("{} (fault {})", fault_kind_name(static_cast<FaultKind>(e.kind)), e.a);
    case EventType::send: {
      const bool several = (e.b >> 32) != 0;
      return fmt::format(
          "{} {:016x} to {}{}, {} B", message_name(header, e), e.a, several ? "" : "node ",
          several ? std::to_string(e.peer) + " nodes" : std::to_string(e.peer), e.b & 0xffffffff);
    }
    case EventType::drop:
      return fmt::format("{} {:016x} of or to node {}: {}", message_name(header, e), e.a, e.peer,
                         name_of(drop_reason_names, e.b));
    case EventType::deliver:
      return fmt::format("{} {:016x} from node {}, {} B", message_name(header, e), e.a, e.peer,
                         e.b);
    case EventType::timer:
      return fmt::format("{} timer {}, key {}",
                         name_of(slot_names, static_cast<std::uint64_t>(e.slot)), e.kind, e.a);
    case EventType::durable:
      return fmt::format("{} up to record {}, {} in this sync",
                         name_of(slot_names, static_cast<std::uint64_t>(e.slot)), e.a, e.b);
    case EventType::found:
      return fmt::format("nonce {:016x}", e.a);
    case EventType::answer:
      return fmt::format("{} {}, {}", name_of(answer_names, e.kind), id(e.a), id(e.b));
    case EventType::role:
      return fmt::format("{} in term {}, leader {}", name_of(role_names, e.kind), e.a,
                         e.peer == no_node ? std::string("unknown") : std::to_string(e.peer));
    case EventType::head:
    case EventType::final_block:
      return fmt::format("block {} at height {}", id(e.a), e.b);
    case EventType::submit:
      return fmt::format("transaction {}, due {:.9f} s", id(e.a), static_cast<double>(e.b) / 1e9);
    case EventType::acknowledge:
      return fmt::format("transaction {} at height {}", id(e.a), e.b);
    case EventType::give_up:
      return fmt::format("transaction {}", id(e.a));
    case EventType::note:
      return record.note;
    case EventType::operate:
      return fmt::format("{} (operation {})", name_of(operation_names, e.kind), e.a);
    case EventType::read:
      return fmt::format("read {}, due {:.9f} s", e.a, static_cast<double>(e.b) / 1e9);
    case EventType::read_done:
      return fmt::format("read {} at height {}", e.a, e.b);
  }
  return {};
}

std::uint32_t wanted_types(const TraceFilter& filter) {
  if (filter.types.empty()) return ~0u;
  std::uint32_t wanted = 0;
  for (const std::string& type : filter.types) {
    const auto info = std::find_if(event_table.begin(), event_table.end(),
                                   [&](const EventInfo& i) { return i.name == type; });
    if (info == event_table.end()) {
      std::string known;
      for (const EventInfo& i : event_table) known += " " + std::string(i.name);
      throw std::invalid_argument("there is no event type \"" + type + "\"; known:" + known);
    }
    wanted |= event_bit(info->type);
  }
  return wanted;
}

struct Waiting {
  TraceRecord record;
  std::uint64_t place = 0;  // in the file: each node's events are in order there
  auto rank() const { return std::make_tuple(record.event.time, record.event.node, place); }
  /// For a heap with the earliest on top.
  friend bool operator<(const Waiting& a, const Waiting& b) { return a.rank() > b.rank(); }
};

void print(std::ostream& out, const TraceHeader& header, const TraceRecord& record) {
  const Event& e = record.event;
  const std::int64_t time = count_ns(e.time);
  out << fmt::format("{:>6}.{:09} s  node {:<6} {:<12} {}\n", time / 1'000'000'000,
                     time % 1'000'000'000, e.node,
                     event_table[static_cast<std::size_t>(e.type)].name, details(header, record));
}

}  // namespace

std::uint64_t print_trace(const std::string& path, const TraceFilter& filter, std::ostream& out) {
  const std::uint32_t wanted = wanted_types(filter);
  TraceFileReader file(path);
  if (filter.node && *filter.node >= file.header().nodes) {
    throw std::invalid_argument("there is no node " + std::to_string(*filter.node) +
                                " in this trace: nodes are 0 to " +
                                std::to_string(file.header().nodes - 1));
  }
  struct Place {
    TraceFileReader::Chunk chunk;
    std::uint64_t first;
  };
  std::vector<Place> order;
  std::uint64_t first = 0;
  for (const auto& chunk : file.chunks()) {
    order.push_back({chunk, first});
    first += chunk.records;
  }
  std::stable_sort(order.begin(), order.end(), [](const Place& a, const Place& b) {
    return a.chunk.earliest < b.chunk.earliest;
  });
  const auto passes = [&](const Event& e) {
    return (wanted & event_bit(e.type)) && (!filter.node || e.node == *filter.node) &&
           e.time >= filter.from && e.time <= filter.until;
  };
  std::priority_queue<Waiting> heap;
  std::size_t next = 0;
  std::uint64_t printed = 0;
  while (next < order.size() || !heap.empty()) {
    while (next < order.size() &&
           (heap.empty() || order[next].chunk.earliest <= heap.top().record.event.time)) {
      const Place& place = order[next++];
      if (place.chunk.earliest > filter.until || place.chunk.latest < filter.from) continue;
      std::uint64_t at = place.first;
      for (TraceRecord& record : file.read(place.chunk)) {
        if (passes(record.event)) heap.push({std::move(record), at});
        ++at;
      }
    }
    if (heap.empty()) break;
    print(out, file.header(), heap.top().record);
    heap.pop();
    if (++printed == filter.limit || !out) break;
  }
  return printed;
}

}  // namespace ledgerlab
