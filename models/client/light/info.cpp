// What the light client says of itself: parameters and messages.
#include "models/api/registry.hpp"
#include "models/client/light/light.hpp"

namespace ledgerlab {

void register_client_light(Registry& registry) {
  ModelInfo info;
  info.name = "light";
  info.version = 1;
  info.kind = ModelKind::client;
  info.slot = Slot::client;
  info.family = "light";
  info.summary =
      "Believes no reply: keeps verified headers of several replicas, and counts a transaction as "
      "done by proofs against the heaviest chain.";
  info.paper =
      "S. Nakamoto: Bitcoin: A Peer-to-Peer Electronic Cash System, 2008, section 8; EIP-1186";
  info.params = client::offering_params();
  info.params.insert(
      info.params.end(),
      {{"sources",
        ParamType::integer,
        "4",
        "replicas that headers are asked of in turn: its own and those after it",
        "1",
        "1000",
        {}},
       {"header_interval",
        ParamType::duration,
        "0 ns",
        "one source is asked for new headers this often; 0: each of them twice in a mean block "
        "interval",
        "0 ns",
        "1000 h",
        {}},
       {"confirmations",
        ParamType::integer,
        "0",
        "of a transaction's block, its own among them; fewer than the protocol's settlement depth "
        "count as that",
        "0",
        "100000",
        {}},
       {"proof_timeout",
        ParamType::duration,
        "5 s",
        "a replica that has not shown a proof by then is passed over",
        "1 ms",
        "1 h",
        {}},
       {"state_proofs",
        ParamType::flag,
        "true",
        "on ledger \"account\": a transaction also needs the proof that its payer's nonce was used",
        {},
        {},
        {}}});
  info.messages = message_list<Reply, Redirect, Refused, chain::Headers, chain::Inclusion,
                               chain::AccountProof>();
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<client::Light>(context);
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
