// A world: simulated nodes that run real modules over one engine (DESIGN 3-6, 13.2, 13.5, 13.7).
// The host interprets effects and owns lanes, disks, clocks, timers, crashes and link faults. It
// knows no slot and no protocol: a node is one Module, made and made again by a factory.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/api/module.hpp"
#include "models/api/storage_charge.hpp"
#include "sim/engine/engine.hpp"
#include "sim/host/fault.hpp"
#include "sim/host/node.hpp"
#include "sim/host/operation.hpp"
#include "sim/kernel/huge_pages.hpp"
#include "sim/record/event.hpp"
#include "sim/record/trace_hash.hpp"

namespace ledgerlab {

class LinkState;

struct HostHardware {
  std::uint32_t cores = 4;                  // one serial lane, the others check authenticators
  std::uint64_t speed_ppb = 1'000'000'000;  // of the reference CPU
  Duration disk_sync{};
  std::uint64_t disk_write_bps = 0;  // 0 = unlimited
  StorageCharge storage;
};

struct WorldSpec {
  std::uint64_t seed = 1;
  std::uint32_t replicas = 0;  // nodes 0..replicas-1; broadcast reaches these
  std::uint32_t nodes = 0;
  HostHardware hardware;
  CostTable costs;
  std::vector<FaultPlan> faults;          // any order
  std::vector<OperationPlan> operations;  // any order
  std::vector<std::uint64_t> hash_rate;   // hashes/s by replica; empty: nobody searches
  bool real_mining = false;               // try nonces instead of drawing the time
  /// Mints the ticket of a lottery search (the suite's, known to the host alone).
  std::function<std::uint64_t(const Hash256& header, const U256& target)> mint_ticket;
  std::function<std::unique_ptr<Module>(NodeId node, std::uint64_t incarnation)> make_node;
  CryptoSuite* suite = nullptr;
  Time end{};
  /// Step a node ahead of the event queue where nothing can come between (DESIGN 14, point 4).
  /// Off gives the same trace hash, slower; a test compares the two.
  bool eager = true;
  std::vector<Sink*> sinks;
  /// Records every input and effect list of this node, for the replay test; no_node: none.
  NodeId record_inputs_of = no_node;
};

/// Counters that the books are kept with; all in integers.
struct WorldStats {
  std::uint64_t sent = 0;        // message copies handed to links (or lost before)
  std::uint64_t duplicated = 0;  // copies that a fault of a link added to these
  std::uint64_t delivered = 0;   // taken by a step
  std::uint64_t waiting = 0;     // arrived, in a lane's inbox
  std::array<std::uint64_t, drop_reason_names.size()> dropped{};
  /// Copies and bytes sent from replica to replica, by role.
  std::array<std::uint64_t, role_count> replica_messages{};
  std::array<std::uint64_t, role_count> replica_bytes{};
  std::uint64_t client_bytes = 0;  // from replicas to clients
  std::uint64_t all_bytes = 0;
  std::uint64_t disk_bytes = 0;
  std::uint64_t replica_disk_bytes = 0;
  std::uint64_t steps = 0;
  Duration longest_wait{};  // of a message, from its arrival until its step began
};

/// One recorded input with the effects it gave, for replaying a node without host or engine.
struct RecordedStep {
  Input input;  // pointers into the fields below
  MessageRef message;
  Draws draws;
  std::vector<Record> restored;  // start only
  Bytes effects;                 // Effects::canonical()
};

class World final : public EngineSink {
 public:
  World(WorldSpec spec, std::unique_ptr<Engine> engine);
  ~World() override;
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// Runs to min(limit, end). May be called again with a later limit. Returns false once the world
  /// has ended early (halted() says why).
  bool run_until(Time limit);
  /// Asks for a stop after the current instant (from a signal handler's flag, a sink).
  void request_stop() {
    engine_->request_stop();
    stop_requested_ = true;
  }

  Time now() const { return engine_->now(); }
  const Engine& engine() const { return *engine_; }
  const WorldStats& stats() const { return stats_; }
  /// Empty, or why the run ended by name (a node that takes 10^6 inputs in one instant).
  const std::string& halted() const { return halted_; }
  Hash128 trace_hash() const;
  std::uint64_t counted_events() const;
  /// Empty if the books are exact (DESIGN 13.10), else the account that does not balance.
  std::string check_books() const;

  std::uint32_t nodes() const { return static_cast<std::uint32_t>(nodes_.size()); }
  const Module* program(NodeId node) const { return nodes_[node].program.get(); }
  bool alive(NodeId node) const { return nodes_[node].alive; }
  std::uint64_t disk_bytes(NodeId node) const { return nodes_[node].disk_bytes; }
  Duration cpu_busy(NodeId node) const { return nodes_[node].cpu_busy; }
  std::uint64_t found(NodeId node) const {
    return node < searches_.size() ? searches_[node].found : 0;
  }
  /// Time the node was up so far.
  Duration up_time(NodeId node) const;
  const std::vector<RecordedStep>& recorded() const { return recorded_; }
  /// Faults as applied, with targets found: {fault index, node or no_node, text}.
  struct AppliedFault {
    std::size_t index;
    std::vector<NodeId> nodes;
  };
  const std::vector<AppliedFault>& applied_faults() const { return applied_faults_; }

