// ChainModule, fourth part: what it proves to light clients, from its own blocks and its ledger's
// state. Included by chain_module.hpp alone.
#pragma once

#include "models/parts/chain/chain_module.hpp"

namespace ledgerlab::chain {

template <class Carried, class Own>
void ChainModule<Carried, Own>::on_get_inclusion(const Input& input, Effects& effects,
                                                 const GetInclusion& get) {
  effects.work(Operation::tx_check);  // one look-up, as in an index of transactions
  Inclusion answer{get.transaction, get.place, false, 0, 0, {}};
  if (const BlockRef block = on_head_chain(get.place.height)) {
    const auto& transactions = block->payload->transactions;
    const auto it = std::find_if(transactions.begin(), transactions.end(),
                                 [&](const TxRef& tx) { return tx->id == get.transaction; });
    if (it != transactions.end() && !block->payload->modelled()) {
      std::vector<Hash256> ids;
      for (const TxRef& tx : transactions) ids.push_back(tx->id);
      answer.place.id = block->id;
      answer.found = true;
      answer.index = static_cast<std::uint32_t>(it - transactions.begin());
      answer.size = static_cast<std::uint32_t>(ids.size());
      answer.branch = MerkleTree(ids).inclusion(answer.index, answer.size);
      effects.work(Operation::hash_byte, 65 * (ids.size() - 1));
    }
  }
  effects.send(input.from, std::move(answer));
}

/// The questions of clients to the application: the asker is in the call's number, which no
/// question of the chain's own has.
inline constexpr CallId call_of_asker = CallId{1} << 63;

template <class Carried, class Own>
void ChainModule<Carried, Own>::on_get_account(const Input& input, Effects& effects,
                                               const GetAccount& get) {
  effects.call(Slot::application, call_of_asker | input.from,
               ProveAccount{get.account, get.place.id});
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::on_account_proven(const Input& input, Effects& effects,
                                                  const AccountProven& proven) {
  const auto asker = static_cast<NodeId>(input.call->id & ~call_of_asker);
  effects.send(
      asker,
      AccountProof{proven.account, {proven.height, proven.block}, proven.known, proven.nodes});
}

}  // namespace ledgerlab::chain
