// What the contract suites share: the scenario they make for any registered protocol, the world it
// gives, and folds and wrappers to look at it. No protocol is named here; what one has to say
// stands in its ModelInfo (ContractHints).
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "conformance/suite/wrapped.hpp"
#include "models/api/registry.hpp"
#include "sim/scenario/build.hpp"
#include "sim/scenario/resolver.hpp"

namespace ledgerlab::contract {

/// A scenario of the suites; text() is a file that `ledgerlab run` takes.
struct TestScenario {
  const ModelInfo* protocol = nullptr;
  std::uint32_t replicas = 4;
  std::uint32_t clients = 2;
  Duration duration{};  // zero: ContractHints::run
  Duration drain = seconds(4);
  std::string latency = "\"15 ms\"";
  std::string placement;  // of replicas, as TOML; empty: the default
  std::string bandwidth = "100 Mbit/s";
  std::string disk_sync = "1 ms";
  std::string disk_write = "1 Gbit/s";
  std::string costs = "reference";
  std::string rate = "40 tx/s";
  std::string client;      // more lines of [clients]
  std::string params;      // after those of the hints; a repeated key replaces
  bool for_swarm = false;  // with the hints' swarm parameters
  bool real_crypto = false;
  bool real_mining = false;
  std::string extra;  // further tables

  std::string text() const;
  Plan plan(std::uint64_t seed) const;
};

/// As a scenario writes it: "250 ms", quotes included.
std::string written(Duration duration);

/// Every registered consensus model.
std::vector<const ModelInfo*> protocols();
std::string protocol_name(const ::testing::TestParamInfo<const ModelInfo*>& info);

/// Every registered behaviour that fits the protocol.
std::vector<const ModelInfo*> behaviours_of(const ModelInfo& protocol);

/// All message types that can be in a frame of this system.
MessageCatalog catalog_of(const SystemPlan& system);

/// Announced final blocks by node and height; a height announced twice with different blocks is
/// remembered as a contradiction.
struct Finals final : Sink {
  struct Entry {
    std::uint64_t block = 0;
    Time at{};
  };
  std::map<NodeId, std::map<Height, Entry>> of;
  std::string contradiction;

  std::uint32_t interest() const override { return event_bit(EventType::final_block); }
  void on_event(const Event& event) override;
  /// Highest final block of a node not later than `at`.
  Height height(NodeId node, Time at = time_never) const;
  /// Highest final block anywhere not later than `at`.
  Height highest(Time at = time_never) const;
  /// Empty if all nodes have equal blocks at equal heights.
  std::string disagreement() const;
};

using conformance::Wrapped;

/// Builds the plan's first system, runs it to its end and checks the books.
struct Ran {
  Plan plan;
  std::unique_ptr<BuiltWorld> built;

  explicit Ran(Plan plan, BuildOptions options = {});
  World& world() { return built->world(); }
  std::string hash() { return to_hex(world().trace_hash()); }
};

/// A number of repetitions: the environment variable, else `soak` with LEDGERLAB_SOAK=1, else
/// `usual`.
std::uint64_t repetitions(const char* variable, std::uint64_t usual, std::uint64_t soak);

}  // namespace ledgerlab::contract
