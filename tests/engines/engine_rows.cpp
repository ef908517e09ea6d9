// Transfers by which engines are compared.
#include "tests/engines/engine_rows.hpp"

#include <algorithm>
#include <stdexcept>

#include "sim/engine/module.hpp"
#include "sim/engine/native/native.hpp"

namespace ledgerlab {
namespace {

constexpr std::uint32_t ramp_messages = 64;

/// Notes when each token arrived.
class Arrivals final : public EngineSink {
 public:
  void on_message(Time ready, NodeId, NodeId, Token token) override {
    if (at.size() <= token) at.resize(token + 1, time_never);
    at[token] = ready;
    ++count;
  }
  void on_wake(NodeId) override {}
  bool may_deliver_early(NodeId, Time) override { return false; }

  std::vector<Time> at;
  std::uint32_t count = 0;
};

/// Sends and waits; every message has the next token.
class Transfers {
 public:
  explicit Transfers(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}

  Time now() const { return engine_->now(); }
  Token send(NodeId from, NodeId to, std::uint32_t bytes) {
    engine_->transmit(now(), from, to, bytes, next_);
    return next_++;
  }
  void wait_for_all() {
    while (sink_.count < next_) {
      if (now() > time_start + seconds(20'000)) throw std::runtime_error("a transfer never ended");
      engine_->run_until(now() + seconds(1), sink_);
    }
  }
  void rest() { engine_->run_until(now() + seconds(1), sink_); }
  Time arrival(Token token) const { return sink_.at.at(token); }
  Time last() const { return *std::max_element(sink_.at.begin(), sink_.at.end()); }

 private:
  std::unique_ptr<Engine> engine_;
  Arrivals sink_;
  Token next_ = 0;
};

NetworkSpec spec_of(const TableCase& row) {
  NetworkSpec spec;
  const bool star = row.pattern == "fan-out" || row.pattern == "incast";
  spec.nodes = star ? row.peers + 1 : 2;
  spec.seed = 1;
  spec.latency = {row.latency};
  spec.up_bps.assign(spec.nodes, star ? 1'000'000'000 : row.bps);
  spec.up_bps[0] = row.bps;  // the one node
  spec.down_bps = spec.up_bps;
  spec.overhead_bytes = 54;  // what a packet brings in ns-3
  return spec;
}

}  // namespace

std::vector<TableCase> table_cases() {
  struct Link {
    std::uint64_t mbit_s;
    Duration latency;
  };
  std::vector<TableCase> out;
  for (const Link link : {Link{1, ms(10)}, Link{1, ms(100)}, Link{10, ms(5)}, Link{10, ms(50)},
                          Link{10, ms(150)}, Link{100, ms(1)}, Link{100, ms(25)},
                          Link{100, ms(100)}, Link{1000, ms(1)}, Link{1000, ms(50)}}) {
    for (const char* pattern : {"single-first", "single-open", "single-again"}) {
      for (const std::uint32_t bytes : {1'000u, 10'000u, 100'000u, 1'000'000u, 10'000'000u}) {
        out.push_back({pattern, link.mbit_s * 1'000'000, link.latency, 1, bytes});
      }
    }
  }
  for (const char* pattern : {"fan-out", "incast"}) {
    for (const std::uint64_t mbit_s : {10, 100}) {
      for (const std::uint32_t bytes : {10'000u, 100'000u, 1'000'000u}) {
        for (std::uint32_t peers = 1; peers <= 64; peers *= 2) {
          out.push_back({pattern, mbit_s * 1'000'000, ms(20), peers, bytes});
        }
      }
    }
  }
  for (std::uint32_t number = 1; number <= ramp_messages; number *= 2) {
    out.push_back({"ramp", 100'000'000, ms(50), number, 14'480});
  }
  return out;
}

std::unique_ptr<Engine> make_table_engine(const std::string& name, NetworkSpec spec) {
  if (name == "native") return make_native_engine(spec);
  if (name == "native-tcp") {
    spec.transport = TransportKind::tcp;
    return make_native_engine(spec);
  }
  if (name == "simgrid-LV08") spec.flow_model = "LV08";
  return load_engine_module(name.substr(0, name.find('-'))).make(spec);
}

std::string table_engine_version(const std::string& name) {
  if (name.rfind("native", 0) == 0) {
    return make_table_engine(name, spec_of(table_cases().front()))->capabilities().version;
  }
  return load_engine_module(name.substr(0, name.find('-'))).version();
}

std::string key_of(const TableCase& row) {
  std::string out = row.pattern;
  for (const std::int64_t number :
       {static_cast<std::int64_t>(row.bps / 1'000'000), row.latency.count() / 1'000,
        std::int64_t{row.peers}, std::int64_t{row.bytes}}) {
    out += '\t' + std::to_string(number);
  }
  return out;
}

Duration measure_case(const std::string& engine, const TableCase& row) {
  Transfers transfers(make_table_engine(engine, spec_of(row)));
  const bool inward = row.pattern == "incast";
  const std::uint32_t others = inward || row.pattern == "fan-out" ? row.peers : 1;
  const auto send_all = [&](std::uint32_t bytes) {
    for (NodeId peer = 1; peer <= others; ++peer) {
      transfers.send(inward ? peer : 0, inward ? 0 : peer, bytes);
    }
    transfers.wait_for_all();
  };
  if (row.pattern != "single-first") {
    send_all(row.pattern == "single-again" ? row.bytes : 1);
    transfers.rest();
  }
  const Time sent = transfers.now();
  if (row.pattern == "ramp") {
    const Token first = transfers.send(0, 1, row.bytes);
    for (std::uint32_t i = 1; i < ramp_messages; ++i) transfers.send(0, 1, row.bytes);
    transfers.wait_for_all();
    return transfers.arrival(first + row.peers - 1) - sent;
  }
  send_all(row.bytes);
  return transfers.last() - sent;
}

}  // namespace ledgerlab