  // EngineSink
  void on_message(Time ready, NodeId to, NodeId from, Token token) override;
  void on_wake(NodeId node) override;
  bool may_deliver_early(NodeId to, Time ready) override;
  void soon(std::span<const Coming> next, unsigned round) override;

 private:
  /// What the host needs of a message in flight beside its other half, by token: the message itself
  /// is left to who gets it.
  struct InFlight {
    const Message* message = nullptr;
    std::uint64_t tag = 0;     // of its identity
    std::uint32_t copies = 0;  // under way
    std::uint32_t wire_size = 0;
    std::uint32_t check = check_unknown;  // cost, picoseconds
    std::uint16_t kind = 0;
    Slot slot = Slot::consensus;
    std::uint8_t verdict = 0;  // 0 not asked for, 1 authentic, 2 refused
  };
  static_assert(sizeof(InFlight) == 32);
  static constexpr std::uint32_t check_unknown = ~std::uint32_t{0};
  /// A message held back in the network by a fault of its link.
  struct Delayed {
    Time due;
    MessageRef message;
    NodeId to;
  };
  InFlight summary(const Message& message) const;

  // lane.cpp: inputs wait in order of arrival; a step runs when its service starts.
  bool may_start(const Node& n, Time start) const;
  bool nothing_due(const Node& n) const;
  bool waits_in_lane(const Node& n) const { return n.waiting && !n.waiting->inbox.empty(); }
  Waiting& waiting_of(Node& n);
  void let_go_if_empty(Node& n);
  void arrive(Node& n, LaneInput&& input);
  void run_lane(Node& n);
  void step(Node& n, const LaneInput& input, Time start);
  void start_node(NodeId id, Time at);
  void deliver(Node& n, const InFlight& message, NodeId from, Time start);
  void run_step(Node& n, Input& input, Time start, std::span<const Record> restored);
  void enqueue_due_timers(Node& n, Time now);
  Time check_done(const Node& n, std::uint64_t picoseconds, Time ready);
  Duration charged(const Node& n, std::uint64_t picoseconds) const;
  std::uint64_t check_cost(const Message& message) const;
  std::uint64_t check_cost(const InFlight& message) const {
    return message.check == check_unknown ? check_cost(*message.message) : message.check;
  }
  std::span<Time> cores_of(NodeId node) {
    const std::size_t cores = spec_.hardware.cores - 1;
    return cores_.empty() ? std::span<Time>() : std::span(cores_).subspan(node * cores, cores);
  }
  bool authentic(const Message& message) const;
  void drop_message(Time at, NodeId node, NodeId peer, const Message& message, DropReason reason);
  void arm(Node& n);
  void record_step(Node& n, const Input& input, std::span<const Record> restored);

  // apply.cpp: what a step listed takes hold.
  void finish_step(Node& n, Time start);
  void apply(Node& n, Effects& effects, Time hold);
  void apply_outside(Node& n, Effects& effects, const Effect& e, Time hold,
                     std::uint64_t step_first_op);
  void let_out(Node& n, Effects& effects, const Effect& e, Time hold);
  void release(Node& n, GateItem&& item, Time at);
  void transmit(Node& n, const MessageRef& message, std::span<const NodeId> to, Time depart);
  void transmit_broadcast(Node& n, const MessageRef& message, Time depart);
  void transmit_faulty(Node& n, const MessageRef& message, std::span<const NodeId> to, Time depart);
  void pass_on(Node& n, const MessageRef& message, NodeId target, Time depart);
  void count_send(Node& n, const Message& message, std::span<const NodeId> to, Time depart);
  void pass_on_held(Node& n, Time now);
  void start_search(Node& n, const WorkSearch& search, Time hold);
  std::uint64_t hash_rate(NodeId node) const {
    return node < searches_.size() ? searches_[node].rate : 0;
  }
  void announce(Node& n, const Effect& e, const BlockRef* block, Time at);
  Token token_for(const MessageRef& message, std::uint32_t copies);
  void release_token(Token token);

  // disk.cpp
  DiskOperation disk_operation(Node& n, Effects& effects, const Effect& e);
  void disk_submit(Node& n, Effects& effects, const Effect& e);
  bool disk_at_once(const Node& n, Time hold) const;
  void disk_write(Node& n, Effects& effects, const Effect& e);
  void disk_written(Node& n, Effects& effects, Time now);
  void charge_disk(Node& n, std::uint64_t bytes);
  Duration sync_of(NodeId node) const {
    const auto other = disk_syncs_.empty() ? disk_syncs_.end() : disk_syncs_.find(node);
    return other == disk_syncs_.end() ? spec_.hardware.disk_sync : other->second;
  }
  void disk_start(Node& n, Time now);
  void disk_complete(Node& n, Time now);
  std::vector<Record> disk_crash(Node& n, std::uint64_t* lost);
  RecordRef shared_record(Record&& record);
  DiskQueue& queue_of(Node& n);
  void tell_durable(Node& n, Slot slot, std::uint64_t records, Time now);

