// The small base for log protocols and beginners (DESIGN 13.3): write on_message, on_timer and
// want_payload, call decide(payload). It numbers the blocks, makes the calls to mempool and
// application, and announces head and final at once.
#pragma once

#include <algorithm>

#include "models/api/model_info.hpp"

namespace ledgerlab {

class LogProtocol : public Module {
 public:
  explicit LogProtocol(const ModuleContext& context);

  /// A protocol with a hot path of its own looks at deliveries first and hands on the rest.
  void step(const Input& input, Effects& effects) override;
  void restore(std::span<const Record> records) override = 0;
  void inspect(Inspector& inspector) const override;

 protected:
  virtual void on_start(const Input& input, Effects& effects) = 0;
  virtual void on_message(const Input& input, Effects& effects) = 0;
  virtual void on_timer(const Input& input, Effects& effects) = 0;
  virtual void on_persisted(const Input&, Effects&) {}
  /// More or fewer transactions wait in the mempool than before: see pending().
  virtual void on_pending(const Input&, Effects&) {}
  /// At Start: this block's state is durable in the application, in applied() from now on.
  virtual void on_application_state(const Input&, Effects&) {}
  /// May this node propose now? Asked whenever transactions wait and no payload is on its way.
  virtual bool want_payload() const = 0;
  /// The block that the next payload will follow. A protocol with several undecided blocks in
  /// flight answers with the newest of them.
  virtual const BlockRef& history_tip() const { return last_; }
  /// The payload asked for. May be empty if the pool has emptied meanwhile.
  virtual void on_payload(const Input& input, Effects& effects, PayloadRef payload) = 0;
  /// Same, with the clients that asked for the transactions.
  virtual void on_built(const Input& input, Effects& effects, const Built& built) {
    on_payload(input, effects, built.payload);
  }
  virtual void on_validated(const Input&, Effects&, const Validated&) {}
  virtual void on_snapshot(const Input&, Effects&, const SnapshotRef&) {}
  virtual void on_installed(const Input&, Effects&, const Installed&) {}
  /// What an operator asks; see ModelInfo::operations.
  virtual void on_operate(const Input&, Effects&, const Operate&) {}
  /// See ModelInfo::linearisable_reads. To be answered by ReadConfirmed, now or later.
  virtual void on_confirm_read(const Input&, Effects& effects, const LocalCall& question) {
    effects.answer(question, ReadConfirmed{false});
  }

  /// The next block of the history is this one: adopted and final at once. Blocks at or below the
  /// application's own durable height (after a restart) are passed over.
  void decide(Effects& effects, const BlockRef& block);
  /// Same, with the block made here, on the last decided one.
  void decide(Effects& effects, PayloadRef payload);
  /// The two halves of it: adopted as the new head; then final, with all below it.
  void adopt(Effects& effects, const BlockRef& block);
  void finalise(Effects& effects, const BlockRef& block);
  /// Back to the last decided block: what was adopted above it is undone.
  void roll_back(Effects& effects);
  /// Newest adopted block: the last decided one, or above it.
  const BlockRef& adopted() const { return adopted_; }
  /// Asks the mempool if want_payload() and transactions wait; call after anything that may have
  /// changed the answer.
  void ask_for_payload(Effects& effects);
  /// Continues the history after `block`, whose state was installed from a snapshot (or is older
  /// than what the application has).
  void reset_history(const BlockRef& block) {
    last_ = adopted_ = block;
    applied_ = std::max(applied_, block->height);
  }

  const ModuleContext& context() const { return context_; }
  NodeId self() const { return context_.self; }
  std::uint32_t n() const { return context_.replicas; }
  const BlockRef& last_decided() const { return last_; }
  Height applied() const { return applied_; }
  const Pending& pending() const { return pending_; }
  /// A Build has not been answered yet.
  bool payload_asked() const { return asked_; }
  /// What the last Build asked a successor of: a payload made for another history is of no use.
  const BlockId& asked_parent() const { return asked_parent_; }
  std::uint32_t block_max_transactions() const { return max_count_; }
  std::uint64_t block_max_bytes() const { return max_bytes_; }

 private:
  ModuleContext context_;
  BlockRef last_;       // last decided block
  BlockRef adopted_;    // last adopted one
  Height applied_ = 0;  // highest block handed to the application
  Pending pending_;     // what waits in the mempool, as far as it has told
  bool asked_ = false;
  BlockId asked_parent_;
  std::uint32_t max_count_;
  std::uint64_t max_bytes_;
};

/// The parameters every LogProtocol has: block_max_transactions, block_max_bytes.
std::vector<ParamInfo> log_protocol_params();

}  // namespace ledgerlab
