// What the nodes of one world share of a ledger (DESIGN 13.9): its rules, execution results, which
// are pure functions of (pre-state, payload, context), and the content of their disks, addressed by
// root.
#pragma once

#include <array>

#include "models/api/model_info.hpp"
#include "models/base/lookup.hpp"
#include "models/parts/ledger/rules.hpp"

namespace ledgerlab::ledger {

class Store final : public SharedStore {
 public:
  Store(std::unique_ptr<Rules> rules, NodeId replicas_with_stake, bool share)
      : rules_(std::move(rules)),
        share_(share && rules_->deterministic()),
        replicas_(replicas_with_stake),
        genesis_(rules_->genesis()) {}

  Rules& rules() { return *rules_; }
  const StateRef& genesis() const { return genesis_; }

  /// Executes, or finds the result that another node's execution gave. With `recheck` a found one
  /// is computed again; throws std::logic_error if that differs.
  BlockResultRef execute(const State& pre, const Block& block, bool recheck);

  /// A node writes a version to its disk, or lets go of it.
  void hold(const StateRef& state);
  void release(const Hash256& root);
  /// A version some node's disk holds; null if none does.
  StateRef find(const Hash256& root) const;

  /// The snapshot's bytes, made once per root.
  std::shared_ptr<const Bytes> serialised(const StateRef& state);
  /// Balances of the stake accounts, by replica; read once per root.
  std::shared_ptr<const std::vector<std::uint64_t>> stakes(const State& state);

 private:
  struct Held {
    StateRef state;
    std::uint32_t nodes = 0;
  };
  struct Executed {
    BlockResultRef result;
    PayloadRef payload;
  };
  struct Recent {
    Hash256 pre;
    Bytes context;
    PayloadRef payload;
    BlockResultRef result;
  };
  static constexpr std::size_t results_kept = 1024;

  BlockResultRef find_or_execute(const State& pre, const Block& block, bool recheck);
  const Recent* longest_beginning(const Hash256& pre, const Bytes& context,
                                  const Payload& payload) const;

  std::unique_ptr<Rules> rules_;
  bool share_;
  NodeId replicas_;
  StateRef genesis_;
  Lookup<Hash256, Executed, TagHash> results_;  // by SHA-256 of (pre-state, payload, context)
  std::vector<Hash256> order_;                  // ring of the keys in results_
  std::size_t oldest_ = 0;
  std::array<Recent, 64> recent_;
  std::size_t next_recent_ = 0;
  Lookup<Hash256, Held, TagHash> held_;
  Hash256 serialised_root_;
  std::shared_ptr<const Bytes> serialised_;
  Hash256 stakes_root_;
  std::shared_ptr<const std::vector<std::uint64_t>> stakes_;
};

}  // namespace ledgerlab::ledger
