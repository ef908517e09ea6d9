// What Kademlia says of itself.
#include "models/api/registry.hpp"
#include "models/discovery/kademlia/kademlia.hpp"

namespace ledgerlab {
namespace kademlia {
namespace {

std::vector<ParamInfo> params() {
  std::vector<ParamInfo> out{
      {"k", ParamType::integer, "16",
       "contacts of a bucket, and of an answer (the paper: 20; Ethereum: 16)", "1", "64", {}},
      {"alpha", ParamType::integer, "3", "questions of a lookup under way at once", "1", "64", {}},
      {"contacts", ParamType::integer, "3",
       "first contacts of a node that joins: so many drawn from its links of the network's topology, "
       "or from all replicas where that is complete; 0: all of them",
       "0", "1000000", {}},
      {"query_timeout", ParamType::duration, "2 s",
       "a question not answered by then has failed, and a pinged contact is replaced", "1 ms", "1 h",
       {}},
      {"refresh", ParamType::duration, "1 h",
       "a bucket nobody was looked up in for so long is refreshed", "1 s", "30 d", {}},
      {"first_refresh", ParamType::duration, "10 s",
       "a young node looks itself and a random id up after this, then after twice as long, and so "
       "on up to refresh",
       "100 ms", "30 d", {}},
      {"assume_alive", ParamType::duration, "30 s",
       "a contact heard of within this time is not pinged to make room for another", "0 s", "30 d",
       {}},
      {"ids", ParamType::choice, "key",
       "key: an id counts only if it is the hash of its node's key; free: as its node says", {}, {},
       {"key", "free"}},
      {"bucket_group_limit", ParamType::integer, "0",
       "most contacts of one address group in a bucket; 0: any (Ethereum's nodes: 2)", "0", "64",
       {}},
      {"table_group_limit", ParamType::integer, "0",
       "most contacts of one address group in the table; 0: any (Ethereum's nodes: 10)", "0", "10000",
       {}},
  };
  for (ParamInfo& info : overlay::peering_params()) out.push_back(std::move(info));
  return out;
}

}  // namespace
}  // namespace kademlia

void register_discovery_kademlia(Registry& registry) {
  ModelInfo info;
  info.name = "kademlia";
  info.kind = ModelKind::discovery;
  info.slot = Slot::overlay;
  info.family = "distributed hash table";
  info.summary = "Finds nodes by iterative lookups over k-buckets and draws peers among them.";
  info.paper =
      "P. Maymounkov, D. Mazieres: Kademlia: A Peer-to-peer Information System Based on the XOR "
      "Metric, IPTPS 2002";
  info.params = kademlia::params();
  info.messages =
      message_list<overlay::FindNode, overlay::Nodes, overlay::Ping, overlay::Pong>();
  for (const MessageType* type : overlay::peering_messages()) info.messages.push_back(type);
  info.contract.params =
      "keep_alive = \"5 s\", peer_timeout = \"12 s\", query_timeout = \"500 ms\", "
      "dial_timeout = \"500 ms\", first_refresh = \"2 s\", refresh = \"60 s\"";
  info.contract.run = seconds(30);
  info.check = overlay::check_peering;
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<kademlia::Kademlia>(context);
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
