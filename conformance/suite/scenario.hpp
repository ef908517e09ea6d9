// The scenario of one stimulus, for any protocol: text that the real resolver reads. What differs
// between protocols comes from their ModelInfo (ContractHints), so no protocol is named here.
#pragma once

#include <string>

#include "models/api/model_info.hpp"

namespace ledgerlab::conformance {

struct Scenario {
  std::string name;
  std::uint32_t replicas = 4;
  std::uint32_t clients = 2;
  Duration warm_up{};
  Duration duration{};
  Duration drain = seconds(4);
  std::string latency = "\"15 ms\"";
  std::string placement;  // of replicas, as TOML; empty: the default
  std::string bandwidth = "100 Mbit/s";
  std::string disk_sync = "1 ms";
  std::string disk_write = "1 Gbit/s";
  std::string costs = "reference";
  std::string rate = "40 tx/s";
  std::uint32_t accounts = 40;
  std::string client;          // more lines of [clients]
  std::string system;          // more lines of [[systems]]
  std::string params;          // "key = value, ..."; put over the protocol's own for short runs
  bool short_params = true;    // begin with the protocol's parameters for short runs
  bool swarm_params = false;   // and with those for runs under many faults
  std::string extra;           // further tables

  std::string text(const ModelInfo& protocol) const;
};

/// As a scenario writes it, quotes included: "250 ms".
std::string written(Duration duration);
/// `key = value` pairs of `more` put over those of `base`: TOML refuses a key twice.
std::string merged_pairs(const std::string& base, const std::string& more);

}  // namespace ledgerlab::conformance
