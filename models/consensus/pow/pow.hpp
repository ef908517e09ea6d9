// Nakamoto proof of work: blocks by search, the heaviest chain by fork choice, settlement by depth
// (S. Nakamoto, "Bitcoin: A Peer-to-Peer Electronic Cash System", 2008). See README.md for where
// each rule of the paper is.
#pragma once

#include "models/consensus/pow/messages.hpp"
#include "models/consensus/pow/rules.hpp"
#include "models/parts/chain/block_tree.hpp"
#include "models/parts/chain/orphan_pool.hpp"

namespace ledgerlab::pow {

enum class TimerKind : std::uint32_t { refresh, sync, poll };

class Pow final : public Module {
 public:
  explicit Pow(const ModuleContext& context);

  void step(const Input& input, Effects& effects) override;
  void restore(std::span<const Record> records) override;
  void inspect(Inspector& inspector) const override;

 private:
  /// What this node keeps of a block beside the block.
  struct Note {
    MessageRef content;  // null for restored blocks and genesis
    std::uint64_t time = 0;
    std::uint64_t window_start = 0;  // time of the first block of its retarget window
    std::uint64_t record = 0;        // of its log; 0: none
  };
  /// What a record says beside the block, so that it can be the root of the tree after a crash.
  struct RecordNote {
    U256 weight;
    std::uint64_t window_start = 0;
    template <class A>
    void fields(A& a) {
      a(weight, window_start);
    }
  };
  struct Orphan {
    MessageRef content;
    NodeId from = no_node;
  };
  enum class Stage : std::uint8_t { idle, building, executing, ready };
  /// Blocks being asked for: one conversation at a time.
  struct Sync {
    bool running = false;
    Place want;
    NodeId peer = no_node;
    std::uint32_t connected = 0;  // since the last question
    std::uint32_t attempts = 0;
  };

  // pow.cpp
  void on_start(const Input& input, Effects& effects);
  void on_application_state(const Input& input, Effects& effects, const BlockRef& final_block);
  void on_message(const Input& input, Effects& effects);
  void on_timer(const Input& input, Effects& effects);
  void on_call(const Input& input, Effects& effects);
  void rebuild_tree(const BlockRef& final_block);

  // blocks.cpp: from a received block to a place in the tree.
  void on_block(const Input& input, Effects& effects, MessageRef content, NodeId from);
  bool connect(const Input& input, Effects& effects, const MessageRef& content,
               chain::Index parent);
  void connect_orphans(const Input& input, Effects& effects, const BlockId& parent);
  std::string unfit(const Input& input, const Header& header, chain::Index parent) const;
  std::uint64_t median_time_past(chain::Index tip) const;
  Lineage lineage(chain::Index index) const;
  void refuse(Effects& effects, const BlockId& id, const std::string& reason);

  // chain.cpp: which chain this node stands on, and what of it is settled.
  void choose(Effects& effects);
  void on_adopted(const Input& input, Effects& effects, const Adopted& adopted);
  void settle(Effects& effects);
  void compact_log(Effects& effects);

  // mining.cpp
  void begin_template(Effects& effects);
  void on_built(const Input& input, Effects& effects, const PayloadRef& payload);
  void execute_draft(const Input& input, Effects& effects);
  BlockRef draft_block() const;
  void on_executed(const Input& input, Effects& effects, const Executed& executed);
  void start_search(Effects& effects);
  void arm_refresh(Effects& effects);
  void on_refresh(const Input& input, Effects& effects);
  void on_found(const Input& input, Effects& effects);
  void on_pending(Effects& effects, const Pending& pending);
  bool set_time(const Input& input, Header& header) const;

  // sync.cpp: filling gaps by asking neighbours.
  void ask_blocks(Effects& effects, NodeId peer, const Place& want);
  void ask_for_orphan(Effects& effects, const chain::OrphanPool<Orphan>::Orphan* base);
  void send_question(Effects& effects);
  void after_connecting(Effects& effects);
  void on_sync_timer(Effects& effects);
  void on_poll(const Input& input, Effects& effects);
  void on_get_blocks(const Input& input, Effects& effects, const GetBlocks& get);
  void on_tip(const Input& input, Effects& effects, const Tip& tip);
  std::vector<Place> locator() const;
  void send_stored(Effects& effects, NodeId to, const BlockRef& block);
  BlockRef archived(Height height) const;
  NodeId next_neighbour(NodeId after) const;

  NodeId self_;
  std::vector<NodeId> neighbours_;
  Rules rules_;
  bool mines_;
  bool empty_blocks_;
  bool drawn_ties_;
  Duration refresh_;
  Duration request_timeout_;
  Duration poll_;
  std::uint16_t sync_batch_;

  bool running_ = false;  // the application has told its state
  chain::BlockTree<Note> tree_;
  chain::OrphanPool<Orphan> orphans_;
  std::vector<Record> restored_;   // until the application tells its state
  std::vector<BlockRef> archive_;  // settled blocks by height, from archive_base_
  Height archive_base_ = 0;

  BlockRef genesis_;
  BlockRef head_;     // adopted by the application
  BlockId adopting_;  // tip of the Adopt on its way
  bool adopt_open_ = false;
  CallId call_ = 0;  // latest question, whatever it was

  std::uint64_t next_record_ = 1;
  std::uint64_t forgotten_below_ = 1;
  std::uint64_t forget_next_ = 1;  // may go once the next settlement is on its way to the disk

  Pending pending_;
  bool pending_fresh_ = false;  // more waits than when the template was built
  Stage stage_ = Stage::idle;
  CallId draft_call_ = 0;
  Header draft_;  // being prepared
  PayloadRef draft_payload_;
  bool refresh_armed_ = false;
  bool searching_ = false;
  Header searched_;  // being searched
  PayloadRef searched_payload_;

  Sync sync_;
  Height polled_height_ = 0;
  std::uint64_t polls_ = 0;
  std::uint64_t incarnation_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t mined_ = 0;
  Height deepest_reorg_ = 0;
};

}  // namespace ledgerlab::pow
