// Synthetic streams for the tests of checkers and metrics: a plan with a made-up protocol and
// ledger, a small world that idles to the end, and events written by hand.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/api/calls.hpp"
#include "models/crypto/hash.hpp"
#include "sim/measure/measurement.hpp"
#include "tests/support/bench_world.hpp"

namespace ledgerlab::testing {

class IdleModule final : public Module {
 public:
  void step(const Input&, Effects&) override {}
  void restore(std::span<const Record>) override {}
  void inspect(Inspector&) const override {}
};

/// A transaction of this ledger is text: what it spends, then anything; "&" and a letter is one thing
/// more that it spends. "!" at the end: no effect.
/// "mint" makes money from nothing: a bad ledger.
class TextAudit final : public LedgerAudit {
 public:
  explicit TextAudit(const GenesisSpec& genesis)
      : supply_(U256(genesis.accounts) * U256(genesis.balance)) {}
  std::vector<Entry> apply(const Block& block) override {
    std::vector<Entry> out;
    for (const TxRef& tx : block.payload->transactions) {
      const std::string text(tx->bytes.begin(), tx->bytes.end() - tx_signature_bytes);
      if (text.find("mint") != std::string::npos) supply_ += U256(1);
      out.push_back({text.back() != '!', {sha256(as_bytes(text.substr(0, 1)))}});
      for (std::size_t i = text.find('&'); i != std::string::npos; i = text.find('&', i + 1)) {
        out.back().spends.push_back(sha256(as_bytes(text.substr(i + 1, 1))));
      }
    }
    return out;
  }
  U256 supply() const override { return supply_; }
  U256 issued() const override { return {}; }
  U256 burned() const override { return {}; }
  Hash256 state_root() const override { return sha256(as_bytes("the state")); }

 private:
  U256 supply_;
};

struct MeasureFixture {
  ModelInfo protocol, ledger;
  Plan plan;
  SystemPlan system;
  PlainSuite suite;
  std::unique_ptr<World> world;
  std::unique_ptr<Measurement> measurement;
  BlockRef genesis = make_genesis({});
  RunResult result;
  std::function<std::unique_ptr<Module>(NodeId, std::uint64_t)> make_node =
      [](NodeId, std::uint64_t) { return std::make_unique<IdleModule>(); };

  /// Four replicas, one client (node 4); ten seconds, the first second is warm-up.
  MeasureFixture() {
    protocol.name = "made-up";
    protocol.family = "log";
    protocol.fault_model.max_crashed = [](std::uint32_t n) { return (n - 1) / 2; };
    protocol.fault_model.liveness_bound = [](const Params&, Duration delay, std::uint32_t) {
      return 100 * delay;  // 1 s
    };
    ledger.make_audit = [](const GenesisSpec& spec, CryptoSuite&) -> std::unique_ptr<LedgerAudit> {
      return std::make_unique<TextAudit>(spec);
    };
    plan.network.replicas = 4;
    plan.network.links = flat_network(5, ms(10));
    plan.clients = {1, {0}};
    plan.genesis = {10, 1000};
    plan.warm_up = seconds(1);
    plan.duration = seconds(9);
    plan.drain = seconds(1);
    system.consensus.info = &protocol;
    system.ledger.info = &ledger;
  }

  void begin() {
    WorldSpec spec;
    spec.nodes = 5;
    spec.replicas = 4;
    spec.suite = &suite;
    spec.end = plan.end();
    spec.hardware.cores = plan.hardware.cores;
    spec.make_node = make_node;
    world = std::make_unique<World>(spec, make_native_engine(plan.network.links));
    world->run_until(spec.end);
    measurement = std::make_unique<Measurement>(plan, system);
    for (NodeId node = 0; node < 5; ++node) event({ms_at(0), node, EventType::start});
  }
  void end() { measurement->finish(*world, &suite, result); }

  static Time ms_at(std::int64_t milliseconds) { return time_start + ms(milliseconds); }
  void event(const Event& e) {
    for (Sink* sink : measurement->sinks()) {
      if (sink->interest() & event_bit(e.type)) sink->on_event(e);
    }
  }

