// Seeded sequences of jobs (token, escrow, registry, computation), and the worlds they are played
// in: a ledger in memory, and Ethereum's world state with transactions, each with any engine.
#pragma once

#include <gtest/gtest.h>

#include <optional>

#include "models/parts/contract/abi.hpp"
#include "models/parts/ethereum/execute.hpp"
#include "models/parts/ethereum/transaction.hpp"
#include "tests/contract_engine/engines.hpp"
#include "tests/support/memory_host.hpp"

namespace ledgerlab {

inline constexpr std::uint64_t people = 5;

inline Address person(std::uint64_t index) {
  Address out;  // the last one is nobody
  if (index < people) out.data[18] = out.data[19] = static_cast<Byte>(0x11 * (index + 1));
  return out;
}
inline Hash256 thing(std::uint64_t index) {
  Hash256 out;
  out.data[31] = static_cast<Byte>(index);
  return out;
}

struct Job {
  std::string contract;
  Address from;
  U256 value;
  Bytes input;
};

class Draws {
 public:
  explicit Draws(std::uint64_t seed) : state_(seed) {}
  std::uint64_t operator()(std::uint64_t below) {  // Knuth's MMIX constants
    state_ = state_ * 6364136223846793005ull + 1442695040888963407ull;
    return (state_ >> 33) % below;
  }

 private:
  std::uint64_t state_;
};

inline Job token_job(Draws& draw) {
  Job job{"erc20", person(draw(people)), {}, {}};
  const auto other = contract::abi(person(draw(people + 1)));
  const auto amount = contract::abi(U256(draw(4) == 0 ? draw(3) * 1'000'000 : draw(400)));
  switch (draw(6)) {
    case 0:
    case 1:
      job.input = contract::abi_call("transfer(address,uint256)", {other, amount});
      break;
    case 2:
      job.input = contract::abi_call("approve(address,uint256)",
                                     {other, draw(3) == 0 ? contract::abi(U256::max()) : amount});
      break;
    case 3:
      job.input = contract::abi_call("transferFrom(address,address,uint256)",
                                     {contract::abi(person(draw(people))), other, amount});
      break;
    case 4:
      job.input = contract::abi_call("balanceOf(address)", {other});
      break;
    default:
      job.input = contract::abi_call("allowance(address,address)",
                                     {other, contract::abi(person(draw(people)))});
  }
  if (draw(20) == 0) job.value = 1;  // no token call takes value
  if (draw(20) == 0) job.input.resize(draw(job.input.size()));
  if (draw(20) == 0) job.input[4] = 1;  // not an address any more
  return job;
}

inline Job escrow_job(Draws& draw) {
  Job job{"escrow", person(draw(people)), {}, {}};
  const auto id = contract::abi(thing(draw(12)));
  switch (draw(5)) {
    case 0:
    case 1:
      job.input = contract::abi_call("deposit(bytes32,address)",
                                     {id, contract::abi(person(draw(people + 1)))});
      job.value = draw(5) == 0 ? 0 : draw(1000);
      break;
    case 2:
      job.input = contract::abi_call("release(bytes32)", {id});
      break;
    case 3:
      job.input = contract::abi_call("refund(bytes32)", {id});
      break;
    default:
      job.input = contract::abi_call(draw(2) == 0 ? "stateOf(bytes32)" : "amountOf(bytes32)", {id});
  }
  return job;
}

inline Job registry_job(Draws& draw) {
  Job job{"registry", person(draw(people)), {}, {}};
  const auto id = contract::abi(thing(draw(8)));
  switch (draw(4)) {
    case 0:
      job.input =
          contract::abi_call("register(bytes32,bytes32)", {id, contract::abi(thing(draw(256)))});
      break;
    case 1:
      job.input = contract::abi_call("transferAsset(bytes32,address)",
                                     {id, contract::abi(person(draw(people + 1)))});
      break;
    default:
      job.input = contract::abi_call(draw(2) == 0 ? "ownerOf(bytes32)" : "hashOf(bytes32)", {id});
  }
  return job;
}

inline std::vector<Job> jobs(std::uint64_t seed, std::size_t count) {
  Draws draw(seed);
  std::vector<Job> out;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t kind = draw(10);
    if (kind < 4) {
      out.push_back(token_job(draw));
    } else if (kind < 7) {
      out.push_back(escrow_job(draw));
    } else if (kind < 9) {
      out.push_back(registry_job(draw));
    } else {
      out.push_back({"heavy",
                     person(0),
                     {},
                     contract::abi_call("compute(uint256)", {contract::abi(U256(draw(40)))})});
    }
  }
  return out;
}

/// An event, whatever the world keeps of it.
using Event = std::tuple<Address, std::vector<Hash256>, Bytes>;

class MemoryWorld {
 public:
  explicit MemoryWorld(ContractEngine& engine) : host_(engine) {
    for (std::uint64_t i = 0; i < people; ++i) host_.state.accounts[person(i)].balance = 100'000;
  }
  ContractResult deploy(const Address& from, Bytes code) { return host_.deploy(from, code); }
  ContractResult send(const Job& job, const Address& to) {
    return host_.send(job.from, to, job.value, job.input);
  }
  U256 balance(const Address& account) { return host_.balance(account); }
  std::vector<Event> events() const {
    std::vector<Event> out;
    for (const auto& log : host_.state.logs) out.emplace_back(log.account, log.topics, log.data);
    return out;
  }
  Hash256 root() const { return {}; }
  std::string fault() const { return {}; }

