// ChainModule, first half: life of a node, received blocks, adoption, settlement, the log. Included
// by chain_module.hpp alone.
#pragma once

#include "models/parts/chain/chain_module.hpp"

namespace ledgerlab::chain {

template <class Carried, class Own>
ChainModule<Carried, Own>::ChainModule(const ModuleContext& context, const ChainSettings& settings)
    : settings_(shared_settings(settings, context)),
      self_(context.self),
      neighbours_(context.neighbours) {
  if (settings.sync != SyncMode::full) catch_up_ = std::make_unique<CatchUp>();
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::step(const Input& input, Effects& effects) {
  switch (input.kind) {
    case InputKind::start:
      incarnation_ = static_cast<std::uint32_t>(input.incarnation);
      on_start(input, effects);
      break;
    case InputKind::deliver:
      if (running_) on_message(input, effects);
      break;
    case InputKind::timer:
      if (input.timer.kind == timer_sync) {
        on_sync_timer(effects);
      } else if (input.timer.kind == timer_poll) {
        on_poll(input, effects);
      } else if (input.timer.kind == timer_catch_up) {
        on_catch_up_timer(input, effects);
      } else {
        on_timer(input, effects);
      }
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

template <class Carried, class Own>
void ChainModule<Carried, Own>::restore(std::span<const Record> records) {
  if (records.empty()) return;
  restored_ = std::make_unique<std::vector<Record>>(records.begin(), records.end());
  next_record_ = records.back().index + 1;
  forgotten_below_ = forget_next_ = records.front().index;
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::on_application_state(const Input& input, Effects& effects,
                                                     const BlockRef& final_block) {
  if (running_) return;
  running_ = true;
  rebuild_tree(final_block);
  head_ = tree_.at(tree_.final_block()).block;
  archive_.reset(head_);
  polled_height_ = head_->height;
  effects.set_timer({timer_poll, 0}, settings_->poll);
  // Who comes back asks where the others are (Nakamoto, section 5: nodes "rejoin the network at
  // will, accepting the proof-of-work chain as proof of what happened while they were gone").
  if (incarnation_ > 0 || tree_.size() > 1) effects.multicast(neighbours_, GetTip{head_->id});
  if (catch_up_ && incarnation_ > 0) await_tips(effects);
  choose(effects);
  if (!adopting()) on_standing(input, effects, true);
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::rebuild_tree(const BlockRef& final_block) {
  // The lowest stored ancestor of the settled block becomes the root: rules may look at blocks
  // below the settled one.
  const std::unique_ptr<std::vector<Record>> own = std::move(restored_);
  const std::span<const Record> records =
      own ? std::span<const Record>(*own) : std::span<const Record>();
  const auto stored = [&](const BlockId& id) -> const Record* {
    for (const Record& r : records) {
      if (r.block && r.block->id == id) return &r;
    }
    return nullptr;
  };
  BlockRef root = final_block->height == 0 ? genesis() : final_block;
  const Record* root_record = stored(root->id);
  for (const Record* r = root_record; r != nullptr; r = stored(r->block->parent)) root_record = r;
  std::optional<Stored> found;
  if (root_record) found = decode_record(*root_record);
  if (root_record && root_record->block->height == 1) {
    tree_.reset(genesis(), 0, Kept{{}, bare(genesis())}, 0, &settings_->genesis_place);
  } else if (found) {
    tree_.reset(root_record->block, weight_of(found->weight), Kept{{}, std::move(found->own)},
                root_record->index);
  } else {
    tree_.reset(root, 0, Kept{{}, bare(root)}, 0,
                root == genesis() ? &settings_->genesis_place : nullptr);
  }
  // Records are in order of acceptance: parents before children.
  for (const Record& r : records) {
    if (!r.block) {
      restore_own(r);
    } else if (auto s = decode_record(r)) {
      const std::size_t before = tree_.size();
      const Index at = tree_.insert(r.block, s->work, Kept{{}, std::move(s->own)});
      if (tree_.size() != before) tree_.set_record(at, r.index);
    }
  }
  const Index settled = tree_.find(root->id);
  if (settled != no_block && settled != tree_.final_block())
    tree_.finalise(settled, settings_->below);
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::on_message(const Input& input, Effects& effects) {
  const Message& m = *input.message;
  if (const auto* content = m.as<Content>()) {
    const BlockRef block = content->carried.block;
    const MessageRef ref = input.message_ref();
    if (!take_body(input, effects, ref)) on_block(input, effects, ref, input.from);
    after_answer(effects, *block, input.from);
  } else if (const auto* get = m.as<GetBlocks>()) {
    on_get_blocks(input, effects, *get);
  } else if (m.as<GetTip>()) {
    const auto& best = tree_.at(tree_.best());
    effects.send(input.from, Tip{best.block->id, best.block->height, weight_to_u256(best.weight)});
  } else if (const auto* tip = m.as<Tip>()) {
    on_tip(input, effects, *tip);
  } else if (const auto* inclusion = m.as<GetInclusion>()) {
    on_get_inclusion(input, effects, *inclusion);
  } else if (const auto* account = m.as<GetAccount>()) {
    on_get_account(input, effects, *account);
  } else {
    on_sync_message(input, effects);
  }
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::on_call(const Input& input, Effects& effects) {
  const LocalCall& call = *input.call;
  if (const auto* state = call.as<ApplicationState>()) {
    on_application_state(input, effects, state->final_block);
  } else if (const auto* relayed = call.as<Relayed>()) {
    if (running_ && relayed->content->template as<Content>()) {
      on_block(input, effects, relayed->content, relayed->from);
    }
  } else if (const auto* adopted = call.as<Adopted>()) {
    if (running_) on_adopted(input, effects, *adopted);
  } else if (const auto* peers = call.as<Peers>()) {
    on_peers(effects, peers->peers);
  } else if (const auto* proven = call.as<AccountProven>()) {
    on_account_proven(input, effects, *proven);
  } else if (const auto* snapshot = call.as<Snapshot>()) {
    if (catch_up_ && call.id == catch_up_->given.call) on_snapshot(effects, snapshot->data);
  } else if (const auto* installed = call.as<Installed>()) {
    if (catch_up_ && call.id == catch_up_->call) on_installed(input, effects, *installed);
  } else {
    on_own_call(input, effects);
  }
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::on_block(const Input& input, Effects& effects, MessageRef content,
                                         NodeId from) {
  const Carried& carried = carried_in(content);
  const BlockRef& block = carried.block;
  tree_.warm();
  if (tree_.contains(*block) || orphans_.contains(block->id) || keeps(block->id)) return;
  if (block->height <= tree_.at(tree_.final_block()).block->height) {
    const BlockRef settled = archive_.at(block->height);
    if (settled && settled->id != block->id) {
      // A node that settled the losing side of a long partition stays there: what is final is never
      // undone (DESIGN 13.3), and the checkers see two histories.
      effects.note("block at settled height " + std::to_string(block->height) + " ignored");
    }
    return;
  }
  const std::string wrong = malformed(effects, carried);
  if (!wrong.empty()) {
    effects.call(Slot::relay, Rejected{content->identity()});
    return refuse(effects, block->id, wrong);
  }
  const Index parent = tree_.find(block->parent);
  if (parent == no_block) {
    orphans_.add(block, {std::move(content), from}, settings_->orphans_max);
    ask_for_orphan(effects, orphans_.base_of(block->id));
    return;
  }
  if (!connect(input, effects, content, from, parent)) return;
  connect_orphans(input, effects, block->id);
  after_connecting(effects);
  choose(effects);
  if (catching_up() && catch_up_->stage == Stage::bodies) connect_bodies(input, effects);
}

template <class Carried, class Own>
bool ChainModule<Carried, Own>::add_own(const Input& input, Effects& effects,
                                        const MessageRef& content) {
  const BlockRef& block = carried_in(content).block;
  if (!connect(input, effects, content, self_, tree_.find(block->parent))) return false;
  connect_orphans(input, effects, block->id);
  choose(effects);
  return true;
}

template <class Carried, class Own>
bool ChainModule<Carried, Own>::connect(const Input& input, Effects& effects,
                                        const MessageRef& content, NodeId from, Index parent,
                                        bool spread) {
  const Carried& carried = carried_in(content);
  const Judgement judgement = judge(input, effects, content, from, parent);
  if (judgement.verdict == Judgement::Verdict::later) return false;
  if (judgement.verdict == Judgement::Verdict::bad) {
    effects.call(Slot::relay, Rejected{content->identity()});
    refuse(effects, carried.block->id, judgement.reason);
    return false;
  }
  Standing place = standing(input, carried, parent);
  const Index at = tree_.insert(carried.block, place.work, Kept{content, std::move(place.own)},
                                place.tie_key, &content->template as<Content>()->place);
  if (at == no_block) {
    refuse(effects, carried.block->id, "below the settled block");
    return false;
  }
  tree_.set_record(at, next_record_++);
  effects.persist(encode_record(at), carried.block);
  // Spread by header and proof, before execution: forging those costs a block (BIP 152 does the
  // same), and every hop saves the execution.
  if (spread && !tree_.at(at).invalid) effects.publish(content);
  return true;
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::connect_orphans(const Input& input, Effects& effects,
                                                const BlockId& parent) {
  if (orphans_.size() == 0) return;
  std::vector<BlockId> known = {parent};
  while (!known.empty()) {
    const BlockId next = known.back();
    known.pop_back();
    for (auto& orphan : orphans_.take_children(next)) {
      const Index at = tree_.find(next);
      if (at == no_block || !connect(input, effects, orphan.item.content, orphan.item.from, at)) {
        continue;
      }
      known.push_back(orphan.block->id);
    }
  }
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::refuse(Effects& effects, const BlockId& id,
                                       const std::string& reason) {
  ++refused_;
  effects.note("refused block " + to_hex(id).substr(0, 8) + ": " + reason);
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::choose(Effects& effects) {
  // While a state is being put in place the application's answer would be about another tree.
  if (adopt_open_ || (catch_up_ && catch_up_->stage == Stage::installing)) return;
  const Index best = tree_.best();
  const auto& entry = tree_.at(best);
  if (entry.block->id == head_->id) return;
  Path path = tree_.path(tree_.find(head_->id), best);
  deepest_reorg_ = std::max(deepest_reorg_, static_cast<std::uint32_t>(path.reverted.size()));
  adopt_open_ = true;
  adopting_ = entry.block;
  effects.call(Slot::application, ++call_, Adopt{path.ancestor->id, std::move(path.forward)});
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::on_adopted(const Input& input, Effects& effects,
                                           const Adopted& adopted) {
  if (!adopt_open_) return;
  adopt_open_ = false;
  const Index tip = tree_.find(std::exchange(adopting_, nullptr)->id);
  if (adopted.ok) {
    if (tip == no_block) return;
    head_ = tree_.at(tip).block;
    effects.announce_head(head_);
    if (may_settle(effects)) settle(effects);
    choose(effects);  // more may have come meanwhile
    return after_adoption(input, effects, true);
  }
  // The application refused a block on the way: neither it nor what follows is ever chosen again.
  const Index bad = tree_.find(adopted.offending);
  refuse(effects, adopted.offending, "execution");
  if (bad == no_block || !tree_.mark_invalid(bad)) {
    if (tip == no_block || !tree_.mark_invalid(tip)) return;
  }
  choose(effects);
  after_adoption(input, effects, false);
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::after_adoption(const Input& input, Effects& effects, bool moved) {
  if (adopt_open_) return;
  if (!catching_up()) return on_standing(input, effects, moved);
  if (catch_up_->stage == Stage::bodies) connect_bodies(input, effects);
  if (catch_up_->stage == Stage::installing) install(effects);
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::settle(Effects& effects) {
  // A block with `depth` confirmations, its own among them, is settled at the stated risk.
  const Height height = head_->height;
  const Index final_before = tree_.final_block();
  if (height + 1 < settings_->depth) return;
  const Height target = height + 1 - settings_->depth;
  if (target <= tree_.height(final_before)) return;
  const Index settled = tree_.ancestor(tree_.find(head_->id), target);
  for (Height h = tree_.height(final_before) + 1; h <= target; ++h) {
    const Index i = h == target ? settled : tree_.ancestor(settled, h);
    const auto& [block, content] = std::tie(tree_.at(i).block, tree_.at(i).extra.content);
    effects.call(Slot::application, Finalise{block});
    effects.announce_final(block);
    archive_.add(block, content ? &content->template as<Content>()->settled : nullptr);
  }
  tree_.finalise(settled, settings_->below);
  if (orphans_.size() != 0) orphans_.take_up_to(target);
  compact_log(effects);
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::compact_log(Effects& effects) {
  // A record goes one settlement later than it could: by then the application's own record of the
  // settled state stands before this `forget` in the disk's queue, so that no crash finds a state
  // older than the blocks that lead on from it.
  if (forget_next_ >= forgotten_below_ + 8) {
    effects.forget(forget_next_);
    forgotten_below_ = forget_next_;
  }
  // Records are in the order of the tree; a root without one came with no content.
  std::uint64_t lowest = next_record_;
  for (Index i = tree_.root(); i < tree_.end() && lowest == next_record_; ++i) {
    if (const std::uint64_t r = tree_.at(i).record; r != 0) lowest = r;
  }
  forget_next_ = std::max(forget_next_, lowest_needed(effects, lowest));
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::warm(unsigned depth) const {
  if (depth == 1) return tree_.warm();
  if (depth != 0) return;
  // The hot members, and the first of the protocol's own.
  const char* lines = reinterpret_cast<const char*>(this);
  for (std::size_t i = 0; i < sizeof *this + 128; i += 64) __builtin_prefetch(lines + i, 1);
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::inspect(Inspector& inspector) const {
  if (!running_) return;
  inspector.field("height", head_->height);
  inspector.field("head", to_hex(head_->id).substr(0, 8));
  inspector.field("settled", tree_.at(tree_.final_block()).block->height);
  inspector.field("tree", tree_.size());
  inspector.field("orphans", orphans_.size());
  inspector.field("refused", std::uint64_t{refused_});
  inspector.field("deepest_reorg", std::uint64_t{deepest_reorg_});
}

}  // namespace ledgerlab::chain
