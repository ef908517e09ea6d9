// What the relay says of itself.
#include "models/api/registry.hpp"
#include "models/gossip/compact/compact.hpp"
#include "models/parts/relay/params.hpp"

namespace ledgerlab {
namespace compact {
namespace {

std::vector<ParamInfo> params() {
  std::vector<ParamInfo> all = relay::flood_params();
  const std::vector<ParamInfo> own = {
      {"high_bandwidth_peers",
       ParamType::integer,
       "3",
       "peers asked to send new blocks unasked (BIP 152: at most three); 0: low-bandwidth mode "
       "only",
       "0",
       "1000",
       {}},
      {"prefill_bytes",
       ParamType::size,
       "10 kB",
       "most bytes of transactions sent along because this node had to ask for them itself (BIP "
       "152: up to 10 kB)",
       "0 B",
       "4 MB",
       {}},
      {"support",
       ParamType::ratio,
       "1",
       "share of the nodes that speak compact blocks, drawn; the others announce and ask as before",
       "0",
       "1",
       {}},
      {"support_first",
       ParamType::integer,
       "0",
       "in place of support: the first so many nodes speak them (miners with a relay network of "
       "their own)",
       "0",
       "1000000",
       {}},
      {"modelled_failure",
       ParamType::ratio,
       "0",
       "modelled payloads: probability that a node lacks transactions of a block",
       "0",
       "1",
       {}},
      {"modelled_missing",
       ParamType::ratio,
       "10 %",
       "modelled payloads: share of the transactions that is then asked for",
       "0",
       "1",
       {}},
      {"modelled_compact_bytes",
       ParamType::size,
       "0 B",
       "modelled payloads: bytes of a compact block; 0: 80 + 8 + 6 for each transaction (BIP 152)",
       "0 B",
       "100 MB",
       {}},
  };
  all.insert(all.end(), own.begin(), own.end());
  return all;
}

}  // namespace
}  // namespace compact

void register_gossip_compact(Registry& registry) {
  ModelInfo info;
  info.name = "compact";
  info.version = 1;
  info.kind = ModelKind::gossip;
  info.slot = Slot::relay;
  info.family = "flooding";
  info.summary =
      "Compact blocks: header and short ids, put together from the pool; transactions by announce "
      "and ask.";
  info.paper = "M. Corallo: Compact Block Relay, BIP 152, 2016";
  info.params = compact::params();
  info.messages = relay::flood_messages();
  for (const MessageType* type :
       message_list<compact::SendCmpct, compact::BlockInv, compact::GetCompact, compact::CmpctBlock,
                    compact::GetBlockTxn, compact::BlockTxn, compact::ModelledCmpctBlock>()) {
    info.messages.push_back(type);
  }
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<compact::Compact>(context);
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
