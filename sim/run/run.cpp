#include "sim/run/run.hpp"

#include <sys/resource.h>
#include <time.h>

#include <algorithm>

#include "models/base/int128.hpp"
#include "models/parts/session/messages.hpp"
#include "sim/measure/measurement.hpp"
#include "sim/record/trace_file.hpp"
#include "sim/run/card.hpp"
#include "sim/run/huge_heap.hpp"

namespace ledgerlab {
namespace {

constexpr std::size_t heap_of_node = 4096;  // about what a node of a large world takes

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

double wall_seconds() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

std::uint64_t peak_rss_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

/// The names by which a trace prints messages.
std::vector<TraceName> message_names(const SystemPlan& system) {
  std::vector<TraceName> names;
  for (const auto& [slot, model] : system.slots()) {
    if (!*model) continue;
    for (const MessageType* type : model->info->messages) {
      names.push_back({model->info->slot, type->info.kind, std::string(type->info.name)});
    }
  }
  for (const BehaviourPlan& behaviour : system.behaviours) {
    for (const MessageType* type : behaviour.model.info->messages) {
      names.push_back({Slot::overlay, type->info.kind, std::string(type->info.name)});
    }
  }
  for (const MessageType* type : session::message_types()) {
    names.push_back({Slot::session, type->info.kind, std::string(type->info.name)});
  }
  return names;
}

/// Runs in slices, so that progress can be told and a stop heeded.
bool run_to_end(World& world, const Plan& plan, const RunOptions& options, Measurement& measurement,
                HugeHeap& heap) {
  constexpr std::int64_t samples = 200;
  constexpr std::int64_t slices = 10 * samples;
  const std::int64_t total = count_ns(plan.end());
  for (std::int64_t i = 1; i <= slices; ++i) {
    const Time limit = time_at(static_cast<std::int64_t>(static_cast<Int128>(total) * i / slices));
    if (options.stop && options.stop->load(std::memory_order_relaxed)) return false;
    heap.follow();
    if (!world.run_until(limit)) return true;  // halted by name; the verdicts say so
    if (i * samples / slices != (i - 1) * samples / slices) measurement.sample(world);
    if (options.progress) options.progress({limit, plan.end(), world.engine().events()});
  }
  return true;
}

}  // namespace

RunResult run_system(const Plan& plan, const SystemPlan& system, const RunOptions& options) {
  const double wall = wall_seconds();
  const double cpu = cpu_seconds();
  HugeHeap heap(std::size_t{plan.nodes()} * heap_of_node);
  Measurement measurement(plan, system);
  BuildOptions build;
  build.eager = options.eager;
  build.share_results = options.share_results;
  build.wrap = options.wrap;
  build.sinks = measurement.sinks();
  build.sinks.insert(build.sinks.end(), options.sinks.begin(), options.sinks.end());
  std::unique_ptr<TraceFileWriter> trace;
  if (!options.trace_file.empty()) {
    trace = std::make_unique<TraceFileWriter>(options.trace_file, plan.nodes(), system.digest,
                                              message_names(system));
    build.sinks.push_back(trace.get());
  }
  BuiltWorld built(plan, system, build);
  World& world = built.world();

  RunResult result;
  result.system = system.name;
  result.protocol = system.consensus.info->label();
  result.engine = plan.network.engine;
  result.seed = plan.seed;
  result.plan_digest = system.digest;
  result.interrupted = !run_to_end(world, plan, options, measurement, heap);
  // A world stopped before its first instant has built no module yet.
  const auto unread = built.unread_parameters();
  if (!unread.empty() && !result.interrupted) {
    throw InternalFault("parameter " + unread.front() +
                        " was set but building the world never read it");
  }
  if (trace) trace->close();
  result.trace_hash = to_hex(world.trace_hash());
  result.card = model_card(plan, system, built, options.share_results);
  measurement.finish(built, result);
  if (options.at_end) options.at_end(built);
  if (!world.halted().empty()) {
    result.violations.push_back({"progress of time", world.halted(), world.now(), no_node});
  }
  if (const std::string books = world.check_books(); !books.empty()) {
    throw InternalFault("the books do not balance: " + books);
  }
  result.cost.wall_s = wall_seconds() - wall;
  result.cost.cpu_s = cpu_seconds() - cpu;
  result.cost.events = world.engine().events();
  result.cost.deliveries = world.stats().delivered;
  result.cost.peak_rss_bytes = peak_rss_bytes();
  return result;
}

}  // namespace ledgerlab
