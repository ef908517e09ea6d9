// What a node that is far behind keeps while it catches up by headers, and what it gives to others
// that do: apart from ChainModule, so that a node that never does pays a pointer.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "models/api/calls.hpp"
#include "models/parts/chain/header_chain.hpp"
#include "models/parts/chain/sync_messages.hpp"

namespace ledgerlab::chain {

/// What a neighbour says of its chain.
struct Claim {
  NodeId peer = no_node;
  Place place;
  Weight weight = 0;
  bool heard = false;  // its headers have come, or will not
};

enum class CatchUpStage : std::uint8_t {
  idle,
  tips,     // back from an absence: where are the others?
  headers,  // of one neighbour after another that claims the heaviest chain
  state,
  deeper,  // headers beyond the block of the state that is being fetched
  installing,
  bodies_next,
  bodies
};

template <class Kept, class Own>
struct CatchUp {
  /// Of a header of the heaviest chain that is not in the tree yet.
  struct Body {
    NodeId peer = no_node;  // asked of; no_node: of nobody
    Time asked{};
    MessageRef content;  // has come, and fits its header
  };
  struct Taken {  // of a state
    Place place;
    std::uint32_t count = 0;  // parts; 0: none has come
    std::uint32_t next = 0;
    Bytes bytes;
  };
  struct Given {
    SnapshotRef data;
    Time asked{};  // last
    CallId call = 0;
    std::vector<NodeId> askers;  // wait for `call`
  };

  bool refused(NodeId peer) const {
    return std::find(liars.begin(), liars.end(), peer) != liars.end();
  }
  bool slow(NodeId peer) const {
    return std::find(stalled.begin(), stalled.end(), peer) != stalled.end();
  }
  /// It claimed a heavier chain and did not show it: from now on it is asked as in full mode, which
  /// stops nothing else.
  void doubt(NodeId peer) {
    if (peer != no_node && !doubted(peer)) doubts.push_back(peer);
  }
  bool doubted(NodeId peer) const {
    return std::find(doubts.begin(), doubts.end(), peer) != doubts.end();
  }
  /// A neighbour's latest word; what was heard of an earlier one is not all.
  void claim(NodeId from, const Place& place, Weight weight) {
    std::erase_if(claims, [&](const Claim& old) { return old.peer == from; });
    claims.push_back({from, place, weight, false});
  }
  void set_heard(NodeId from) {
    for (Claim& one : claims) one.heard = one.heard || one.peer == from;
  }
  /// Has it claimed more than has come? Who showed an orphan has, too.
  bool unshown(NodeId peer) const {
    const auto it = std::find_if(claims.begin(), claims.end(),
                                 [&](const Claim& one) { return one.peer == peer; });
    return it == claims.end() || it->weight > weight_of(headers->tip().weight);
  }
  /// Do they end at a block that the tree has not, and go through its settled one?
  bool headers_lead_on(const BlockTree<Kept>& tree) const {
    const Index at = headers->index_at(tree.height(tree.final_block()));
    return at != no_block && !tree.contains(headers->tip().place.id) &&
           headers->tree().at(at).block->id == tree.at(tree.final_block()).block->id;
  }
  /// Nothing to catch up with. Who has lied is remembered.
  void rest() {
    stage = CatchUpStage::idle;
    headers.reset();
    claims.clear();
    stalled.clear();
    wanted.clear();
    taken = {};
    planted = {};
    call = 0;
    rounds = 0;
    giver = no_node;
  }

  CatchUpStage stage = CatchUpStage::idle;
  std::unique_ptr<HeaderTree<Own>> headers;
  std::vector<Claim> claims;    // one a neighbour
  std::vector<NodeId> liars;    // never asked again in this life
  std::vector<NodeId> doubts;   // in this life
  std::vector<NodeId> stalled;  // not asked while there are others
  NodeId giver = no_node;       // of the headers that made the heaviest chain what it is
  NodeId peer = no_node;        // who is being asked for headers or a state
  std::map<Height, Body> wanted;
  Height next = 0;  // lowest body that is not connected
  bool connecting = false;
  std::uint32_t rounds = 0;  // in which everybody stalled
  Taken taken;
  BlockTree<Kept> planted;  // the tree from the checkpoint on, until the state is in place
  CallId call = 0;
  Given given;
};

}  // namespace ledgerlab::chain