  // faults.cpp
  void schedule_faults();
  void apply_boundary(Time at);
  void begin_fault(std::size_t index, Time at);
  void operate(std::size_t index, Time at);
  void end_fault(std::size_t index, Time at);
  void crash(NodeId id, Time at);
  void restart(NodeId id, Time at);
  void set_slow(Node& n, std::uint64_t thousandths);
  std::vector<NodeId> find_target(const FaultTarget& target) const;
  std::vector<std::uint64_t> produced() const;

  /// A message of so many bytes brings contents: what comes of it touches more than an
  /// announcement.
  static constexpr std::uint32_t contents_bytes = 512;
  /// The node's true clock, or what faults have made of it.
  const NodeClock& clock_of(const Node& n) const {
    static constexpr NodeClock right;
    return n.clock_true ? right : clocks_.find(n.id)->second;
  }
  void count(NodeId node, const Event& event) { count(nodes_[node], event); }
  void count(Node& n, const Event& event) {
    n.block.put(event, n.filled);
    if (++n.filled == StreamBlock::record_count) {
      n.chain.fold(n.block);
      n.filled = 0;
    }
    if (interest_ & event_bit(event.type)) tell(event);
  }
  void tell(const Event& event);

  WorldSpec spec_;
  std::unique_ptr<Engine> engine_;
  HugeVector<Node> nodes_;
  HugeVector<Search> searches_;  // of those for whom the scenario gives a hash rate
  // What only some worlds have of each node, as soon as one has it.
  std::vector<Time> cores_;  // when each that checks authenticators is free; by node
  std::vector<Duration> check_busy_;
  std::vector<Duration> disk_busy_;
  std::map<NodeId, NodeClock> clocks_;                     // that a fault has changed
  std::map<NodeId, Duration> disk_syncs_;                  // likewise
  std::map<NodeId, std::vector<Delayed>> delayed_;         // in order of due time, none empty
  std::map<NodeId, std::pair<Time, Duration>> restarted_;  // up since, time up before
  std::vector<NodeId> replica_ids_;
  std::uint32_t interest_ = 0;
  std::array<std::vector<Sink*>, event_type_count> listeners_;
  std::unique_ptr<Interner> interner_;
  std::unique_ptr<Effects> effects_;  // of the step that runs
  Input delivery_;                    // of every delivery: only what differs is written
  std::vector<std::unique_ptr<Effects>> spare_effects_;
  std::vector<std::unique_ptr<Waiting>> spare_waiting_;
  std::vector<std::unique_ptr<DiskQueue>> spare_queues_;
  std::vector<Effect> held_;                         // by the records that a step writes at once
  std::array<std::uint32_t, slot_count> written_{};  // of these, by module
  std::array<RecordRef, 64> recent_records_;  // written last, by content: shared where they repeat
  HugeVector<InFlight> in_flight_;            // by token
  std::vector<Token> free_tokens_;
  std::unique_ptr<LinkState> links_;  // partitions, loss, delay in force
  bool link_faults_ = false;
  Time horizon_ = time_never;  // next instant at which the world's rules change
  bool charges_ = false;       // steps have taken processor time
  bool eager_ = true;
  bool stop_requested_ = false;
  bool started_ = false;
  std::string halted_;
  WorldStats stats_;
  /// An instant at which the world's rules change, or an operator acts. In this order at one.
  struct Boundary {
    enum class Kind : std::uint8_t { fault_end, fault_begin, operation };
    Time at;
    Kind kind;
    std::size_t index;
  };
  std::vector<LocalCall> operation_calls_;  // by operation; recorded inputs point here
  std::vector<Boundary> boundaries_;
  std::size_t next_boundary_ = 0;
  std::vector<AppliedFault> applied_faults_;
  std::vector<std::vector<NodeId>> fault_targets_;
  std::map<NodeId, std::vector<std::size_t>> down_faults_;  // in force, that take the node down
  std::uint64_t delayed_count_ = 0;  // message copies held by delay and reorder faults
  bool producers_matter_ = false;    // some fault asks who has produced most, and nobody searches
  struct FirstHead {
    Time at = time_never;
    NodeId node = no_node;
  };
  std::vector<FirstHead> first_heads_;  // by height: whose head reached it first
  std::uint64_t leader_term_ = 0;
  NodeId leader_ = no_node;
  std::vector<RecordedStep> recorded_;
};

}  // namespace ledgerlab
