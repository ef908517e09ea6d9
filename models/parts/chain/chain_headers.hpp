// ChainModule, fourth part: headers first. A node that is far behind gathers and verifies the
// headers of the heaviest chain, and only then asks for bodies: of several neighbours at once,
// within a window (Bitcoin Core since 0.10). Included by chain_module.hpp alone.
#pragma once

#include "models/parts/chain/chain_module.hpp"

namespace ledgerlab::chain {

// --- what there is to catch up with

template <class Carried, class Own>
bool ChainModule<Carried, Own>::lags(Height height) const {
  return height > tree_.height(tree_.best()) + settings_->sync_batch;
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::await_tips(Effects& effects) {
  if (neighbours_.empty()) return;
  catch_up_->stage = Stage::tips;
  effects.set_timer({timer_catch_up, 0}, settings_->request_timeout);
}

/// False: there is nothing to catch up with by headers.
template <class Carried, class Own>
bool ChainModule<Carried, Own>::note_claim(const Input& input, Effects& effects, const Tip& tip) {
  CatchUp& c = *catch_up_;
  const Weight weight = weight_of(tip.weight);
  const bool ahead =
      lags(tip.height) && !tree_.contains(tip.head) && weight > tree_.at(tree_.best()).weight;
  if (c.stage == Stage::idle && !ahead) return false;
  if (c.refused(input.from) || !connected(input.from)) return true;
  if (c.doubted(input.from)) return c.stage != Stage::idle && c.stage != Stage::tips;
  c.claim(input.from, {tip.height, tip.head}, weight);
  if (c.stage != Stage::idle && c.stage != Stage::tips) return true;
  if (ahead) {
    begin_headers(effects, input.from);
  } else if (c.claims.size() >= neighbours_.size()) {
    leave_tips(input, effects);
  }
  return true;
}

/// Nobody is far ahead: what little is missing is asked for as ever.
template <class Carried, class Own>
void ChainModule<Carried, Own>::leave_tips(const Input& input, Effects& effects) {
  const std::vector<Claim> claims = catch_up_->claims;
  end_catch_up(input, effects);
  const auto best =
      std::max_element(claims.begin(), claims.end(),
                       [](const auto& a, const auto& b) { return a.weight < b.weight; });
  if (best == claims.end() || best->weight <= tree_.at(tree_.best()).weight) return;
  if (!tree_.contains(best->place.id)) ask_blocks(effects, best->peer, best->place, true);
}

// --- headers

template <class Carried, class Own>
void ChainModule<Carried, Own>::begin_headers(Effects& effects, NodeId peer) {
  CatchUp& c = *catch_up_;
  if (c.stage == Stage::idle) effects.multicast(neighbours_, GetTip{head_->id});
  if (!c.headers) {
    // From what is known and judged here, its root being the lowest that rules look at.
    c.headers = new_headers();
    std::vector<Index> way;
    for (Index i = tree_.best(); i != no_block; i = tree_.at(i).parent) way.push_back(i);
    c.headers->begin(tree_.at(way.back()).block, tree_.at(way.back()).weight,
                     tree_.at(way.back()).extra.own);
    for (auto i = way.rbegin() + 1; i != way.rend(); ++i) {
      const auto entry = tree_.at(*i);
      c.headers->extend(entry.block, weight_to_u256(entry.weight - tree_.at(entry.parent).weight),
                        entry.extra.own);
    }
  }
  c.stage = Stage::headers;
  ask_headers(effects, peer, {});
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::ask_headers(Effects& effects, NodeId peer,
                                            const std::optional<Place>& after) {
  CatchUp& c = *catch_up_;
  c.peer = peer;
  GetHeaders get{c.headers->locator(), {}};
  if (after) {
    if (get.locator.size() == locator_max) get.locator.pop_back();
    get.locator.insert(get.locator.begin(), *after);
  }
  effects.send(peer, std::move(get));
  effects.set_timer({timer_catch_up, 0}, settings_->request_timeout);
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::on_headers(const Input& input, Effects& effects,
                                           const Headers& headers) {
  CatchUp& c = *catch_up_;
  if ((c.stage != Stage::headers && c.stage != Stage::deeper) || input.from != c.peer) return;
  const std::size_t before = c.headers->tree().size();
  const BlockId tip = c.headers->tip().place.id;
  for (const Bytes& header : headers.list) {
    const std::string wrong = c.headers->add(header, input.wall, effects);
    if (wrong.empty()) continue;
    refuse_peer(effects, input.from, "header: " + wrong);
    return c.stage == Stage::deeper ? ask_state(effects) : next_headers(input, effects);
  }
  if (c.headers->tip().place.id != tip) c.giver = input.from;
  if (c.headers->tree().size() == before && c.stage == Stage::headers && c.unshown(input.from)) {
    c.doubt(input.from);
  }
  if (c.headers->tree().size() > before) {
    // Whoever gives headers has their blocks, too.
    const auto last = c.headers->tree().at(c.headers->tree().end() - 1);
    const Place place{last.block->height, last.block->id};
    c.claim(input.from, place, last.weight);
    if (headers.more) return ask_headers(effects, input.from, place);
  }
  if (c.stage == Stage::deeper) return judge_checkpoint(effects);
  c.set_heard(input.from);
  next_headers(input, effects);
}

/// Whoever says that its chain is heavier than what has come so far is heard.
template <class Carried, class Own>
void ChainModule<Carried, Own>::next_headers(const Input& input, Effects& effects) {
  CatchUp& c = *catch_up_;
  const Weight have = weight_of(c.headers->tip().weight);
  for (Claim& claim : c.claims) {
    if (claim.heard || claim.weight <= have || c.refused(claim.peer) || !connected(claim.peer)) {
      continue;
    }
    claim.heard = true;
    return ask_headers(effects, claim.peer, {});
  }
  const Height tip = c.headers->tip().place.height;
  if (!c.headers_lead_on(tree_)) {
    // Nothing new, or it leads past what is settled here: nobody is asked for that again.
    if (!tree_.contains(c.headers->tip().place.id)) c.doubt(c.giver);
    return end_catch_up(input, effects);
  }
  if (settings_->sync == SyncMode::snapshot && tip + 1 > settings_->depth &&
      lags(tip + 1 - settings_->depth))
    return ask_state(effects);
  begin_bodies(input, effects);
}

// --- bodies

template <class Carried, class Own>
void ChainModule<Carried, Own>::begin_bodies(const Input& input, Effects& effects) {
  CatchUp& c = *catch_up_;
  c.stage = Stage::bodies;
  c.wanted.clear();
  c.next = std::max(tree_.height(tree_.final_block()), c.headers->base()) + 1;
  effects.set_timer({timer_catch_up, 0}, settings_->request_timeout / 2);
  connect_bodies(input, effects);
}

/// Takes every body whose turn it is, and asks for more.
template <class Carried, class Own>
void ChainModule<Carried, Own>::connect_bodies(const Input& input, Effects& effects) {
  CatchUp& c = *catch_up_;
  if (c.connecting) return;
  c.connecting = true;
  const auto& headers = c.headers->tree();
  Index at = c.headers->index_at(c.next);
  bool waits = false;
  while (at != no_block && !waits) {
    const BlockId id = headers.at(at).block->id;
    const auto body = c.wanted.find(c.next);
    const Index known = tree_.find(id);
    if (known != no_block && tree_.at(known).invalid) {  // found to be none before
      c.connecting = false;
      return give_up_chain(input, effects);
    }
    if (known == no_block) {
      if (body == c.wanted.end() || !body->second.content) break;
      const MessageRef content = body->second.content;
      const Index parent = tree_.find(headers.at(at).block->parent);
      const bool recent = c.next + settings_->depth > c.headers->tip().place.height;
      const bool taken = parent != no_block && !keeps(id) &&
                         connect(input, effects, content, body->second.peer, parent, recent);
      waits = keeps(id);  // until the protocol can judge it
      if (waits) break;
      if (!taken) {  // what headers could not show: it is no block
        c.connecting = false;
        refuse_peer(effects, body->second.peer, "a block that is none");
        return give_up_chain(input, effects);
      }
      connect_orphans(input, effects, id);
    }
    if (body != c.wanted.end()) c.wanted.erase(body);
    at = c.headers->index_at(++c.next);
  }
  c.connecting = false;
  if (at == no_block && !adopt_open_ && tree_.at(tree_.best()).block->id == head_->id) {
    return end_catch_up(input, effects);
  }
  if (at != no_block && !waits) ask_bodies(input, effects);
  choose(effects);
}

/// Bitcoin Core's window (BLOCK_DOWNLOAD_WINDOW) and so many in flight of each neighbour
/// (MAX_BLOCKS_IN_TRANSIT_PER_PEER), the least busy first.
template <class Carried, class Own>
void ChainModule<Carried, Own>::ask_bodies(const Input& input, Effects& effects) {
  CatchUp& c = *catch_up_;
  struct Load {
    NodeId peer;
    Height reaches;  // by its own word
    std::uint32_t in_flight = 0;
    GetData get{};
  };
  std::vector<Load> loads;
  for (const NodeId peer : neighbours_) {
    if (c.refused(peer) || c.slow(peer)) continue;
    const auto claim = std::find_if(c.claims.begin(), c.claims.end(),
                                    [&](const Claim& one) { return one.peer == peer; });
    if (claim != c.claims.end()) loads.push_back({peer, claim->place.height});
  }
  for (const auto& [height, body] : c.wanted) {
    for (Load& load : loads) load.in_flight += !body.content && load.peer == body.peer;
  }
  const Height end = std::min(c.headers->tip().place.height + 1, c.next + settings_->sync_window);
  for (Height h = c.next; h < end && !loads.empty(); ++h) {
    Body& body = c.wanted[h];
    if (body.content || body.peer != no_node) continue;
    const BlockId& id = c.headers->tree().at(c.headers->index_at(h)).block->id;
    if (tree_.contains(id)) continue;
    Load* best = nullptr;
    for (Load& load : loads) {
      if (load.reaches < h || load.in_flight >= settings_->sync_in_flight) continue;
      if (!best || load.in_flight < best->in_flight) best = &load;
    }
    if (!best) break;
    ++best->in_flight;
    best->get.blocks.push_back({h, id});
    body.peer = best->peer;
    body.asked = input.local;
  }
  for (Load& load : loads) {
    if (!load.get.blocks.empty()) effects.send(load.peer, std::move(load.get));
  }
}

/// False: it is none of those that were asked for here.
template <class Carried, class Own>
bool ChainModule<Carried, Own>::take_body(const Input& input, Effects& effects,
                                          const MessageRef& content) {
  if (!catch_up_ || catch_up_->stage != Stage::bodies) return false;
  CatchUp& c = *catch_up_;
  const Carried& carried = carried_in(content);
  const auto found = c.wanted.find(carried.block->height);
  if (found == c.wanted.end() || found->second.content) return false;
  const Index header = c.headers->index_at(carried.block->height);
  if (header == no_block || c.headers->tree().at(header).block->id != carried.block->id) {
    return false;
  }
  // The header is the one that was verified; whether the body is the one it commits to is not.
  const std::string wrong = malformed(effects, carried);
  if (!wrong.empty()) {
    refuse(effects, carried.block->id, wrong);
    refuse_peer(effects, input.from, "body: " + wrong);
    ask_bodies(input, effects);
    return true;
  }
  found->second.content = content;
  found->second.peer = input.from;
  connect_bodies(input, effects);
  return true;
}

// --- peers that lie, stall or leave, and the end

template <class Carried, class Own>
void ChainModule<Carried, Own>::refuse_peer(Effects& effects, NodeId peer, const std::string& why) {
  effects.note("neighbour " + std::to_string(peer) + " is not asked again: " + why);
  catch_up_->liars.push_back(peer);
  release_bodies(peer);
}

/// What was asked of a peer is to be asked of another.
template <class Carried, class Own>
void ChainModule<Carried, Own>::release_bodies(NodeId peer) {
  for (auto& [height, body] : catch_up_->wanted) {
    if (body.peer == peer && !body.content) body.peer = no_node;
  }
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::peers_changed(Effects& effects) {
  for (auto& [height, body] : catch_up_->wanted) {
    if (!body.content && body.peer != no_node && !connected(body.peer)) body.peer = no_node;
  }
  const bool one_asked = catch_up_->stage == Stage::headers || catch_up_->stage == Stage::state ||
                         catch_up_->stage == Stage::deeper;
  if (one_asked && !connected(catch_up_->peer)) effects.set_timer({timer_catch_up, 0}, ns(1));
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::on_catch_up_timer(const Input& input, Effects& effects) {
  if (!catch_up_) return;
  CatchUp& c = *catch_up_;
  switch (c.stage) {
    case Stage::tips:
      leave_tips(input, effects);
      break;
    case Stage::headers:
      c.set_heard(c.peer);
      if (connected(c.peer)) c.doubt(c.peer);
      next_headers(input, effects);
      break;
    case Stage::state:
    case Stage::deeper:
      c.stalled.push_back(c.peer);
      ask_state(effects);
      break;
    case Stage::bodies_next:
      begin_bodies(input, effects);
      break;
    case Stage::bodies:
      on_body_timer(input, effects);
      break;
    default:
      break;
  }
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::on_body_timer(const Input& input, Effects& effects) {
  CatchUp& c = *catch_up_;
  const auto in_flight = [&] {
    return std::any_of(c.wanted.begin(), c.wanted.end(), [](const auto& wanted) {
      return !wanted.second.content && wanted.second.peer != no_node;
    });
  };
  for (auto& [height, body] : c.wanted) {
    const bool late = !body.content && body.peer != no_node &&
                      input.local - body.asked >= settings_->request_timeout;
    if (late && !c.slow(body.peer)) c.stalled.push_back(body.peer);
  }
  for (const NodeId peer : c.stalled) release_bodies(peer);
  const Height next = c.next;
  effects.set_timer({timer_catch_up, 0}, settings_->request_timeout / 2);
  connect_bodies(input, effects);
  if (!catching_up() || c.stage != Stage::bodies || c.next != next || in_flight()) return;
  // Nobody has it: all of them once more, or the chain that they have by now.
  if (++c.rounds == attempts_max) return give_up_chain(input, effects);
  c.stalled.clear();
  effects.multicast(neighbours_, GetTip{head_->id});
  c.stage = Stage::headers;
  next_headers(input, effects);
}

/// The heaviest chain of headers has bodies that nobody gives, or that are none.
template <class Carried, class Own>
void ChainModule<Carried, Own>::give_up_chain(const Input& input, Effects& effects) {
  effects.note("catching up given up at height " + std::to_string(catch_up_->next));
  catch_up_->doubt(catch_up_->giver);  // as good as a lie: others' chains come first
  end_catch_up(input, effects);
}

template <class Carried, class Own>
void ChainModule<Carried, Own>::end_catch_up(const Input& input, Effects& effects) {
  catch_up_->rest();
  effects.cancel_timer({timer_catch_up, 0});
  choose(effects);
  if (const auto* other = orphans_.oldest()) {
    ask_for_orphan(effects, orphans_.base_of(other->block->id));
  }
  if (!adopting()) on_standing(input, effects, true);
}

}  // namespace ledgerlab::chain
