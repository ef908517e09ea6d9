// Targets: what clients send to our own ledgers. Any bytes stand as a transaction in a block,
// twice: the ledger and the second books must agree about it, and nobody gets richer.
#include <map>

#include "models/api/registry.hpp"
#include "models/codec/codec.hpp"
#include "models/crypto/hash.hpp"
#include "models/ledger/versioned/rules.hpp"
#include "models/parts/account_tx/account_tx.hpp"
#include "models/parts/ledger/store.hpp"
#include "models/parts/suite/suite.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace ledgerlab::fuzz {
namespace {

struct Bench {
  explicit Bench(std::string_view ledger)
      : info(*builtin_models().find(ModelKind::ledger, ledger)),
        suite(make_suite(SuiteMode::costed, 7, WorkMode::lottery)),
        shared(info.make_shared_store(genesis, *suite, false)),
        store(static_cast<ledgerlab::ledger::Store&>(*shared)) {}

  const ModelInfo& info;
  GenesisSpec genesis{4, 8'000};
  std::unique_ptr<WorldSuite> suite;
  std::unique_ptr<SharedStore> shared;
  ledgerlab::ledger::Store& store;
};

void run_in(Bench& bench, ByteView input) {
  ledgerlab::ledger::Rules& rules = bench.store.rules();
  const TxRef tx = make_transaction(Bytes(input.begin(), input.end()));
  Checked checked;
  checked.transaction = tx;
  const auto& state = bench.store.genesis();
  const bool well_formed = rules.fault(*tx).empty();
  if (well_formed) {
    rules.signatures(*tx);
    rules.check(*state, checked);
  }
  const BlockRef block = make_log_block(1, make_genesis(state->root())->id, make_payload({tx, tx}));
  const auto result = rules.execute(*state, *block, nullptr);
  require(result->ok == well_formed,
          "a block is invalid if a transaction has a fault, and only then");
  if (!well_formed) return;
  const auto audit = bench.info.make_audit(bench.genesis, *bench.suite);
  const U256 before = audit->supply();
  const auto entries = audit->apply(*block);
  require(entries.size() == 2, "one entry a transaction");
  for (std::size_t i = 0; i < 2; ++i) {
    require(entries[i].effective == (result->outcomes[i] == TxOutcome::succeeded),
            "ledger and audit agree on what took effect");
  }
  require(!entries[1].effective, "nothing takes effect twice");
  require(audit->state_root() == result->state_root, "ledger and audit come to one state");
  require(audit->supply() + audit->burned() == before + audit->issued(), "nobody makes money");
  const auto copy = rules.deserialise(rules.serialise(*result->post));
  require(copy && copy->root() == result->state_root, "a state survives its encoding");
}

// ---- execute-order-validate: proposals, and envelopes with their endorsements

Bench& endorsed() {
  static Bench bench("versioned");
  return bench;
}

void run_envelope(ByteView input) {
  Bench& bench = endorsed();
  const TxRef tx = make_transaction(Bytes(input.begin(), input.end()));
  pipeline::decode_proposal(*tx);
  ledgerlab::ledger::Work work;
  const Simulated simulated = bench.store.rules().simulate(*bench.store.genesis(), *tx, work);
  if (simulated.ok) {
    const Bytes set = pipeline::encode({simulated.reads, simulated.writes});
    const auto again = pipeline::decode_set(set);
    require(again && pipeline::encode(*again) == set, "a simulation's set has one form");
  }
  const TxRef fresh = make_transaction(Bytes(input.begin(), input.end()));
  if (const auto* envelope = pipeline::decode_envelope(*fresh)) {
    require(pipeline::encode(envelope->set) == envelope->content.result, "sets have one form");
    pipeline::Policy{1, 4}.satisfied(envelope->content, *bench.suite);
  }
  run_in(bench, input);
}

Bytes signed_by(Bench& bench, AccountIndex signer, Bytes body) {
  const TxSignature signature = bench.suite->sign_transaction(signer, keccak256(body));
  append(body, signature.view());
  return body;
}

std::vector<Bytes> envelope_seeds() {
  Bench& bench = endorsed();
  std::vector<Bytes> out;
  for (const std::uint64_t value : {0u, 5u, 9'000u}) {
    Bytes body{pipeline::proposal_type};
    codec::Writer writer(body);
    writer(std::uint64_t{ledgerlab_chain_id}, std::uint64_t{1}, bench.suite->account(0), false,
           bench.suite->account(1), to_big_endian(U256(value)), std::uint64_t{1'000}, Bytes{});
    out.push_back(signed_by(bench, 0, body));
    const TxRef proposal = make_transaction(Bytes(out.back()));
    ledgerlab::ledger::Work work;
    const Simulated simulated =
        bench.store.rules().simulate(*bench.store.genesis(), *proposal, work);
    require(simulated.ok == (value < 9'000), "the seed is simulated");
    const Bytes result = pipeline::encode({simulated.reads, simulated.writes});
    std::vector<pipeline::Endorsement> endorsements;
    const Bytes text = pipeline::endorsed_text(proposal->id, result);
    for (NodeId node = 0; node < 2; ++node) {
      endorsements.push_back({node, bench.suite->sign(node, text)});
    }
    Bytes envelope{pipeline::envelope_type};
    codec::Writer more(envelope);
    more(proposal->bytes, std::uint32_t{0}, result, endorsements);
    out.push_back(signed_by(bench, 0, envelope));
    const TxRef tx = make_transaction(Bytes(out.back()));
    require(bench.store.rules().fault(*tx).empty(), "the seed is well formed");
  }
  return out;
}

constexpr Target table[] = {
    {"endorsement", run_envelope, envelope_seeds, 6'000},
};

}  // namespace

std::span<const Target> ledger_targets() { return table; }

}  // namespace ledgerlab::fuzz
