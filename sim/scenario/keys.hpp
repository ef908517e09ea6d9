// The keys of a scenario file outside the models' own parameters, as tables: the resolver, the JSON
// schema and the documentation are made from them.
#pragma once

#include <string>
#include <vector>

#include "models/api/params.hpp"
#include "sim/scenario/plan.hpp"

namespace ledgerlab {

struct KeyInfo {
  ParamInfo param;
  bool required = false;
  /// Keys of another shape (lists, tables, alternatives) are read by hand; this is their JSON
  /// schema.
  std::string shape;
};
using KeyTable = std::vector<KeyInfo>;

const KeyTable& top_keys();
const KeyTable& network_keys();
const KeyTable& hardware_keys();
const KeyTable& clients_keys();   // besides the parameters of the client model
const KeyTable& workload_keys();  // besides the parameters of the workload model
const KeyTable& genesis_keys();
const KeyTable& system_keys();
const KeyTable& fault_keys(FaultKind kind);
const KeyTable& behaviour_keys();  // of one [[behaviours]] entry
const KeyTable& swarm_keys();
const KeyTable& operation_keys();
std::vector<std::string> operation_names();
const KeyTable& expect_keys();

inline constexpr std::size_t fault_kind_count = 10;
inline constexpr std::size_t swarm_kind_count = 9;  // the first ones; churn draws for itself
std::vector<std::string> fault_kind_names();

/// Which topologies read this key of [network]; empty: every one does.
std::vector<std::string> topologies_reading(std::string_view network_key);

/// What `expect` may name: the checkers (DESIGN 13.8).
const std::vector<std::string>& checker_names();
/// And each of them after "not ".
const std::vector<std::string>& expectations();

/// What the key of a slot that may stay empty says then.
inline constexpr const char* empty_slot = "none";

/// The value of `pipeline` for state mode, which is also the family of the ledger that it makes of
/// ledger = "account": state_mode_ledger.
inline constexpr const char* state_mode = "execute-order-validate";
inline constexpr const char* state_mode_ledger = "versioned";

/// The slots of [[systems]] that name a model: key, kind, default, key of its parameters.
struct SlotKey {
  std::string key;
  ModelKind kind;
  std::string fallback;
  std::string params_key;
  /// Only protocols that relay have it.
  bool of_relays = false;
  /// "none" leaves it empty.
  bool may_be_empty = false;
};
const std::vector<SlotKey>& slot_keys();

}  // namespace ledgerlab
