// Discovery modules driven by hand: messages that wait or take a delay, timers, disks that keep
// everything, and what the modules tell relay and sessions.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/api/registry.hpp"
#include "models/parts/suite/suite.hpp"
#include "tests/support/module_world.hpp"

namespace ledgerlab::test {

class OverlayWorld {
 public:
  struct Flight {
    NodeId from, to;
    MessageRef message;
    Time due{};
  };

  OverlayWorld(const std::string& model, std::uint32_t nodes,
               const std::map<std::string, std::string>& changes,
               SuiteMode mode = SuiteMode::costed, std::vector<std::uint16_t> groups = {})
      : peers(nodes),
        admitted(nodes),
        info_(builtin_models().find(ModelKind::discovery, model)),
        params_(params_of(*info_, changes)),
        suite_(make_suite(mode, 3, WorkMode::lottery)),
        effects_(*suite_, names_, costs_),
        groups_(std::move(groups)),
        nodes_(nodes) {
    if (info_->check) {
      if (const std::string fault = info_->check(params_, nodes); !fault.empty()) {
        throw std::invalid_argument(fault);
      }
    }
  }
  ~OverlayWorld() { effects_.discard(); }

  std::vector<std::vector<NodeId>> peers, admitted;  // as last told, by node

  /// Makes the module anew from its disk; messages on their way to it arrive.
  void start(NodeId node) {
    ModuleContext context;
    context.self = node;
    context.replicas = n();
    context.address_groups = groups_;
    context.params = &params_;
    context.suite = suite_.get();
    context.seed = 17;
    Node& own = nodes_[node];
    own.module = info_->make(context);
    own.timers.clear();
    own.draws = Draws(17, node, own.incarnation++);
    own.module->restore(own.disk);
    step(node, InputKind::start);
  }
  void start_all() {
    for (NodeId node = 0; node < n(); ++node) start(node);
  }
  void crash(NodeId node) {
    nodes_[node].module.reset();
    nodes_[node].timers.clear();
    peers[node].clear();
  }
  /// At once, in order; what goes to `deaf` nodes is lost.
  void deliver_all(const std::set<NodeId>& deaf = {}) {
    while (!flights_.empty()) {
      const Flight flight = flights_.front();
      flights_.pop_front();
      if (!deaf.contains(flight.to)) arrive(flight);
    }
  }
  void fire(NodeId node, TimerId timer) { step(node, InputKind::timer, nullptr, timer); }
  /// Every message takes `delay`; timers fire when they are due.
  void run_for(Duration time, Duration delay) {
    delay_ = delay;
    const Time end = now_ + time;
    for (Flight& flight : flights_) flight.due = std::max(flight.due, now_);
    for (;;) {
      Time next = flights_.empty() ? time_never : flights_.front().due;
      NodeId who = no_node;
      TimerId what;
      for (NodeId node = 0; node < n(); ++node) {
        for (const auto& [id, due] : nodes_[node].timers) {
          if (due >= next) continue;
          next = due;
          who = node;
          what = {id.first, id.second};
        }
      }
      if (next > end) break;
      now_ = std::max(now_, next);
      if (who != no_node) {
        nodes_[who].timers.erase({what.kind, what.key});
        fire(who, what);
      } else {
        const Flight flight = flights_.front();
        flights_.pop_front();
        arrive(flight);
      }
    }
    now_ = end;
  }

  std::uint32_t n() const { return static_cast<std::uint32_t>(nodes_.size()); }
  const Module& module(NodeId node) const { return *nodes_[node].module; }
  bool alive(NodeId node) const { return nodes_[node].module != nullptr; }

 private:
  struct Node {
    std::unique_ptr<Module> module;
    std::map<std::pair<std::uint32_t, std::uint64_t>, Time> timers;
    std::vector<Record> disk;
    std::uint32_t incarnation = 0;
    Draws draws;
  };
  class NoNames final : public Interner {
    std::uint32_t intern(const Hash128&) override { return 0; }
  };

  void arrive(const Flight& flight) {
    if (alive(flight.to)) step(flight.to, InputKind::deliver, &flight);
  }
  void step(NodeId node, InputKind kind, const Flight* flight = nullptr, TimerId timer = {}) {
    Node& own = nodes_[node];
    Input input;
    input.kind = kind;
    input.slot = info_->slot;
    input.self = node;
    input.local = input.wall = now_;
    input.draws = &own.draws;
    input.timer = timer;
    if (flight) {
      input.from = flight->from;
      input.message = flight->message.get();
    }
    effects_.begin(node);
    effects_.set_slot(info_->slot);
    own.module->step(input, effects_);
    for (const Effect& e : effects_.list()) take(node, e);
    while (effects_.has_calls()) {
      const LocalCall call = effects_.take_call();
      if (const auto* now = call.as<Peers>()) peers[node] = now->peers;
    }
    effects_.begin(node);
  }
  void take(NodeId node, const Effect& e) {
    Node& own = nodes_[node];
    if (e.kind == EffectKind::send) {
      flights_.push_back({node, e.node, effects_.take_message(e), now_ + delay_});
    } else if (e.kind == EffectKind::multicast) {
      const MessageRef message = effects_.take_message(e);
      for (const NodeId to : effects_.nodes_of(e)) {
        flights_.push_back({node, to, message, now_ + delay_});
      }
    } else if (e.kind == EffectKind::set_timer) {
      own.timers[{e.node, e.a}] = now_ + Duration{static_cast<std::int64_t>(e.b)};
    } else if (e.kind == EffectKind::cancel_timer) {
      own.timers.erase({e.node, e.a});
    } else if (e.kind == EffectKind::persist) {
      own.disk.push_back(effects_.record_of(e));
      own.disk.back().index = own.disk.size();
    } else if (e.kind == EffectKind::admit) {
      const auto nodes = effects_.nodes_of(e);
      admitted[node].assign(nodes.begin(), nodes.end());
    }
  }

  const ModelInfo* info_;
  Params params_;
  std::unique_ptr<WorldSuite> suite_;
  NoNames names_;
  CostTable costs_;
  Effects effects_;
  std::vector<std::uint16_t> groups_;
  std::vector<Node> nodes_;
  std::deque<Flight> flights_;
  Time now_ = time_start;
  Duration delay_{};
};

}  // namespace ledgerlab::test