  static TxRef tx(const std::string& text) {
    Bytes bytes(text.begin(), text.end());
    bytes.resize(bytes.size() + tx_signature_bytes);  // the id does not cover the signature
    return make_transaction(std::move(bytes));
  }
  static BlockRef block(const BlockRef& parent, std::vector<TxRef> transactions) {
    return make_log_block(parent->height + 1, parent->id, make_payload(std::move(transactions)));
  }
  void submit(std::int64_t at, const TxRef& t) {
    event({ms_at(at), 4, EventType::submit, Slot::client, 0, 0, t->id.tag(),
           static_cast<std::uint64_t>(at) * 1'000'000, &t});
  }
  void acknowledge(std::int64_t at, const TxRef& t, Height height) {
    event({ms_at(at), 4, EventType::acknowledge, Slot::client, 0, 0, t->id.tag(), height});
  }
  /// A read of client 4, asked for and answered at these milliseconds.
  void read(std::int64_t asked, std::int64_t done, std::uint64_t number, Height height) {
    event({ms_at(asked), 4, EventType::read, Slot::client, 0, 0, number,
           static_cast<std::uint64_t>(asked) * 1'000'000});
    event({ms_at(done), 4, EventType::read_done, Slot::client, 0, 0, number, height});
  }
  void admitted(std::int64_t at, NodeId node, const TxRef& t) {
    event({ms_at(at), node, EventType::answer, Slot::mempool,
           static_cast<std::uint16_t>(AnswerKind::checked), 0, t->id.tag(), 1});
  }
  void give_up(std::int64_t at, const TxRef& t) {
    event({ms_at(at), 4, EventType::give_up, Slot::client, 0, 0, t->id.tag(), 0});
  }
  void head(std::int64_t at, NodeId node, const BlockRef& b) {
    event({ms_at(at), node, EventType::head, Slot::consensus, 0, 0, b->id.tag(), b->height, &b});
  }
  void final(std::int64_t at, NodeId node, const BlockRef& b) {
    event({ms_at(at), node, EventType::final_block, Slot::consensus, 0, 0, b->id.tag(), b->height,
           &b});
  }
  void decide(std::int64_t at, NodeId node, const BlockRef& b) {
    head(at, node, b);
    final(at, node, b);
  }
  void adopted(std::int64_t at, NodeId node, const BlockRef& b, std::string_view state) {
    event({ms_at(at), node, EventType::answer, Slot::consensus,
           static_cast<std::uint16_t>(AnswerKind::adopted), 0, b->id.tag(),
           sha256(as_bytes(state)).tag()});
  }
  void installed(std::int64_t at, NodeId node, const BlockRef& b) {
    event({ms_at(at), node, EventType::answer, Slot::consensus,
           static_cast<std::uint16_t>(AnswerKind::installed), 0, b->id.tag(), 1});
  }
  void leads(std::int64_t at, NodeId node, std::uint64_t term) {
    event({ms_at(at), node, EventType::role, Slot::consensus,
           static_cast<std::uint16_t>(NodeRole::leader), node, term});
  }
  void fault(std::int64_t at, NodeId node, FaultKind kind, std::uint64_t index, bool begin) {
    event({ms_at(at), node, begin ? EventType::fault_begin : EventType::fault_end, Slot::consensus,
           static_cast<std::uint16_t>(kind), 0, index, 0});
  }
  void crash(std::int64_t at, NodeId node) {
    fault(at, node, FaultKind::crash, node, true);
    event({ms_at(at), node, EventType::crash});
  }
  void restart(std::int64_t at, NodeId node) {
    fault(at, node, FaultKind::crash, node, false);
    event({ms_at(at), node, EventType::start, Slot::consensus, 0, 0, 1});
  }

  const Finding* violation(std::string_view checker) const {
    return in(result.violations, checker);
  }
  const Finding* outcome(std::string_view checker) const { return in(result.outcomes, checker); }
  double metric(const std::string& name) const {
    const Metric* m = result.metric(name);
    return m ? m->value : -1;
  }

 private:
  static const Finding* in(const std::vector<Finding>& list, std::string_view checker) {
    for (const Finding& f : list) {
      if (f.checker == checker) return &f;
    }
    return nullptr;
  }
};

}  // namespace ledgerlab::testing
