#include "conformance/purposes/raft/observer.hpp"

#include <algorithm>

#include "models/api/block.hpp"
#include "models/consensus/raft/log.hpp"

namespace ledgerlab::conformance {

namespace {

using Entry = RaftObserver::Entry;

std::string at(std::uint64_t index) { return " at index " + std::to_string(index); }

}  // namespace

struct RaftObserver::Shared {
  struct Server {
    std::vector<Record> records;
    std::vector<Entry> log;  // from index 1; snapshots are off
    bool leads = false;
    std::uint64_t term = 0;
  };
  struct Election {
    NodeId leader = no_node;
    std::vector<Entry> log;
  };
  struct Commit {
    Entry entry;
    std::uint64_t in_term = ~std::uint64_t{0};  // lowest of the leaders that announced it
  };
  std::map<NodeId, Server> servers;
  std::map<std::uint64_t, std::vector<Election>> elections;       // by term
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::vector<Entry>> prefixes;
  std::map<std::uint64_t, Commit> commits;                        // by index
  std::map<Height, std::uint64_t> applied;                        // block by height
  std::map<std::string, std::string> violated;
  std::size_t looks = 0;

  void violation(const std::string& invariant, const std::string& text) {
    violated.try_emplace(invariant, text);
  }

  /// The server's log as its records give it.
  void look(NodeId node) {
    ++looks;
    Server& s = servers[node];
    const raft::Restored restored = raft::restore_log(s.records, make_genesis({}), {});
    std::vector<Entry> log;
    for (std::uint64_t i = 1; restored.log.has(i); ++i) {
      const raft::Log::Slot& slot = restored.log.at(i);
      log.push_back({slot.term, slot.noop ? 0 : slot.tip->id.tag()});
    }
    // Leader Append-Only: a leader never overwrites or deletes entries in its log.
    if (s.leads) {
      const bool kept = log.size() >= s.log.size() &&
                        std::equal(s.log.begin(), s.log.end(), log.begin());
      if (!kept) {
        violation("Leader Append-Only", "server " + std::to_string(node) +
                                            " changed its log while leading term " +
                                            std::to_string(s.term));
      }
    }
    match(node, s.log, log);
    s.log = std::move(log);
  }

  /// Log Matching: entries of equal index and term have equal logs before them. Of each (index,
  /// term) the first log seen is kept; only what changed is compared.
  void match(NodeId node, const std::vector<Entry>& before, const std::vector<Entry>& log) {
    std::size_t same = 0;
    while (same < std::min(before.size(), log.size()) && before[same] == log[same]) ++same;
    if (same == log.size() || log.empty()) return;
    const std::uint64_t last = log.size();
    const auto [known, fresh] = prefixes.try_emplace({last, log.back().term}, log);
    if (!fresh && known->second != log) {
      violation("Log Matching", "server " + std::to_string(node) + " has another log" + at(last) +
                                    " of term " + std::to_string(log.back().term));
    }
  }

  void on_role(NodeId node, bool leads, std::uint64_t term) {
    Server& s = servers[node];
    if (leads && (!s.leads || s.term != term)) {
      // Election Safety: at most one leader can be elected in a given term.
      auto& elected = elections[term];
      for (const Election& e : elected) {
        if (e.leader != node) {
          violation("Election Safety", "servers " + std::to_string(e.leader) + " and " +
                                           std::to_string(node) + " both lead term " +
                                           std::to_string(term));
        }
      }
      elected.push_back({node, s.log});
    }
    s.leads = leads;
    s.term = term;
  }

  void on_final(NodeId node, const Block& block) {
    if (block.height == 0) return;
    // State Machine Safety: no other server applies a different entry for the same index.
    const auto [known, fresh] = applied.try_emplace(block.height, block.id.tag());
    if (!fresh && known->second != block.id.tag()) {
      violation("State Machine Safety", "server " + std::to_string(node) +
                                            " applied another block of height " +
                                            std::to_string(block.height));
    }
    const Server& s = servers[node];
    if (!s.leads) return;
    for (std::size_t i = 0; i < s.log.size(); ++i) {
      if (s.log[i].block != block.id.tag()) continue;
      Commit& commit = commits.try_emplace(i + 1, Commit{s.log[i]}).first->second;
      commit.in_term = std::min(commit.in_term, s.term);
    }
  }

  /// Leader Completeness: an entry committed in a term is in the logs of the leaders of all higher
  /// terms. Judged at the end, for servers may be stepped ahead of one another.
  void complete() {
    for (const auto& [term, elected] : elections) {
      for (const Election& e : elected) {
        for (const auto& [index, commit] : commits) {
          if (commit.in_term >= term) continue;
          if (index <= e.log.size() && e.log[index - 1] == commit.entry) continue;
          violation("Leader Completeness", "the leader of term " + std::to_string(term) +
                                               " lacks the entry committed" + at(index));
        }
      }
    }
  }
};

namespace {

class Observed final : public Wrapped {
 public:
  Observed(NodeId node, std::unique_ptr<Module> inner,
           std::shared_ptr<RaftObserver::Shared> shared)
      : Wrapped(std::move(inner)), node_(node), shared_(std::move(shared)) {
    // A new incarnation: what the disk kept comes with restore().
    shared_->servers[node_] = {};
  }
  void restore(std::span<const Record> records) override {
    for (const Record& r : records) {
      if (r.slot == Slot::consensus) shared_->servers[node_].records.push_back(r);
    }
    shared_->look(node_);
    Wrapped::restore(records);
  }
  void step(const Input& input, Effects& effects) override {
    Wrapped::step(input, effects);
    for (const Effect& e : effects.list()) {
      if (e.kind == EffectKind::persist && e.slot == Slot::consensus) {
        shared_->servers[node_].records.push_back(effects.record_of(e));
        shared_->look(node_);
      } else if (e.kind == EffectKind::announce_role) {
        shared_->on_role(node_, static_cast<NodeRole>(e.small) == NodeRole::leader, e.a);
      } else if (e.kind == EffectKind::announce_final) {
        shared_->on_final(node_, *effects.block_of(e));
      }
    }
  }

 private:
  NodeId node_;
  std::shared_ptr<RaftObserver::Shared> shared_;
};

}  // namespace

RaftObserver::RaftObserver() : shared_(std::make_shared<Shared>()) {}

Wrap RaftObserver::wrap() const {
  return [shared = shared_](NodeId node,
                            std::unique_ptr<Module> inner) -> std::unique_ptr<Module> {
    return std::make_unique<Observed>(node, std::move(inner), shared);
  };
}

RaftObserver::Findings RaftObserver::judge() const {
  shared_->complete();
  Findings out;
  out.violated = shared_->violated;
  for (const auto& [term, elected] : shared_->elections) out.elections += elected.size();
  for (const auto& [node, server] : shared_->servers) {
    out.entries = std::max(out.entries, server.log.size());
  }
  out.committed = shared_->commits.size();
  out.looks = shared_->looks;
  return out;
}

}  // namespace ledgerlab::conformance
