// A few modules of one kind, driven by hand: no host, no engine, no CPU. It keeps what the contract
// of models/api/module.hpp promises (numbered records, the persist gate across steps, timers that
// die with a crash) and plays mempool and application, so that a test decides what happens when.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "models/api/model_info.hpp"

namespace ledgerlab::test {

/// A transaction that is this text and an empty signature.
TxRef text_transaction(const std::string& text);

/// Parameters of a model at their defaults but for `changes`, written as in a scenario.
Params params_of(const ModelInfo& info, const std::map<std::string, std::string>& changes = {});

class ModuleWorld {
 public:
  struct Options {
    std::uint32_t replicas = 3;
    std::map<std::string, std::string> params;
    std::uint64_t seed = 1;
    /// One-way delay of a link; null: messages wait for deliver().
    std::function<Duration(NodeId, NodeId)> delay;
  };

  /// A message on its way.
  struct Flight {
    NodeId from;
    NodeId to;
    MessageRef message;
    Time due;
  };

  /// What the application of one node holds.
  struct Application {
    std::vector<std::string> text;  // of all transactions, in order
    std::vector<BlockId> ids;       // by height, from genesis; zero where a snapshot skipped
    Height height = 0;
    BlockRef head;
  };

  ModuleWorld(const ModelInfo& info, Options options);
  ~ModuleWorld();

