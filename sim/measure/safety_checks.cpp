// Safety: agreement, validity, double spends, durability, leaders, supply, settlement. Each is a
// function of the evidence; offences of different nodes are compared by time, then node.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "sim/measure/checks.hpp"

namespace ledgerlab::checks {
namespace {

bool is_final(const Chronicle::BlockEntry& entry) {
  return entry.block && entry.final.at != time_never;
}

/// What the transactions of one chain used up.
class Spends {
 public:
  struct Use {
    std::uint64_t transaction = 0;
    RowIndex block = no_row;
  };
  /// Null, or who used it before.
  const Use* add(const Hash256& what, Use use) {
    const auto place = uses_.try_emplace(what, use);
    return place.second ? nullptr : &place.first->second;
  }
  const Use* find(const Hash256& what) const {
    const auto found = uses_.find(what);
    return found == uses_.end() ? nullptr : &found->second;
  }

 private:
  std::unordered_map<Hash256, Use, TagHash> uses_;  // lookup only
};

}  // namespace

void agreement(const Evidence& e, Worst& worst) {
  const auto& blocks = e.chronicle.blocks();
  std::unordered_map<Height, RowIndex> first;
  for (RowIndex row = 0; row < blocks.size(); ++row) {
    if (!is_final(blocks[row])) continue;
    const auto place = first.try_emplace(blocks[row].block->height, row);
    if (!place.second && blocks[row].final < blocks[place.first->second].final) {
      place.first->second = row;
    }
  }
  for (RowIndex row = 0; row < blocks.size(); ++row) {
    const auto& b = blocks[row];
    if (is_final(b)) {
      const auto& other = blocks[first.at(b.block->height)];
      if (other.tag != b.tag) {
        worst.add(b.final, [&] {
          return fmt::format("final block {:016x} at height {}, where node {} has {:016x}", b.tag,
                             b.block->height, other.final.node, other.tag);
        });
      }
    }
    if (b.other_root.at != time_never) {
      worst.add(std::max(b.root_from, b.other_root), [&] {
        return fmt::format("nodes {} and {} have different states after block {:016x}",
                           std::min(b.root_from.node, b.other_root.node),
                           std::max(b.root_from.node, b.other_root.node), b.tag);
      });
    }
  }
}

void validity(const Evidence& e, Worst& worst) {
  for (const auto& b : e.chronicle.blocks()) {
    if (!is_final(b)) continue;
    for (const TxRef& tx : b.block->payload->transactions) {
      const RowIndex t = e.chronicle.find_transaction(tx->id.tag());
      if (t != no_row && e.chronicle.transactions()[t].submitted <= b.final.at) continue;
      worst.add(b.final, [&] {
        return fmt::format("final block {:016x} at height {} holds transaction {:016x}, which {}",
                           b.tag, b.block->height, tx->id.tag(),
                           t == no_row ? "no client submitted" : "was submitted later");
      });
    }
  }
}

void no_double_spend(const Evidence& e, Worst& worst) {
  const auto& chains = e.history.chains;
  std::vector<Spends> spent(chains.size()), effective(chains.size());
  for (std::size_t c = 0; c < chains.size(); ++c) {
    for (std::size_t i = 0; i < chains[c].size(); ++i) {
      const RowIndex row = chains[c][i];
      const auto& b = e.block(row);
      const auto& transactions = b.block->payload->transactions;
      for (std::size_t t = 0; t < transactions.size(); ++t) {
        const TxId& id = transactions[t]->id;
        // Without an audit every transaction counts as effective, once.
        const LedgerAudit::Entry entry =
            e.audit.empty() ? LedgerAudit::Entry{true, {}} : e.audit[c].blocks.at(i).at(t);
        if (!entry.effective) continue;
        const Spends::Use use{id.tag(), row};
        if (const auto* before = effective[c].add(id, use)) {
          worst.add(b.final, [&] {
            return fmt::format(
                "transaction {:016x} took effect in block {:016x} at height {} and "
                "before in {:016x}",
                id.tag(), b.tag, b.block->height, e.block(before->block).tag);
          });
          continue;
        }
        for (const Hash256& what : entry.spends) {
          const auto* before = spent[c].add(what, use);
          if (!before && c > 0) before = spent[0].find(what);
          if (!before || before->transaction == id.tag()) continue;
          worst.add(std::max(b.final, e.block(before->block).final), [&] {
            const bool later = before->transaction < id.tag();
            return fmt::format(
                "transactions {:016x} (block {:016x}) and {:016x} (block {:016x}) spend the same",
                std::min(before->transaction, id.tag()),
                later ? e.block(before->block).tag : b.tag,
                std::max(before->transaction, id.tag()),
                later ? b.tag : e.block(before->block).tag);
          });
        }
      }
    }
  }
}

void durability(const Evidence& e, Worst& worst) {
  const auto& rows = e.chronicle.transactions();
  for (std::size_t c = 0; c < e.history.chains.size(); ++c) {
    const auto& chain = e.history.chains[c];
    const Height top = chain.empty() ? 0 : e.block(chain.back()).block->height;
    std::vector<bool> held(rows.size(), false), in_place(rows.size(), false);
    for (const RowIndex row : chain) {
      const Block& block = *e.block(row).block;
      for (const TxRef& tx : block.payload->transactions) {
        const RowIndex t = e.chronicle.find_transaction(tx->id.tag());
        if (t == no_row) continue;
        held[t] = true;
        if (rows[t].height == block.height) in_place[t] = true;
      }
    }
    for (std::size_t t = 0; t < rows.size(); ++t) {
      const auto& tx = rows[t];
      // Of a request that was wrapped, the envelope stands in the block.
      if (tx.state != Chronicle::TxState::acknowledged || tx.enveloped) continue;
      const bool main = c == 0;
      if (!main && top < tx.height) continue;  // this node has not come that far
      if (main ? in_place[t] : held[t]) continue;
      worst.add({tx.closed, tx.client}, [&] {
        const std::string said =
            fmt::format("transaction {:016x} was acknowledged at height {}, ", tx.tag, tx.height);
        if (top < tx.height) {
          return said + fmt::format("but the longest final history ends at {}", top);
        }
        if (chain.empty()) return said + "but no block is final";
        return said + (held[t] ? "but stands at another height"
                               : fmt::format("but is not in the final history up to {:016x}",
                                             e.block(chain.back()).tag));
      });
    }
  }
}

void one_leader(const Evidence& e, Worst& worst) {
  std::map<std::uint64_t, std::map<NodeId, Moment>> terms;
  for (const auto& l : e.chronicle.leaderships()) {
    Moment& first = terms[l.term].try_emplace(l.leader, l.moment).first->second;
    first = std::min(first, l.moment);
  }
  for (const auto& [term, leaders] : terms) {
    if (leaders.size() < 2) continue;
    Moment earliest;
    for (const auto& one : leaders) earliest = std::min(earliest, one.second);
    for (const auto& one : leaders) {
      if (one.second == earliest) continue;
      const std::uint64_t number = term;
      worst.add(one.second, [&] {
        return fmt::format("leads in term {}, as node {} does", number, earliest.node);
      });
    }
  }
}

void linearisable_reads(const Evidence& e, Worst& worst) {
  // What was known somewhere, when: the heights of acknowledged writes and of answered reads.
  std::vector<std::pair<Time, Height>> known;
  for (const auto& tx : e.chronicle.transactions()) {
    if (tx.state == Chronicle::TxState::acknowledged) known.emplace_back(tx.closed, tx.height);
  }
  std::vector<const Chronicle::Read*> reads;
  for (const auto& read : e.chronicle.reads()) {
    if (read.done == time_never) continue;
    known.emplace_back(read.done, read.height);
    reads.push_back(&read);
  }
  std::sort(known.begin(), known.end());
  std::sort(reads.begin(), reads.end(),
            [](const auto* a, const auto* b) { return a->asked < b->asked; });
  std::size_t next = 0;
  Height highest = 0;
  for (const auto* read : reads) {
    for (; next < known.size() && known[next].first < read->asked.at; ++next) {
      highest = std::max(highest, known[next].second);
    }
    if (read->height >= highest) continue;
    worst.add({read->done, read->asked.node}, [&] {
      return fmt::format(
          "a read asked for at {} ns was answered from height {}, when height {} had been "
          "acknowledged before",
          count_ns(read->asked.at), read->height, highest);
    });
  }
}

void supply(const Evidence& e, Worst& worst) {
  for (std::size_t c = 0; c < e.audit.size(); ++c) {
    const auto& chain = e.history.chains[c];
    const AuditedChain& audit = e.audit[c];
    if (audit.first_imbalance < chain.size() ||
        audit.supply + audit.burned != audit.genesis + audit.issued) {
      const std::size_t at = std::min(audit.first_imbalance, chain.size() - 1);
      const Moment moment = chain.empty() ? Moment{} : e.block(chain[at]).final;
      worst.add(moment, [&] {
        return fmt::format(
            "supply {} + burned {} is not genesis {} + issued {}{}", to_decimal(audit.supply),
            to_decimal(audit.burned), to_decimal(audit.genesis), to_decimal(audit.issued),
            chain.empty() ? std::string(" before any block")
                          : fmt::format(" from block {:016x} at height {} on",
                                        e.block(chain[at]).tag, e.block(chain[at]).block->height));
      });
    }
    if (chain.empty() || audit.root.is_zero()) continue;
    const auto& tip = e.block(chain.back());
    if (tip.root != 0 && tip.root != audit.root.tag()) {
      worst.add(tip.final, [&] {
        return fmt::format(
            "the state after block {:016x} is {:016x}, a replay from genesis gives "
            "{:016x}",
            tip.tag, tip.root, audit.root.tag());
      });
    }
  }
}

void settlement(const Evidence& e, Worst& worst) {
  const auto& blocks = e.chronicle.blocks();
  std::map<std::pair<RowIndex, RowIndex>, bool> known;
  const auto descends = [&](RowIndex from, RowIndex settled) {
    const Height floor = blocks[settled].block->height;
    while (from != no_row && blocks[from].block && blocks[from].block->height > floor) {
      from = e.chronicle.find_block(blocks[from].block->parent.tag());
    }
    // An ancestor that nobody announced proves nothing.
    return from == no_row || !blocks[from].block || from == settled;
  };
  for (const auto& change : e.chronicle.head_changes()) {
    if (change.settled == no_row || !blocks[change.settled].block) continue;
    const auto place = known.try_emplace({change.to, change.settled}, true);
    if (place.second) place.first->second = descends(change.to, change.settled);
    if (place.first->second) continue;
    worst.add(change.moment, [&] {
      return fmt::format(
          "head moves to {:016x}, which does not follow on the settled block "
          "{:016x} at height {}",
          blocks[change.to].tag, blocks[change.settled].tag, blocks[change.settled].block->height);
    });
  }
}

}  // namespace ledgerlab::checks
