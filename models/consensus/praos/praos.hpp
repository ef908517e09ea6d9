// Ouroboros Praos: proof of stake in slots, leaders drawn in private by stake, the longest chain by
// fork choice (B. David, P. Gazi, A. Kiayias, A. Russell, Eurocrypt 2018). See README.md for where
// each rule of the paper is.
#pragma once

#include <map>
#include <set>

#include "models/consensus/praos/headers.hpp"
#include "models/parts/chain/chain_module.hpp"

namespace ledgerlab::praos {

using BlockContent = chain::BlockContent<ForgedBlock>;

enum class TimerKind : std::uint32_t {
  slot = 0,
  sync = chain::timer_sync,
  poll = chain::timer_poll,
  held = 3
};

class Praos final : public chain::ChainModule<ForgedBlock, Point> {
 public:
  explicit Praos(const ModuleContext& context);

  void inspect(Inspector& inspector) const override;

 private:
  /// What a record says beside the block, so that it can be the root of the tree after a crash.
  struct RecordNote {
    U256 weight;
    Hash256 gathered;
    std::uint64_t epoch = 0;
    Hash256 nonce;
    BlockId before;
    BlockId stakes_after;
    template <class A>
    void fields(A& a) {
      a(weight, gathered, epoch, nonce, before, stakes_after);
    }
  };
  /// A record without a block: a distribution that the application may no longer know.
  struct StakeNote {
    BlockId after;
    std::vector<std::uint64_t> of;
    template <class A>
    void fields(A& a) {
      a(after, of);
    }
  };
  struct Snapshot {
    Distribution stakes;
    std::uint64_t record = 0;
  };
  /// A block that cannot be judged yet: its slot has not begun here, or its stake is being asked.
  struct Held {
    MessageRef content;
    NodeId from = no_node;
    SlotNumber slot = 0;  // 0: waits for stakes
    BlockId stakes_after;
  };
  /// The private lottery, as far as it is drawn.
  struct Lottery {
    EpochRef epoch;        // drawn for
    SlotNumber drawn = 0;  // every slot below
    SlotNumber leads = 0;  // next slot that this node leads; 0: none among those drawn
    VrfEvaluation leader;  // for that slot
  };
  enum class Stage : std::uint8_t { idle, building, executing };

  Praos(const ModuleContext& context, Rules rules);

  // praos.cpp
  void on_start(const Input& input, Effects& effects) override;
  void on_timer(const Input& input, Effects& effects) override;
  void on_own_call(const Input& input, Effects& effects) override;
  void on_standing(const Input& input, Effects& effects, bool moved) override;
  Bytes encode_record(chain::Index index) const override;
  std::optional<Stored> decode_record(const Record& record) const override;
  void restore_own(const Record& record) override;
  Point bare(const BlockRef& root) const override;
  std::unique_ptr<chain::HeaderTree<Point>> new_headers() const override;

  // blocks.cpp: what a good block is, and blocks that come too early.
  std::string malformed(Effects& effects, const ForgedBlock& forged) override;
  chain::Judgement judge(const Input& input, Effects& effects, const MessageRef& content,
                         NodeId from, chain::Index parent) override;
  Standing standing(const Input& input, const ForgedBlock& forged, chain::Index parent) override;
  bool keeps(const BlockId& id) const override;
  void hold(const Input& input, Effects& effects, Held held);
  void arm_held(const Input& input, Effects& effects);
  void release(const Input& input, Effects& effects, std::vector<Held> held);
  /// Takes out what waits for these stakes, or (null) for a slot that has begun.
  std::vector<Held> take_held(const BlockId* stakes_after, SlotNumber now);

  // stakes.cpp: which distribution governs, from the ledger's state.
  const Distribution* stakes_after(Effects& effects, const BlockId& block);
  bool is_asked(const BlockId& block) const { return asked_.contains(block); }
  void on_stakes(const Input& input, Effects& effects, const Stakes& stakes);
  bool may_settle(Effects& effects) override;
  std::uint64_t lowest_needed(Effects& effects, std::uint64_t lowest) override;

  // leader.cpp: the lottery and the making of blocks.
  chain::Index base_before(SlotNumber slot) const;
  void draw(const Input& input, Effects& effects);
  bool draw_on(Effects& effects, SlotNumber now, SlotNumber end, std::uint64_t phi);
  void lead(Effects& effects, chain::Index parent);
  void execute_draft(Effects& effects);
  void on_executed(const Input& input, Effects& effects, const Executed& executed);

  const Point& point(chain::Index index) const { return tree().at(index).extra.own; }

  Rules rules_;
  std::uint32_t replicas_;
  std::size_t held_max_;
  Distribution genesis_stakes_;

  std::map<BlockId, Snapshot> snapshots_;
  std::set<BlockId> asked_;
  std::set<BlockId> unknown_;  // asked in vain since the last adoption
  bool settlement_waits_ = false;
  std::vector<Held> held_;

  Lottery lottery_;
  SlotNumber last_led_ = 0;   // never two blocks for one slot
  bool looked_back_ = false;  // last_led_ covers what was led before a crash
  Stage stage_ = Stage::idle;
  CallId draft_call_ = 0;
  Header draft_;
  PayloadRef draft_payload_;
  const Message* forging_ = nullptr;  // the block just made here: it needs no proof

  std::uint64_t forged_ = 0;
  std::uint64_t missed_ = 0;  // slots led that had passed before they could be used
};

}  // namespace ledgerlab::praos
