// Worlds for the validation: a scenario in a few words, resolved and run like any other, with folds
// of the validation's own in the place of checkers and metrics. Ideal by default: zero costs,
// unlimited links, a disk without latency, no clients, a full mesh and contents pushed to all, so
// that what one node says reaches every other after exactly the latency.
#pragma once

#include <functional>
#include <unordered_map>
#include <vector>

#include "models/api/registry.hpp"
#include "sim/scenario/build.hpp"
#include "sim/validate/target.hpp"

namespace ledgerlab::validate {

struct Setup {
  std::string consensus;
  std::string params;  // TOML pairs: "block_interval = \"5 s\", settlement_depth = 6"
  std::uint32_t nodes = 4;
  std::string latency = "\"1 ms\"";  // TOML
  std::string placement;             // TOML; empty: the default
  Duration duration = seconds(60);
  Duration drain = seconds(1);
  std::uint32_t clients = 0;
  std::string rate = "1 tx/s";
  std::string client_lines;  // more lines of [clients]
  std::string relay_params = "mode = \"push\", forward = false";  // if the protocol relays
  std::string network;       // more lines of [network]
  std::string system;        // more lines of the system: "hash_shares = [1, 2]"
  std::string tables;        // further tables: faults
  std::string text() const;  // a scenario that `ledgerlab run` takes
};

/// A duration, or a share in parts per 10^9, as TOML writes it.
std::string toml(Duration duration);
std::string toml_share(std::uint64_t ppb);

/// The built-in models, and the publisher (publisher.hpp).
const Registry& models();

/// The scenario resolved for this seed.
Plan make_plan(const Setup& setup, std::uint64_t seed);

/// Builds the plan's first system, runs it to its end, and tells the session. The world lives as
/// long as this.
class RanWorld {
 public:
  RanWorld(Session& session, Plan plan, BuildOptions options);
  RanWorld(Session& session, const Setup& setup, std::vector<Sink*> sinks)
      : RanWorld(session, make_plan(setup, session.seed()), with(std::move(sinks))) {}
  World& world() { return built_->world(); }
  const Plan& plan() const { return plan_; }

 private:
  static BuildOptions with(std::vector<Sink*> sinks) {
    BuildOptions options;
    options.sinks = std::move(sinks);
    return options;
  }
  Plan plan_;
  std::unique_ptr<BuiltWorld> built_;
};

/// All blocks that anybody adopted, as a tree. A block is first seen where it was made, since a
/// maker adopts its own block.
class BlockFold final : public Sink {
 public:
  static constexpr std::size_t none = ~std::size_t{0};
  struct Entry {
    std::uint64_t id = 0;
    std::size_t parent = none;
    Height height = 0;
    NodeId maker = no_node;
    Time made{};
    BlockRef block;  // only with `keep_blocks`
    bool main = false;
  };
  explicit BlockFold(bool keep_blocks = false) : keep_blocks_(keep_blocks) {}

  std::uint32_t interest() const override { return event_bit(EventType::head); }
  void on_event(const Event& event) override;

  /// Marks the chain of the highest block (of equals: the first made) and returns its height.
  Height mark_main();
  const std::vector<Entry>& blocks() const { return blocks_; }

 private:
  bool keep_blocks_;
  std::vector<Entry> blocks_;
  std::unordered_map<std::uint64_t, std::size_t> index_;
};

/// Announced final blocks: of every node by height, and the first time two differ at a height.
class FinalFold final : public Sink {
 public:
  std::uint32_t interest() const override { return event_bit(EventType::final_block); }
  void on_event(const Event& event) override;

  struct Announced {
    Time at{};
    NodeId node = 0;
    Height height = 0;
    std::uint64_t block = 0;
  };
  const std::vector<Announced>& all() const { return all_; }
  /// Nodes that announced another block at a height than the first that did.
  std::uint64_t conflicts() const { return conflicts_; }
  Height highest(Time from = time_start, Time until = time_never) const;

 private:
  std::vector<Announced> all_;
  std::unordered_map<Height, std::uint64_t> first_;
  std::uint64_t conflicts_ = 0;
};

}  // namespace ledgerlab::validate
