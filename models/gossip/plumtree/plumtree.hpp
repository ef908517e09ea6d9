// Plumtree (Leitao, Pereira, Rodrigues: Epidemic Broadcast Trees, SRDS 2007): contents are pushed
// along a tree that duplicates have pruned out of the overlay, and announced on its other links,
// over which the tree is repaired. See README.md.
#pragma once

#include "models/api/model_info.hpp"
#include "models/gossip/plumtree/messages.hpp"
#include "models/parts/dense/content_cache.hpp"
#include "models/parts/dense/seen_set.hpp"

namespace ledgerlab::plumtree {

enum class TimerKind : std::uint32_t { missing, dispatch };

class Plumtree final : public Module {
 public:
  explicit Plumtree(const ModuleContext& context);

  void step(const Input& input, Effects& effects) override;
  /// Nothing of a relay is durable: all links begin eager again, duplicates prune them.
  void restore(std::span<const Record>) override {}
  void inspect(Inspector& inspector) const override;

 private:
  struct Peer {
    NodeId node = no_node;
    bool eager = true;  // in eagerPushPeers, else in lazyPushPeers
  };
  struct Item {
    std::uint32_t dense = 0;
    std::uint32_t round = 0;  // in which we send it
    NodeId sender = no_node;  // whom we have it from; no_node: it is our own
    bool taken = false;       // by its owner: it may be sent
    Time since{};
    MessageRef content;
  };
  /// The paper's `missing` with its timer, one entry per content, announcements in order.
  struct Missing {
    Hash128 id;
    std::uint32_t dense = 0;
    Time deadline{};
    NodeId asked = no_node;  // whom the last GRAFT went to
    struct From {
      NodeId node;
      std::uint32_t round;
      std::uint32_t asked;
    };
    std::vector<From> announcements;
  };

  void on_gossip(const Input& input, const Gossip& gossip, Effects& effects);
  void on_ihave(const Input& input, const IHave& ihave, Effects& effects);
  void on_graft(const Input& input, const Graft& graft, Effects& effects);
  void on_missing(const Input& input, Effects& effects);
  bool graft_next(Missing& missing, Effects& effects);
  void publish(const Input& input, const MessageRef& content, Effects& effects);
  void on_peers(const Input& input, const std::vector<NodeId>& peers, Effects& effects);
  void optimize(const Missing& missing, std::uint32_t round, NodeId sender, Effects& effects);
  void eager_push(const Item& item, Effects& effects);
  void lazy_push(const Item& item, Effects& effects);
  void dispatch(Effects& effects);
  void arm(Time now, Effects& effects);

  Peer* peer(NodeId node);
  void set_eager(NodeId node, bool eager) {
    if (Peer* p = peer(node)) p->eager = eager;
  }
  std::vector<Missing>::iterator missing(std::uint32_t dense);

  std::vector<Peer> peers_;  // ascending
  SeenSet received_;         // receivedMsgs
  std::uint32_t threshold_;
  std::uint32_t graft_attempts_;
  bool missing_timer_ = false;
  bool dispatch_timer_ = false;
  Duration timeout1_;
  Duration timeout2_;
  Duration ihave_interval_;
  Duration keep_;
  ContentCache<Item> items_;
  std::vector<Missing> missing_;          // in order of their first announcement
  std::vector<Announcement> lazy_queue_;  // to be announced together ...
  std::vector<NodeId> lazy_senders_;      // ... but not to these, one each
  std::vector<NodeId> targets_;           // scratch of one push
};

}  // namespace ledgerlab::plumtree
