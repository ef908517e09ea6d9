#include "models/consensus/pow/pow.hpp"

#include <algorithm>

namespace ledgerlab::pow {
namespace {

Duration or_derived(Duration given, Duration derived) {
  return given > Duration::zero() ? given : derived;
}

}  // namespace

Pow::Pow(const ModuleContext& context)
    : self_(context.self),
      neighbours_(context.neighbours.begin(), context.neighbours.end()),
      rules_(context),
      mines_(context.hash_share_ppb != 0),
      empty_blocks_(context.params->flag("empty_blocks")),
      drawn_ties_(context.params->text("tie_rule") == "drawn"),
      refresh_(or_derived(context.params->duration("template_refresh"),
                          context.params->duration("block_interval") / 10)),
      request_timeout_(context.params->duration("request_timeout")),
      poll_(or_derived(context.params->duration("poll_interval"),
                       4 * context.params->duration("block_interval"))),
      sync_batch_(static_cast<std::uint16_t>(context.params->count("sync_batch"))),
      orphans_(context.params->count("orphans_max")),
      genesis_(make_genesis(context.genesis_root)) {}

void Pow::step(const Input& input, Effects& effects) {
  switch (input.kind) {
    case InputKind::start:
      on_start(input, effects);
      break;
    case InputKind::deliver:
      if (running_) on_message(input, effects);
      break;
    case InputKind::timer:
      on_timer(input, effects);
      break;
    case InputKind::found:
      on_found(input, effects);
      break;
    case InputKind::call:
      on_call(input, effects);
      break;
    case InputKind::persisted:
      break;  // nothing waits for it: what a node says of its blocks proves itself
  }
}

void Pow::restore(std::span<const Record> records) {
  restored_.assign(records.begin(), records.end());
  if (restored_.empty()) return;
  next_record_ = restored_.back().index + 1;
  forgotten_below_ = forget_next_ = restored_.front().index;
}

void Pow::on_start(const Input& input, Effects& effects) {
  incarnation_ = input.incarnation;
  effects.announce_role(mines_ ? NodeRole::miner : NodeRole::replica, 0, no_node);
}

void Pow::on_application_state(const Input&, Effects& effects, const BlockRef& final_block) {
  if (running_) return;
  running_ = true;
  rebuild_tree(final_block);
  head_ = tree_.at(tree_.final_block()).block;
  archive_base_ = head_->height;
  archive_ = {head_};
  polled_height_ = head_->height;
  effects.set_timer({static_cast<std::uint32_t>(TimerKind::poll), 0}, poll_);
  // Who comes back asks where the others are (paper section 5: nodes "rejoin the network at will,
  // accepting the proof-of-work chain as proof of what happened while they were gone").
  if (incarnation_ > 0 || tree_.size() > 1) effects.multicast(neighbours_, GetTip{head_->id});
  choose(effects);
  if (!adopt_open_) begin_template(effects);
}

void Pow::rebuild_tree(const BlockRef& final_block) {
  // The lowest stored ancestor of the settled block becomes the root: the timestamp rule looks at
  // blocks below the settled one.
  const auto stored = [&](const BlockId& id) -> const Record* {
    for (const Record& r : restored_) {
      if (r.block && r.block->id == id) return &r;
    }
    return nullptr;
  };
  const auto note_of = [](const Record& r, const RecordNote& n) {
    const auto header = header_of(*r.block);
    return Note{{}, header ? header->time : 0, n.window_start, r.index};
  };
  BlockRef root = final_block->height == 0 ? genesis_ : final_block;
  const Record* root_record = stored(root->id);
  for (const Record* r = root_record; r != nullptr; r = stored(r->block->parent)) root_record = r;
  if (root_record && root_record->block->height == 1) {
    tree_.reset(genesis_, 0, {});
  } else if (root_record) {
    const auto n = codec::decode<RecordNote>(root_record->bytes).value_or(RecordNote{});
    tree_.reset(root_record->block, chain::weight_of(n.weight), note_of(*root_record, n));
  } else {
    const auto header = header_of(*root);
    const std::uint64_t time = header ? header->time : 0;
    tree_.reset(root, 0, Note{{}, time, time, 0});
  }
  // Records are in order of acceptance: parents before children.
  for (const Record& r : restored_) {
    if (!r.block) continue;
    const auto header = header_of(*r.block);
    const auto n = codec::decode<RecordNote>(r.bytes);
    if (header && n) tree_.insert(r.block, claimed_work(*header), note_of(r, *n));
  }
  restored_.clear();
  const chain::Index settled = tree_.find(root->id);
  if (settled != chain::no_block && settled != tree_.final_block()) {
    tree_.finalise(settled, static_cast<std::uint32_t>(rules_.median_window));
  }
}

void Pow::on_message(const Input& input, Effects& effects) {
  const Message& m = *input.message;
  if (m.as<BlockContent>()) {
    on_block(input, effects, input.message_ref(), input.from);
  } else if (const auto* get = m.as<GetBlocks>()) {
    on_get_blocks(input, effects, *get);
  } else if (m.as<GetTip>()) {
    const auto& best = tree_.at(tree_.best());
    effects.send(input.from,
                 Tip{best.block->id, best.block->height, chain::weight_to_u256(best.weight)});
  } else if (const auto* tip = m.as<Tip>()) {
    on_tip(input, effects, *tip);
  }
}

void Pow::on_timer(const Input& input, Effects& effects) {
  switch (static_cast<TimerKind>(input.timer.kind)) {
    case TimerKind::refresh:
      on_refresh(input, effects);
      break;
    case TimerKind::sync:
      on_sync_timer(effects);
      break;
    case TimerKind::poll:
      on_poll(input, effects);
      break;
  }
}

void Pow::on_call(const Input& input, Effects& effects) {
  const LocalCall& call = *input.call;
  if (const auto* state = call.as<ApplicationState>()) {
    on_application_state(input, effects, state->final_block);
    return;
  }
  if (!running_) {
    if (const auto* pending = call.as<Pending>()) pending_ = *pending;
    return;
  }
  if (const auto* relayed = call.as<Relayed>()) {
    if (relayed->content->as<BlockContent>()) {
      on_block(input, effects, relayed->content, relayed->from);
    }
  } else if (const auto* adopted = call.as<Adopted>()) {
    on_adopted(input, effects, *adopted);
  } else if (const auto* pending = call.as<Pending>()) {
    on_pending(effects, *pending);
  } else if (const auto* built = call.as<Built>()) {
    if (call.id == draft_call_ && stage_ == Stage::building)
      on_built(input, effects, built->payload);
  } else if (const auto* executed = call.as<Executed>()) {
    if (call.id == draft_call_ && stage_ == Stage::executing)
      on_executed(input, effects, *executed);
  }
}

void Pow::inspect(Inspector& inspector) const {
  if (!running_) return;
  inspector.field("height", head_->height);
  inspector.field("head", to_hex(head_->id).substr(0, 8));
  inspector.field("settled", tree_.at(tree_.final_block()).block->height);
  inspector.field("tree", tree_.size());
  inspector.field("orphans", orphans_.size());
  inspector.field("searching", std::uint64_t{searching_});
  inspector.field("mined", mined_);
  inspector.field("refused", refused_);
  inspector.field("deepest_reorg", deepest_reorg_);
}

}  // namespace ledgerlab::pow
