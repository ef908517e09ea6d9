// One seeded sequence of jobs (token, escrow, registry, computation) on every contract engine: the
// same calls succeed and are refused, with the same results, reasons, balances, owners and events.
#include <gtest/gtest.h>

#include "models/parts/contract/abi.hpp"
#include "tests/contract_engine/engines.hpp"
#include "tests/support/memory_host.hpp"

namespace ledgerlab {
namespace {

using contract::abi;
using contract::abi_call;

constexpr std::uint64_t people = 5;

Address person(std::uint64_t index) {
  Address out;  // the last one is nobody
  if (index < people) out.data[18] = out.data[19] = static_cast<Byte>(0x11 * (index + 1));
  return out;
}
Hash256 thing(std::uint64_t index) {
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

Job token_job(Draws& draw) {
  Job job{"erc20", person(draw(people)), {}, {}};
  const auto other = abi(person(draw(people + 1)));
  const auto amount = abi(U256(draw(4) == 0 ? draw(3) * 1'000'000 : draw(400)));
  switch (draw(6)) {
    case 0:
    case 1:
      job.input = abi_call("transfer(address,uint256)", {other, amount});
      break;
    case 2:
      job.input =
          abi_call("approve(address,uint256)", {other, draw(3) == 0 ? abi(U256::max()) : amount});
      break;
    case 3:
      job.input = abi_call("transferFrom(address,address,uint256)",
                           {abi(person(draw(people))), other, amount});
      break;
    case 4:
      job.input = abi_call("balanceOf(address)", {other});
      break;
    default:
      job.input = abi_call("allowance(address,address)", {other, abi(person(draw(people)))});
  }
  if (draw(20) == 0) job.value = 1;  // no token call takes value
  if (draw(20) == 0) job.input.resize(draw(job.input.size()));
  if (draw(20) == 0) job.input[4] = 1;  // not an address any more
  return job;
}

Job escrow_job(Draws& draw) {
  Job job{"escrow", person(draw(people)), {}, {}};
  const auto id = abi(thing(draw(12)));
  switch (draw(5)) {
    case 0:
    case 1:
      job.input = abi_call("deposit(bytes32,address)", {id, abi(person(draw(people + 1)))});
      job.value = draw(5) == 0 ? 0 : draw(1000);
      break;
    case 2:
      job.input = abi_call("release(bytes32)", {id});
      break;
    case 3:
      job.input = abi_call("refund(bytes32)", {id});
      break;
    default:
      job.input = abi_call(draw(2) == 0 ? "stateOf(bytes32)" : "amountOf(bytes32)", {id});
  }
  return job;
}

Job registry_job(Draws& draw) {
  Job job{"registry", person(draw(people)), {}, {}};
  const auto id = abi(thing(draw(8)));
  switch (draw(4)) {
    case 0:
      job.input = abi_call("register(bytes32,bytes32)", {id, abi(thing(draw(256)))});
      break;
    case 1:
      job.input = abi_call("transferAsset(bytes32,address)", {id, abi(person(draw(people + 1)))});
      break;
    default:
      job.input = abi_call(draw(2) == 0 ? "ownerOf(bytes32)" : "hashOf(bytes32)", {id});
  }
  return job;
}

std::vector<Job> jobs(std::uint64_t seed, std::size_t count) {
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
      out.push_back({"heavy", person(0), {}, abi_call("compute(uint256)", {abi(U256(draw(40)))})});
    }
  }
  return out;
}

/// What people see of a world: each job's answer, then all balances, then all events.
struct Seen {
  std::vector<std::string> answers;
  std::vector<U256> balances;
  std::vector<MemoryHost::Log> logs;
};

Seen play(const EngineCase& engine_case, const std::vector<Job>& list) {
  const auto engine = engine_case.make();
  MemoryHost host(*engine);
  for (std::uint64_t i = 0; i < people; ++i) host.state.accounts[person(i)].balance = 100'000;
  std::map<std::string, Address> at;
  for (const char* job : {"erc20", "escrow", "registry", "heavy"}) {
    Bytes arguments;
    if (job == std::string("erc20")) {
      arguments = contract::abi_encode(std::vector{abi(U256(1'000'000))});
    }
    const auto made = host.deploy(person(0), engine_case.creation(job, arguments));
    EXPECT_EQ(made.status, ContractStatus::success) << engine_case.name << job << made.reason;
    at[job] = made.created;
  }
  Seen seen;
  for (const Job& job : list) {
    const auto result = host.send(job.from, at[job.contract], job.value, job.input);
    std::string answer = job.contract + " " + to_hex(job.input) + ": ";
    answer += contract_status_name(result.status);
    answer += " " + to_hex(result.output);
    seen.answers.push_back(std::move(answer));
  }
  for (std::uint64_t i = 0; i < people; ++i) seen.balances.push_back(host.balance(person(i)));
  seen.balances.push_back(host.balance(at["escrow"]));
  seen.logs = host.state.logs;
  return seen;
}

TEST(Jobs, EveryEngineGivesTheSameOutcomes) {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    const auto list = jobs(seed, 300);
    const Seen expected = play(engine_cases().front(), list);
    std::size_t refused = 0;
    for (const std::string& answer : expected.answers) {
      refused += answer.find(": revert") != std::string::npos;
    }
    // A sequence that is refused, or never is, compares nothing.
    EXPECT_GT(refused, list.size() / 10);
    EXPECT_LT(refused, list.size() * 3 / 4);
    for (std::size_t i = 1; i < engine_cases().size(); ++i) {
      const Seen seen = play(engine_cases()[i], list);
      const std::string& name = engine_cases()[i].name;
      ASSERT_EQ(seen.answers.size(), expected.answers.size());
      for (std::size_t k = 0; k < list.size(); ++k) {
        ASSERT_EQ(seen.answers[k], expected.answers[k]) << name << " job " << k << " seed " << seed;
      }
      EXPECT_EQ(seen.balances, expected.balances) << name;
      EXPECT_EQ(seen.logs, expected.logs) << name;
    }
  }
}

TEST(Jobs, TheComputationGivesThePublishedNumbers) {
  for (const EngineCase& engine_case : engine_cases()) {
    for (const auto& [steps, result] : std::vector<std::pair<std::uint64_t, std::uint64_t>>{
             {1, 1013904223}, {2, 1196435762}, {1000, 3926946568}}) {
      const Seen seen =
          play(engine_case,
               {{"heavy", person(0), {}, abi_call("compute(uint256)", {abi(U256(steps))})}});
      EXPECT_NE(seen.answers[0].find(to_hex(to_big_endian(U256(result)).view())), std::string::npos)
          << engine_case.name << seen.answers[0];
    }
  }
}

TEST(Jobs, AComputationWithoutEndEndsWithTheBudget) {
  for (const EngineCase& engine_case : engine_cases()) {
    const auto engine = engine_case.make();
    MemoryHost host(*engine);
    const auto made = host.deploy(person(0), engine_case.creation("heavy", {}));
    const auto result =
        host.send(person(0), made.created, {}, abi_call("compute(uint256)", {abi(U256::max())}));
    // A process has no steps to count: its CPU time ends, which is a failure on that node.
    EXPECT_EQ(result.status, engine_case.name == "py" ? ContractStatus::contract_failure
                                                      : ContractStatus::out_of_gas)
        << engine_case.name << result.reason;
    const auto after =
        host.send(person(0), made.created, {}, abi_call("compute(uint256)", {abi(U256(1))}));
    EXPECT_EQ(u256_from_big_endian(after.output), U256(1013904223)) << engine_case.name;
  }
}

}  // namespace
}  // namespace ledgerlab
