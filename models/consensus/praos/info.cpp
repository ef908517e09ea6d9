// What Praos says of itself.
#include "models/api/log_protocol.hpp"
#include "models/api/registry.hpp"
#include "models/consensus/praos/praos.hpp"
#include "models/parts/chain/settlement.hpp"

namespace ledgerlab {
namespace praos {
namespace {

std::vector<ParamInfo> slot_params() {
  return {{"slot_length", ParamType::duration, "1 s", "length of a slot", "1 ms", "1 h", {}},
          {"active_slots",
           ParamType::ratio,
           "5 %",
           "the paper's f: probability that a slot has a leader when all stake takes part",
           "0.01 %",
           "99 %",
           {}},
          {"epoch_length",
           ParamType::integer,
           "0",
           "the paper's R, slots of an epoch with one stake distribution and one nonce; 0: 10 k / "
           "f as Cardano has it, k the settlement depth",
           "0",
           "1000000000",
           {}},
          {"delay_slots",
           ParamType::integer,
           "2",
           "the paper's Delta: slots within which a block reaches everybody, clock offsets "
           "included; the stated risk counts what is lost by it",
           "0",
           "10000",
           {}},
          {"max_future",
           ParamType::duration,
           "10 s",
           "a block whose slot begins later than this by the receiver's wall clock is refused; a "
           "nearer one is held until then",
           "0 ns",
           "10000 h",
           {}}};
}

std::unique_ptr<chain::HeaderChain> header_chain(const ModuleContext& context) {
  const BlockRef genesis = make_genesis(context.genesis_root);
  const Rules rules(*context.consensus_params);
  const Distribution stakes = distribution(
      std::make_shared<const std::vector<std::uint64_t>>(context.genesis.stakes));
  auto out = std::make_unique<HeaderChain>(rules, context.replicas,
                                           KnownStakes{{genesis->id, stakes}});
  // A client has no state that could show it how the stake moves.
  if (context.self >= context.replicas) out->assume(stakes);
  out->begin(genesis, 0, rules.genesis(genesis->id));
  return out;
}

std::string check(const Params& params, std::uint32_t) {
  if (params.text("sync") == "snapshot") {
    return "sync = \"snapshot\" is not there for praos: blocks after a checkpoint are judged by "
           "the "
           "stake of two epochs before, which its state root does not commit to; take "
           "sync = \"headers\"";
  }
  return chain::check_settlement(params, race_share_ppb(params));
}

}  // namespace
}  // namespace praos

void register_consensus_praos(Registry& registry) {
  ModelInfo info;
  info.name = "praos";
  info.version = 2;
  info.kind = ModelKind::consensus;
  info.slot = Slot::consensus;
  info.family = "lottery";
  info.summary =
      "Ouroboros Praos: leaders of slots are drawn in private by stake, the longest chain wins, "
      "depth settles.";
  info.paper =
      "B. David, P. Gazi, A. Kiayias, A. Russell: Ouroboros Praos, Eurocrypt 2018 (signatures are "
      "ordinary ones: the forward-secure ones of the paper are left out); settlement depth by M. "
      "Rosenfeld, 2012, for the race of slots won, less what delay makes vain";
  info.f751 = {"F7512-7.1.5.1-a", "F7512-7.1.5.1-b", "F7512-7.1.5.2-a", "F7512-7.1.5.2-b",
               "F7512-7.1.5.2-c", "F7512-7.1.5.2-e", "F7512-7.1.5.4-k"};
  info.params = log_protocol_params();
  for (const auto& list :
       {praos::slot_params(), chain::settlement_params("stake"), chain::sync_params()}) {
    info.params.insert(info.params.end(), list.begin(), list.end());
  }
  info.fault_model.text =
      "honest majority of stake: a settled block is reversed with the stated risk by an adversary "
      "of the stated share; blocks spread and clocks agree within delay_slots, no partition";
  info.fault_model.max_crashed = [](std::uint32_t n) { return n == 0 ? 0 : (n - 1) / 2; };
  info.fault_model.max_adversary_ppb = 100'000'000;
  info.fault_model.safety_needs_synchrony = true;
  // Announcement, question and answer a hop, two hops.
  info.fault_model.synchronous = [](const Params& p, Duration delay) {
    return 6 * delay <= p.integer("delay_slots") * p.duration("slot_length");
  };
  info.fault_model.liveness_bound = praos::liveness_bound;
  info.fault_model.settlement_risk_ppb = praos::settlement_risk_ppb;
  info.client_policy.ask = ClientPolicy::Ask::home;
  info.messages = message_list<praos::BlockContent, chain::GetBlocks, chain::GetTip, chain::Tip,
                               chain::GetHeaders, chain::Headers, chain::GetData, chain::GetState,
                               chain::StateChunk, chain::GetInclusion, chain::GetAccount>();
  // Epochs of 4 s, so that short runs see stake and nonce change.
  info.contract.params =
      "slot_length = \"100 ms\", active_slots = \"20 %\", epoch_length = 40, settlement_depth = 10";
  // As proof of work: half the stake cut off for exponential times of mean 1.6 s.
  info.contract.swarm_params = "settlement_depth = 40";
  info.contract.run = seconds(8);
  info.uses_relay = true;
  info.uses_stake = true;
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<praos::Praos>(context);
  };
  info.make_header_chain = praos::header_chain;
  info.check = praos::check;
  registry.add(std::move(info));
}

}  // namespace ledgerlab
