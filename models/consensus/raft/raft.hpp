// Raft (Ongaro, Ousterhout, USENIX ATC 2014; Ongaro's dissertation, Stanford 2014) as a log
// protocol: an entry is one block, the no-op that opens a term, or a configuration. The state
// machine's frame is in raft.cpp, elections in election.cpp, leadership transfer in transfer.cpp, the
// log's way to the followers in replication.cpp, snapshots in snapshot.cpp, changes of membership in
// membership.cpp, reads in read_index.cpp. README.md says where each rule of the paper is.
#pragma once

#include <deque>
#include <optional>

#include "models/api/log_protocol.hpp"
#include "models/consensus/raft/log.hpp"
#include "models/consensus/raft/messages.hpp"
#include "models/parts/quorum/quorum.hpp"

namespace ledgerlab::raft {

/// The resolved parameters; info.cpp describes them.
struct Options {
  explicit Options(const Params& params);

  Duration election_timeout_min;
  Duration election_timeout_max;
  Duration heartbeat_interval;
  bool pre_vote;
  bool check_quorum;
  std::uint64_t append_max_entries;
  std::uint64_t append_max_bytes;
  std::uint64_t max_inflight_appends;
  std::uint64_t max_inflight_blocks;
  Duration batch_delay;
  std::uint64_t snapshot_interval;  // entries; 0: never
  std::uint64_t snapshot_keep;
  std::uint64_t snapshot_chunk;
  bool commit_notice_immediate;
  std::int64_t initial_leader;
  std::uint32_t initial_members;  // 0: all
};

enum class ServerState : std::uint8_t { follower, pre_candidate, candidate, leader };

class Raft : public LogProtocol {
 public:
  explicit Raft(const ModuleContext& context);

  void restore(std::span<const Record> records) override;
  void inspect(Inspector& inspector) const override;

 protected:
  // The rules that the known-bad twins of the tests break, each alone.
  /// Dissertation 4.1 as corrected in 2015: no change before an entry of the own term is committed.
  virtual bool may_change_members() const { return commit_index_ >= term_start_; }
  /// 4.3: elections and commitment need the majorities of both halves.
  virtual quorum::Voters voters() const {
    return {configuration().members, configuration().old_members};
  }
  /// 6.4, step 3: a leader must not answer a read before it has heard that it still leads.
  virtual bool confirms_leadership() const { return true; }

  const Configuration& configuration() const { return log_.configuration().value; }

 private:
  /// What a leader knows of a follower. Probe: one AppendEntries at a time, until the logs are
  /// known to agree; replicate: pipelined (dissertation 10.2.1); snapshot: InstallSnapshot.
  struct Peer {
    enum class Mode : std::uint8_t { probe, replicate, snapshot };
    std::uint64_t next_index = 1;
    std::uint64_t match_index = 0;
    Mode mode = Mode::probe;
    bool probe_sent = false;
    bool active = false;                 // answered since the last CheckQuorum
    std::deque<std::uint64_t> inflight;  // last index of each AppendEntries on its way
    LogSnapshot snapshot;                // being sent
    std::uint64_t snapshot_offset = 0;
    Time snapshot_sent{};
    Time answered{};  // last heard of
  };

  /// A change of membership whose new servers catch up as non-voters first (dissertation 4.2.1).
  struct Change {
    Configuration wanted;
    std::vector<NodeId> newcomers;
    std::uint32_t round = 1;
    std::uint64_t goal = 0;  // the log's end when the round began
    Time began{};
    bool caught_up = false;
  };

  /// Who waits for a read to be confirmed: a slot of this node, or a follower.
  struct Reader {
    NodeId node = no_node;
    std::uint64_t id = 0;  // of the local call, or the follower's batch
    Slot slot = Slot::mempool;
  };

  /// A snapshot on its way into this replica.
  struct Incoming {
    LogSnapshot snapshot;
    std::shared_ptr<SnapshotData> data;  // null: none on its way
    NodeId leader = no_node;
  };

