// PBFT (Castro, Liskov: "Practical Byzantine Fault Tolerance", OSDI 1999; retransmission and state
// transfer after Castro's thesis, MIT 2001). The frame of the state machine is in pbft.cpp, the
// three phases (section 4.2) in agreement.cpp, checkpoints (4.3) in checkpoint.cpp, view changes
// (4.4) in view_change.cpp, retransmission and state transfer in sync.cpp. README.md says where
// each rule of the paper is.
#pragma once

#include <deque>

#include "models/api/log_protocol.hpp"
#include "models/consensus/pbft/message_log.hpp"
#include "models/consensus/pbft/proofs.hpp"
#include "models/consensus/pbft/records.hpp"

namespace ledgerlab::pbft {

/// The resolved parameters; info.cpp describes them.
struct Options {
  explicit Options(const Params& params);

  std::uint64_t checkpoint_interval;  // K
  std::uint64_t window;               // L
  std::uint64_t max_inflight_batches;
  Duration batch_delay;
  Duration view_timeout;
  Duration view_timeout_max;
  Duration status_interval;
  std::uint64_t state_chunk;
  bool tentative_execution;
};

/// Kinds of PBFT's timers; all have key 0.
enum TimerKind : std::uint32_t { timer_view, timer_status, timer_batch };

/// A block known by its name only: what a checkpoint says of its last block.
BlockRef known_block(Height height, const BlockId& id, const Hash256& state_root);

class Pbft final : public LogProtocol {
 public:
  explicit Pbft(const ModuleContext& context);

  void step(const Input& input, Effects& effects) override;
  void restore(std::span<const Record> records) override;
  void inspect(Inspector& inspector) const override;

 private:
  // --- frame: pbft.cpp --------------------------------------------------------------------------
  void on_start(const Input& input, Effects& effects) override;
  void on_application_state(const Input& input, Effects& effects) override;
  void on_message(const Input& input, Effects& effects) override;
  void on_timer(const Input& input, Effects& effects) override;
  void on_persisted(const Input& input, Effects& effects) override;
  void on_pending(const Input& input, Effects& effects) override;
  bool want_payload() const override;
  const BlockRef& history_tip() const override;
  void on_payload(const Input&, Effects&, PayloadRef) override {}
  void on_built(const Input& input, Effects& effects, const Built& built) override;
  void on_validated(const Input& input, Effects& effects, const Validated& validated) override;
  void restore_entry(Sequence seq, const RestoredEntry& found);
  std::uint64_t persist(Effects& effects, Record record);
  void persist_for(Effects& effects, Entry& entry, Record record);
  void announce(Effects& effects);
  void arm_batch(Effects& effects);
  std::optional<Time> view_deadline() const;
  void arm_view_timer(const Input& input, Effects& effects);
  void view_timer_fired(const Input& input, Effects& effects);

  // --- the three phases: agreement.cpp ----------------------------------------------------------
  template <class Vote, VoteKind kind>
  void on_vote(const Input& input, Effects& effects, const Vote& vote);
  bool stray(const Input& input, Effects& effects, Entry& entry, VoteKind kind,
             const MessageRef& frame, const Order& order);
  void check_strays(const Input& input, Effects& effects, Entry& entry, const Order& order);
  void adopt_strays(Entry& entry);
  bool sound_askers(std::span<const NodeId> askers, const Payload& payload) const;
  void handle(const Input& input, Effects& effects, const Proposal& proposal);
  void accept(const Input& input, Effects& effects, const MessageRef& pre_prepare,
              const BatchRef& batch);
  void consider(const Input& input, Effects& effects, Entry& entry);
  void vote_prepare(const Input& input, Effects& effects, Entry& entry);
  void check_prepared(const Input& input, Effects& effects, Entry& entry);
  void check_committed(const Input& input, Effects& effects, Entry& entry);
  void decide_entry(const Input& input, Effects& effects, Entry& entry, const BatchDigest& digest);
  void execute_committed(const Input& input, Effects& effects);
  BlockRef place(const Batch& batch, const BlockRef& parent) const;
  void tell_askers(Effects& effects, const Batch& batch, const BlockRef& block);
  void execute_tentatively(Effects& effects);
  void undo_tentative(Effects& effects);

  // --- checkpoints: checkpoint.cpp --------------------------------------------------------------
  void on_snapshot(const Input& input, Effects& effects, const SnapshotRef& data) override;
  void handle(const Input& input, Effects& effects, const Checkpoint& checkpoint);
  void take_checkpoint(const Input& input, Effects& effects, const SnapshotRef& data);
  const MessageRef& checkpoint_frame(Effects& effects, OwnCheckpoint& own);
  void look_for_stable(const Input& input, Effects& effects, const Checkpoint& body);
  void learn_stable(const Input& input, Effects& effects, const Checkpoint& body,
                    MessageListRef proof);
  void make_stable(Effects& effects, Sequence seq, MessageListRef proof);
  void forget_old(Effects& effects);

