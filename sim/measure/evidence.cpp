// Resolves the chronicle into histories, audits and a fault account. Results depend on timestamps
// and ids only, not on the order in which events came from different nodes.
#include "sim/measure/evidence.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace ledgerlab {
namespace {

/// More histories than this are a wreck that one finding describes as well as a hundred.
constexpr std::size_t chains_max = 16;

bool is_final(const Chronicle::BlockEntry& entry) {
  return entry.block && entry.final.at != time_never;
}

std::vector<RowIndex> chain_to(const Chronicle& chronicle, RowIndex tip) {
  std::vector<RowIndex> chain;
  const auto& blocks = chronicle.blocks();
  for (RowIndex row = tip; row != no_row && is_final(blocks[row]);) {
    chain.push_back(row);
    const Block& block = *blocks[row].block;
    if (block.height == 0) break;
    row = chronicle.find_block(block.parent.tag());
    // A parent that is not one height below is no parent.
    if (row != no_row && (!blocks[row].block || blocks[row].block->height + 1 != block.height)) {
      break;
    }
  }
  std::reverse(chain.begin(), chain.end());
  return chain;
}

std::vector<RowIndex> final_tips(const Chronicle& chronicle) {
  const auto& blocks = chronicle.blocks();
  std::vector<bool> has_child(blocks.size(), false);
  for (const auto& entry : blocks) {
    if (!is_final(entry)) continue;
    const RowIndex parent = chronicle.find_block(entry.block->parent.tag());
    if (parent != no_row) has_child[parent] = true;
  }
  std::vector<RowIndex> tips;
  for (RowIndex row = 0; row < blocks.size(); ++row) {
    if (is_final(blocks[row]) && !has_child[row]) tips.push_back(row);
  }
  const auto rank = [&](RowIndex row) {
    const auto& b = blocks[row];
    return std::make_tuple(~b.block->height, b.final, b.tag);
  };
  std::sort(tips.begin(), tips.end(), [&](RowIndex a, RowIndex b) { return rank(a) < rank(b); });
  if (tips.size() > chains_max) tips.resize(chains_max);
  return tips;
}

struct Replay {
  AuditedChain result;
  bool ok = false;
};

Replay replay(const GenesisSpec& genesis, const ModelInfo& ledger, CryptoSuite& suite,
              const Chronicle& chronicle, const std::vector<RowIndex>& chain, bool every_block) {
  Replay out;
  AuditedChain& r = out.result;
  const auto audit = ledger.make_audit(genesis, suite);
  r.genesis = U256(genesis.accounts) * U256(genesis.balance);
  for (const std::uint64_t stake : genesis.stakes) r.genesis += U256(stake);
  r.first_imbalance = chain.size();
  const auto balanced = [&] {
    return audit->supply() + audit->burned() == r.genesis + audit->issued();
  };
  Height expected = 1;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const Block& block = *chronicle.blocks()[chain[i]].block;
    if (block.height == 0) {
      r.blocks.emplace_back();
      continue;
    }
    if (block.height != expected++) return out;  // a hole: nothing to replay on
    r.blocks.push_back(audit->apply(block));
    if (every_block && r.first_imbalance == chain.size() && !balanced()) r.first_imbalance = i;
  }
  if (!every_block && !balanced()) {
    return replay(genesis, ledger, suite, chronicle, chain, true);
  }
  r.supply = audit->supply();
  r.issued = audit->issued();
  r.burned = audit->burned();
  r.root = audit->state_root();
  out.ok = true;
  return out;
}

}  // namespace

bool without_effect(const Chronicle::TxRow& tx, Time committed) {
  return tx.state == Chronicle::TxState::given_up && committed <= tx.closed;
}

FinalHistory make_history(const Chronicle& chronicle) {
  FinalHistory out;
  const auto& blocks = chronicle.blocks();
  out.canonical.assign(blocks.size(), false);
  out.block_of.assign(chronicle.transactions().size(), no_row);
  out.committed.assign(chronicle.transactions().size(), time_never);
  for (const RowIndex tip : final_tips(chronicle)) {
    out.chains.push_back(chain_to(chronicle, tip));
  }
  if (out.chains.empty()) out.chains.emplace_back();
  std::vector<bool> seen(blocks.size(), false);
  for (const auto& chain : out.chains) {
    for (const RowIndex row : chain) {
      if (seen[row]) continue;
      seen[row] = true;
      for (const TxRef& tx : blocks[row].block->payload->transactions) {
        const RowIndex t = chronicle.find_transaction(tx->id.tag());
        if (t == no_row) continue;
        if (out.block_of[t] == no_row) out.block_of[t] = row;
        out.committed[t] = std::min(out.committed[t], blocks[row].final.at);
      }
    }
  }
  const auto& transactions = chronicle.transactions();
  for (std::size_t t = 0; t < transactions.size(); ++t) {
    const auto& tx = transactions[t];
    if (tx.counts() || without_effect(tx, out.committed[t])) continue;
    out.committed[tx.request] = std::min(out.committed[tx.request], out.committed[t]);
  }
  for (const RowIndex row : out.main()) {
    out.canonical[row] = true;
    if (blocks[row].block->height != 0) ++out.decisions;
  }
  return out;
}

