// What every protocol that stands on the longest (heaviest) chain does with blocks, whatever made
// them: the way of a received block into the tree, gaps filled by asking neighbours, adoption,
// settlement, the log on the disk and the return from it. A protocol derives from it and says what
// a good block is, what it weighs and when it makes one (proof of work: models/consensus/pow; proof
// of stake: models/consensus/praos).
#pragma once

#include "models/api/model_info.hpp"
#include "models/base/line_pool.hpp"
#include "models/base/node_list.hpp"
#include "models/parts/chain/block_tree.hpp"
#include "models/parts/chain/catch_up.hpp"
#include "models/parts/chain/chain_settings.hpp"
#include "models/parts/chain/light_messages.hpp"
#include "models/parts/chain/messages.hpp"
#include "models/parts/chain/orphan_pool.hpp"
#include "models/parts/chain/sync_messages.hpp"

namespace ledgerlab::chain {

/// Timers of the chain itself; a protocol's own are the other numbers.
inline constexpr std::uint32_t timer_sync = 1;
inline constexpr std::uint32_t timer_poll = 2;
inline constexpr std::uint32_t timer_catch_up = 16;

/// What a node thinks of a block in its place.
struct Judgement {
  enum class Verdict : std::uint8_t { good, bad, later };
  Verdict verdict = Verdict::good;
  std::string reason;  // bad
  static Judgement good() { return {}; }
  static Judgement bad(std::string why) { return {Verdict::bad, std::move(why)}; }
  static Judgement later() { return {Verdict::later, {}}; }  // the protocol has kept it itself
};

/// Carried is a decoded block as it travels: a member `block`, and a static `from(BlockRef)` that
/// makes it again from a stored block, or nothing. Own is what the protocol keeps of every block,
/// the same at every node that has the block's chain.
template <class Carried, class Own>
class ChainModule : public Module {
 public:
  static void* operator new(std::size_t bytes) { return line_pool::take(bytes); }
  static void operator delete(void* room, std::size_t bytes) { line_pool::give(room, bytes); }
  void step(const Input& input, Effects& effects) final;
  void restore(std::span<const Record> records) final;
  void inspect(Inspector& inspector) const override;
  void warm(unsigned depth) const override;

 protected:
  using Content = BlockContent<Carried>;
  /// Of a block in the tree; its record there is that of the log, 0: none.
  struct Kept {
    MessageRef content;  // null for restored blocks and genesis
    Own own{};
    friend bool operator==(const Kept& a, const Kept& b) {
      return a.content.get() == b.content.get() && a.own == b.own;
    }
  };
  struct Orphan {
    MessageRef content;
    NodeId from = no_node;
  };
  /// How a good block enters the tree.
  struct Standing {
    U256 work;
    Own own;
    std::uint64_t tie_key = 0;
  };
  /// What a record says of its block; `weight` is the whole chain's up to it.
  struct Stored {
    U256 work;
    U256 weight;
    Own own;
  };

  ChainModule(const ModuleContext& context, const ChainSettings& settings);

  // --- what the protocol says ------------------------------------------------------------------
  virtual void on_start(const Input& input, Effects& effects) = 0;
  virtual void on_timer(const Input& input, Effects& effects) = 0;  // but sync and poll
  virtual void on_found(const Input&, Effects&) {}
  /// Answers and news of pool and application that are not the chain's; also before running().
  virtual void on_own_call(const Input& input, Effects& effects) = 0;
  /// The head is adopted and no other adoption is under way. `moved`: it is another one.
  virtual void on_standing(const Input& input, Effects& effects, bool moved) = 0;

  /// Why this block is none, whatever stands before it; empty if it may be one. What it costs its
  /// maker is checked here: an orphan has to cost its sender what a block costs.
  virtual std::string malformed(Effects& effects, const Carried& carried) = 0;
  /// The same, with its parent known.
  virtual Judgement judge(const Input& input, Effects& effects, const MessageRef& content,
                          NodeId from, Index parent) = 0;
  virtual Standing standing(const Input& input, const Carried& carried, Index parent) = 0;
  /// Is it kept by the protocol until it may be judged?
  virtual bool keeps(const BlockId&) const { return false; }