  // --- view changes: view_change.cpp ------------------------------------------------------------
  ViewChange make_view_change() const;
  void start_view_change(const Input& input, Effects& effects, View view);
  void handle(const Input& input, Effects& effects, const ViewChange& change);
  void look_at_view_changes(const Input& input, Effects& effects);
  void make_new_view(const Input& input, Effects& effects);
  void handle(const Input& input, Effects& effects, const NewView& message);
  void enter_view(const Input& input, Effects& effects, const MessageRef& new_view);

  // --- retransmission and state transfer: sync.cpp ----------------------------------------------
  void status_tick(const Input& input, Effects& effects);
  void learn_from_commits(const Input& input, Effects& effects);
  void resend_own(Effects& effects, NodeId to, Sequence after);
  void handle(const Input& input, Effects& effects, const Status& status);
  void ask_batch(const Input& input, Effects& effects, const Entry& entry,
                 const BatchDigest& digest);
  void handle(const Input& input, Effects& effects, const FetchBatch& request);
  void handle(const Input& input, Effects& effects, const BatchContent& content);
  void handle(const Input& input, Effects& effects, const StableCheckpoint& message);
  void handle(const Input& input, Effects& effects, const FetchState& request);
  void handle(const Input& input, Effects& effects, const StateChunk& chunk);
  void ask_state(const Input& input, Effects& effects);
  void finish_transfer(const Input& input, Effects& effects);
  void on_installed(const Input& input, Effects& effects, const Installed& installed) override;

  NodeId primary() const { return rules_.primary(view_); }
  bool leads() const { return active_ && primary() == self(); }
  bool inside(Sequence seq) const { return seq > stable_ && seq <= stable_ + options_.window; }
  /// In the view we work in, with its PRE-PREPARE.
  bool current(const Entry& entry) const {
    return active_ && entry.accepted && entry.view == view_;
  }
  void note_seen(const Input& input, Sequence seq) {
    if (seq <= seen_) return;
    if (seen_ <= executed_) progress_at_ = input.local;
    seen_ = seq;
  }
  void send(Effects& effects, NodeId to, const MessageRef& message) {
    if (to == no_node) {
      effects.broadcast(message);
    } else {
      effects.send(to, message);
    }
  }

  const Options options_;
  const Rules rules_;
  const std::uint32_t faulty_;  // f

  View view_ = 0;
  bool active_ = true;  // false from our VIEW-CHANGE to the NEW-VIEW
  bool ready_ = false;  // the application has said where it stands
  MessageLog log_;
  Sequence stable_ = 0;         // h
  Sequence executed_ = 0;       // last executed
  Sequence next_ = 1;           // the primary's next number
  Sequence propose_after_ = 0;  // a new primary proposes when this is executed
  BlockRef tip_;                // newest block of the primary's own batches
  Sequence seen_ = 0;           // highest number anybody spoke of inside the window
  Sequence accepted_ = 0;       // highest whose PRE-PREPARE we accepted, or that was decided

  // Section 4.4: what a backup waits for, and since when.
  std::optional<Time> held_oldest_;  // the oldest request our pool holds
  Time held_since_{};
  Time waiting_since_{};              // for the lowest accepted, not executed number
  std::optional<Time> quorum_since_;  // of VIEW-CHANGEs for view_
  std::uint32_t attempts_ = 0;        // view changes since the last execution
  Time armed_ = time_never;
  Time progress_at_{};      // last execution, or when something to do first came up
  Time view_entered_at_{};  // last change of view_ or active_

  // Checkpoints.
  std::deque<OwnCheckpoint> own_;  // the stable one first
  MessageListRef stable_proof_;
  bool snapshot_asked_ = false;  // execution waits for the state at a checkpoint
  std::vector<std::vector<MessageRef>> checkpoints_;  // by author: the newest of each
  // CHECKPOINTs heard of a number: before there are enough, nobody need look at what they say.
  std::map<Sequence, std::uint32_t> spoken_for_;
  std::optional<Checkpoint> ahead_;  // stable elsewhere, not reached here
  MessageListRef ahead_proof_;

  // View changes.
  std::vector<MessageRef> view_changes_;  // by author: the newest
  MessageRef own_view_change_;
  MessageRef new_view_;  // of view_

  // State transfer.
  struct Transfer {
    Checkpoint body;
    MessageListRef proof;
    NodeId source = no_node;
    std::shared_ptr<SnapshotData> data;
    bool installing = false;
    Time asked{};
  };
  std::optional<Transfer> transfer_;
  bool installing_own_ = false;  // the application was behind our own checkpoint
  NodeId next_peer_ = 0;         // whom to ask next

  // Disk.
  std::uint64_t next_record_ = 1;
  std::uint64_t durable_ = 0;
  std::uint64_t view_record_ = 0;
  std::uint32_t checkpoints_since_view_ = 0;  // stable ones since that record
  std::uint64_t stable_record_ = 0;
  std::uint64_t forgotten_ = 1;  // nothing lies below
  bool forget_due_ = false;

  bool batch_armed_ = false;
  bool batch_due_ = false;
};

}  // namespace ledgerlab::pbft
