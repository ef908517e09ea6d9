#include "sim/run/card.hpp"

#include <fmt/format.h>

#include "models/contract/process/process.hpp"
#include "models/parts/contract/lifecycle.hpp"
#include "models/parts/contract/watch.hpp"
#include "models/parts/pipeline/policy.hpp"
#include "sim/measure/checker.hpp"
#include "sim/scenario/keys.hpp"

namespace ledgerlab {
namespace {

/// What stands for something without doing it says so in its summary.
bool modelled(const ModelInfo& info) { return info.family == "none" || info.family == "modelled"; }

/// Real, unless it has to draw what a modelled payload does not hold: its parameters modelled_*.
std::string_view standing(const ModelInfo& info, bool modelled_payloads) {
  if (modelled(info)) return "";
  for (const ParamInfo& param : info.params) {
    if (modelled_payloads && param.key.starts_with("modelled_")) {
      return "real messages, modelled: payloads, and what of them a node lacks is drawn; ";
    }
  }
  return "real; ";
}

void add_model(std::vector<std::string>& card, const char* slot, const ModelChoice& model,
               bool modelled_payloads) {
  if (!model) return;
  const ModelInfo& info = *model.info;
  card.push_back(fmt::format("{} {}: {}{}", slot, info.label(), standing(info, modelled_payloads),
                             info.paper.empty() ? info.summary : info.paper));
}

void add_checkers(std::vector<std::string>& card, const SystemPlan& system) {
  std::string names;
  for (const CheckerInfo& checker : checker_table()) {
    if (applicable(checker, system)) continue;
    names += (names.empty() ? "" : ", ") + std::string(checker.name);
  }
  if (!names.empty()) {
    card.push_back("checkers not applicable: " + names + ": this ledger keeps no books");
  }
}

std::string sessions_of(const Plan& plan, const SystemPlan& system) {
  if (!plan.network.handshakes) {
    return "sessions: assumed: tags between nodes under one session key of the world: modelled";
  }
  return fmt::format(
      "sessions: handshake, frames costed: SIGMA-I {} before the first message of two nodes, {}; "
      "every frame is charged its tag, number and encryption",
      system.real_crypto ? "with X25519 and Ed25519" : "as an ideal functionality",
      plan.network.first_contact ? "the first key shown is believed"
                                 : "every node knows every node's key");
}

std::string pipeline_of(const Plan& plan, const SystemPlan& system) {
  if (!system.ledger || modelled(*system.ledger.info)) {
    return "pipeline: order only: nothing is executed";
  }
  if (system.ledger.info->family != state_mode) {
    return "pipeline: order-execute: real: every replica executes each block";
  }
  const Params& params = system.ledger.params;
  const auto endorsers = static_cast<std::uint32_t>(params.count("endorsers"));
  const auto policy = pipeline::Policy::parse(params.text("endorsement"), endorsers);
  return fmt::format(
      "pipeline: execute-order-validate: real: clients ask the first {} of {} replicas to endorse; "
      "endorsement policy \"{}\": {} equal signed results, checked again when blocks are validated",
      endorsers, plan.network.replicas, params.text("endorsement"), policy ? policy->needed : 0);
}

std::string storage_of(const SystemPlan& system) {
  if (!system.storage) return "every byte is written once (storage = \"none\")";
  const ModelInfo& info = *system.storage.info;
  const StorageCharge& charge = info.storage_charge;
  if (charge.keeps_nothing) return "storage " + info.name + ": no disk is charged";
  return fmt::format(
             "storage {}: modelled by what the real one was seen to write: {:.2f} bytes for one, "
             "{} B "
             "more "
             "a record and {} B a group commit, {:.2f} syncs each",
             info.name, charge.bytes_permille / 1000.0, charge.bytes_per_record,
             charge.bytes_per_sync, charge.syncs_permille / 1000.0) +
         (charge.small_permille == 0
              ? std::string()
              : fmt::format("; small records: {:.2f} bytes for one and {} B more",
                            charge.small_permille / 1000.0, charge.small_per_record)) +
         (charge.syncs_permille_per_mib == 0
              ? std::string()
              : fmt::format("; {:.2f} syncs more a MiB", charge.syncs_permille_per_mib / 1000.0));
}

/// What a light client verifies, and what it has to take for granted.
std::string light_clients_of(const SystemPlan& system) {
  const ModelInfo& consensus = *system.consensus.info;
  const bool accounts =
      system.client.params.flag("state_proofs") && system.ledger.info->family == "account";
  return fmt::format(
      "light clients verify: every header by the rules of {}, the heaviest chain, a Merkle branch "
      "from each transaction to a settled header{}; they assume: genesis, and that the heaviest "
      "chain's blocks are valid (most of the {} is honest){}{}",
      consensus.name, accounts ? ", a trie proof that its nonce was used" : "",
      consensus.uses_stake ? "stake" : "hash power",
      consensus.uses_stake ? ", that the stake is that of genesis" : "",
      system.contract ? ", that a call whose nonce was used did what it should" : "");
}

}  // namespace

std::vector<std::string> model_card(const Plan& plan, const SystemPlan& system, BuiltWorld& built,
                                    bool share_results) {
  std::vector<std::string> card;
  const bool modelled_payloads = system.mempool && modelled(*system.mempool.info);
  for (const auto& [slot, choice] : system.slots()) {
    if (choice == &system.storage) continue;  // worlds charge for it (below)
    add_model(card, slot, *choice, modelled_payloads);
  }
  if (system.contract && system.contract.info->name == "process") {
    card.push_back(process::standing(process::sandbox_of(system.contract.params)));
  }
  card.push_back(pipeline_of(plan, system));
  if (system.contract && contract::has_lifecycle(system.contract.params)) {
    card.push_back(
        "life cycle: real: contracts are registered, deployed, upgraded, paused and "
        "retired by transactions to a system contract");
  }
  if (system.contract && contract::cut_off(system.contract.params) != 0) {
    card.push_back(fmt::format(
        "cut-off: a contract that ran out of {} of real time in {} transactions in a row is not "
        "run "
        "any more",
        format_value(ParamType::duration, system.contract.params.integer("reply_timeout")),
        contract::cut_off(system.contract.params)));
  }
  if (system.contract && system.ledger.info->name != "utxo") {
    card.push_back(
        "blocks as contracts see them: modelled: no clock, no lottery; time is the height "
        "or zero, randomness the parent's id or zero (the ledger's README says which)");
  }
  const auto& texts = system.consensus.params.texts();
  if (const auto sync = texts.find("sync"); sync != texts.end() && sync->second != "full") {
    card.push_back(sync->second == "snapshot"
                       ? "catching up: snapshot: verifies headers and a state by the root in one of "
                         "them; trusts that a block so deep in the heaviest chain is valid"
                       : "catching up: headers: verifies them before it asks for bodies, executes "
                         "every block");
  }
  if (system.client && system.client.info->family == "light") {
    card.push_back(light_clients_of(system));
  }
  add_checkers(card, system);
  for (const BehaviourPlan& b : system.behaviours) {
    std::string nodes;
    for (const NodeId node : b.nodes) nodes += " " + std::to_string(node);
    card.push_back(fmt::format("Byzantine replicas{}: {}; {} Real modules behind a wrapper", nodes,
                               b.model.info->label(), b.model.info->summary));
  }
  card.push_back(
      system.real_crypto
          ? "crypto: real (Ed25519, secp256k1, ECVRF)"
          : "crypto: costed: true sizes and charged times, forging is guessing 128 bits");
  card.push_back(sessions_of(plan, system));
  if (system.consensus.info->uses_hash_power) {
    card.push_back(system.real_mining
                       ? "mining: real search for nonces; its time is tries divided by hash rate"
                       : "mining: modelled as a lottery: the host draws the search time from the "
                         "hash rate, receivers check an unforgeable ticket");
  }
  const EngineCapabilities engine = built.world().engine().capabilities();
  card.push_back(fmt::format("network: modelled by engine {} ({}); latency {}", engine.name,
                             engine.physics, plan.network.latency_source));
  card.push_back(fmt::format("processor: modelled, cost table {}, {} cores, {} % of the reference",
                             plan.hardware.costs.name, plan.hardware.cores,
                             plan.hardware.speed_ppb / 10'000'000));
  card.push_back(fmt::format("disk: modelled, {} a sync, records in memory; {}",
                             format_value(ParamType::duration, plan.hardware.disk_sync.count()),
                             storage_of(system)));
  card.push_back(share_results
                     ? "sharing: execution results between nodes, one in 256 computed again"
                     : "sharing: off, every node executes for itself");
  return card;
}

}  // namespace ledgerlab
