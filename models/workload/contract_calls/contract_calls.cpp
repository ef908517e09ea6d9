// Load of contract calls: token transfers, an asset registry, escrow deals, a heavy computation,
// deployments. The contracts and their functions are those of scenarios/contracts/README.md, the
// same on every engine.
#include <algorithm>
#include <array>

#include "models/api/registry.hpp"
#include "models/crypto/hash.hpp"
#include "models/parts/contract/lifecycle.hpp"
#include "models/parts/load/load.hpp"

namespace ledgerlab {
namespace {

enum class Job : std::uint8_t { token, registry, escrow, heavy, deploy, lifecycle };
constexpr std::array<const char*, 6> job_names{"token", "registry", "escrow",
                                               "heavy", "deploy",   "lifecycle"};
/// The contract a job is about, a folder of scenarios/contracts.
constexpr std::array<const char*, 6> contract_names{"erc20", "registry", "escrow",
                                                    "heavy", "erc20",    "registry"};
/// Gas of a call, with room for engines that charge more than the EVM.
constexpr std::array<std::uint64_t, 6> job_gas{400'000, 450'000,   600'000,
                                               300'000, 3'000'000, 3'000'000};
/// The life of one contract, in transactions of its owner.
constexpr std::array<const char*, 7> stages{
    "register(bytes32)",     "authorise(bytes32,address,bool)",
    "deploy(bytes32,bytes)", "upgrade(bytes32,bytes)",
    "pause(bytes32)",        "resume(bytes32)",
    "retire(bytes32)"};
constexpr std::uint64_t gas_of_a_round = 400;
/// Each account's tokens at first.
constexpr std::uint64_t tokens = 1'000'000'000;

Job job_of(const Params& params) {
  const std::string& name = params.text("job");
  return static_cast<Job>(std::find(job_names.begin(), job_names.end(), name) - job_names.begin());
}

CallArgument account(AccountIndex index) {
  CallArgument out;
  out.type = CallArgument::Type::address;
  out.account = index;
  return out;
}
CallArgument number(const U256& value) {
  CallArgument out;
  out.number = value;
  return out;
}
CallArgument word(const Hash256& value) {
  CallArgument out;
  out.type = CallArgument::Type::word;
  out.number = u256_from(value);
  return out;
}

class CallLoad final : public load::TransferLoad {
 public:
  explicit CallLoad(const ModuleContext& context)
      : TransferLoad(context),
        job_(job_of(*context.workload)),
        constant_(context.workload->text("arrivals") == "constant"),
        rounds_(context.workload->count("rounds")),
        gas_(context.workload->count("gas")) {
    if (gas_ == 0) {
      gas_ = job_gas[static_cast<std::size_t>(job_)];
      if (job_ == Job::heavy) gas_ += rounds_ * gas_of_a_round;
    }
    if (job_ == Job::lifecycle) {
      const GenesisContract& contract = context.genesis.contracts->front();
      const auto encode = context.genesis.contract_model->encode_creation;
      code_ = encode != nullptr ? encode(contract.code, {}) : contract.code;
    }
  }

  Time due(std::uint64_t k, Time previous) const override {
    return constant_ ? constant_due(k) : poisson_due(k, previous);
  }

  Item item(std::uint64_t k) const override {
    Item item = TransferLoad::item(k);
    auto call = std::make_shared<ContractCall>();
    call->gas = gas_;
    const std::uint64_t amount = item.amount;
    item.amount = 0;
    // A payer's turns go in pairs about one asset or deal: his transactions keep their order.
    const std::uint64_t turn = k / accounts_of_a_client();
    const Hash256 name = name_of(item.payer, turn / 2);
    const bool first = turn % 2 == 0;
    switch (job_) {
      case Job::token:
        call->function = "transfer";
        call->arguments = {account(item.payee), number(U256(amount))};
        break;
      case Job::registry:
        call->function = first ? "register" : "transferAsset";
        call->arguments = {word(name), first ? word(sha256(name.view())) : account(item.payee)};
        break;
      case Job::escrow:
        call->function = first ? "deposit" : "release";
        call->arguments = {word(name)};
        if (first) {
          call->arguments.push_back(account(item.payee));
          item.amount = std::max<std::uint64_t>(amount, 1);
        }
        break;
      case Job::heavy:
        call->function = "compute";
        call->arguments = {number(U256(rounds_))};
        break;
      case Job::deploy:
        call->deploy = true;
        call->arguments = {number(U256(tokens))};
        break;
      case Job::lifecycle:
        live(*call, item, turn);
        break;
    }
    item.call = std::move(call);
    return item;
  }

 private:
  void live(ContractCall& call, const Item& item, std::uint64_t turn) const {
    const std::string stage = stages[turn % stages.size()];
    call.contract = contract::lifecycle_desk;
    call.function = stage;
    call.arguments = {word(name_of(item.payer, turn / stages.size()))};
    if (stage.starts_with("authorise")) {
      call.arguments.push_back(account(item.payee));
      call.arguments.push_back(number(U256(1)));
    }
    if (stage.ends_with(",bytes)")) {
      CallArgument code;
      code.type = CallArgument::Type::bytes;
      code.bytes = code_;
      call.arguments.push_back(std::move(code));
    }
  }
  Hash256 name_of(AccountIndex payer, std::uint64_t pair) const {
    Bytes text;
    codec::Writer writer(text);
    writer(payer, pair, draw(Purpose("load.name"), pair));
    return sha256(text);
  }

  Job job_;
  bool constant_;
  std::uint64_t rounds_;
  std::uint64_t gas_;
  Bytes code_;  // lifecycle: what deploys the contract
};

std::vector<GenesisContract> contracts(const Params& params, const GenesisSpec& genesis) {
  const Job job = job_of(params);
  GenesisContract contract;
  contract.name = contract_names[static_cast<std::size_t>(job)];
  if (job == Job::token || job == Job::deploy) {
    contract.arguments = {number(U256(tokens) * U256(genesis.accounts))};
  }
  if (job == Job::token) {
    for (AccountIndex i = 0; i < genesis.accounts; ++i) {
      ContractCall give;
      give.function = "transfer";
      give.arguments = {account(i), number(U256(tokens))};
      contract.setup.push_back(std::move(give));
    }
  }
  return {std::move(contract)};
}

std::vector<ParamInfo> call_params() {
  std::vector<ParamInfo> params = load::transfer_params();
  params.push_back(
      {"job",
       ParamType::choice,
       "token",
       "token: transfers; registry: assets registered and handed on; escrow: deals made "
       "and released; heavy: a computation; deploy: new copies of the token; lifecycle: contracts "
       "registered, deployed, upgraded, paused and retired (contract_params = { lifecycle = true "
       "})",
       {},
       {},
       {job_names.begin(), job_names.end()}});
  params.push_back({"arrivals",
                    ParamType::choice,
                    "poisson",
                    "when calls are due",
                    {},
                    {},
                    {"poisson", "constant"}});
  params.push_back({"rounds",
                    ParamType::integer,
                    "1000",
                    "heavy: rounds of one computation",
                    "1",
                    "1000000000",
                    {}});
  params.push_back({"gas",
                    ParamType::integer,
                    "0",
                    "limit of one call; 0: what the job takes on the EVM, with room",
                    "0",
                    "1000000000000",
                    {}});
  return params;
}

}  // namespace

void register_workload_contract_calls(Registry& registry) {
  ModelInfo info = load::workload_info(
      "contract_calls", "Calls of one contract: token, registry, escrow, computation, deployment.");
  info.params = call_params();
  info.contracts = contracts;
  info.make_load = [](const ModuleContext& context) -> std::unique_ptr<Load> {
    return std::make_unique<CallLoad>(context);
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
