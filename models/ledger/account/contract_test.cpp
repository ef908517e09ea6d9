// The account ledger with contracts: transactions in their envelope, what calls do to state, gas
// and books, sharing and its limits, snapshots. The contract is the Solidity token of
// scenarios/contracts.
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <sstream>

#include "models/api/effects.hpp"
#include "models/api/registry.hpp"
#include "models/ledger/account/contract_rules.hpp"
#include "models/ledger/account/ethereum_tx.hpp"
#include "models/ledger/account/state.hpp"
#include "models/parts/account_tx/account_tx.hpp"
#include "models/parts/contract/call_input.hpp"
#include "models/parts/contract/lifecycle.hpp"
#include "models/parts/ledger/store.hpp"
#include "models/parts/light/accounts.hpp"
#include "models/parts/suite/suite.hpp"

namespace ledgerlab::account {
namespace {

class NoNames final : public Interner {
  std::uint32_t intern(const Hash128&) override { return 0; }
};

Bytes token_code() {
  std::ifstream stream(LEDGERLAB_SOURCE_DIR "/scenarios/contracts/erc20/erc20.bin");
  std::ostringstream all;
  all << stream.rdbuf();
  std::string text = std::move(all).str();
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return from_hex(text).value();
}

CallArgument account_argument(AccountIndex index) {
  CallArgument out;
  out.type = CallArgument::Type::address;
  out.account = index;
  return out;
}
CallArgument number_argument(std::uint64_t value) {
  CallArgument out;
  out.number = U256(value);
  return out;
}
ContractCall token_transfer(AccountIndex to, std::uint64_t amount) {
  ContractCall call;
  call.function = "transfer";
  call.arguments = {account_argument(to), number_argument(amount)};
  call.gas = 100'000;
  return call;
}

class Contracts : public ::testing::TestWithParam<SuiteMode> {
 protected:
  static constexpr std::uint64_t balance = 1'000'000'000;

  Contracts() {
    params_.set("block_gas", std::int64_t{1'000'000});
    params_.set("base_fee", std::int64_t{2});
    params_.set("fork", std::string("cancun"));
    GenesisContract token;
    token.name = "erc20";
    token.code = token_code();
    token.arguments = {number_argument(1000)};
    token.setup = {token_transfer(0, 600), token_transfer(1, 400)};
    genesis_.accounts = 8;
    genesis_.balance = balance;
    genesis_.params = &params_;
    genesis_.contract_params = &no_params_;
    genesis_.contract_model = builtin_models().find(ModelKind::contract, "evm");
    genesis_.contracts = std::make_shared<std::vector<GenesisContract>>(1, token);
  }

  std::unique_ptr<ContractRules> rules() {
    return std::make_unique<ContractRules>(genesis_, *suite_);
  }
  TxRef sign(AccountIndex from, std::uint64_t nonce, const ContractCall* call,
             std::uint64_t value = 0, std::uint64_t gas = 100'000) {
    effects_.begin(0);
    ethereum::Transaction t;
    t.type = ethereum::TransactionType::dynamic_fee;
    t.chain_id = ledgerlab_chain_id;
    t.nonce = nonce;
    t.max_priority_fee = U256(3);
    t.max_fee = U256(5);
    t.gas_limit = gas;
    t.value = U256(value);
    t.to = call ? contract_address(Chain(genesis_), *suite_, call->contract) : suite_->account(7);
    if (call) t.data = contract::call_input(*call, *suite_);
    return sign_ethereum(effects_.crypto(), from, std::move(t));
  }
  TxRef pay_tokens(AccountIndex from, std::uint64_t nonce, AccountIndex to, std::uint64_t amount) {
    const ContractCall call = token_transfer(to, amount);
    return sign(from, nonce, &call);
  }
  static BlockRef block(std::vector<TxRef> list) {
    return make_log_block(1, {}, make_payload(std::move(list)));
  }
  /// Of the token, by asking the contract.
  std::uint64_t tokens(const ledger::State& state, AccountIndex of) {
    ethereum::Overlay overlay(static_cast<const WorldVersion&>(state).world(), Revision::cancun);
    const auto engine = genesis_.contract_model->make_contract_engine(no_params_);
    ContractCall ask;
    ask.function = "balanceOf";
    ask.arguments = {account_argument(of)};
    const Bytes input = contract::call_input(ask, *suite_);
    ContractMessage message;
    message.gas = 1'000'000;
    message.recipient = message.code_address = contract_address(Chain(genesis_), *suite_, 0);
    message.input = input;
    const ContractResult result = ethereum::simulate_call(
        overlay, block_context(Chain(genesis_), *block({})), *engine, message);
    EXPECT_EQ(result.status, ContractStatus::success);
    return u256_from_big_endian(result.output).value().low64();
  }
  Checked check(ContractRules& rules, const ledger::State& state, const TxRef& tx) {
    Checked out;
    out.transaction = tx;
    EXPECT_EQ(rules.fault(*tx), "");
    rules.check(state, out);
    return out;
  }

