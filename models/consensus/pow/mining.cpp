// Making blocks: paper section 5, steps 2 to 4. A payload from the pool, its state root from the
// application, then the search, which begins anew with every head and every other template.
#include <algorithm>

#include "models/consensus/pow/pow.hpp"
#include "models/parts/chain/signatures.hpp"

namespace ledgerlab::pow {

void Pow::begin_template(Effects& effects) {
  if (!mines_) return;
  // The paper's step 6: acceptance is expressed by working on the next block.
  if (searching_ && searched_.block->parent != head()->id) {
    searching_ = false;
    effects.stop_search();
  }
  pending_fresh_ = false;
  stage_ = Stage::building;
  draft_call_ = new_call();
  effects.call(Slot::mempool, draft_call_,
               Build{head()->height + 1, head()->id, rules_->block_max_transactions,
                     rules_->block_max_bytes});
}

void Pow::on_built(const Input& input, Effects& effects, const PayloadRef& payload) {
  if (payload->empty() && !rules_->empty_blocks) {
    stage_ = Stage::idle;
    return;
  }
  execute_draft(input, effects, payload);
}

std::uint64_t Pow::time_after(const Input& input, chain::Index parent) const {
  const auto now = static_cast<std::uint64_t>(std::max<std::int64_t>(count_ns(input.wall), 0));
  return std::max(now - now % rules_->time_unit, earliest_after(parent));
}

Header Pow::header_of_template(const Template& next, chain::Index parent) const {
  const Payload& payload = *next.block->payload;
  Header header;
  header.parent = next.block->parent;
  header.tx_root = payload.root;
  header.signatures = chain::signatures_digest(payload);
  header.state_root = next.state_root;
  header.height = next.block->height;
  header.time = next.time;
  header.miner = self();
  rules_->set_difficulty(header, lineage(parent));
  return header;
}

void Pow::execute_draft(const Input& input, Effects& effects, const PayloadRef& payload) {
  const chain::Index parent = tree().find(head()->id);
  if (parent == chain::no_block) return;
  draft_ = draft_block(parent, payload);
  draft_time_ = time_after(input, parent);
  stage_ = Stage::executing;
  // Execution knows height, parent and payload only; a block without header lets all miners of the
  // same payload share one result.
  effects.call(Slot::application, draft_call_, Execute{draft_});
}

BlockRef Pow::draft_block(chain::Index parent, const PayloadRef& payload) const {
  const MessageRef& content = tree().at(parent).extra.content;
  if (!content) return make_log_block(head()->height + 1, head()->id, payload);
  BlockRef& shared = content->as<BlockContent>()->carried.draft;
  if (!shared || shared->payload != payload) {
    shared = make_log_block(head()->height + 1, head()->id, payload);
  }
  return shared;
}

void Pow::on_executed(const Input& input, Effects& effects, const Executed& executed) {
  BlockRef draft = std::move(draft_);
  if (executed.ok) {
    searched_ = {std::move(draft), executed.state_root, draft_time_};
    stage_ = Stage::ready;
    start_search(input, effects);
    return;
  }
  effects.note("template refused by the application: " + executed.reason);
  stage_ = Stage::idle;
  if (draft->payload->empty() || !rules_->empty_blocks) return;
  execute_draft(input, effects, empty_payload());
}

void Pow::start_search(const Input& input, Effects& effects) {
  if (pending_fresh_) arm_refresh(effects);
  arm_step(input, effects);
  const chain::Index parent = tree().find(searched_.block->parent);
  if (parent == chain::no_block) return;
  const Header header = header_of_template(searched_, parent);
  // The search for just this goes on: its end is drawn, and beginning anew would draw it again.
  const Hash256 digest = search_digest(header);
  if (searching_ && digest.tag() == searched_tag_) return;
  searching_ = true;
  searched_tag_ = digest.tag();
  effects.work(Operation::hash_byte, 160);
  effects.search({digest, *claimed_target(header), earliest_after(parent), rules_->time_unit});
}

std::uint64_t Pow::earliest_after(chain::Index parent) const {
  return (median_time_past(parent) / rules_->time_unit + 1) * rules_->time_unit;
}

void Pow::arm_step(const Input& input, Effects& effects) {
  const chain::Index parent = tree().find(searched_.block->parent);
  if (parent == chain::no_block) return;
  const auto until = rules_->difficulty_until(lineage(parent), searched_.time);
  if (!until) return;
  const std::int64_t left = static_cast<std::int64_t>(*until) - count_ns(input.wall);
  effects.set_timer({static_cast<std::uint32_t>(TimerKind::step), 0},
                    Duration{std::max<std::int64_t>(left, 1)});
}

void Pow::on_step(const Input& input, Effects& effects) {
  if (!searching_ || stage_ != Stage::ready) return;  // what is being built has its own time
  const chain::Index parent = tree().find(searched_.block->parent);
  if (parent == chain::no_block) return;
  searched_.time = time_after(input, parent);
  start_search(input, effects);
}

void Pow::arm_refresh(Effects& effects) {
  if (refresh_armed_) return;
  refresh_armed_ = true;
  effects.set_timer({static_cast<std::uint32_t>(TimerKind::refresh), 0}, rules_->refresh);
}

void Pow::on_refresh(Effects& effects) {
  refresh_armed_ = false;
  // The old search goes on until the new one replaces it.
  if (searching_ && stage_ == Stage::ready && pending_fresh_) begin_template(effects);
}

void Pow::on_pending(Effects& effects, const Pending& pending) {
  pending_fresh_ = pending.count != 0;
  // Nothing is being searched: a miner that makes no empty blocks waits for just this.
  if (mines_ && pending_fresh_ && stage_ == Stage::idle && !searching_ && !adopting()) {
    begin_template(effects);
  } else if (searching_ && stage_ == Stage::ready && pending_fresh_) {
    arm_refresh(effects);
  }
}

void Pow::on_found(const Input& input, Effects& effects) {
  if (!searching_) return;
  const chain::Index parent = tree().find(searched_.block->parent);
  if (parent == chain::no_block) {
    searching_ = false;
    stage_ = Stage::idle;
    return;
  }
  Header header = header_of_template(searched_, parent);
  header.time = input.stamp;
  header.nonce = input.nonce;
  MinedBlock mined = make_mined(header, searched_.block->payload);
  // A find of a search that was replaced while this input waited is no work for the new one.
  if (!effects.crypto().work_valid(mined.digest, *claimed_target(header), header.nonce)) return;
  searching_ = false;
  stage_ = Stage::idle;
  // A clock that was set during the search may have passed a change of difficulty unseen.
  Header expected = header;
  rules_->set_difficulty(expected, lineage(parent));
  if (expected != header) return begin_template(effects);
  ++mined_;
  const MessageRef content = effects.make(BlockContent{std::move(mined)});
  if (!add_own(input, effects, content)) return begin_template(effects);
  // Another chain may have become heavier while its adoption is under way: then that one decides.
  if (!adopting()) begin_template(effects);
}

}  // namespace ledgerlab::pow
