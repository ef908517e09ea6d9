// Execute-order-validate under consensus: one state on all nodes, conflicts retried until all is
// done, contracts of any engine; an engine with two answers is not endorsed, a lying endorser
// changes nothing unless the policy trusts him.
#include <gtest/gtest.h>

#include "models/api/registry.hpp"
#include "sim/run/run.hpp"
#include "sim/scenario/document.hpp"
#include "sim/scenario/resolver.hpp"

namespace ledgerlab {
namespace {

Plan plan_of(const std::string& scenario, const std::vector<std::string>& settings,
             std::initializer_list<const char*> more = {}) {
  const std::string file = std::string(LEDGERLAB_SOURCE_DIR "/scenarios/") + scenario;
  std::vector<std::string> all = settings;
  all.insert(all.end(), more.begin(), more.end());
  return resolve(load_document(file, all), builtin_models());
}

const std::vector<std::string> briefly{"duration=8 s", "warm_up=0 s", "drain=40 s"};
constexpr const char* state_mode = "starter/execute-order-validate.toml";

std::string told(const std::vector<Finding>& findings) {
  std::string out;
  for (const Finding& f : findings) out += f.checker + ": " + f.text + "\n";
  return out;
}
double metric(const RunResult& result, const std::string& name) {
  for (const Metric& m : result.metrics) {
    if (m.name == name) return m.value;
  }
  return 0;
}
/// Of so many different transactions that clients were to make.
void expect_all_done(const Plan& plan, const RunResult& result, double at_least = 100) {
  EXPECT_EQ(told(result.violations), "");
  EXPECT_GT(metric(result, "transactions_acknowledged"), at_least);
  EXPECT_EQ(metric(result, "transactions_acknowledged"), metric(result, "transactions_offered"));
  EXPECT_EQ(metric(result, "transactions_committed"), metric(result, "transactions_offered"));
  // Every node for itself: the same history, to the last event.
  RunOptions alone;
  alone.share_results = false;
  EXPECT_EQ(run_system(plan, plan.systems.front(), alone).trace_hash, result.trace_hash);
}

TEST(Pipelines, both_do_all_that_is_asked_with_and_without_contention) {
  for (const char* scenario : {"compare/pipelines-hot.toml", "compare/pipelines-cold.toml"}) {
    const Plan plan = plan_of(scenario, briefly, {"drain=120 s"});
    const RunResult event = run_system(plan, plan.systems[0]);
    const RunResult state = run_system(plan, plan.systems[1]);
    EXPECT_EQ(told(state.violations), "");
    EXPECT_EQ(metric(event, "envelopes_invalidated"), 0);
    EXPECT_EQ(metric(state, "transactions_offered"), metric(event, "transactions_offered"));
    EXPECT_EQ(metric(state, "transactions_committed"), metric(event, "transactions_committed"));
    EXPECT_EQ(metric(state, "transactions_acknowledged"),
              metric(event, "transactions_acknowledged"))
        << scenario;
    const bool hot = std::string_view(scenario).find("hot") != std::string_view::npos;
    EXPECT_EQ(metric(state, "envelopes_invalidated") > 100, hot);
  }
}

TEST(Pipelines, state_mode_comes_to_one_state_under_every_kind_of_consensus) {
  for (const char* consensus : {"raft", "pbft", "fixed_leader"}) {
    SCOPED_TRACE(consensus);
    const std::string set = "systems.raft.consensus=" + std::string(consensus);
    const Plan plan = plan_of(state_mode, briefly, {set.c_str(), "genesis.accounts=100"});
    expect_all_done(plan, run_system(plan, plan.systems.front()));
  }
}

TEST(Pipelines, state_mode_follows_reorganisations) {
  const Plan plan =
      plan_of("starter/erc20-pow.toml",
              {"duration=8 min", "warm_up=0 s", "drain=30 min", "workload.rate=1 tx/s"},
              {"systems.pow.pipeline=execute-order-validate"});
  const RunResult result = run_system(plan, plan.systems.front());
  EXPECT_EQ(told(result.violations), "");
  EXPECT_GT(metric(result, "transactions_acknowledged"), 100);
}

/// Every deposit changes the escrow's balance, every computation the one word of its result: one
/// such call a block is valid, so that these jobs cannot go faster.
TEST(Pipelines, contracts_of_the_EVM_run_at_the_endorsers) {
  struct Job {
    const char* set;
    const char* rate;
    double at_least;
  };
  for (const Job& job : {Job{"workload.job=token", "workload.rate=100 tx/s", 100},
                         Job{"workload.job=registry", "workload.rate=100 tx/s", 100},
                         Job{"workload.job=deploy", "workload.rate=50 tx/s", 100},
                         Job{"workload.job=escrow", "workload.rate=2 tx/s", 5},
                         Job{"workload.job=heavy", "workload.rate=2 tx/s", 5}}) {
    SCOPED_TRACE(job.set);
    const Plan plan = plan_of("starter/erc20-pbft.toml", briefly,
                              {"systems.pbft.pipeline=execute-order-validate", job.set, job.rate});
    expect_all_done(plan, run_system(plan, plan.systems.front()), job.at_least);
  }
}

/// The EVM, but what it writes differs from run to run.
class Fickle final : public ContractEngine {
 public:
  Fickle() : inner_(builtin_models().find(ModelKind::contract, "evm")->make_contract_engine({})) {}
  std::string_view name() const override { return "fickle"; }
  bool deterministic() const override { return false; }
  ContractResult execute(ContractHost& host, Revision revision, const ContractMessage& message,
                         const ContractCode& code) override {
    if (message.kind == CallKind::call) {
      host.set_storage(message.recipient, U256(1'000'000), U256(++frames_));
    }
    return inner_->execute(host, revision, message, code);
  }

