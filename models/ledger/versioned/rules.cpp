#include "models/ledger/versioned/rules.hpp"

#include <algorithm>
#include <cstring>

#include "models/codec/rlp.hpp"
#include "models/parts/account_tx/account_tx.hpp"

namespace ledgerlab::versioned {
namespace {

using pipeline::State;

const State& of(const ledger::State& state) { return static_cast<const State&>(state); }

void add_receipt(Trie& receipts, std::size_t index, Validity validity) {
  Bytes key;
  rlp::append(key, static_cast<std::uint64_t>(index));
  Bytes code;
  rlp::append(code, static_cast<std::uint64_t>(validity));
  Bytes receipt;
  rlp::append_list(receipt, code);
  receipts.insert(key, receipt);
}

U256 balance_of(const State& state, const Address& address) {
  return pipeline::balance_in(state.get(pipeline::balance_key(address)).value);
}

constexpr Byte used[] = {1};

}  // namespace

pipeline::Policy policy_of(const GenesisSpec& genesis) {
  if (genesis.params == nullptr) return {};
  const auto policy =
      pipeline::Policy::parse(genesis.params->text("endorsement"),
                              static_cast<std::uint32_t>(genesis.params->count("endorsers")));
  return policy.value_or(pipeline::Policy{});
}

std::string policy_problem(const Params& params, std::uint32_t replicas) {
  const auto endorsers = static_cast<std::uint32_t>(params.count("endorsers"));
  if (endorsers > replicas) {
    return "endorsers = " + std::to_string(endorsers) + " are more than the " +
           std::to_string(replicas) + " replicas";
  }
  const std::uint32_t all = endorsers == 0 ? replicas : endorsers;
  const std::string& text = params.text("endorsement");
  if (pipeline::Policy::parse(text, all)) return {};
  return "endorsement = \"" + text + "\" is no policy for " + std::to_string(all) +
         " endorsers: write \"any\", \"majority\", \"all\", or \"2 of " + std::to_string(all) +
         "\"";
}

Rules::Rules(const GenesisSpec& genesis, CryptoSuite& suite)
    : suite_(suite),
      policy_(policy_of(genesis)),
      engine_model_(genesis.contract_model),
      engine_(engine_model_ ? engine_model_->make_contract_engine(*genesis.contract_params)
                            : nullptr),
      watch_(engine_ ? std::make_unique<contract::Watch>(
                           *engine_, contract::cut_off(*genesis.contract_params), strikes_)
                     : nullptr),
      genesis_(std::make_shared<const State>(genesis_state(genesis, suite, engine_.get()))) {}

std::string_view Rules::fault(const Transaction& transaction) {
  const pipeline::SignedEnvelope* envelope = pipeline::decode_envelope(transaction);
  if (envelope == nullptr) return "malformed";
  const auto& proposal = pipeline::decode_proposal(*envelope->content.proposal)->content;
  if (proposal.chain_id != ledgerlab_chain_id) return "for another chain";
  return pipeline::signed_by_sender(*envelope, suite_) ? std::string_view{} : "signature not valid";
}

/// Androulaki et al. section 3.4: the endorsement policy, then the versions that were read, against
/// the state as the valid transactions before this one have left it.
Validity Rules::judge(const pipeline::SignedEnvelope& envelope, const State& state) {
  const TxId& proposal = envelope.content.proposal->id;
  if (state.version(pipeline::proposal_key(proposal)) != 0) return Validity::duplicate_proposal;
  if (!policy_.satisfied(envelope.content, suite_)) return Validity::endorsement_policy_failure;
  if (!pipeline::reads_are_current(envelope.set, state)) return Validity::mvcc_read_conflict;
  return Validity::valid;
}

ledger::BlockResultRef Rules::execute(const ledger::State& pre, const Block& block,
                                      const ledger::BlockResult* begun) {
  auto out = std::make_shared<BlockResult>();
  const auto* before = static_cast<const BlockResult*>(begun);
  if (before) *out = *before;
  auto post = std::make_shared<State>(of(before ? *before->post : pre));
  if (!before) out->work = {{Operation::verify, 0}, {Operation::state_update, 0}};
  const auto& transactions = block.payload->transactions;
  for (std::size_t i = out->outcomes.size(); i < transactions.size(); ++i) {
    if (const std::string_view text = fault(*transactions[i]); !text.empty()) {
      auto refused = std::make_shared<BlockResult>();
      refused->reason =
          "transaction " + to_hex(transactions[i]->id).substr(0, 16) + " is " + std::string(text);
      return refused;
    }
    const pipeline::SignedEnvelope& envelope = *pipeline::decode_envelope(*transactions[i]);
    const Validity validity = judge(envelope, *post);
    out->work[0].second += envelope.content.endorsements.size();
    if (validity == Validity::valid) {
      const auto version = pipeline::version_of(block.height, i);
      post->apply(envelope.set.writes, version);
      post->set(pipeline::proposal_key(envelope.content.proposal->id), used, version);
      out->work[1].second += envelope.set.writes.size() + 1;
    }
    out->validity.push_back(validity);
    out->outcomes.push_back(validity == Validity::valid ? TxOutcome::succeeded
                                                        : TxOutcome::no_effect);
    add_receipt(out->receipts, i, validity);
  }
  out->state_root = post->root();
  out->receipts_root = out->receipts.root();
  out->post = std::move(post);
  out->ok = true;
  return out;
}

Bytes Rules::context(const Block& block) const {
  Bytes out;
  codec::Writer writer(out);
  writer(block.height);
  return out;
}

/// A pool need not know what an envelope reads: like Fabric's orderers it takes any that is well
/// formed and signed, in no order but that of arrival.
void Rules::check(const ledger::State& state, Checked& answer) {
  const pipeline::SignedEnvelope& envelope = *pipeline::decode_envelope(*answer.transaction);
  std::memcpy(answer.sender.data.data(), envelope.digest.data.data(), Address::size());
  if (of(state).version(pipeline::proposal_key(envelope.content.proposal->id)) != 0) {
    answer.next_nonce = 1;
    answer.reason = "nonce used";
  } else {
    answer.ok = true;
  }
}

Simulated Rules::simulate(const ledger::State& state, const Transaction& transaction,
                          ledger::Work& work) {
  Simulated out{transaction.id, false, {}, {}};
  const pipeline::SignedProposal* proposal = pipeline::decode_proposal(transaction);
  if (proposal == nullptr || proposal->content.chain_id != ledgerlab_chain_id ||
      !pipeline::signed_by_sender(*proposal, suite_)) {
    return out;
  }
  strikes_.begin(transaction.id);
  pipeline::Simulation simulation =
      pipeline::simulate(of(state), proposal->content, transaction.id, watch_.get(), codes_);
  if (watch_) watch_->settle();
  work.emplace_back(Operation::tx_execute, 1);
  if (engine_ && simulation.frames > 0) {
    work.emplace_back(engine_model_->gas_row, simulation.gas);
    work.emplace_back(Operation::contract_frame, simulation.frames);
    work.emplace_back(Operation::storage_read, simulation.set.reads.size());
  }
  out.ok = simulation.reason.empty();
  out.reads = std::move(simulation.set.reads);
  out.writes = std::move(simulation.set.writes);
  return out;
}

Queried Rules::query(const ledger::State& state, const Address& address) {
  return {address, balance_of(of(state), address), 0, 0};
}

std::uint64_t Rules::stake(const ledger::State& state, NodeId replica) {
  const U256 balance = balance_of(of(state), suite_.account(stake_account(replica)));
  return std::min(balance, U256(~std::uint64_t{0})).low64();
}

Bytes Rules::serialise(const ledger::State& state) { return of(state).serialise(); }

ledger::StateRef Rules::deserialise(ByteView bytes) {
  auto parsed = State::deserialise(bytes);
  return parsed ? std::make_shared<const State>(std::move(*parsed)) : nullptr;
}

}  // namespace ledgerlab::versioned