  // --- frame: raft.cpp ------------------------------------------------------------------------
  void on_start(const Input& input, Effects& effects) override;
  void on_application_state(const Input& input, Effects& effects) override;
  void on_message(const Input& input, Effects& effects) override;
  void on_timer(const Input& input, Effects& effects) override;
  void on_persisted(const Input& input, Effects& effects) override;
  void on_pending(const Input& input, Effects& effects) override;
  bool want_payload() const override;
  const BlockRef& history_tip() const override { return log_.tip(); }
  void on_payload(const Input& input, Effects& effects, PayloadRef payload) override;
  void on_operate(const Input& input, Effects& effects, const Operate& operation) override;
  void on_confirm_read(const Input& input, Effects& effects, const LocalCall& question) override;
  void arm_batch(Effects& effects);
  std::uint64_t persist(Effects& effects, Bytes record, BlockRef block = {});
  void persist_hard_state(Effects& effects);
  void append(Effects& effects, const Entry& entry);
  void note_durable();
  void forget_compacted(Effects& effects);
  void commit_to(Effects& effects, std::uint64_t index);
  void apply_committed(Effects& effects);
  void announce(Effects& effects, NodeRole role);

  // --- elections: election.cpp ----------------------------------------------------------------
  void draw_timeout(const Input& input);
  void restart_election_timer(Effects& effects);
  void become_follower(const Input& input, Effects& effects, std::uint64_t term, NodeId leader);
  void election_timed_out(const Input& input, Effects& effects);
  bool may_stand() const;
  void begin_vote();
  void ask_pre_votes(Effects& effects);
  void stand_for_election(const Input& input, Effects& effects, bool transfer = false);
  void become_leader(const Input& input, Effects& effects);
  void check_quorum(const Input& input, Effects& effects);
  bool heard_from_leader(const Input& input) const;
  bool up_to_date(std::uint64_t last_log_term, std::uint64_t last_log_index) const;
  bool observe_term(const Input& input, Effects& effects, std::uint64_t term);
  void handle(const Input& input, Effects& effects, const RequestPreVote& request);
  void handle(const Input& input, Effects& effects, const PreVoteReply& reply);
  void handle(const Input& input, Effects& effects, const RequestVote& request);
  void vote_on(const Input& input, Effects& effects, const RequestVote& request, bool transfer);
  void handle(const Input& input, Effects& effects, const VoteReply& reply);

  // --- leadership transfer: transfer.cpp ------------------------------------------------------
  void transfer_leadership(const Input& input, Effects& effects, NodeId target);
  void continue_transfer(Effects& effects);
  void end_transfer(Effects& effects);
  void handle(const Input& input, Effects& effects, const TimeoutNow& request);
  void handle(const Input& input, Effects& effects, const TransferVote& request);

  // --- membership: membership.cpp -------------------------------------------------------------
  void tell_members(Effects& effects, MessageRef message, Gate gate = Gate::gated) const;
  bool change_under_way() const;
  void change_members(const Input& input, Effects& effects, Configuration wanted);
  void give_up_change(Effects& effects, const std::string& why);
  void watch_newcomers(const Input& input, Effects& effects);
  void advance_membership(const Input& input, Effects& effects);
  void append_configuration(const Input& input, Effects& effects, Configuration configuration);
  void step_down_when_removed(const Input& input, Effects& effects);
  void find_followers();
  void let_go(NodeId server);

  // --- reads: read_index.cpp ------------------------------------------------------------------
  void begin_read_round(Effects& effects);
  void finish_read_round(Effects& effects);
  void repeat_read_round(Effects& effects);
  void forward_reads(Effects& effects);
  void repeat_forwarded_reads(Effects& effects);
  void answer_reads(Effects& effects);
  void fail_led_reads(Effects& effects);
  void fail_forwarded_reads(Effects& effects);
  void handle(const Input& input, Effects& effects, const ConfirmLeader& request);
  void handle(const Input& input, Effects& effects, const ConfirmLeaderReply& reply);
  void handle(const Input& input, Effects& effects, const ReadIndex& request);
  void handle(const Input& input, Effects& effects, const ReadIndexReply& reply);

  // --- replication: replication.cpp -----------------------------------------------------------
  std::uint64_t range_end(std::uint64_t first) const;
  bool may_send(const Peer& peer) const;
  void replicate(const Input& input, Effects& effects);
  MessageRef make_append(Effects& effects, std::uint64_t prev, std::uint64_t end) const;
  void send_heartbeats(const Input& input, Effects& effects);
  void advance_commit(const Input& input, Effects& effects);
  void back_up(Peer& peer, const AppendEntriesReply& reply) const;
  void follow(const Input& input, Effects& effects, std::uint64_t term);
  bool accept_entries(Effects& effects, const AppendEntries& request, std::uint64_t skip);
  void handle(const Input& input, Effects& effects, const AppendEntries& request);
  void handle(const Input& input, Effects& effects, const AppendEntriesReply& reply);

