// What a workload asks of a contract, in words that no engine owns, and the contracts that a ledger
// begins with. A Wallet turns a call into a transaction of its ledger; the engine's model says how
// a call's function and arguments become the input of a frame.
#pragma once

#include <string>
#include <vector>

#include "models/api/crypto.hpp"

namespace ledgerlab {

/// An argument as the load means it: the address of an account stands by its index, because only
/// the world's suite knows addresses.
struct CallArgument {
  enum class Type : std::uint8_t { address, number, word, bytes, text };
  Type type = Type::number;
  AccountIndex account = 0;  // address
  U256 number;               // number; word: 32 bytes, big endian
  Bytes bytes;               // bytes, text
};

struct ContractCall {
  /// A new copy of the contract; its constructor's arguments stand in `arguments`.
  bool deploy = false;
  std::uint32_t contract = 0;  // index into GenesisSpec::contracts
  std::string function;        // "transfer"; its parameter types follow from the arguments
  std::vector<CallArgument> arguments;
  std::uint64_t gas = 0;  // limit of the transaction
};

/// A contract that is there from the start: created and set up by `deployer` in genesis, by the
/// engine and under the rules that every later transaction meets. Its address is the one that the
/// deployer's `index`-th creation gives.
struct GenesisContract {
  std::string name;  // as workloads name it
  Bytes code;        // what the engine takes for a creation
  std::vector<CallArgument> arguments;
  std::vector<ContractCall> setup;
};
/// The account that creates the contracts of genesis; it owns nothing.
inline constexpr AccountIndex deployer_account = 0xffff'fff0u;

}  // namespace ledgerlab