  virtual Bytes encode_record(Index index) const = 0;
  virtual std::optional<Stored> decode_record(const Record& record) const = 0;
  virtual void restore_own(const Record&) {}  // a record without a block
  /// Of genesis and of a settled block without a record.
  virtual Own bare(const BlockRef& root) const = 0;
  /// An empty chain of headers that judges as this node does.
  virtual std::unique_ptr<HeaderTree<Own>> new_headers() const = 0;

  /// Asked after an adoption: may settled blocks be told to the application now? If not, the
  /// protocol calls settle() later.
  virtual bool may_settle(Effects&) { return true; }
  /// Of the records from `lowest` on the chain needs all; the lowest the protocol needs.
  virtual std::uint64_t lowest_needed(Effects&, std::uint64_t lowest) { return lowest; }

  // --- what the chain does ---------------------------------------------------------------------
  void on_block(const Input& input, Effects& effects, MessageRef content, NodeId from);
  /// A block made here, on a parent in the tree: as a received one, but that it is not judged by
  /// form. False if it was not taken.
  bool add_own(const Input& input, Effects& effects, const MessageRef& content);
  void settle(Effects& effects);
  void refuse(Effects& effects, const BlockId& id, const std::string& reason);
  void persist_own(Effects& effects, Bytes bytes) {
    ++next_record_;
    effects.persist(std::move(bytes));
  }
  static const Carried& carried_in(const MessageRef& content) {
    return content->template as<Content>()->carried;
  }

  bool running() const { return running_; }  // the application has told its state
  NodeId self() const { return self_; }
  const BlockRef& genesis() const { return settings_->genesis; }
  const BlockRef& head() const { return head_; }  // adopted by the application
  /// An adoption is under way, or many will follow: no time to make a block.
  bool adopting() const { return adopt_open_ || catching_up(); }
  const BlockTree<Kept>& tree() const { return tree_; }
  std::uint64_t next_record() const { return next_record_; }
  std::uint64_t incarnation() const { return incarnation_; }
  CallId new_call() { return ++call_; }

 private:
  /// Blocks being asked for: one conversation at a time.
  struct Question {
    Place want;
    NodeId peer = no_node;
    std::uint32_t received = 0;  // since the last question
    std::uint32_t attempts = 0;
    Place reached;         // of the peer's blocks the last that is in the tree
    Height asked = 0;      // and its height at the last question
    bool claimed = false;  // a peer says it has this; no block has shown it
  };
  using Sync = std::unique_ptr<Question>;  // null: nothing is being asked for
  static constexpr std::uint32_t attempts_max = 8;

  void on_application_state(const Input& input, Effects& effects, const BlockRef& final_block);
  void rebuild_tree(const BlockRef& final_block);
  void on_message(const Input& input, Effects& effects);
  void on_call(const Input& input, Effects& effects);
  void on_peers(Effects& effects, const std::vector<NodeId>& peers);

  bool connect(const Input& input, Effects& effects, const MessageRef& content, NodeId from,
               Index parent, bool spread = true);
  void connect_orphans(const Input& input, Effects& effects, const BlockId& parent);

  void choose(Effects& effects);
  void on_adopted(const Input& input, Effects& effects, const Adopted& adopted);
  void compact_log(Effects& effects);

  void ask_blocks(Effects& effects, NodeId peer, const Place& want, bool claimed = false);
  void ask_for_orphan(Effects& effects, const typename OrphanPool<Orphan>::Orphan* base);
  void send_question(Effects& effects);
  void after_connecting(Effects& effects);
  void after_answer(Effects& effects, const Block& block, NodeId from);
  void on_sync_timer(Effects& effects);
  void on_poll(const Input& input, Effects& effects);
  void on_get_blocks(const Input& input, Effects& effects, const GetBlocks& get);
  void on_tip(const Input& input, Effects& effects, const Tip& tip);
  std::vector<Place> locator() const;
  void send_stored(Effects& effects, NodeId to, const BlockRef& block);
  NodeId next_neighbour(NodeId after) const;

