// What proof of work says of itself.
#include "models/api/log_protocol.hpp"
#include "models/api/registry.hpp"
#include "models/consensus/pow/pow.hpp"
#include "models/parts/chain/settlement.hpp"

namespace ledgerlab {
namespace pow {
namespace {

void add_difficulty_params(std::vector<ParamInfo>& list) {
  list.insert(
      list.end(),
      {{"block_interval",
        ParamType::duration,
        "600 s",
        "mean time between blocks that the difficulty aims at",
        "10 ms",
        "1000 h",
        {}},
       {"retarget",
        ParamType::choice,
        "bitcoin",
        "how difficulty follows hash power: Bitcoin's window, Ethereum Homestead's rule for every "
        "block, or not at all",
        {},
        {},
        {"none", "bitcoin", "homestead"}},
       {"retarget_window",
        ParamType::integer,
        "2016",
        "blocks of one of Bitcoin's windows",
        "2",
        "1000000",
        {}},
       {"homestead_step",
        ParamType::duration,
        "0 ns",
        "a block within this time of its parent raises the difficulty (EIP-2: 10 s); 0: block "
        "interval times ln 2, which has that interval as its balance",
        "0 ns",
        "1000 h",
        {}},
       {"homestead_minimum",
        ParamType::integer,
        "131072",
        "lowest difficulty of the Homestead rule, if the first one is not lower",
        "1",
        "9000000000000000000",
        {}},
       {"homestead_bomb_period",
        ParamType::integer,
        "0",
        "blocks after which Ethereum's difficulty bomb doubles (100000); 0: none",
        "0",
        "1000000000",
        {}},
       {"initial_difficulty",
        ParamType::integer,
        "0",
        "hashes for one block at first; 0: what all hash power makes in one block interval",
        "0",
        "9000000000000000000",
        {}}});
}

void add_chain_params(std::vector<ParamInfo>& list) {
  list.insert(
      list.end(),
      {{"settlement_rule",
        ParamType::choice,
        "rosenfeld",
        "how the reversal risk is reckoned: Rosenfeld 2012 (exact), or section 11 of Nakamoto's "
        "paper, whose z linked blocks are z + 1 confirmations",
        {},
        {},
        {"rosenfeld", "nakamoto"}},
       {"tie_rule",
        ParamType::choice,
        "first_seen",
        "which of equally heavy chains: the first seen (Nakamoto 5) or one drawn by each node",
        {},
        {},
        {"first_seen", "drawn"}},
       {"empty_blocks", ParamType::flag, "true", "mine when no transaction waits", {}, {}, {}},
       {"template_refresh",
        ParamType::duration,
        "0 ns",
        "a miner takes up new transactions this often; 0: ten times in a block interval",
        "0 ns",
        "10000 h",
        {}},
       {"timestamp_unit",
        ParamType::duration,
        "1 ns",
        "blocks tell their time in whole units of this (Bitcoin, Ethereum: 1 s)",
        "1 ns",
        "1 h",
        {}},
       {"max_future",
        ParamType::duration,
        "2 h",
        "how far a block's time may be ahead of the receiver's wall clock",
        "1 ms",
        "10000 h",
        {}},
       {"median_window",
        ParamType::integer,
        "11",
        "a block's time is later than the median of so many before it",
        "1",
        "63",
        {}}});
}

std::unique_ptr<chain::HeaderChain> header_chain(const ModuleContext& context) {
  ModuleContext own = context;
  own.params = context.consensus_params;
  auto out = std::make_unique<HeaderChain>(shared_rules(own));
  out->begin(make_genesis(context.genesis_root), 0, {});
  return out;
}

std::string check(const Params& params, std::uint32_t) {
  if (params.count("settlement_depth") == 0 && params.text("settlement_rule") == "nakamoto" &&
      settlement_risk_ppb(params) >= params.count("settlement_risk")) {
    return "no settlement depth up to 1000 brings the risk below settlement_risk at this "
           "adversary_share: lower the share or accept more risk";
  }
  return chain::check_settlement(params, params.count("adversary_share"));
}

}  // namespace
}  // namespace pow

void register_consensus_pow(Registry& registry) {
  ModelInfo info;
  info.name = "pow";
  info.version = 3;
  info.kind = ModelKind::consensus;
  info.slot = Slot::consensus;
  info.family = "lottery";
  info.summary = "Nakamoto proof of work: the heaviest chain wins, depth settles.";
  info.paper =
      "S. Nakamoto: Bitcoin: A Peer-to-Peer Electronic Cash System, 2008; M. Rosenfeld: Analysis "
      "of "
      "Hashrate-Based Double Spending, 2012; EIP-2 (Homestead)";
  info.f751 = {"F7512-7.1.5.1-a", "F7512-7.1.5.1-b", "F7512-7.1.5.2-a", "F7512-7.1.5.2-b",
               "F7512-7.1.5.2-c", "F7512-7.1.5.2-e", "F7512-7.1.5.4-a", "F7512-7.1.5.4-b",
               "F7512-7.1.5.4-c", "F7512-7.1.5.4-d"};
  info.params = log_protocol_params();
  const auto add = [&](const std::vector<ParamInfo>& list) {
    info.params.insert(info.params.end(), list.begin(), list.end());
  };
  pow::add_difficulty_params(info.params);
  add(chain::settlement_params("hash power"));
  pow::add_chain_params(info.params);
  add(chain::sync_params());
  info.fault_model.text =
      "honest majority of hash power: a settled block is reversed with the stated risk by an "
      "adversary of the stated share; blocks spread in much less than a block interval, no "
      "partition";
  info.fault_model.max_crashed = [](std::uint32_t n) { return n == 0 ? 0 : (n - 1) / 2; };
  info.fault_model.max_adversary_ppb = 100'000'000;
  info.fault_model.safety_needs_synchrony = true;
  // A block takes announcement, question and answer a hop: that much has to be a small part of the
  // block interval (Nakamoto's analysis leaves it out altogether).
  info.fault_model.synchronous = [](const Params& p, Duration delay) {
    return 3 * delay * 10 <= p.duration("block_interval");
  };
  info.fault_model.liveness_bound = pow::liveness_bound;
  info.fault_model.settlement_risk_ppb = pow::settlement_risk_ppb;
  info.client_policy.ask = ClientPolicy::Ask::home;
  info.messages = message_list<pow::BlockContent, chain::GetBlocks, chain::GetTip, chain::Tip,
                               chain::GetHeaders, chain::Headers, chain::GetData, chain::GetState,
                               chain::StateChunk, chain::GetInclusion, chain::GetAccount>();
  info.contract.params = "block_interval = \"500 ms\", settlement_depth = 6";
  // A swarm cuts off up to half the hash power for exponential times of mean 1.6 s: at depth 40 a
  // settled block is reversed once in 10^10 cuts (0.6^40 and less).
  info.contract.swarm_params = "settlement_depth = 40, template_refresh = \"500 ms\"";
  info.contract.run = seconds(8);
  info.uses_relay = true;
  info.uses_hash_power = true;
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<pow::Pow>(context);
  };
  info.make_header_chain = pow::header_chain;
  info.check = pow::check;
  registry.add(std::move(info));
}

}  // namespace ledgerlab