 private:
  MemoryHost host_;
};

/// Every job is a transaction; each is committed, so that what a refused one leaves can be compared
/// with the state before it: its sender's nonce, nothing else.
class EthereumWorld {
 public:
  explicit EthereumWorld(ContractEngine& engine, ethereum::WorldState first = genesis())
      : engine_(engine), overlay_(std::move(first), Revision::cancun) {
    block_.gas_limit = std::uint64_t{1} << 50;
    block_.number = 1;
  }
  ContractResult deploy(const Address& from, Bytes code) {
    return execute(from, std::nullopt, {}, std::move(code));
  }
  ContractResult send(const Job& job, const Address& to) {
    return execute(job.from, to, job.value, job.input);
  }
  U256 balance(const Address& account) { return overlay_.balance(account); }
  const std::vector<Event>& events() const { return events_; }
  Hash256 root() const { return overlay_.state().root(); }
  /// What went against Ethereum's rules; empty: nothing.
  const std::string& fault() const { return fault_; }

 private:
  static ethereum::WorldState genesis() {
    ethereum::WorldState world;
    for (std::uint64_t i = 0; i < people; ++i) world.allot(person(i), 0, U256(100'000), {}, {});
    return world;
  }
  ContractResult execute(const Address& from, std::optional<Address> to, const U256& value,
                         Bytes input) {
    ethereum::Transaction tx;  // free of charge: engines differ in what a call takes
    tx.chain_id = 1;
    tx.nonce = overlay_.nonce(from);
    tx.gas_limit = 3'000'000;  // what the load of calls gives a deployment
    tx.to = to;
    tx.value = value;
    tx.data = std::move(input);
    tx.r = tx.s = 1;
    ethereum::WorldState before = overlay_.state();
    auto out = ethereum::execute_transaction(overlay_, block_, tx, from, engine_, use_);
    const auto& after = overlay_.commit();
    if (out.fault != ethereum::TransactionFault::none) {
      fault_ = ethereum::transaction_fault_name(out.fault);
    }
    for (const auto& log : out.receipt.logs) {
      events_.emplace_back(log.address, log.topics, log.data);
    }
    if (out.result.status != ContractStatus::success) {
      Trie storage;
      auto account = before.account(from, storage).value();
      ++account.nonce;
      before.set(from, account, storage);
      if (before.root() != after.root()) fault_ = "a call that failed left something behind";
      if (!out.receipt.logs.empty()) fault_ = "a call that failed left events";
    }
    return std::move(out.result);
  }

  ContractEngine& engine_;
  ethereum::Overlay overlay_;
  ethereum::BlockContext block_;
  ethereum::BlockUse use_;
  std::vector<Event> events_;
  std::string fault_;
};

/// What people see of a world: each job's answer, then all balances, then all events; and the state
/// root after each job, which is the engine's own matter.
struct Seen {
  std::vector<std::string> answers;
  std::vector<U256> balances;
  std::vector<Event> events;
  std::vector<Hash256> roots;
};

template <class World>
Seen play(ContractEngine& engine, const EngineCase& code, const std::vector<Job>& list) {
  World world(engine);
  Seen seen;
  std::map<std::string, Address> at;
  for (const char* job : {"erc20", "escrow", "registry", "heavy"}) {
    Bytes arguments;
    if (job == std::string("erc20")) {
      arguments = contract::abi_encode(std::vector{contract::abi(U256(1'000'000))});
    }
    const auto made = world.deploy(person(0), code.creation(job, arguments));
    EXPECT_EQ(made.status, ContractStatus::success) << code.name << " " << job << made.reason;
    at[job] = made.created;
  }
  for (const Job& job : list) {
    const auto result = world.send(job, at[job.contract]);
    std::string answer = job.contract + " " + to_hex(job.input) + ": ";
    answer += contract_status_name(result.status);
    answer += " " + to_hex(result.output);
    seen.answers.push_back(std::move(answer));
    seen.roots.push_back(world.root());
  }
  for (std::uint64_t i = 0; i < people; ++i) seen.balances.push_back(world.balance(person(i)));
  seen.balances.push_back(world.balance(at["escrow"]));
  seen.events = world.events();
  EXPECT_EQ(world.fault(), "") << code.name;
  return seen;
}

/// The first difference that people see; empty: none.
inline std::string difference(const Seen& a, const Seen& b) {
  if (a.answers.size() != b.answers.size()) return "number of answers";
  for (std::size_t k = 0; k < a.answers.size(); ++k) {
    if (a.answers[k] != b.answers[k]) {
      return "job " + std::to_string(k) + ": " + a.answers[k] + " / " + b.answers[k];
    }
  }
  if (a.balances != b.balances) return "balances";
  return a.events == b.events ? "" : "events";
}

}  // namespace ledgerlab