 private:
  std::unique_ptr<ContractEngine> inner_;
  std::uint64_t frames_ = 0;
};

/// In event mode this engine splits the replicas (engine_test.cpp). In state mode two of its
/// answers never agree, so that nothing of it is ordered; one endorser's word is every node's.
TEST(Pipelines, an_engine_with_two_answers_splits_nobody) {
  ModelInfo fickle;
  for (const char* policy : {"2 of 4", "any"}) {
    const std::string params =
        std::string("systems.pbft.pipeline_params={endorsement=\"") + policy + "\"}";
    Plan plan = plan_of("starter/erc20-pbft.toml", briefly,
                        {"systems.pbft.pipeline=execute-order-validate", params.c_str(),
                         "clients.give_up_after=20 s", "workload.rate=20 tx/s"});
    fickle = *plan.systems.front().contract.info;
    fickle.make_contract_engine = [](const Params&) -> std::unique_ptr<ContractEngine> {
      return std::make_unique<Fickle>();
    };
    plan.systems.front().contract.info = &fickle;
    const RunResult result = run_system(plan, plan.systems.front());
    EXPECT_EQ(told(result.violations), "");
    const double done = metric(result, "transactions_acknowledged");
    if (std::string_view(policy) == "any") {
      EXPECT_GT(done, 10);
    } else {
      EXPECT_EQ(done, 0);
      EXPECT_GT(metric(result, "transactions_dropped"), 100);
    }
  }
}

/// Endorsers that were down or cut off simulate on old states, and give invalid results again.
TEST(Pipelines, state_mode_bears_what_its_consensus_bears) {
  for (const char* seed : {"seed=1", "seed=2", "seed=3", "seed=4"}) {
    SCOPED_TRACE(seed);
    const Plan plan =
        plan_of(state_mode, {"duration=40 s", "warm_up=0 s", "drain=10 s", seed},
                {"swarm.kinds=[\"crash\", \"partition\", \"loss\"]", "swarm.every=4 s"});
    const RunResult result = run_system(plan, plan.systems.front());
    EXPECT_EQ(told(result.violations), "");
    EXPECT_GT(metric(result, "transactions_acknowledged"), 3000);
    EXPECT_GT(metric(result, "envelopes_invalidated"), 0);
  }
}

TEST(Pipelines, state_mode_that_nobody_endorses_is_offered_what_is_due_and_serves_nothing) {
  const Plan plan = plan_of(state_mode, {"duration=8 s", "warm_up=0 s", "drain=2 s"},
                            {"systems.raft.pipeline_params={endorsement=\"all\"}",
                             "behaviours=[{model=\"silent\", nodes=[3]}]"});
  const RunResult result = run_system(plan, plan.systems.front());
  EXPECT_GT(metric(result, "transactions_offered"), 700);
  ASSERT_NE(result.metric("transactions_committed"), nullptr);
  EXPECT_EQ(metric(result, "transactions_committed"), 0);
  EXPECT_TRUE(result.saturated);
  EXPECT_TRUE(result.inconclusive);  // shorter than Raft's bound, as with a dead order-execute
}

TEST(Pipelines, a_lying_endorser_changes_nothing_that_the_policy_does_not_trust_him_with) {
  for (const char* lie : {"result", "signature", "refusal"}) {
    SCOPED_TRACE(lie);
    const std::string set = "behaviours=[{model=\"false_endorser\", nodes=[2], params={lie=\"" +
                            std::string(lie) + "\"}}]";
    const Plan plan = plan_of(state_mode, briefly, {set.c_str()});
    const RunResult result = run_system(plan, plan.systems.front());
    EXPECT_EQ(told(result.violations), "");
    EXPECT_EQ(told(result.outcomes), "");
    EXPECT_GT(metric(result, "transactions_acknowledged"), 500);
  }
}

std::string digest_of(const std::string& rest) {
  const Plan plan = resolve(parse_scenario("[[systems]]\nconsensus = \"raft\"\n" + rest, "x.toml"),
                            builtin_models());
  return plan_digest(plan, plan.systems.front(), {"1", 1});
}
std::string refusal_of(const std::string& rest) {
  try {
    digest_of(rest);
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

TEST(Pipelines, keys_say_what_is_wrong_and_the_default_changes_no_digest) {
  const std::string state = "pipeline = \"execute-order-validate\"\n";
  EXPECT_EQ(digest_of("pipeline = \"order-execute\"\n"), digest_of(""));
  EXPECT_NE(digest_of(state), digest_of(""));
  EXPECT_NE(digest_of(state), digest_of(state + "pipeline_params = { endorsement = \"any\" }\n"));
  EXPECT_EQ(digest_of(state), digest_of(state + "pipeline_params = { endorsers = 5 }\n"));
  const auto tells = [&](const std::string& rest, const std::string& text) {
    EXPECT_NE(refusal_of(rest).find(text), std::string::npos) << refusal_of(rest);
  };
  tells(state + "pipeline_params = { endorsement = \"2 of 9\" }\n", "\"2 of 5\"");
  tells(state + "pipeline_params = { endorsers = 9 }\n", "more than the 5 replicas");
  tells(state + "ledger = \"utxo\"\n", "has no state mode");
  tells("pipeline_params = { endorsers = 2 }\n", "is not read");
  tells("ledger = \"versioned\"\n", "write pipeline = \"execute-order-validate\" in its place");
  tells("expect = [\"vein\"]\n", "did you mean \"vain\"");
  tells("expect = [\"vain\", \"not vain\"]\n", "leave one of them out");
}

std::string card_of(const char* scenario, std::initializer_list<const char*> settings = {}) {
  const Plan plan = plan_of(scenario, {"duration=1 s", "warm_up=0 s", "drain=0 s"}, settings);
  std::string out;
  for (const std::string& line : run_system(plan, plan.systems.front()).card) out += line + "\n";
  return out;
}

TEST(Pipelines, the_card_names_pipeline_policy_and_life_cycle) {
  EXPECT_NE(card_of(state_mode)
                .find("pipeline: execute-order-validate: real: clients ask the first "
                      "4 of 4 replicas to endorse; endorsement policy \"2 of 4\": 2"),
            std::string::npos);
  const std::string card = card_of("starter/lifecycle-pbft.toml");
  EXPECT_NE(card.find("life cycle: real"), std::string::npos) << card;
  EXPECT_NE(card.find("pipeline: order-execute: real"), std::string::npos);
  EXPECT_EQ(card_of("starter/erc20-pbft.toml").find("life cycle"), std::string::npos);
  EXPECT_NE(card_of("starter/combined-raft.toml", {"systems.0.ledger=none"}).find("order only"),
            std::string::npos);
}

TEST(PipelinesTwin, where_any_endorser_will_do_a_liar_makes_money) {
  const Plan plan = plan_of(state_mode, briefly,
                            {"behaviours=[{model=\"false_endorser\", nodes=[2]}]",
                             "systems.raft.pipeline_params={endorsement=\"any\"}"});
  const RunResult result = run_system(plan, plan.systems.front());
  EXPECT_NE(told(result.violations).find("supply"), std::string::npos);
}

}  // namespace
}  // namespace ledgerlab
