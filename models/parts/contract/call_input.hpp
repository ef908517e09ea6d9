// How the words of a workload's call become the input of a frame: Ethereum's contract ABI, for
// every engine.
#pragma once

#include <span>

#include "models/api/model_info.hpp"

namespace ledgerlab::contract {

/// The ABI's bytes of a call: selector of `function` with these types, then the arguments. A
/// function that brings its types ("authorise(bytes32,address,bool)") keeps them.
Bytes call_input(const ContractCall& call, CryptoSuite& suite);
/// What a creation of this contract begins with.
Bytes creation_input(const GenesisContract& contract, std::span<const CallArgument> arguments,
                     CryptoSuite& suite, const ModelInfo& engine);

}  // namespace ledgerlab::contract
