// What the relay says of itself.
#include "models/api/registry.hpp"
#include "models/gossip/gossipsub/gossipsub.hpp"

namespace ledgerlab {
namespace gossipsub {
namespace {

ParamInfo count(const char* key, const char* fallback, const char* text, const char* low = "0") {
  return {key, ParamType::integer, fallback, text, low, "100000", {}};
}
ParamInfo time(const char* key, const char* fallback, const char* text, const char* low = "1 ms") {
  return {key, ParamType::duration, fallback, text, low, "10000 h", {}};
}
ParamInfo flag(const char* key, const char* fallback, const char* text) {
  return {key, ParamType::flag, fallback, text, {}, {}, {}};
}
ParamInfo share(const char* key, const char* fallback, const char* text) {
  return {key, ParamType::ratio, fallback, text, "0 %", "100 %", {}};
}
/// A weight, cap or threshold of the score.
ParamInfo points(const char* key, const char* fallback, const char* text) {
  return {key, ParamType::ratio, fallback, text, "0", "1000000", {}};
}

std::vector<ParamInfo> overlay_params() {
  return {
      {"version",
       ParamType::choice,
       "1.1",
       "1.0: no scores, no backoff, no flood publishing, gossip to D_lazy peers only",
       {},
       {},
       {"1.0", "1.1"}},
      {"topics",
       ParamType::choice,
       "one",
       "one: all contents in one topic; by_slot: transactions in a topic and a mesh of their own",
       {},
       {},
       {"one", "by_slot"}},
      share("subscribers", "100 %",
            "share of the nodes that are in a topic; the others publish into "
            "it by fanout or flood and get nothing"),
      count("d", "6", "D: desired degree of the mesh", "1"),
      count("d_low", "4", "D_low: below it peers are grafted"),
      count("d_high", "12", "D_high: above it peers are pruned", "1"),
      count("d_lazy", "6", "D_lazy: peers that gossip goes to, in v1.1 at least"),
      count("d_out", "2", "D_out: outbound peers kept in the mesh (v1.1)"),
      count("d_score", "4", "D_score: best peers kept when pruning (v1.1)"),
      share("gossip_factor", "25 %",
            "share of the peers outside the mesh that gossip goes to (v1.1)"),
      time("heartbeat_interval", "1 s", "time between two heartbeats"),
      time("heartbeat_initial_delay", "100 ms",
           "earliest first heartbeat; nodes begin at a drawn time within one interval from there",
           "0 ns"),
      time("fanout_ttl", "60 s", "fanout peers are kept for so long after a publication"),
      count("mcache_len", "5", "heartbeats for which a content is kept to answer IWANT", "1"),
      count("mcache_gossip", "3", "heartbeats for which a content is advertised", "1"),
      flag("flood_publish", "true", "own contents go to every peer above the threshold (v1.1)"),
      flag("px", "false",
           "peer exchange: PRUNE of a surplus peer names others, and who gets it "
           "connects to them (v1.1)"),
      time("prune_backoff", "1 min", "after a PRUNE no GRAFT for so long (v1.1)"),
      time("graft_flood_threshold", "10 s",
           "a GRAFT so soon after a PRUNE is penalised twice (v1.1)"),
      count("opportunistic_graft_ticks", "60",
            "heartbeats between two looks at the median score; 0: never (v1.1)"),
      count("opportunistic_graft_peers", "2", "peers grafted then (v1.1)"),
      count("max_ihave_messages", "10", "IHAVE of a peer that are read in a heartbeat (v1.1)", "1"),
      count("max_ihave_length", "5000", "ids asked of a peer in a heartbeat (v1.1)", "1"),
      count("gossip_retransmission", "3", "answers to IWANT per peer and content (v1.1)", "1"),
      time("iwant_followup_time", "3 s",
           "within which one drawn id of an IWANT has to come, or the peer is penalised (v1.1)"),
      time("retain_score", "6 h", "scores of peers that left are remembered (v1.1)"),
      {"trusted",
       ParamType::text,
       "",
       "nodes that the application vouches for (P5), such as \"0, 7\"",
       {},
       {},
       {}},
  };
}

/// Defaults of the order that public networks run with; P3 is off, since its threshold depends on
/// the rate of contents.
std::vector<ParamInfo> score_params() {
  return {
      points("gossip_threshold", "500", "no gossip to and from peers below minus this"),
      points("publish_threshold", "1000", "no own contents to peers below minus this"),
      points("graylist_threshold", "2500", "nothing is taken from peers below minus this"),
      points("accept_px_threshold", "100", "peers are taken from peers above this only"),
      points("opportunistic_graft_threshold", "3.5",
             "a median score of the mesh below this lets better peers in"),
      points("topic_weight", "0.1", "of a topic in the score"),
      points("topic_score_cap", "0", "TopicCap: most that the topics add; 0: no cap"),
      points("time_in_mesh_weight", "0.0003", "of P1"),
      time("time_in_mesh_quantum", "1 s", "time in the mesh that counts one for P1"),
      points("time_in_mesh_cap", "3600", "largest P1"),
      points("first_message_deliveries_weight", "5", "of P2"),
      share("first_message_deliveries_decay", "99.87 %", "left of P2's counter after an interval"),
      points("first_message_deliveries_cap", "100", "largest P2"),
      points("mesh_message_deliveries_weight", "0",
             "of P3, subtracted (the specification's is "
             "negative)"),
      share("mesh_message_deliveries_decay", "99 %", "left of P3's counter after an interval"),
      points("mesh_message_deliveries_threshold", "20", "deliveries below which P3 counts"),
      points("mesh_message_deliveries_cap", "100", "largest counter of P3"),
      time("mesh_message_deliveries_activation", "30 s", "time in the mesh before P3 counts"),
      time("mesh_message_deliveries_window", "10 ms", "a copy so soon after the first counts too",
           "0 ns"),
      points("mesh_failure_penalty_weight", "0", "of P3b, subtracted"),
      share("mesh_failure_penalty_decay", "99.87 %", "left of P3b's counter after an interval"),
      points("invalid_message_deliveries_weight", "1000", "of P4, subtracted"),
      share("invalid_message_deliveries_decay", "99.87 %",
            "left of P4's counter after an interval"),
      points("app_specific_weight", "1", "of P5"),
      points("app_specific_score", "100", "P5 of a trusted node"),
      points("ip_colocation_factor_weight", "10",
             "of P6, subtracted; addresses are known only in "
             "systems with a discovery model"),
      count("ip_colocation_factor_threshold", "5", "peers of one address group that are free"),
      points("behaviour_penalty_weight", "10", "of P7, subtracted"),
      points("behaviour_penalty_threshold", "6", "penalties that are free"),
      share("behaviour_penalty_decay", "99.87 %", "left of P7's counter after an interval"),
      time("decay_interval", "1 s", "DecayInterval"),
      points("decay_to_zero", "0.01", "a counter below this is zero"),
  };
}

std::vector<ParamInfo> params() {
  std::vector<ParamInfo> all = overlay_params();
  for (ParamInfo& p : score_params()) all.push_back(std::move(p));
  return all;
}

std::string check(const Params& p, std::uint32_t) {
  const auto of = [&](const char* key) { return p.count(key); };
  if (of("d_low") > of("d") || of("d") > of("d_high")) {
    return "D_low <= D <= D_high must hold: set d_low, d and d_high together";
  }
  if (of("d_out") > of("d") / 2 || (of("d_out") > 0 && of("d_out") >= of("d_low"))) {
    return "d_out must be below d_low and at most half of d (v1.1, Outbound Mesh Quotas)";
  }
  if (of("d_score") > of("d")) return "d_score must not be above d";
  if (of("mcache_gossip") > of("mcache_len")) return "mcache_gossip must not be above mcache_len";
  if (of("gossip_threshold") > of("publish_threshold") ||
      of("publish_threshold") > of("graylist_threshold")) {
    return "gossip_threshold <= publish_threshold <= graylist_threshold must hold (they are "
           "subtracted)";
  }
  return "";
}

}  // namespace
}  // namespace gossipsub

void register_gossip_gossipsub(Registry& registry) {
  ModelInfo info;
  info.name = "gossipsub";
  info.version = 1;
  info.kind = ModelKind::gossip;
  info.slot = Slot::relay;
  info.family = "mesh";
  info.summary =
      "Spreads contents over a scored mesh of bounded degree, gossips their ids beside it.";
  info.paper =
      "libp2p specifications, pubsub/gossipsub: gossipsub-v1.0.md and gossipsub-v1.1.md; D. "
      "Vyzovitis "
      "et al.: GossipSub, arXiv 2007.02754";
  info.params = gossipsub::params();
  info.messages = message_list<gossipsub::FullMessage, gossipsub::SubOpts, gossipsub::IHave,
                               gossipsub::IWant, gossipsub::Graft, gossipsub::Prune>();
  info.check = gossipsub::check;
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<gossipsub::Gossipsub>(context);
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
