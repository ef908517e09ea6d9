#include "tests/engine/twins.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "sim/engine/native/native.hpp"

namespace ledgerlab::engine_contract {
namespace {

NetworkSpec changed(Wrong wrong, NetworkSpec spec) {
  static std::uint64_t made = 0;
  if (wrong == Wrong::differs) spec.seed += ++made;
  if (wrong == Wrong::favours_low) spec.seed += 1;
  if (wrong == Wrong::hurries) {
    for (Duration& latency : spec.latency) latency = latency * 3 / 4;
  }
  return spec;
}

class WrongEngine final : public Engine, EngineSink {
 public:
  WrongEngine(Wrong wrong, const NetworkSpec& spec)
      : wrong_(wrong), inner_(make_native_engine(changed(wrong, spec))) {}

  Time now() const override { return shown_ ? *shown_ : inner_->now(); }
  void wake_at(NodeId node, Time time) override {
    inner_->wake_at(node, std::max(inner_->now(), wrong_ == Wrong::oversleeps ? time + ns(1) : time));
  }
  void transmit(Time, NodeId from, NodeId to, std::uint32_t bytes, Token token) override {
    inner_->transmit(inner_->now(), from, to, bytes, token);
  }
  void multicast(Time, NodeId from, std::span<const NodeId> to, std::uint32_t bytes,
                 Token token) override {
    inner_->multicast(inner_->now(), from, to, bytes, token);
  }
  void run_until(Time limit, EngineSink& sink) override {
    sink_ = &sink;
    if (wrong_ == Wrong::overruns) {
      inner_->run_until(std::max(limit + ms(1), inner_->now()), *this);
      return;
    }
    if (wrong_ == Wrong::rounds_slices) {
      if (limit - inner_->now() > us(10)) inner_->run_until(limit - us(10), *this);
      shown_ = limit;
      inner_->run_until(limit, *this);
      shown_.reset();
      return;
    }
    inner_->run_until(limit, *this);
  }
  void request_stop() override {
    if (wrong_ != Wrong::forgets_stop) inner_->request_stop();
  }
  std::uint64_t events() const override { return inner_->events(); }
  std::uint64_t pending() const override { return inner_->pending(); }
  Duration uplink_busy(NodeId node) const override { return inner_->uplink_busy(node); }
  Duration downlink_busy(NodeId node) const override { return inner_->downlink_busy(node); }
  Duration longest_queue() const override { return inner_->longest_queue(); }
  EngineCapabilities capabilities() const override { return inner_->capabilities(); }

 private:
  void on_message(Time, NodeId to, NodeId from, Token token) override {
    ++messages_;
    if (wrong_ == Wrong::loses && messages_ % 1'000 == 0) return;
    if (wrong_ == Wrong::swaps) {
      // Every 50th is held back until the next of its link has passed.
      if (held_ && held_link_ == std::pair{from, to}) {
        sink_->on_message(now(), to, from, token);
        sink_->on_message(now(), to, from, *held_);
        held_.reset();
        return;
      }
      if (!held_ && messages_ % 50 == 0) {
        held_ = token;
        held_link_ = {from, to};
        return;
      }
    }
    sink_->on_message(now(), to, from, token);
    if (wrong_ == Wrong::duplicates && messages_ % 1'000 == 0) {
      sink_->on_message(now(), to, from, token);
    }
  }
  void on_wake(NodeId node) override { sink_->on_wake(node); }
  bool may_deliver_early(NodeId, Time) override { return false; }

  Wrong wrong_;
  std::unique_ptr<Engine> inner_;
  EngineSink* sink_ = nullptr;
  std::optional<Time> shown_;
  std::uint64_t messages_ = 0;
  std::optional<Token> held_;
  std::pair<NodeId, NodeId> held_link_;
};

}  // namespace

std::unique_ptr<Engine> make_wrong(Wrong wrong, const NetworkSpec& spec) {
  return std::make_unique<WrongEngine>(wrong, spec);
}

}  // namespace ledgerlab::engine_contract
