// ChainModule, fifth part: a node that is far behind takes over the state after a settled block of
// the verified chain of headers instead of executing all that led to it; and the giving side of
// this. Included by chain_module.hpp alone.
#pragma once

#include "models/parts/chain/chain_module.hpp"

namespace ledgerlab::chain {

// --- giving

/// The snapshot that is being fetched stays as long as somebody asks for parts of it; after that
/// the next who asks gets a new one.
template <class Carried, class Own>
void ChainModule<Carried, Own>::on_get_state(const Input& input, Effects& effects,
                                             const GetState& get) {
  if (!catch_up_) return;
  Given& given = catch_up_->given;
  const bool newest = get.block.id == BlockId();
  if (!newest) {
    if (given.data && given.data->block == get.block.id) given.asked = input.local;
    return send_chunk(effects, input.from, get.block, get.index);
  }
  if (given.data && input.local - given.asked <= settings_->request_timeout) {
    given.asked = input.local;
    return send_chunk(effects, input.from, {given.data->height, given.data->block}, 0);
  }
  if (tree_.height(tree_.final_block()) <= get.block.height) {
    return effects.send(input.from, StateChunk{});
  }
  given.askers.push_back(input.from);
  if (given.call != 0) return;
  given.asked = input.local;
  given.call = ++call_;
  effects.call(Slot::application, call_, TakeSnapshot{});
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::on_snapshot(Effects& effects, const SnapshotRef& data) {
  Given& given = catch_up_->given;
  given.call = 0;
  given.data = data;
  for (const NodeId asker : std::exchange(given.askers, {})) {
    send_chunk(effects, asker, {data->height, data->block}, 0);
  }
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::send_chunk(Effects& effects, NodeId to, const Place& place,
                                           std::uint32_t index) {
  const SnapshotRef& data = catch_up_->given.data;
  StateChunk answer;
  if (data && data->block == place.id && data->height != 0) {
    const std::size_t size = settings_->state_chunk;
    const std::size_t from = std::size_t{index} * size;
    answer.block = {data->height, data->block};
    answer.index = index;
    answer.count = static_cast<std::uint32_t>((data->bytes.size() + size - 1) / size);
    if (from < data->bytes.size()) {
      const std::size_t end = std::min(from + size, data->bytes.size());
      answer.bytes.assign(data->bytes.begin() + static_cast<std::ptrdiff_t>(from),
                          data->bytes.begin() + static_cast<std::ptrdiff_t>(end));
    }
  }
  effects.send(to, std::move(answer));
}

/// Of a state: 16 GiB in parts of 256 KiB.
inline constexpr std::uint32_t state_parts_max = 1u << 16;

// --- taking

/// Of the next neighbour, in turn, that has not lied and has not been asked in vain.
template <class Carried, class Own>
void ChainModule<Carried, Own>::ask_state(Effects& effects) {
  CatchUp& c = *catch_up_;
  c.stage = Stage::state;
  c.taken = {};
  for (const Claim& claim : c.claims) {
    if (c.refused(claim.peer) || c.slow(claim.peer) || !connected(claim.peer)) continue;
    if (!lags(claim.place.height)) continue;
    c.peer = claim.peer;
    effects.send(c.peer, GetState{{tree_.height(tree_.final_block()), {}}, 0});
    effects.set_timer({timer_catch_up, 0}, settings_->request_timeout);
    return;
  }
  // Nobody gives one: then all blocks, as without.
  effects.note("no neighbour gives a state: blocks from here on");
  c.stalled.clear();
  c.stage = Stage::bodies_next;
  effects.set_timer({timer_catch_up, 0}, ns(1));
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::on_state_chunk(const Input& input, Effects& effects,
                                               const StateChunk& chunk) {
  CatchUp& c = *catch_up_;
  if (c.stage != Stage::state || input.from != c.peer) return;
  Taken& taken = c.taken;
  if (chunk.count == 0) {  // it has none, or no longer
    c.stalled.push_back(c.peer);
    return ask_state(effects);
  }
  if (taken.count == 0) {
    taken.place = chunk.block;
    taken.count = chunk.count;
  }
  // All parts but the last are full, so that a state ends.
  const bool last = chunk.index + 1 == chunk.count;
  if (chunk.block.id != taken.place.id || chunk.count != taken.count || chunk.index != taken.next ||
      chunk.count > state_parts_max || chunk.bytes.empty() ||
      chunk.bytes.size() > settings_->state_chunk ||
      (!last && chunk.bytes.size() < settings_->state_chunk)) {
    refuse_peer(effects, input.from, "a part that was not asked for");
    return ask_state(effects);
  }
  taken.bytes.insert(taken.bytes.end(), chunk.bytes.begin(), chunk.bytes.end());
  ++taken.next;
  // The first tells which block it is: nothing more is fetched of a state that is not settled.
  if (taken.next == 1) return judge_checkpoint(effects);
  go_on_taking(effects);
}

/// Settled here means: on the heaviest chain of headers that is known, `depth` deep. The giver may
/// know later headers than this node: then it is asked for these first.
template <class Carried, class Own>
void ChainModule<Carried, Own>::judge_checkpoint(Effects& effects) {
  CatchUp& c = *catch_up_;
  const Place& place = c.taken.place;
  const Height tip = c.headers->tip().place.height;
  const auto header = c.headers->at(place.height);
  if (place.height + settings_->depth <= tip + 1) {
    if (!header || header->place.id != place.id ||
        place.height <= tree_.height(tree_.final_block())) {
      refuse_peer(effects, c.peer, "its state is not of the heaviest chain");
      return ask_state(effects);
    }
    // What the rules look at below it must not lie among this node's own blocks: of those there
    // are bodies, and after a crash the records of both would be one tree.
    if (place.height <= tree_.height(tree_.best()) + settings_->below + 1) {
      c.stalled.push_back(c.peer);
      return ask_state(effects);
    }
    c.stage = Stage::state;
    return go_on_taking(effects);
  }
  if (c.stage == Stage::deeper) {  // it has no such headers
    refuse_peer(effects, c.peer, "its state is of a block that is not settled");
    return ask_state(effects);
  }
  c.stage = Stage::deeper;
  ask_headers(effects, c.peer, {});
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::go_on_taking(Effects& effects) {
  CatchUp& c = *catch_up_;
  if (c.taken.next == c.taken.count) return install(effects);
  effects.send(c.peer, GetState{c.taken.place, c.taken.next});
  effects.set_timer({timer_catch_up, 0}, settings_->request_timeout);
}

/// The tree from the checkpoint's ancestors on that rules look at: of all of them only headers.
template <class Carried, class Own>
void ChainModule<Carried, Own>::plant(Height checkpoint) {
  CatchUp& c = *catch_up_;
  const auto& headers = c.headers->tree();
  const Height lowest = std::max(
      c.headers->base(), checkpoint > settings_->below ? checkpoint - settings_->below : Height{0});
  const auto kept = [&](Index i) { return Kept{{}, headers.at(i).extra}; };
  Index i = c.headers->index_at(lowest);
  c.planted.reset(headers.at(i).block, headers.at(i).weight, kept(i));
  for (Height h = lowest + 1; h <= checkpoint; ++h) {
    i = c.headers->index_at(h);
    const Weight work = headers.at(i).weight - headers.at(headers.at(i).parent).weight;
    c.planted.insert(headers.at(i).block, weight_to_u256(work), kept(i));
  }
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::install(Effects& effects) {
  CatchUp& c = *catch_up_;
  c.stage = Stage::installing;
  effects.cancel_timer({timer_catch_up, 0});
  if (adopt_open_) return;  // when that is done
  const auto header = *c.headers->at(c.taken.place.height);
  plant(header.place.height);
  // Its records come before the application's: no crash leaves a state without the headers that
  // lead on from it. If it is refused they lead nowhere and are skipped.
  std::swap(tree_, c.planted);
  for (Index i = tree_.root(); i < tree_.end(); ++i) {
    if (tree_.height(i) == 0) continue;
    tree_.set_record(i, next_record_++);
    effects.persist(encode_record(i), tree_.at(i).block);
  }
  std::swap(tree_, c.planted);
  auto data = std::make_shared<SnapshotData>();
  data->height = header.place.height;
  data->block = header.place.id;
  data->state_root = header.state_root;
  data->bytes = std::move(c.taken.bytes);
  c.call = ++call_;
  effects.call(Slot::application, c.call, Install{std::move(data)});
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::on_installed(const Input& input, Effects& effects,
                                             const Installed& installed) {
  CatchUp& c = *catch_up_;
  c.call = 0;
  if (!installed.ok) {
    c.planted = {};
    refuse_peer(effects, c.peer, "its state: " + installed.reason);
    return ask_state(effects);
  }
  std::swap(tree_, c.planted);
  c.planted = {};
  tree_.finalise(tree_.find(c.taken.place.id), settings_->below);
  head_ = tree_.at(tree_.final_block()).block;
  archive_.reset(head_);
  orphans_.take_up_to(head_->height);
  effects.announce_head(head_);
  effects.announce_final(head_);
  c.taken = {};
  begin_bodies(input, effects);
}

}  // namespace ledgerlab::chain
