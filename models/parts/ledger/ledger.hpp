// A ledger in the application slot, whatever its rules: executes blocks, follows the adopted head
// back and forth, keeps the last final state durable, answers admission checks, takes and installs
// snapshots.
#pragma once

#include <map>

#include "models/api/model_info.hpp"
#include "models/base/fifo.hpp"
#include "models/base/lookup.hpp"
#include "models/parts/ledger/store.hpp"

namespace ledgerlab::ledger {

class Ledger final : public Module {
 public:
  explicit Ledger(const ModuleContext& context);

  void step(const Input& input, Effects& effects) override;
  void restore(std::span<const Record> records) override;
  void inspect(Inspector& inspector) const override;

  /// The adopted state.
  const StateRef& head_state() const { return head_state_; }

 private:
  struct Entry {
    BlockRef block;
    BlockResultRef result;
  };

  void on_call(const Input& input, Effects& effects);
  void validate(const Input& input, Effects& effects, const Validate& ask);
  void adopt(const Input& input, Effects& effects, const Adopt& ask);
  void finalise(Effects& effects, const BlockRef& block);
  void install(const Input& input, Effects& effects, const SnapshotRef& data);
  void take_stakes(const Input& input, Effects& effects, const BlockId& block) const;
  void prove(const Input& input, Effects& effects, const ProveAccount& ask) const;
  void check(const Input& input, Effects& effects, const TxRef& transaction);
  void simulate(const Input& input, Effects& effects, const TxRef& proposal);
  /// The block's entry, executing it if this node has not; null with `reason` if it cannot be.
  const Entry* entry_of(const Input& input, Effects& effects, const BlockRef& block,
                        std::string* reason);
  void charge_signatures(Effects& effects, const Block& block);
  StateRef state_after(const BlockId& block) const;
  void make_durable(Effects& effects, const BlockRef& block, const StateRef& state);

  ModuleContext context_;
  Store& store_;
  Rules& rules_;
  Lookup<BlockId, Entry, TagHash> entries_;  // executed, above the final block
  std::map<Height, std::vector<BlockId>> entries_at_;
  BlockRef final_;
  StateRef final_state_;
  BlockRef head_;
  StateRef head_state_;
  Lookup<TxId, bool, TagHash> verified_;  // signatures this node has checked and not yet finalised
  std::uint64_t next_record_ = 1;
  struct Durable {
    std::uint64_t record;
    Hash256 root;
  };
  Fifo<Durable> durable_;  // versions on this node's disk, oldest first
  struct Untold {
    std::uint64_t record = 0;
    Finalised final;
  };
  Fifo<Untold> untold_;  // final here, their record not yet durable
};

}  // namespace ledgerlab::ledger