  // --- what happens -----------------------------------------------------------------------------
  void start(NodeId node);
  /// Before start(): the disk of the node holds these records already.
  void preload(NodeId node, std::vector<Record> records);
  void start_all();
  /// Gives the node's pool a transaction of this text.
  void propose(NodeId node, const std::string& text);
  /// Delivers the oldest message on its way, all of them, or those that fit.
  bool deliver_one();
  void deliver_all(std::uint32_t limit = 100'000);
  void deliver(std::size_t position);
  /// Loses what is on its way from one node to another; returns how many.
  std::size_t drop(NodeId from, NodeId to);
  void drop_all() { flights_.clear(); }
  /// From now on nothing passes in either direction, until heal().
  void cut(NodeId a, NodeId b);
  void isolate(NodeId node);
  void heal() { cuts_.clear(); }
  /// Lets time pass to this timer's deadline and fires it. False if it is not set.
  bool fire(NodeId node, std::uint32_t timer_kind);
  void advance(Duration time) { now_ += time; }
  /// Runs timers, disks and (with Options::delay) messages in order of their time.
  void run_until(Time time);
  /// With a manual disk nothing is durable until persisted().
  void set_manual_disk(NodeId node, bool manual);
  void persisted(NodeId node);
  void persisted_if_alive(NodeId node) {
    if (alive(node)) persisted(node);
  }
  /// The same message once more, behind all others.
  void repeat(const Flight& flight) { flights_.push_back(flight); }
  /// Crashes the node, takes all its records from it and starts it again.
  void lose_disk(NodeId node);
  /// The node loses its memory and all records but the durable ones and `kept` more.
  void crash(NodeId node, std::size_t kept = 0);
  void forget_application(NodeId node);
  void restart(NodeId node);
  /// Hands a message to a node as if `from` had sent it.
  template <class T>
  void inject(NodeId from, NodeId to, T body) {
    effects_.begin(from);
    deliver_message({from, to, effects_.make(std::move(body)), now_});
  }
  /// A message under the node's key, to be put inside another.
  template <class T>
  MessageRef seal(NodeId author, T body) {
    effects_.begin(author);
    effects_.set_slot(info_->slot);
    return effects_.make(std::move(body));
  }
  void call(NodeId node, Slot from, CallBody body, CallId id = 0);
  /// Asks whether a linearisable read may be answered on this node (ConfirmRead). An answer from a
  /// state older than what was final anywhere when it was asked is a violation.
  void read(NodeId node);

  // --- what is there ----------------------------------------------------------------------------
  std::uint32_t n() const { return static_cast<std::uint32_t>(nodes_.size()); }
  Time now() const { return now_; }
  bool alive(NodeId node) const { return nodes_[node].module != nullptr; }
  std::string field(NodeId node, const std::string& name) const;
  std::vector<std::pair<std::string, std::string>> fields(NodeId node) const;
  const std::deque<Flight>& flights() const { return flights_; }
  const Application& application(NodeId node) const { return nodes_[node].application; }
  const std::vector<Record>& records(NodeId node) const { return nodes_[node].records; }
  std::optional<Time> timer(NodeId node, std::uint32_t kind) const;
  /// Messages of type T that left nodes since clear_sent(): (from, to, body).
  template <class T>
  std::vector<std::tuple<NodeId, NodeId, T>> sent() const {
    std::vector<std::tuple<NodeId, NodeId, T>> out;
    for (const Flight& f : sent_) {
      if (const T* body = f.message->as<T>()) out.emplace_back(f.from, f.to, *body);
    }
    return out;
  }
  std::size_t sent_with_role(Role role) const;
  void clear_sent() { sent_.clear(); }
  /// Leaders by term, as announced; the second is set when a term had two.
  const std::map<std::uint64_t, std::set<NodeId>>& leaders() const { return leaders_; }
  std::size_t reads_answered() const { return reads_answered_; }
  std::size_t reads_refused() const { return reads_refused_; }
  /// When a node announced the block of a height as final.
  std::optional<Time> final_at(NodeId node, Height height) const;
  /// First disagreement between applications or announcements; empty if there is none.
  const std::string& violation() const { return violation_; }
  /// Lines about what happened since it was last taken.
  std::vector<std::string> take_lines() { return std::exchange(lines_, {}); }

 private:
  struct Gated {
    std::uint64_t after_record;
    std::function<void()> action;
  };
  struct Node {
    std::unique_ptr<Module> module;
    std::vector<Record> records;
    std::uint64_t next_record = 1;
    std::uint64_t durable = 0;
    bool manual_disk = false;
    std::deque<Gated> gate;
    std::map<std::pair<std::uint32_t, std::uint64_t>, Time> timers;
    std::uint64_t incarnation = 0;
    bool started_once = false;
    std::deque<TxRef> pool;
    std::set<TxId> handed_out;
    Application application;
    std::map<Height, Time> final_at;
  };
  class Suite;
  class Names;

  Input make_input(NodeId node, InputKind kind);
  void step(NodeId node, const Input& input);
  void take_effects(NodeId node);
  void take_disk_effect(NodeId node, const Effect& effect);
  void take_calls(NodeId node);
  void handle_call(NodeId node, const LocalCall& call);
  void adopt(NodeId node, const Adopt& adopt);
  void install(NodeId node, const LocalCall& call, const Install& install);
  void announce_final(NodeId node, const BlockRef& block);
  void offer(NodeId node);
  void finish_read(NodeId node, CallId id, bool ok);
  void behind_gate(NodeId node, bool gated, std::function<void()> action);
  void release(NodeId node);
  void sync_if_automatic(NodeId node);
  void post(NodeId from, NodeId to, const MessageRef& message);
  void deliver_message(Flight flight);
  void line(std::string text) { lines_.push_back(std::move(text)); }
  void violate(std::string text);

  const ModelInfo* info_;
  Options options_;
  Params params_;
  std::unique_ptr<Suite> suite_;
  std::unique_ptr<Names> names_;
  CostTable costs_;
  Effects effects_;
  Draws draws_;
  Time now_ = time_start + seconds(1);
  std::vector<Node> nodes_;
  std::deque<Flight> flights_;
  std::vector<Flight> sent_;
  std::set<std::pair<NodeId, NodeId>> cuts_;
  std::map<std::uint64_t, std::set<NodeId>> leaders_;
  std::map<Height, BlockId> finals_;
  std::map<CallId, Height> reads_;  // what they must see at least
  CallId next_read_ = 1;
  std::size_t reads_answered_ = 0;
  std::size_t reads_refused_ = 0;
  std::string violation_;
  std::vector<std::string> lines_;
};

}  // namespace ledgerlab::test