  template <class T>
  void reply(Effects& effects, NodeId to, T body) const;
  BlockRef on_head_chain(Height height) const;
  void on_get_headers(const Input& input, Effects& effects, const GetHeaders& get);
  void on_get_inclusion(const Input& input, Effects& effects, const GetInclusion& get);
  void on_get_account(const Input& input, Effects& effects, const GetAccount& get);
  void on_account_proven(const Input& input, Effects& effects, const AccountProven& proven);
  void on_get_data(const Input& input, Effects& effects, const GetData& get);
  void on_get_state(const Input& input, Effects& effects, const GetState& get);
  void on_snapshot(Effects& effects, const SnapshotRef& data);
  void send_chunk(Effects& effects, NodeId to, const Place& place, std::uint32_t index);

  // sync = "headers" and "snapshot"
  using CatchUp = chain::CatchUp<Kept, Own>;
  using Stage = CatchUpStage;
  using Body = typename CatchUp::Body;
  using Taken = typename CatchUp::Taken;
  using Given = typename CatchUp::Given;
  bool catching_up() const { return catch_up_ && catch_up_->stage != Stage::idle; }
  bool lags(Height height) const;
  bool connected(NodeId peer) const {
    return std::find(neighbours_.begin(), neighbours_.end(), peer) != neighbours_.end();
  }
  bool on_sync_message(const Input& input, Effects& effects);
  void await_tips(Effects& effects);
  bool note_claim(const Input& input, Effects& effects, const Tip& tip);
  void leave_tips(const Input& input, Effects& effects);
  void begin_headers(Effects& effects, NodeId peer);
  void ask_headers(Effects& effects, NodeId peer, const std::optional<Place>& after);
  void on_headers(const Input& input, Effects& effects, const Headers& headers);
  void next_headers(const Input& input, Effects& effects);
  void begin_bodies(const Input& input, Effects& effects);
  void connect_bodies(const Input& input, Effects& effects);
  void ask_bodies(const Input& input, Effects& effects);
  bool take_body(const Input& input, Effects& effects, const MessageRef& content);
  void refuse_peer(Effects& effects, NodeId peer, const std::string& why);
  void release_bodies(NodeId peer);
  void on_catch_up_timer(const Input& input, Effects& effects);
  void on_body_timer(const Input& input, Effects& effects);
  void peers_changed(Effects& effects);
  void after_adoption(const Input& input, Effects& effects, bool moved);
  void give_up_chain(const Input& input, Effects& effects);
  void end_catch_up(const Input& input, Effects& effects);
  void ask_state(Effects& effects);
  void on_state_chunk(const Input& input, Effects& effects, const StateChunk& chunk);
  void judge_checkpoint(Effects& effects);
  void go_on_taking(Effects& effects);
  void plant(Height checkpoint);
  void install(Effects& effects);
  void on_installed(const Input& input, Effects& effects, const Installed& installed);

  // Ten thousand nodes hold one: what every block touches stands in its first three lines.
  ChainSettingsRef settings_;  // before the tree, which points into it while it lives
  BlockTree<Kept> tree_;
  BlockRef head_;
  BlockRef adopting_;  // tip of the Adopt on its way
  std::uint64_t next_record_ = 1;
  std::uint64_t forgotten_below_ = 1;
  std::uint64_t forget_next_ = 1;  // may go once the next settlement is on its way to the disk
  CallId call_ = 0;                // latest question, whatever it was
  Sync sync_;
  std::unique_ptr<CatchUp> catch_up_;  // null: sync = "full"
  OrphanPool<Orphan> orphans_;
  NodeId self_;
  bool running_ = false;
  bool adopt_open_ = false;
  Archive archive_;  // settled blocks
  NodeList neighbours_;
  std::unique_ptr<std::vector<Record>> restored_;  // until the application tells its state
  Height polled_height_ = 0;
  std::uint32_t polls_ = 0;
  std::uint32_t incarnation_ = 0;
  std::uint32_t refused_ = 0;
  std::uint32_t deepest_reorg_ = 0;
};

}  // namespace ledgerlab::chain

#include "models/parts/chain/chain_blocks.hpp"    // IWYU pragma: export
#include "models/parts/chain/chain_headers.hpp"   // IWYU pragma: export
#include "models/parts/chain/chain_light.hpp"     // IWYU pragma: export
#include "models/parts/chain/chain_serve.hpp"     // IWYU pragma: export
#include "models/parts/chain/chain_snapshot.hpp"  // IWYU pragma: export
#include "models/parts/chain/chain_sync.hpp"      // IWYU pragma: export
