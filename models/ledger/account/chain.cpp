#include "models/ledger/account/chain.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "models/crypto/hash.hpp"
#include "models/ledger/account/state.hpp"
#include "models/parts/account_tx/account_tx.hpp"
#include "models/parts/contract/abi.hpp"
#include "models/parts/contract/call_input.hpp"
#include "models/parts/contract/lifecycle.hpp"

namespace ledgerlab::account {
namespace {

/// The forks that a scenario may choose: from Istanbul on, what today's compilers write runs.
struct Fork {
  const char* name;
  Revision revision;
};
constexpr std::array<Fork, 6> forks{{{"cancun", Revision::cancun},
                                     {"shanghai", Revision::shanghai},
                                     {"paris", Revision::paris},
                                     {"london", Revision::london},
                                     {"berlin", Revision::berlin},
                                     {"istanbul", Revision::istanbul}}};

/// Genesis meets no gas limit: what it costs is nobody's.
constexpr std::int64_t genesis_gas = std::int64_t{1} << 50;

/// A frame of genesis, from the deployer.
void run(ethereum::Overlay& overlay, const ethereum::BlockContext& block, ContractEngine& engine,
         const ContractMessage& message, const std::string& what) {
  ContractContext context;
  context.origin = message.sender;
  overlay.begin_transaction();
  const ContractResult result = ethereum::Host(overlay, block, context, engine).call(message);
  overlay.end_transaction();
  if (result.status == ContractStatus::success) return;
  throw std::invalid_argument(what + " of genesis fails under contract engine " +
                              std::string(engine.name()) + ": " +
                              std::string(contract_status_name(result.status)) +
                              (result.reason.empty() ? std::string() : " (" + result.reason + ")"));
}

/// Its name as the life cycle has it: text from the left, as Solidity's bytes32("name").
Hash256 name_word(const std::string& name) {
  Hash256 out;
  std::copy_n(name.begin(), std::min(name.size(), out.data.size()), out.data.begin());
  return out;
}

/// Creates one contract of genesis.
void create(ethereum::Overlay& overlay, const ethereum::BlockContext& block, ContractEngine& engine,
            const Chain& chain, CryptoSuite& suite, const std::string& name, const Bytes& code) {
  const std::string what = "creating contract " + name;
  const Address deployer = suite.account(deployer_account);
  ContractMessage message;
  message.gas = genesis_gas;
  if (!chain.lifecycle) {
    message.kind = CallKind::create;
    message.sender = deployer;
    message.input = code;
    return run(overlay, block, engine, message, what);
  }
  using contract::abi;
  const auto word = abi(name_word(name));
  const auto call = [&](const Address& from, const Bytes& input) {
    message.sender = from;
    message.recipient = message.code_address = contract::lifecycle_address();
    message.input = input;
    run(overlay, block, engine, message, what);
  };
  const Address owner = suite.account(0);
  call(owner, contract::abi_call("register(bytes32)", {word}));
  call(owner, contract::abi_call("authorise(bytes32,address,bool)",
                                 {word, abi(deployer), contract::abi_bool(true)}));
  call(deployer, contract::abi_call("deploy(bytes32,bytes)", {word, contract::abi_bytes(code)}));
}

}  // namespace

std::vector<ParamInfo> chain_params() {
  ParamInfo gas{"block_gas", ParamType::integer,
                "30000000",  "with contracts: gas of a block's transactions at most",
                "21000",     "1000000000000",
                {}};
  ParamInfo fee{
      "base_fee",
      ParamType::integer,
      "0",
      "with contracts: what a unit of gas costs besides what is offered; burnt (EIP-1559, "
      "held constant)",
      "0",
      "1000000000",
      {}};
  ParamInfo fork{
      "fork", ParamType::choice, forks.front().name, "with contracts: Ethereum's rules", {}, {},
      {}};
  for (const Fork& known : forks) fork.choices.emplace_back(known.name);
  gas.late = fee.late = fork.late = true;
  return {std::move(gas), std::move(fee), std::move(fork)};
}

Chain::Chain(const GenesisSpec& genesis) : block_gas(30'000'000) {
  lifecycle =
      genesis.contract_params != nullptr && contract::has_lifecycle(*genesis.contract_params);
  if (genesis.params == nullptr) return;
  block_gas = genesis.params->count("block_gas");
  base_fee = genesis.params->count("base_fee");
  const std::string& name = genesis.params->text("fork");
  revision = std::find_if(forks.begin(), forks.end(), [&](const Fork& f) {
               return f.name == name;
             })->revision;
}

ethereum::BlockContext block_context(const Chain& chain, const Block& block) {
  ethereum::BlockContext out;
  out.coinbase = fee_account();
  out.number = static_cast<std::int64_t>(block.height);
  out.timestamp = out.number;
  out.gas_limit = chain.block_gas;
  out.prev_randao = u256_from(block.parent);
  out.chain_id = U256(ledgerlab_chain_id);
  out.base_fee = U256(chain.base_fee);
  out.blob_base_fee = U256(1);
  out.block_hash = [number = out.number, parent = block.parent](std::int64_t asked) {
    return asked + 1 == number ? parent : Hash256{};
  };
  return out;
}

Address contract_address(const Chain& chain, CryptoSuite& suite, std::size_t index) {
  if (index == contract::lifecycle_desk) return contract::lifecycle_address();
  // The system contract creates them, and its nonce begins with 1 (EIP-161).
  if (chain.lifecycle) return ethereum::create_address(contract::lifecycle_address(), index + 1);
  return ethereum::create_address(suite.account(deployer_account), index);
}

ethereum::WorldState genesis_world(const GenesisSpec& genesis, const Chain& chain,
                                   CryptoSuite& suite, ContractEngine& engine) {
  ethereum::WorldState world;
  for (AccountIndex i = 0; i < genesis.accounts; ++i) {
    world.allot(suite.account(i), 0, U256(genesis.balance), {}, {});
  }
  for (NodeId replica = 0; replica < genesis.stakes.size(); ++replica) {
    // An account that owns nothing is not part of the state.
    if (genesis.stakes[replica] == 0) continue;
    world.allot(suite.account(stake_account(replica)), 0, U256(genesis.stakes[replica]), {}, {});
  }
  if (chain.lifecycle) {
    world.allot(contract::lifecycle_address(), 1, {}, contract::lifecycle_code(), {});
  }
  if (!genesis.contracts || genesis.contracts->empty()) return world;
  const Block block;
  ethereum::BlockContext context = block_context(chain, block);
  context.gas_limit = static_cast<std::uint64_t>(genesis_gas);
  ethereum::Overlay overlay(world, chain.revision);
  ContractMessage message;
  message.gas = genesis_gas;
  message.sender = suite.account(deployer_account);
  for (std::size_t i = 0; i < genesis.contracts->size(); ++i) {
    const GenesisContract& contract = (*genesis.contracts)[i];
    const Bytes input =
        contract::creation_input(contract, contract.arguments, suite, *genesis.contract_model);
    create(overlay, context, engine, chain, suite, contract.name, input);
    const CodeRef code = overlay.code(contract_address(chain, suite, i));
    if (!code || code->bytes.empty()) {
      throw std::invalid_argument("creating contract " + contract.name +
                                  " of genesis leaves no code: its file is no creation code");
    }
  }
  for (const GenesisContract& contract : *genesis.contracts) {
    for (const ContractCall& call : contract.setup) {
      const Bytes input = contract::call_input(call, suite);
      message.recipient = message.code_address = contract_address(chain, suite, call.contract);
      message.input = input;
      run(overlay, context, engine, message, contract.name + "." + call.function);
    }
  }
  return overlay.commit();
}

}  // namespace ledgerlab::account