  // --- snapshots: snapshot.cpp ----------------------------------------------------------------
  void take_snapshot_if_due(Effects& effects);
  void store_fresh_snapshot(Effects& effects);
  void on_snapshot(const Input& input, Effects& effects, const SnapshotRef& data) override;
  void on_installed(const Input& input, Effects& effects, const Installed& installed) override;
  void finish_install(Effects& effects);
  void adopt_snapshot(Effects& effects, LogSnapshot snapshot);
  void begin_snapshot(const Input& input, Effects& effects, NodeId to);
  void send_chunk(const Input& input, Effects& effects, NodeId to);
  void resend_chunk_if_stale(const Input& input, Effects& effects, NodeId to);
  void handle(const Input& input, Effects& effects, const InstallSnapshot& request);
  void handle(const Input& input, Effects& effects, const InstallSnapshotReply& reply);

  bool leads() const { return state_ == ServerState::leader; }

  const Options options_;

  // Persistent state (figure 2) and where it lies on the disk.
  HardState hard_;
  Log log_;
  LogSnapshot snapshot_;
  std::uint64_t next_record_ = 1;
  std::uint64_t durable_record_ = 0;
  std::uint64_t hard_record_ = 0;
  std::uint64_t snapshot_record_ = 0;
  std::uint64_t forgotten_below_ = 1;

  // Volatile state on all servers.
  ServerState state_ = ServerState::follower;
  NodeId leader_ = no_node;
  std::uint64_t commit_index_ = 0;
  std::uint64_t last_applied_ = 0;
  std::uint64_t durable_index_ = 0;  // our own log is durable up to here
  Duration timeout_{};               // this attempt's randomized election timeout
  std::uint64_t attempt_ = 0;        // elections begun here since the term last changed
  bool heard_ = false;               // from a leader, at heard_at_ of local time
  Time heard_at_{};
  NodeRole announced_role_ = NodeRole::replica;
  NodeId announced_leader_ = no_node;
  std::uint64_t announced_term_ = 0;
  bool snapshot_asked_ = false;
  LogSnapshot fresh_snapshot_;     // taken, not yet handed to the disk
  std::uint64_t fresh_after_ = 0;  // goes there once this record is durable
  bool installing_ = false;  // the application is replacing its state
  Incoming incoming_;

  // Volatile state on candidates and leaders.
  std::vector<quorum::Answer> votes_;
  std::vector<Peer> peers_;
  std::vector<NodeId> followers_;   // whom a leader sends its log: members, newcomers, leavers
  std::vector<NodeId> leavers_;     // removed, but not yet known to know
  std::optional<Change> change_;
  NodeId transfer_to_ = no_node;
  bool timeout_now_sent_ = false;
  std::uint64_t term_start_ = 0;  // index of the no-op of this leader's term
  bool batch_armed_ = false;
  bool batch_due_ = false;
  bool stale_payload_ = false;  // the payload on its way was asked for in a lost reign
  std::vector<std::uint64_t> scratch_;
  std::vector<std::uint64_t> reached_;

  // Reads. On a leader: those that wait for the next round, and those of the running one.
  std::vector<Reader> reads_waiting_;
  std::vector<Reader> reads_in_round_;
  std::uint64_t read_round_ = 0;
  std::uint64_t read_index_ = 0;
  std::vector<quorum::Answer> read_answers_;
  // On a follower: those to forward, and those the leader was asked about.
  std::vector<Reader> reads_to_forward_;
  std::vector<Reader> reads_forwarded_;
  std::uint64_t read_batch_ = 0;
  // Anywhere: confirmed at an index that is not yet applied.
  std::deque<std::pair<std::uint64_t, Reader>> reads_confirmed_;
};

/// Kinds of Raft's timers; all have key 0.
enum TimerKind : std::uint32_t {
  timer_election,
  timer_heartbeat,
  timer_check_quorum,
  timer_batch,
  timer_transfer
};

}  // namespace ledgerlab::raft
