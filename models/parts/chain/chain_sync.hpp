// ChainModule, second half: filling gaps after a block without its parent, a crash, a partition.
// One question at a time, to the peer that showed the block first, then to the neighbours in turn.
// Included by chain_module.hpp alone.
#pragma once

#include "models/parts/chain/chain_module.hpp"

namespace ledgerlab::chain {

template <class Carried, class Own>
void ChainModule<Carried, Own>::ask_blocks(Effects& effects, NodeId peer, const Place& want,
                                           bool claimed) {
  if (neighbours_.empty() || catching_up()) return;
  const NodeId first = peer == no_node ? neighbours_.front() : peer;
  if (catch_up_ && lags(want.height) && !catch_up_->refused(first) && !catch_up_->doubted(first)) {
    return begin_headers(effects, first);
  }
  // What a peer merely claims to have makes way for a gap below a block that proves itself: else
  // one liar could keep us from every other for as long as we ask for what is nowhere.
  if (sync_ && (claimed || !sync_->claimed)) return;
  sync_ = std::make_unique<Question>(
      Question{want, first, 0, 0, {}, 0, claimed});
  send_question(effects);
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::ask_for_orphan(Effects& effects,
                                               const typename OrphanPool<Orphan>::Orphan* base) {
  if (!base) return;
  ask_blocks(effects, base->item.from, {base->block->height - 1, base->block->parent});
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::send_question(Effects& effects) {
  sync_->received = 0;
  sync_->asked = sync_->reached.height;
  ++sync_->attempts;
  effects.send(sync_->peer, GetBlocks{locator(), sync_->want, settings_->sync_batch});
  effects.set_timer({timer_sync, 0}, settings_->request_timeout);
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::after_connecting(Effects& effects) {
  if (!sync_) return;
  if (tree_.contains(sync_->want.id)) {
    sync_.reset();
    effects.cancel_timer({timer_sync, 0});
    if (const auto* other = orphans_.oldest()) {
      ask_for_orphan(effects, orphans_.base_of(other->block->id));
    }
  }
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::after_answer(Effects& effects, const Block& block, NodeId from) {
  if (!sync_ || from != sync_->peer) return;
  ++sync_->received;
  if (block.height > sync_->reached.height && tree_.contains(block.id)) {
    sync_->reached = {block.height, block.id};
  }
  if (sync_->received < settings_->sync_batch || sync_->reached.height <= sync_->asked) return;
  sync_->attempts = 0;  // a full batch came: go on with the same peer
  send_question(effects);
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::on_peers(Effects& effects, const std::vector<NodeId>& peers) {
  const auto has = [](std::span<const NodeId> list, NodeId node) {
    return std::binary_search(list.begin(), list.end(), node);
  };
  std::vector<NodeId> fresh;
  std::copy_if(peers.begin(), peers.end(), std::back_inserter(fresh),
               [&](NodeId peer) { return !has(neighbours_, peer); });
  const bool left = sync_ && has(neighbours_, sync_->peer) && !has(peers, sync_->peer);
  neighbours_ = peers;
  if (!running_) return;
  // Either end of a new connection asks what the other knows (as Bitcoin's peers do).
  if (!fresh.empty()) effects.multicast(fresh, GetTip{head_->id});
  if (left) on_sync_timer(effects);
  if (catching_up()) peers_changed(effects);
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::on_sync_timer(Effects& effects) {
  if (!sync_) return;
  if (tree_.contains(sync_->want.id) || sync_->attempts >= attempts_max || neighbours_.empty()) {
    sync_.reset();
    return;
  }
  sync_->peer = next_neighbour(sync_->peer);
  send_question(effects);
}

template <class Carried, class Own>
NodeId ChainModule<Carried, Own>::next_neighbour(NodeId after) const {
  const auto it = std::find(neighbours_.begin(), neighbours_.end(), after);
  if (it == neighbours_.end() || it + 1 == neighbours_.end()) return neighbours_.front();
  return *(it + 1);
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::on_poll(const Input& input, Effects& effects) {
  effects.set_timer({timer_poll, 0}, settings_->poll);
  const bool moved = head_->height != polled_height_;
  polled_height_ = head_->height;
  if (moved || neighbours_.empty()) return;
  const std::uint64_t u = input.draw(settings_->poll_draw, ++polls_);
  effects.send(neighbours_[draw_below(u, neighbours_.size())], GetTip{head_->id});
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::on_tip(const Input& input, Effects& effects, const Tip& tip) {
  if (catch_up_ && note_claim(input, effects, tip)) return;
  if (tree_.contains(tip.head) || tip.height <= tree_.height(tree_.final_block())) return;
  if (weight_of(tip.weight) <= tree_.at(tree_.best()).weight) return;
  ask_blocks(effects, input.from, {tip.height, tip.head}, true);
}

template <class Carried, class Own>
std::vector<Place> ChainModule<Carried, Own>::locator() const {
  // The newest blocks one by one, then at doubling distances, at last the settled one, which every
  // honest node shares, and genesis.
  std::vector<Place> places;
  Height step = 1;
  Index i = tree_.best();
  const Height settled = tree_.height(tree_.final_block());
  while (i != no_block && places.size() + 3 < locator_max) {
    const Height height = tree_.height(i);
    places.push_back({height, tree_.at(i).block->id});
    if (height <= settled) break;
    if (places.size() >= 8) step *= 2;
    i = tree_.ancestor(i, height > settled + step ? height - step : settled);
  }
  if (places.back().height != 0) places.push_back({0, genesis()->id});
  // In its place, or before all of them if it lies on another branch: how far this conversation
  // has come.
  const Index reached = sync_ ? tree_.find(sync_->reached.id) : no_block;
  if (reached != no_block) {
    const bool below = tree_.is_ancestor(reached, tree_.best());
    const auto at = std::find_if(places.begin(), places.end(), [&](const Place& place) {
      return !below || place.height <= sync_->reached.height;
    });
    if (at == places.end() || at->id != sync_->reached.id) places.insert(at, sync_->reached);
  }
  return places;
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::on_get_blocks(const Input& input, Effects& effects,
                                              const GetBlocks& get) {
  // `want` is in the tree or, if it is settled here, in the archive.
  const Index tip = tree_.find(get.want.id);
  const Height settled = tree_.height(tree_.final_block());
  const auto on_chain = [&](Height h) -> BlockRef {
    if (h <= settled || tip == no_block) return archive_.at(h);
    const Index at = tree_.ancestor(tip, h);
    return at == no_block ? BlockRef() : tree_.at(at).block;
  };
  const auto is_on_chain = [&](const Place& place) {
    const BlockRef block = on_chain(place.height);
    return block && block->id == place.id;
  };
  const Height top = get.want.height;
  if (!is_on_chain(get.want)) return;
  // The first of the asker's blocks that lies on the way; else the oldest we have.
  const auto shared = std::find_if(get.locator.begin(), get.locator.end(), [&](const Place& place) {
    return place.height <= top && is_on_chain(place);
  });
  const Height from = shared != get.locator.end() ? shared->height : archive_.base();
  const Height last = std::min<Height>(top, from + std::min(get.limit, settings_->sync_batch));
  for (Height h = from + 1; h <= last; ++h) {
    if (const BlockRef block = on_chain(h)) send_stored(effects, input.from, block);
  }
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::send_stored(Effects& effects, NodeId to, const BlockRef& block) {
  if (const Index at = tree_.find(block->id); at != no_block) {
    if (!tree_.at(at).extra.content) {
      if (auto carried = Carried::from(block)) {
        tree_.extra(at).content = effects.make(Content{std::move(*carried)});
      }
    }
    if (tree_.at(at).extra.content) effects.send(to, tree_.at(at).extra.content);
    return;
  }
  if (auto carried = Carried::from(block)) {
    effects.send(to, effects.make(Content{std::move(*carried)}));
  }
}

}  // namespace ledgerlab::chain
