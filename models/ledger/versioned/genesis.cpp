// The state that the versioned ledger begins with.
#include <stdexcept>

#include "models/ledger/versioned/rules.hpp"
#include "models/parts/contract/call_input.hpp"
#include "models/parts/ethereum/host.hpp"

namespace ledgerlab::versioned {
namespace {

/// Genesis meets no gas limit: what it costs is nobody's.
constexpr std::int64_t genesis_gas = std::int64_t{1} << 50;
constexpr pipeline::Version genesis_version = pipeline::version_of(0, 0);

/// A frame of genesis, from the deployer; its writes stay.
void run(pipeline::State& state, ContractEngine& engine, pipeline::CodeCache& codes,
         const ContractMessage& message, const std::string& what) {
  pipeline::Recorder recorder(state);
  pipeline::Host host(recorder, engine, codes, TxId{}, message.sender);
  const bool creates = message.kind == CallKind::create;
  const ContractResult result = creates ? host.create_at(message) : host.call(message);
  if (result.status != ContractStatus::success) {
    throw std::invalid_argument(
        what + " of genesis fails under contract engine " + std::string(engine.name()) + ": " +
        std::string(contract_status_name(result.status)) +
        (result.reason.empty() ? std::string() : " (" + result.reason + ")"));
  }
  state.apply(recorder.set().writes, genesis_version);
  if (creates && recorder.get(pipeline::code_key(message.recipient)).empty()) {
    throw std::invalid_argument(what + " of genesis leaves no code: its file is no creation code");
  }
}

void create_contracts(pipeline::State& state, const GenesisSpec& genesis, CryptoSuite& suite,
                      ContractEngine& engine) {
  pipeline::CodeCache codes;
  ContractMessage message;
  message.gas = genesis_gas;
  message.sender = suite.account(deployer_account);
  for (std::size_t i = 0; i < genesis.contracts->size(); ++i) {
    const GenesisContract& contract = (*genesis.contracts)[i];
    const Bytes input =
        contract::creation_input(contract, contract.arguments, suite, *genesis.contract_model);
    message.kind = CallKind::create;
    message.recipient = contract_address(suite, i);
    message.input = input;
    run(state, engine, codes, message, "creating contract " + contract.name);
  }
  for (const GenesisContract& contract : *genesis.contracts) {
    for (const ContractCall& call : contract.setup) {
      const Bytes input = contract::call_input(call, suite);
      message.kind = CallKind::call;
      message.recipient = message.code_address = contract_address(suite, call.contract);
      message.input = input;
      run(state, engine, codes, message, contract.name + "." + call.function);
    }
  }
}

}  // namespace

Address contract_address(CryptoSuite& suite, std::size_t index) {
  return ethereum::create_address(suite.account(deployer_account), index);
}

pipeline::State genesis_state(const GenesisSpec& genesis, CryptoSuite& suite,
                              ContractEngine* engine) {
  pipeline::State state;
  const auto give = [&](const Address& address, std::uint64_t balance) {
    state.set(pipeline::balance_key(address), pipeline::balance_value(U256(balance)),
              genesis_version);
  };
  for (AccountIndex i = 0; i < genesis.accounts; ++i) give(suite.account(i), genesis.balance);
  for (NodeId replica = 0; replica < genesis.stakes.size(); ++replica) {
    give(suite.account(stake_account(replica)), genesis.stakes[replica]);
  }
  if (engine != nullptr && genesis.contracts) create_contracts(state, genesis, suite, *engine);
  state.root();  // hashes are filled in once, before versions are shared
  return state;
}

}  // namespace ledgerlab::versioned
