// A world of hand-made modules for host tests and benchmarks: no crypto library, no scenario.
#pragma once

#include <memory>
#include <vector>

#include "sim/engine/native/native.hpp"
#include "sim/host/world.hpp"

namespace ledgerlab::testing {

/// Authenticators are all zero: who tests the host does not test signatures.
class PlainSuite final : public CryptoSuite {
 public:
  std::string_view mode() const override { return "plain"; }
  void authenticate(const Message&, std::span<Byte>) override {}
  bool authentic(const Message&) override { return true; }
  Signature sign(NodeId, ByteView) override { return {}; }
  bool verify(NodeId, ByteView, const Signature&) override { return true; }
  VrfEvaluation vrf_prove(NodeId, ByteView) override { return {}; }
  bool vrf_verify(NodeId, ByteView, const VrfEvaluation&) override { return true; }
  Address account(AccountIndex) override { return {}; }
  TxSignature sign_transaction(AccountIndex, const Hash256&) override { return {}; }
  std::optional<Address> recover(const Hash256&, const TxSignature&) override { return Address{}; }
  bool work_valid(const Hash256&, const U256&, std::uint64_t) override { return true; }
};

inline NetworkSpec flat_network(std::uint32_t nodes, Duration latency, std::uint64_t bps = 0) {
  NetworkSpec net;
  net.nodes = nodes;
  net.latency = {latency};
  net.seed = 1;
  if (bps != 0) {
    net.up_bps.assign(nodes, bps);
    net.down_bps.assign(nodes, bps);
  }
  return net;
}

/// What one message of the flood costs a node: 1 us to handle, tags as in the reference table.
inline CostTable flood_costs() {
  CostTable costs;
  costs.picoseconds[static_cast<std::size_t>(Operation::message_handle)] = 1'000'000;
  costs.picoseconds[static_cast<std::size_t>(Operation::mac)] = 400'000;
  return costs;
}

}  // namespace ledgerlab::testing
