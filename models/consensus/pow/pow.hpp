// Nakamoto proof of work: blocks by search, the heaviest chain by fork choice, settlement by depth
// (S. Nakamoto, "Bitcoin: A Peer-to-Peer Electronic Cash System", 2008). See README.md for where
// each rule of the paper is.
#pragma once

#include "models/consensus/pow/headers.hpp"
#include "models/consensus/pow/messages.hpp"
#include "models/parts/chain/chain_module.hpp"

namespace ledgerlab::pow {

enum class TimerKind : std::uint32_t {
  refresh,
  sync = chain::timer_sync,
  poll = chain::timer_poll,
  step  // the Homestead rule's difficulty falls
};

class Pow final : public chain::ChainModule<MinedBlock, Note> {
 public:
  explicit Pow(const ModuleContext& context);

  void inspect(Inspector& inspector) const override;

 private:
  /// What a record says beside the block, so that it can be the root of the tree after a crash.
  struct RecordNote {
    U256 weight;
    std::uint64_t window_start = 0;
    template <class A>
    void fields(A& a) {
      a(weight, window_start);
    }
  };
  enum class Stage : std::uint8_t { idle, building, executing, ready };
  /// The next block as this node would make it. Ten thousand miners hold two: what its header has
  /// beside is said by these.
  struct Template {
    BlockRef block;  // height, parent and payload: one object for all who mine the same
    Hash256 state_root;
    std::uint64_t time = 0;  // for the difficulty; the earliest that a find may have, or later
  };

  Pow(const ModuleContext& context, std::shared_ptr<const Rules> rules);

  // pow.cpp
  void on_start(const Input& input, Effects& effects) override;
  void on_timer(const Input& input, Effects& effects) override;
  void on_own_call(const Input& input, Effects& effects) override;
  void on_standing(const Input& input, Effects& effects, bool moved) override;
  Bytes encode_record(chain::Index index) const override;
  std::optional<Stored> decode_record(const Record& record) const override;
  Note bare(const BlockRef& root) const override;
  std::unique_ptr<chain::HeaderTree<Note>> new_headers() const override;

  // blocks.cpp: what a good block is.
  std::string malformed(Effects& effects, const MinedBlock& mined) override;
  chain::Judgement judge(const Input& input, Effects& effects, const MessageRef& content,
                         NodeId from, chain::Index parent) override;
  Standing standing(const Input& input, const MinedBlock& mined, chain::Index parent) override;
  std::uint64_t median_time_past(chain::Index tip) const;
  Lineage lineage(chain::Index index) const;

  // mining.cpp
  void begin_template(Effects& effects);
  void on_built(const Input& input, Effects& effects, const PayloadRef& payload);
  void execute_draft(const Input& input, Effects& effects, const PayloadRef& payload);
  BlockRef draft_block(chain::Index parent, const PayloadRef& payload) const;
  Header header_of_template(const Template& next, chain::Index parent) const;
  void on_executed(const Input& input, Effects& effects, const Executed& executed);
  void start_search(const Input& input, Effects& effects);
  /// First time stamp past the median.
  std::uint64_t earliest_after(chain::Index parent) const;
  void arm_step(const Input& input, Effects& effects);
  void on_step(const Input& input, Effects& effects);
  void arm_refresh(Effects& effects);
  void on_refresh(Effects& effects);
  void on_found(const Input& input, Effects& effects) override;
  void on_pending(Effects& effects, const Pending& pending);
  std::uint64_t time_after(const Input& input, chain::Index parent) const;

  // Right behind what every block touches of the chain.
  std::shared_ptr<const Rules> rules_;
  Stage stage_ = Stage::idle;
  bool mines_;
  bool pending_fresh_ = false;  // more waits than when the template was built
  bool refresh_armed_ = false;
  bool searching_ = false;
  CallId draft_call_ = 0;
  BlockRef draft_;  // being prepared, with the time that it was begun for
  std::uint64_t draft_time_ = 0;
  Template searched_;               // being searched
  std::uint64_t searched_tag_ = 0;  // of search_digest(): two of a node's agree once in 2^64
  std::uint32_t mined_ = 0;
};

}  // namespace ledgerlab::pow
