// What the account ledger with contracts is besides its state: the constants of its chain, its
// genesis, and the block that contracts see.
#pragma once

#include "models/api/model_info.hpp"
#include "models/parts/ethereum/host.hpp"
#include "models/parts/ethereum/state.hpp"

namespace ledgerlab::account {

struct Chain {
  explicit Chain(const GenesisSpec& genesis);
  Revision revision = Revision::cancun;
  std::uint64_t block_gas = 0;
  std::uint64_t base_fee = 0;  // of a unit of gas, burnt
  bool lifecycle = false;  // contracts live under the system contract (parts/contract/lifecycle)
};

/// Parameters of the ledger that a system with contracts reads.
std::vector<ParamInfo> chain_params();

/// What contracts see of a block. Consensus protocols here have no common notion of a block's time
/// or beacon, so the number stands for the time in seconds and the parent's id for the randomness:
/// the same on every node, and known before the block has an id.
ethereum::BlockContext block_context(const Chain& chain, const Block& block);

/// Genesis accounts, stakes, and the contracts created and set up by their deployer; under the life
/// cycle each is registered under its name, and the first account owns it. Throws
/// std::invalid_argument naming the contract if the engine refuses one.
ethereum::WorldState genesis_world(const GenesisSpec& genesis, const Chain& chain,
                                   CryptoSuite& suite, ContractEngine& engine);
/// Of the contract with this index in genesis; of the system contract for contract::lifecycle_desk.
Address contract_address(const Chain& chain, CryptoSuite& suite, std::size_t index);

}  // namespace ledgerlab::account
