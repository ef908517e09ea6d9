// What the relay says of itself.
#include "models/api/registry.hpp"
#include "models/gossip/headers/headers.hpp"
#include "models/parts/relay/params.hpp"

namespace ledgerlab {
namespace headers {
namespace {

std::vector<ParamInfo> params() {
  std::vector<ParamInfo> all = relay::flood_params();
  for (ParamInfo& p : all) {
    if (p.key == "keep_contents") p.fallback = "1 h";  // blocks behind headers are asked for later
  }
  const std::vector<ParamInfo> own = {
      {"window",
       ParamType::integer,
       "1024",
       "blocks asked for at most this far ahead of the first missing one (Bitcoin Core: 1024)",
       "1",
       "1000000",
       {}},
      {"in_flight_per_peer",
       ParamType::integer,
       "16",
       "blocks asked of one peer at once (Bitcoin Core: 16)",
       "1",
       "100000",
       {}},
  };
  all.insert(all.end(), own.begin(), own.end());
  return all;
}

}  // namespace
}  // namespace headers

void register_gossip_headers(Registry& registry) {
  ModelInfo info;
  info.name = "headers";
  info.version = 1;
  info.kind = ModelKind::gossip;
  info.slot = Slot::relay;
  info.family = "flooding";
  info.summary =
      "Headers first: blocks announced by header, fetched from several peers within a window.";
  info.paper = "S. Daftuar: sendheaders message, BIP 130, 2015; Bitcoin Core 0.10 (headers-first)";
  info.params = headers::params();
  info.messages = relay::flood_messages();
  for (const MessageType* type :
       message_list<headers::SendHeaders, headers::Headers, headers::GetHeaders>()) {
    info.messages.push_back(type);
  }
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<headers::HeadersFirst>(context);
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
