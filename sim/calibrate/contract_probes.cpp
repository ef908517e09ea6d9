// How the rows of contracts are measured: every registered engine on the heavy computation of
// scenarios/contracts, frames and contract data through the host and state that ledgers use.
#include "sim/calibrate/contract_probes.hpp"

#include <time.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "models/api/registry.hpp"
#include "models/crypto/hash.hpp"
#include "models/crypto/schnorr.hpp"
#include "models/parts/bitcoin/opcodes.hpp"
#include "models/parts/bitcoin/sighash.hpp"
#include "models/parts/contract/unavailable.hpp"
#include "models/parts/ethereum/host.hpp"
#include "models/parts/ethereum/state.hpp"
#include "sim/topology/data_path.hpp"

namespace ledgerlab {
namespace {

constexpr std::uint64_t script_instructions = 1'001;
constexpr std::uint64_t rounds = 2'000;
constexpr std::int64_t gas = std::int64_t{1} << 40;
constexpr std::uint64_t slots = 10'000;
constexpr std::uint64_t written = 1'000;

volatile std::uint64_t keep;

std::int64_t now_ns(clockid_t clock) {
  timespec t{};
  clock_gettime(clock, &t);
  return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

template <typename Operate>
CostBatch timed(Operate operate, clockid_t clock = CLOCK_THREAD_CPUTIME_ID) {
  return [operate = std::move(operate), clock](std::size_t count) mutable {
    std::uint64_t sum = 0;
    const std::int64_t begin = now_ns(clock);
    for (std::size_t i = 0; i < count; ++i) sum += operate(i);
    const std::int64_t taken = now_ns(clock) - begin;
    keep = keep + sum;
    return taken;
  };
}

Params defaults_of(const ModelInfo& info) {
  Params out;
  for (const ParamInfo& param : info.params) {
    if (param.type == ParamType::choice || param.type == ParamType::text) {
      out.set(param.key, param.fallback);
    } else {
      out.set(param.key, *parse_value(param.type, param.fallback).value);
    }
  }
  return out;
}

Address address_of(Byte last) {
  Address out;
  out.data.back() = last;
  return out;
}

/// One engine with one contract, called again and again.
class Caller {
 public:
  Caller(const ModelInfo& model, const Bytes& creation)
      : params_(defaults_of(model)),
        engine_(model.make_contract_engine(params_)),
        overlay_(ethereum::WorldState(), Revision::cancun) {
    block_.gas_limit = static_cast<std::uint64_t>(gas);
    const ContractResult made = call(CallKind::create, {}, creation);
    if (made.status != ContractStatus::success) {
      throw std::runtime_error("calibrate: engine " + model.name +
                               " does not create its contract: " + made.reason);
    }
    contract_ = made.created;
  }
  /// What another process computes is no thread's time here: the clock on the wall counts.
  clockid_t clock() const {
    return engine_->deterministic() ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
  }
  /// Gas used.
  std::uint64_t call(ByteView input) {
    const ContractResult result = call(CallKind::call, contract_, input);
    if (result.status != ContractStatus::success) {
      throw std::runtime_error("calibrate: the contract's call fails");
    }
    return static_cast<std::uint64_t>(gas - result.gas_left);
  }

 private:
  ContractResult call(CallKind kind, const Address& to, ByteView input) {
    ContractMessage message;
    message.kind = kind;
    message.gas = gas;
    message.sender = address_of(1);
    message.recipient = message.code_address = to;
    message.input = input;
    overlay_.begin_transaction();
    const ContractResult out =
        ethereum::Host(overlay_, block_, ContractContext{}, *engine_).call(message);
    overlay_.end_transaction();
    return out;
  }

  Params params_;
  std::unique_ptr<ContractEngine> engine_;
  ethereum::Overlay overlay_;
  ethereum::BlockContext block_;
  Address contract_;
};

/// Nothing if the built-in contract has not been written for this engine.
std::optional<Bytes> heavy_code(const ModelInfo& model) {
  std::string text;
  try {
    const auto file = find_data("../contracts/heavy/heavy." + model.contract_suffix, {});
    std::ifstream stream(file, std::ios::binary);
    std::ostringstream all;
    all << stream.rdbuf();
    text = std::move(all).str();
  } catch (const DataNotFoundError&) {
    return std::nullopt;
  }
  Bytes code(text.begin(), text.end());
  if (model.contract_hex) {
    while (!text.empty() && text.back() == '\n') text.pop_back();
    code = from_hex(text).value();
  }
  return model.encode_creation != nullptr ? model.encode_creation(code, {}) : code;
}

/// compute(rounds), by its selector in scenarios/contracts/README.md.
Bytes heavy_input() {
  Bytes input = from_hex("5ed86d5c").value();
  const auto word = to_big_endian(U256(rounds));
  input.insert(input.end(), word.data.begin(), word.data.end());
  return input;
}

ethereum::WorldState filled() {
  ethereum::WorldState world;
  std::vector<ethereum::WorldState::Slot> storage;
  for (std::uint64_t i = 0; i < slots; ++i) storage.emplace_back(U256(i), U256(i + 1));
  world.allot(address_of(9), 1, U256(0), {}, storage);
  world.root();
  return world;
}

CostBatch calling_nothing() {
  const ModelInfo& evm = *builtin_models().find(ModelKind::contract, "evm");
  // PUSH1 1, PUSH1 0, RETURN: code of one STOP.
  const auto caller = std::make_shared<Caller>(evm, Bytes{0x60, 0x01, 0x60, 0x00, 0xf3});
  return timed([caller](std::size_t) { return caller->call({}); });
}

CostBatch reading() {
  return timed([world = filled()](std::size_t i) {
    return world.storage(address_of(9), U256(i * 7919 % slots)).low64();
  });
}

CostBatch writing() {
  return timed([world = filled()](std::size_t i) {
    ethereum::Overlay overlay(world, Revision::cancun);
    overlay.begin_transaction();
    for (std::uint64_t k = 0; k < written; ++k) {
      overlay.set_storage(address_of(9), U256(k * 10), U256(i + 7));
    }
    overlay.end_transaction();
    return std::uint64_t{overlay.commit().root().data[0]};
  });
}

/// 1, and a thousand times: 1 more.
CostBatch running_script() {
  Bytes script{bitcoin::op_1};
  for (std::uint64_t i = 1; i < script_instructions; ++i) {
    script.push_back(i % 2 == 1 ? bitcoin::op_1 : bitcoin::op_add);
  }
  struct Spend {
    bitcoin::Transaction tx;
    bitcoin::TransactionHashes hashes;
    bitcoin::TransactionChecker checker;
    Spend() : tx(one_input()), hashes(tx, {{1, {}}}), checker(tx, 0, 1, hashes) {}
    static bitcoin::Transaction one_input() {
      bitcoin::Transaction out;
      out.inputs.resize(1);
      return out;
    }
  };
  return timed([script, spend = std::make_shared<Spend>()](std::size_t) {
    bitcoin::Stack stack;
    bitcoin::ExecutionData execution;
    const auto error =
        bitcoin::eval_script(stack, script, bitcoin::consensus_script_flags, spend->checker,
                             bitcoin::SigVersion::tapscript, execution);
    if (error != bitcoin::ScriptError::ok) throw std::runtime_error("calibrate: the script fails");
    return std::uint64_t{stack.back()[0]};
  });
}

CostBatch verifying_schnorr() {
  Secp256k1SecretKey secret;
  secret.data.fill(7);
  const Hash256 message = keccak256(secret.view());
  return timed([key = *xonly_public_key(secret), message,
                signature = *schnorr_sign(secret, message.view(), {})](std::size_t) {
    return schnorr_verify(key, message.view(), signature) ? std::uint64_t{1} : std::uint64_t{0};
  });
}

}  // namespace

std::vector<CostProbe> contract_probes() {
  std::vector<CostProbe> out;
  for (const ModelInfo* model : builtin_models().all(ModelKind::contract)) {
    if (model->make_contract_engine == nullptr) continue;
    const auto code = heavy_code(*model);
    if (!code) continue;
    std::shared_ptr<Caller> caller;
    try {
      caller = std::make_shared<Caller>(*model, *code);
    } catch (const contract::Unavailable& error) {
      std::fprintf(stderr, "calibrate: no row %s: %s\n",
                   std::string(operation_name(model->gas_row)).c_str(), error.what());
      continue;
    }
    const Bytes input = heavy_input();
    caller->call(input);  // the first one meets an empty slot
    const auto used = static_cast<double>(caller->call(input));
    out.push_back({model->gas_row,
                   "compute(" + std::to_string(rounds) + ") of scenarios/contracts/heavy by " +
                       model->label() + ", by its gas",
                   [caller, input] {
                     return timed([caller, input](std::size_t) { return caller->call(input); },
                                  caller->clock());
                   },
                   used});
  }
  out.push_back(
      {Operation::contract_frame, "a call of empty code through the host, evm", calling_nothing});
  out.push_back({Operation::storage_read,
                 "one of 10,000 slots of an account looked up in the state", reading});
  out.push_back({Operation::script_op, "a tapscript of 1,001 pushes and additions, by instruction",
                 running_script, static_cast<double>(script_instructions)});
  out.push_back(
      {Operation::schnorr_verify, "BIP 340 of 32 bytes, libsecp256k1", verifying_schnorr});
  out.push_back({Operation::storage_write,
                 "1,000 of 10,000 slots written and the root taken, by slot", writing,
                 static_cast<double>(written)});
  return out;
}

}  // namespace ledgerlab