AuditedChains audit_history(const Plan& plan, const SystemPlan& system, CryptoSuite* suite,
                            const Chronicle& chronicle, const FinalHistory& history) {
  AuditedChains out;
  if (!suite || !system.ledger || !system.ledger.info->make_audit) return out;
  for (const auto& chain : history.chains) {
    Replay one =
        replay(genesis_of(plan, system), *system.ledger.info, *suite, chronicle, chain, false);
    if (!one.ok) return {};
    out.push_back(std::move(one.result));
  }
  return out;
}

FaultAccount make_fault_account(const Plan& plan, const SystemPlan& system,
                                const Chronicle& chronicle) {
  FaultAccount out;
  const std::uint32_t replicas = plan.network.replicas;
  const std::uint32_t bearable = bearable_crashes(plan, system);
  out.client_down.assign(plan.nodes(), time_never);
  auto lives = chronicle.lives();
  // At one instant what comes up counts before what goes down: an exact hand-over is no overlap.
  std::stable_sort(lives.begin(), lives.end(), [](const auto& a, const auto& b) {
    return std::make_tuple(a.moment.at, !a.up, a.moment.node) <
           std::make_tuple(b.moment.at, !b.up, b.moment.node);
  });
  const std::vector<NodeId> byzantine = system.byzantine();
  out.byzantine = static_cast<std::uint32_t>(byzantine.size());
  std::set<NodeId> down;
  for (const auto& life : lives) {
    const NodeId node = life.moment.node;
    if (node >= replicas) {
      if (!life.up) out.client_down[node] = std::min(out.client_down[node], life.moment.at);
      continue;
    }
    if (std::binary_search(byzantine.begin(), byzantine.end(), node)) continue;  // counted already
    if (life.up) {
      down.erase(node);
    } else {
      down.insert(node);
    }
    out.most_down = std::max(out.most_down, static_cast<std::uint32_t>(down.size()));
    if (!down.empty() && down.size() + out.byzantine > bearable)
      out.first_overload = std::min(out.first_overload, life.moment.at);
  }
  out.down_at_end = static_cast<std::uint32_t>(down.size());
  std::map<std::pair<std::uint64_t, NodeId>, bool> open;
  for (const auto& mark : chronicle.faults()) {
    out.calm_since = std::max(out.calm_since, mark.moment.at);
    const auto kind = static_cast<FaultKind>(mark.kind);
    if (takes_down(kind)) continue;
    if (kind == FaultKind::partition || (on_links(kind) && kind != FaultKind::duplicate)) {
      out.first_asynchrony = std::min(out.first_asynchrony, mark.moment.at);
    }
    open[{mark.index, mark.moment.node}] = mark.begin;
  }
  for (const auto& one : open) out.unhealed = out.unhealed || one.second;
  if (out.byzantine == 0) return out;
  out.adversary_ppb = system.share_of_ppb(byzantine, replicas);
  const FaultModel& model = system.consensus.info->fault_model;
  out.adversary_beyond = !system.bears(byzantine, replicas) ||
                         (model.max_adversary_ppb == 0 &&
                          out.byzantine + out.most_down > model.max_byzantine(replicas));
  for (const BehaviourPlan& b : system.behaviours) {
    out.first_byzantine = std::min(out.first_byzantine, b.from);
    for (const Time turn : {b.from, b.until}) {
      if (turn < plan.end()) out.calm_since = std::max(out.calm_since, turn);
    }
  }
  return out;
}

Evidence::Evidence(const Plan& plan_, const SystemPlan& system_, const World& world_,
                   const Chronicle& chronicle_, const Propagation& propagation_, CryptoSuite* suite)
    : plan(plan_),
      system(system_),
      world(world_),
      chronicle(chronicle_),
      propagation(propagation_),
      history(make_history(chronicle_)),
      audit(audit_history(plan_, system_, suite, chronicle_, history)),
      faults(make_fault_account(plan_, system_, chronicle_)),
      end(std::min(world_.now(), plan_.end())) {}

bool Evidence::lottery() const {
  return system.consensus && system.consensus.info->family == "lottery";
}

}  // namespace ledgerlab
