// What the pool says of itself.
#include "models/api/registry.hpp"
#include "models/mempool/pool/pool.hpp"

namespace ledgerlab {
namespace pool {
namespace {

/// Fees and ties of transactions.
std::vector<ParamInfo> fee_params() {
  return {
      {"floor_half_life",
       ParamType::duration,
       "0 s",
       "a full pool that threw out a fee takes nothing below it and incremental_fee more for a "
       "while: this bound halves in so long (Bitcoin Core: 12 h); 0: no such bound",
       "0 s",
       "3650 d",
       {},
       true},
      {"incremental_fee",
       ParamType::integer,
       "250",
       "by so much a replacement outbids what it replaces, for its own weight (BIP 125, rule 4), "
       "and "
       "so much the bound of floor_half_life is above what was thrown out; in the unit of fees by "
       "which the ledger ranks",
       "0",
       "1000000000000000",
       {},
       true},
      {"replaceable",
       ParamType::choice,
       "signalled",
       "which transactions of a UTXO ledger a conflict may replace: those that say so (BIP 125), "
       "or "
       "all",
       {},
       {},
       {"signalled", "always"},
       true},
      {"max_ancestors",
       ParamType::integer,
       "25",
       "most transactions in the pool from which one spends, itself included (UTXO ledgers)",
       "1",
       "1000",
       {},
       true},
      {"max_descendants",
       ParamType::integer,
       "25",
       "most transactions in the pool that spend from one, itself included (UTXO ledgers)",
       "1",
       "1000",
       {},
       true},
  };
}

std::vector<ParamInfo> params() {
  return {
      {"max_transactions",
       ParamType::integer,
       "100000",
       "most transactions in the pool; then the lowest fee goes",
       "1",
       "100000000",
       {}},
      {"max_bytes",
       ParamType::size,
       "64 MiB",
       "most bytes of transactions in the pool",
       "1 kB",
       "64 GiB",
       {}},
      {"per_sender",
       ParamType::integer,
       "1000",
       "most transactions of one sender",
       "1",
       "100000000",
       {}},
      {"max_gap",
       ParamType::integer,
       "1000",
       "how far a nonce may be ahead of what is there",
       "0",
       "100000000",
       {}},
      {"replace_bump",
       ParamType::ratio,
       "10 %",
       "how much more fee replaces a transaction of the same sender and nonce",
       "0",
       "100",
       {}},
      {"min_fee",
       ParamType::integer,
       "0",
       "lowest fee that is admitted, in smallest units",
       "0",
       "1000000000000000",
       {}},
      {"expiry",
       ParamType::duration,
       "0 s",
       "a transaction that has waited so long is thrown out; 0: never",
       "0 s",
       "3650 d",
       {}},
      {"remember",
       ParamType::integer,
       "100000",
       "final transactions remembered for clients that ask again, and askers remembered for "
       "transactions in blocks that are not final",
       "1",
       "100000000",
       {}},
      {"relay",
       ParamType::choice,
       "auto",
       "spread admitted transactions over the overlay; auto: where each client asks its own node",
       {},
       {},
       {"auto", "on", "off"}},
  };
}

}  // namespace
}  // namespace pool

void register_mempool_pool(Registry& registry) {
  ModelInfo info;
  info.name = "pool";
  info.version = 1;
  info.kind = ModelKind::mempool;
  info.slot = Slot::mempool;
  info.family = "fee-priority";
  info.summary =
      "Transaction pool: queues by sender and nonce, highest fee first, replacement and eviction.";
  info.f751 = {"F7512-7.1.5.3-a", "F7512-7.1.5.3-b", "F7512-7.1.5.3-c", "F7512-7.1.5.3-e"};
  info.params = pool::params();
  for (ParamInfo& param : pool::fee_params()) info.params.push_back(std::move(param));
  info.messages =
      message_list<Request, TransactionContent, ReadRequest, pipeline::EndorseRequest>();
  info.make = [](const ModuleContext& context) -> std::unique_ptr<Module> {
    return std::make_unique<pool::Pool>(context);
  };
  registry.add(std::move(info));
}

}  // namespace ledgerlab