  std::unique_ptr<WorldSuite> suite_ = make_suite(GetParam(), 7, WorkMode::lottery);
  NoNames names_;
  CostTable costs_;
  Effects effects_{*suite_, names_, costs_};
  Params params_;
  Params no_params_;
  GenesisSpec genesis_;
};

TEST_P(Contracts, the_envelope_keeps_ethereums_own_transaction_bit_for_bit) {
  const TxRef tx = make_transaction(pay_tokens(2, 4, 3, 5)->bytes);
  const EthereumTransaction* parsed = decode_ethereum(*tx);
  ASSERT_NE(parsed, nullptr);
  EXPECT_TRUE(signed_by_sender(*parsed, *suite_));
  EXPECT_EQ(parsed->from, suite_->account(2));
  const ethereum::Transaction signed_one = with_signature(*parsed);
  const auto own = ethereum::decode_transaction(ethereum::encode(signed_one));
  if (GetParam() != SuiteMode::real) return;  // a costed signature is in no curve's range
  ASSERT_TRUE(own.has_value());
  EXPECT_EQ(*own, signed_one);
  EXPECT_EQ(ethereum::sender(*own), suite_->account(2));
  EXPECT_EQ(ethereum::signing_hash(*own), parsed->digest);
}

TEST_P(Contracts, one_flipped_bit_anywhere_is_refused) {
  const auto judge = rules();
  const Bytes good = sign(4, 0, nullptr, 9)->bytes;
  EXPECT_EQ(judge->fault(*make_transaction(good)), "");
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes bad = good;
    bad[bit / 8] ^= static_cast<Byte>(1 << bit % 8);
    EXPECT_NE(judge->fault(*make_transaction(bad)), "") << "bit " << bit;
  }
}

TEST_P(Contracts, two_senders_asking_for_the_same_have_two_ids) {
  EXPECT_NE(pay_tokens(2, 0, 3, 5)->id, pay_tokens(4, 0, 3, 5)->id);
}

TEST_P(Contracts, calls_move_tokens_and_failures_are_paid_for) {
  const auto judge = rules();
  const ledger::StateRef start = judge->genesis();
  EXPECT_EQ(tokens(*start, 0), 600u);
  EXPECT_EQ(tokens(*start, 1), 400u);
  // A good one, one beyond what he has, one whose turn it is not.
  const BlockRef one =
      block({pay_tokens(0, 0, 5, 30), pay_tokens(1, 0, 5, 401), pay_tokens(1, 2, 5, 1)});
  const auto result = judge->execute(*start, *one, nullptr);
  ASSERT_TRUE(result->ok) << result->reason;
  EXPECT_EQ(result->outcomes,
            (std::vector{TxOutcome::succeeded, TxOutcome::failed, TxOutcome::no_effect}));
  EXPECT_EQ(tokens(*result->post, 0), 570u);
  EXPECT_EQ(tokens(*result->post, 1), 400u);
  EXPECT_EQ(tokens(*result->post, 5), 30u);
  // The failed one used its nonce up and paid, the last one did neither.
  const Queried failed = judge->query(*result->post, suite_->account(1));
  EXPECT_EQ(failed.nonce, 1u);
  EXPECT_LT(failed.balance, U256(balance));
  const auto& use = static_cast<const ContractResults&>(*result).use;
  EXPECT_EQ(judge->query(*result->post, fee_account()).balance, U256(3 * use.gas));
  EXPECT_EQ(failed.balance + judge->query(*result->post, suite_->account(0)).balance,
            U256(2 * balance - 5 * use.gas));
}

/// The system contract's calls as workloads write them.
ContractCall desk_call(const char* function, const Bytes& code = {}) {
  ContractCall call;
  call.contract = contract::lifecycle_desk;
  call.function = function;
  CallArgument name;
  name.type = CallArgument::Type::word;
  Hash256 text;
  std::memcpy(text.data.data(), "erc20", 5);
  name.number = u256_from(text);
  call.arguments = {name};
  if (!code.empty()) {
    CallArgument bytes;
    bytes.type = CallArgument::Type::bytes;
    bytes.bytes = code;
    call.arguments.push_back(bytes);
  }
  return call;
}

TEST_P(Contracts, under_the_life_cycle_the_first_account_owns_what_genesis_deploys) {
  no_params_.set("lifecycle", std::int64_t{1});
  params_.set("block_gas", std::int64_t{10'000'000});
  const auto judge = rules();
  const ledger::StateRef start = judge->genesis();
  EXPECT_EQ(tokens(*start, 0), 600u);
  EXPECT_EQ(tokens(*start, 1), 400u);
  Bytes creation = token_code();
  creation.resize(creation.size() + 32);  // a supply of nothing
  const ContractCall pause = desk_call("pause(bytes32)"), resume = desk_call("resume(bytes32)"),
                     retire = desk_call("retire(bytes32)"),
                     upgrade = desk_call("upgrade(bytes32,bytes)", creation);
  const auto pay = [&](std::uint64_t nonce) { return pay_tokens(1, nonce, 5, 10); };
  const BlockRef one =
      block({pay(0), sign(1, 1, &pause), sign(0, 0, &pause), pay(2), sign(0, 1, &resume), pay(3),
             sign(0, 2, &upgrade, 0, 3'000'000), pay(4), sign(0, 3, &retire), pay(5)});
  const auto result = judge->execute(*start, *one, nullptr);
  ASSERT_TRUE(result->ok) << result->reason;
  constexpr TxOutcome yes = TxOutcome::succeeded, no = TxOutcome::failed;
  EXPECT_EQ(result->outcomes, (std::vector{yes, no, yes, no, yes, yes, yes, yes, yes, no}));
  EXPECT_NE(result->state_root, start->root());
}

TEST_P(Contracts, a_block_takes_no_more_gas_than_it_has) {
  const auto judge = rules();
  std::vector<TxRef> list;
  for (AccountIndex i = 0; i < 6; ++i) list.push_back(sign(i, 0, nullptr, 1, 990'000));
  const auto result = judge->execute(*judge->genesis(), *block(std::move(list)), nullptr);
  ASSERT_TRUE(result->ok);
  // 21,000 used by the first leaves less than the second may use.
  EXPECT_EQ(result->outcomes[0], TxOutcome::succeeded);
  for (std::size_t i = 1; i < 6; ++i) EXPECT_EQ(result->outcomes[i], TxOutcome::no_effect) << i;
}

TEST_P(Contracts, admission_tells_what_a_pool_must_know) {
  const auto judge = rules();
  const ledger::StateRef start = judge->genesis();
  const Checked good = check(*judge, *start, pay_tokens(2, 1, 3, 5));
  EXPECT_TRUE(good.ok);
  EXPECT_EQ(good.sender, suite_->account(2));
  EXPECT_EQ(good.nonce, 1u);
  EXPECT_EQ(good.next_nonce, 0u);
  EXPECT_EQ(good.fee, 3u);
  EXPECT_EQ(good.weight, 100'000u);
  EXPECT_EQ(check(*judge, *start, sign(2, 0, nullptr, balance)).reason, "unaffordable");
  EXPECT_EQ(check(*judge, *start, sign(2, 0, nullptr, 1, 1'000'001)).reason, "unaffordable");
  const auto after = judge->execute(*start, *block({pay_tokens(2, 0, 3, 0)}), nullptr);
  EXPECT_EQ(check(*judge, *after->post, pay_tokens(2, 0, 3, 5)).reason, "nonce used");
}

TEST_P(Contracts, a_continued_execution_gives_what_one_at_once_gives) {
  const auto judge = rules();
  std::vector<TxRef> all;
  for (std::uint64_t i = 0; i < 12; ++i) {
    all.push_back(pay_tokens(i % 2, i / 2, 2 + i % 5, i == 7 ? 5'000 : 10 + i));
  }
  const auto once = judge->execute(*judge->genesis(), *block(all), nullptr);
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    const auto begun = judge->execute(
        *judge->genesis(), *block({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(cut)}),
        nullptr);
    const auto rest = judge->execute(*judge->genesis(), *block(all), begun.get());
    EXPECT_EQ(rest->state_root, once->state_root) << cut;
    EXPECT_EQ(rest->receipts_root, once->receipts_root) << cut;
    EXPECT_EQ(rest->outcomes, once->outcomes) << cut;
    EXPECT_EQ(rest->work, once->work) << cut;
  }
}

TEST_P(Contracts, the_audits_books_agree_and_what_is_burnt_is_missing) {
  const auto judge = rules();
  const auto audit =
      builtin_models().find(ModelKind::ledger, "account")->make_audit(genesis_, *suite_);
  EXPECT_EQ(audit->state_root(), judge->genesis()->root());
  const BlockRef one =
      block({pay_tokens(0, 0, 5, 30), pay_tokens(1, 0, 5, 401), pay_tokens(1, 2, 5, 1)});
  const auto result = judge->execute(*judge->genesis(), *one, nullptr);
  const auto entries = audit->apply(*one);
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_TRUE(entries[0].effective && entries[0].spends.size() == 1);
  EXPECT_TRUE(!entries[1].effective && entries[1].spends.size() == 1);
  EXPECT_TRUE(!entries[2].effective && entries[2].spends.empty());
  EXPECT_EQ(audit->state_root(), result->state_root);
  EXPECT_EQ(audit->burned(), U256(2 * static_cast<const ContractResults&>(*result).use.gas));
  EXPECT_FALSE(audit->burned().is_zero());
  EXPECT_EQ(audit->supply() + audit->burned(), U256(8 * balance));
}

TEST_P(Contracts, a_node_that_joins_takes_the_state_in_verified_parts_and_goes_on_as_the_others) {
  const auto judge = rules();
  const ledger::StateRef genesis = judge->genesis();
  const auto first = judge->execute(*genesis, *block({pay_tokens(0, 0, 3, 50)}), nullptr);
  ASSERT_TRUE(first->ok);
  // All that it trusts is the root in a final block's header.
  light::SnapshotSync sync(first->state_root, 1);
  const ethereum::WorldState& world = static_cast<const WorldVersion&>(*first->post).world();
  const ethereum::WorldState& old = static_cast<const WorldVersion&>(*genesis).world();
  EXPECT_FALSE(sync.begin(light::upper_nodes(old.accounts(), 1)));
  ASSERT_TRUE(sync.begin(light::upper_nodes(world.accounts(), 1)));
  std::size_t stale = 0;
  while (!sync.missing().empty()) {
    const light::TriePart part = sync.missing().front();
    // A peer that is behind gives parts of an older state: right only where nothing changed.
    if (!sync.take(part, light::part_of(old, part)).empty()) {
      ++stale;
      ASSERT_EQ(sync.take(part, light::part_of(world, part)), "");
    }
  }
  EXPECT_GT(stale, 0u);
  const WorldVersion copy(sync.state());
  EXPECT_EQ(copy.root(), first->state_root);
  EXPECT_EQ(judge->serialise(copy), judge->serialise(*first->post));
  EXPECT_EQ(tokens(copy, 3), 50u);
  const BlockRef next = block({pay_tokens(3, 0, 4, 20), pay_tokens(0, 1, 1, 1)});
  const auto theirs = judge->execute(*first->post, *next, nullptr);
  const auto own = judge->execute(copy, *next, nullptr);
  ASSERT_TRUE(own->ok && theirs->ok);
  EXPECT_EQ(own->state_root, theirs->state_root);
  EXPECT_EQ(own->receipts_root, theirs->receipts_root);
}

TEST_P(Contracts, a_snapshot_brings_storage_and_code_to_a_world_that_has_neither) {
  const auto judge = rules();
  const auto after = judge->execute(*judge->genesis(), *block({pay_tokens(0, 0, 5, 30)}), nullptr);
  const Bytes bytes = judge->serialise(*after->post);
  const auto other = rules();
  const ledger::StateRef copy = other->deserialise(bytes);
  ASSERT_NE(copy, nullptr);
  EXPECT_EQ(copy->root(), after->state_root);
  EXPECT_EQ(tokens(*copy, 5), 30u);
  EXPECT_EQ(other->serialise(*copy), bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes bad = bytes;
    bad[i] ^= 1;
    const ledger::StateRef wrong = other->deserialise(bad);
    EXPECT_TRUE(!wrong || wrong->root() != copy->root()) << "byte " << i;
  }
  EXPECT_EQ(other->deserialise(ByteView(bytes).first(bytes.size() - 1)), nullptr);
}

TEST_P(Contracts, a_contract_that_cannot_be_created_is_named) {
  auto broken = *genesis_.contracts;
  broken[0].code = {0xfe};
  genesis_.contracts = std::make_shared<std::vector<GenesisContract>>(broken);
  try {
    rules();
    ADD_FAILURE() << "created";
  } catch (const std::invalid_argument& error) {
    EXPECT_NE(std::string(error.what()).find("erc20"), std::string::npos) << error.what();
  }
}

/// Counts its frames into the output of a creation: two runs never give the same.
class Fickle final : public ContractEngine {
 public:
  explicit Fickle(bool admits) : admits_(admits) {}
  std::string_view name() const override { return "fickle"; }
  bool deterministic() const override { return !admits_; }
  ContractResult execute(ContractHost& host, Revision, const ContractMessage& message,
                         const ContractCode&) override {
    ContractResult out;
    out.gas_left = message.gas;
    if (message.kind == CallKind::create) {
      out.output = {1};
    } else {
      host.set_storage(message.recipient, U256(0), U256(++frames_));
    }
    return out;
  }

 private:
  bool admits_;
  std::uint64_t frames_ = 0;
};

TEST_P(Contracts, results_that_may_differ_are_never_shared) {
  ModelInfo model;
  model.name = "fickle";
  genesis_.contract_model = &model;
  auto contracts = *genesis_.contracts;
  contracts[0].setup.clear();
  genesis_.contracts = std::make_shared<std::vector<GenesisContract>>(contracts);
  const BlockRef one = block({pay_tokens(0, 0, 5, 1)});

  model.make_contract_engine = [](const Params&) -> std::unique_ptr<ContractEngine> {
    return std::make_unique<Fickle>(true);
  };
  ledger::Store honest(rules(), 0, true);
  const auto first = honest.execute(*honest.genesis(), *one, false);
  const auto second = honest.execute(*honest.genesis(), *one, false);
  EXPECT_NE(first->state_root, second->state_root);

  // One that keeps it to itself is found out when a shared result is computed again.
  model.make_contract_engine = [](const Params&) -> std::unique_ptr<ContractEngine> {
    return std::make_unique<Fickle>(false);
  };
  ledger::Store deceived(rules(), 0, true);
  const auto shared = deceived.execute(*deceived.genesis(), *one, false);
  EXPECT_EQ(deceived.execute(*deceived.genesis(), *one, false), shared);
  EXPECT_THROW(deceived.execute(*deceived.genesis(), *one, true), std::logic_error);
}

INSTANTIATE_TEST_SUITE_P(Modes, Contracts, ::testing::Values(SuiteMode::costed, SuiteMode::real),
                         [](const auto& p) {
                           return p.param == SuiteMode::costed ? "costed" : "real";
                         });

}  // namespace
}  // namespace ledgerlab::account
